-- Prolongs a lease, counted from now.
--
-- ARGV[1] case  ARGV[2] token  ARGV[3] length of the lease in microseconds
--
-- Returns 1, or 0 when the lease is no longer this token's; then nothing changed.

local lease = lease_of(ARGV[1])
if not lease or lease.token ~= ARGV[2] then return 0 end
lease.till = now + tonumber(ARGV[3])
set_lease(ARGV[1], lease)
return 1
