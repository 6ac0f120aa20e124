-- Adds cases to a new line that is being gathered. Of a case that comes twice the
-- last place holds. Runs without the prelude: it does not touch the line itself.
--
-- KEYS[1..3] the stage: line, place, count  KEYS[4] rebuilding
-- ARGV[1] token of the rebuild  ARGV[2] milliseconds until it counts as dead
-- ARGV[3], ARGV[4] case and place; ARGV[5], ARGV[6] the next; and so on: not more
-- than a thousand, for Lua calls with that many arguments
--
-- Returns 1, or 0 when this rebuild is no longer the one that runs.

local running = redis.call('GET', KEYS[4])
if not running or string.match(running, '^%S+') ~= ARGV[1] then return 0 end

local places, cases, rows, members, gone = {}, {}, {}, {}, {}
for i = 3, #ARGV, 2 do
	if not places[ARGV[i]] then cases[#cases + 1] = ARGV[i] end
	places[ARGV[i]] = ARGV[i + 1]
end
for i, old in ipairs(redis.call('HMGET', KEYS[2], unpack(cases))) do
	local case = cases[i]
	local place = places[case]
	if old then gone[#gone + 1] = old .. ':' .. case end
	rows[2 * i - 1], rows[2 * i] = case, place
	members[2 * i - 1], members[2 * i] = 0, place .. ':' .. case
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
redis.call('HSET', KEYS[2], unpack(rows))
redis.call('ZADD', KEYS[1], unpack(members))
redis.call('INCRBY', KEYS[3], (#ARGV - 2) / 2)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 1
