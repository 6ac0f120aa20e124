-- Puts a leased case back where it stood in the line.
--
-- ARGV[1] case  ARGV[2] token
--
-- Returns 1, or 0 when the lease is no longer this token's; then nothing changed.

local lease = lease_of(ARGV[1])
if not lease or lease.token ~= ARGV[2] then return 0 end
drop_lease(ARGV[1])
back(ARGV[1])
journal('t:' .. lease.token, '')
return 1
