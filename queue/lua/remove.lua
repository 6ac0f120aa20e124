-- Takes a case out of the line and ends any lease on it.
--
-- ARGV[1] case
--
-- Returns 1.

local lease = lease_of(ARGV[1])
if lease then
	drop_lease(ARGV[1])
	redis.call('HDEL', PLACE, ARGV[1])
	journal('t:' .. lease.token, '')
end
settle(ARGV[1], '-')
journal('c:' .. ARGV[1], '-')
return 1
