-- Says whether the line is the one that was built in this life of Redis, and whole.
-- It was built when BUILT and the word of the place (swap.lua) say so, and it is
-- whole when its keys fit each other: where one was lost, all others still answer,
-- and would say for ever that nobody waits.
--
-- ARGV[1] the life
--
-- Returns 1 or 0.

if redis.call('GET', BUILT) ~= ARGV[1] or redis.call('HGET', PLACE, '') ~= ARGV[1] then return 0 end
local waiting, leased = redis.call('ZCARD', LINE), redis.call('HKEYS', LEASE)
local placed = redis.call('HLEN', PLACE) - 1 -- the word is no case
for _, case in ipairs(leased) do placed = placed - redis.call('HEXISTS', PLACE, case) end
if waiting ~= placed or #leased ~= redis.call('ZCARD', UNTIL) then return 0 end
return (redis.call('HLEN', HEADS) > 0) == (waiting > 0) and 1 or 0
