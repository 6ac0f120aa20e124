-- Ends a lease; the case leaves the line, or waits at a new place.
--
-- ARGV[1] case  ARGV[2] token  ARGV[3] the new place, or '-' for none
--
-- Returns 1, or 0 when the lease is no longer this token's; then nothing changed.

local lease = lease_of(ARGV[1])
if not lease or lease.token ~= ARGV[2] then return 0 end
end_lease(ARGV[1], lease.token)
redis.call('HDEL', PLACE, ARGV[1]) -- a leased case stands in neither set
settle(ARGV[1], ARGV[3])
return 1
