-- Looks where a stream of the wire ends. One whose newest message is later than this
-- server's clock was written by somebody else (or the clock was set back): it is thrown
-- away, or whoever follows it there would hear nothing of what comes after.
--
-- KEYS[1] the stream  ARGV[1] how many milliseconds an id may be ahead of the clock
--
-- Returns the newest message's id, 0-0 when there is none.

local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not newest then return '0-0' end
local clock = redis.call('TIME')
if tonumber(string.match(newest[1], '^%d+')) > clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[1]) then
	redis.call('UNLINK', KEYS[1])
	return '0-0'
end
return newest[1]
