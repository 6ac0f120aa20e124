-- Ends a lease; the case leaves the line, or waits at a new place.
--
-- ARGV[1] case  ARGV[2] token  ARGV[3] the new place, or '-' for none
--
-- Returns 1, or 0 when the lease is no longer this token's; then nothing changed.

local case, token, place = ARGV[1], ARGV[2], ARGV[3]
local lease = lease_of(case)
if not lease or lease.token ~= token then return 0 end
drop_lease(case)
if place == '-' then
	redis.call('HDEL', PLACE, case)
else
	redis.call('HSET', PLACE, case, place)
	enter(case, place)
end
journal('t:' .. token, '', 'c:' .. case, place)
return 1
