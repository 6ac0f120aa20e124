-- Appends a message to a stream of the wire. A stream behind whose last id nothing can
-- stand, or whose last id is later than this server's clock, was written by somebody
-- else (or the clock was set back): it is thrown away and begun anew.
--
-- KEYS[1] the stream
-- ARGV[1] about how many messages it keeps  ARGV[2] for how many milliseconds after the
-- last one, 0 for ever  ARGV[3] how many milliseconds an id may be ahead of the clock
-- ARGV[4..] the message: field, value, …
--
-- Returns 1 when the stream was begun anew, else 0.

local function add()
	return redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 4))
end

local clock = redis.call('TIME')
local latest = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[3])
local added, anew = add(), 0
local full = type(added) == 'table' and added.err
	and (string.find(added.err, 'last possible ID', 1, true) or string.find(added.err, 'equal or smaller', 1, true))
if full or type(added) == 'string' and tonumber(string.match(added, '^%d+')) > latest then
	redis.call('UNLINK', KEYS[1])
	added, anew = add(), 1
end
if type(added) == 'table' and added.err then return added end
if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return anew
