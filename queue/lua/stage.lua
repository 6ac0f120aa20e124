-- Adds cases to a new line that is being gathered. Of a case that comes twice the
-- last place holds. Runs without the prelude: it does not touch the line itself.
--
-- KEYS[1..4] the stage: line, when, place, count  KEYS[5] rebuilding
-- ARGV[1] token of the rebuild  ARGV[2] milliseconds until it counts as dead
-- ARGV[3], ARGV[4] case and place; ARGV[5], ARGV[6] the next; and so on
--
-- Returns 1, or 0 when this rebuild is no longer the one that runs.

local running = redis.call('GET', KEYS[5])
if not running or string.match(running, '^%S+') ~= ARGV[1] then return 0 end

local function by_time(case, place)
	return string.sub(place, 8) .. ':' .. string.sub(place, 1, 6) .. ':' .. case
end

for i = 3, #ARGV, 2 do
	local case, place = ARGV[i], ARGV[i + 1]
	if redis.call('HSETNX', KEYS[3], case, place) == 0 then
		local old = redis.call('HGET', KEYS[3], case)
		redis.call('ZREM', KEYS[1], old .. ':' .. case)
		redis.call('ZREM', KEYS[2], by_time(case, old))
		redis.call('HSET', KEYS[3], case, place)
	end
	redis.call('ZADD', KEYS[1], 0, place .. ':' .. case)
	redis.call('ZADD', KEYS[2], 0, by_time(case, place))
end
redis.call('INCRBY', KEYS[4], (#ARGV - 2) / 2)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 1
