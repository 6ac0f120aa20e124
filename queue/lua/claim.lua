-- Leases a case to a desk.
--
-- ARGV[1] desk  ARGV[2] case, or '' for the first that is due
-- ARGV[3] length of the lease in microseconds  ARGV[4] a token for a new lease
--
-- Returns {'ok', case, token, until}; {'busy'} when another desk holds the case;
-- {'empty'} when none is due. A desk that holds the case already gets its own
-- lease prolonged. Looks at one case for each priority in use.

local desk, case, length, token = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local function first_due()
	local soonest = redis.call('ZRANGEBYLEX', WHEN, '-', '+', 'LIMIT', 0, 1)[1]
	if not soonest or tonumber(string.sub(soonest, 1, 16)) > now then return nil end
	local from = '-'
	while true do
		local head = redis.call('ZRANGEBYLEX', LINE, from, '+', 'LIMIT', 0, 1)[1]
		if not head then return nil end
		if tonumber(string.sub(head, 8, 23)) <= now then return string.sub(head, 25) end
		from = '(' .. string.sub(head, 1, 6) .. ';' -- ';' follows ':', so the next priority
	end
end

local lease = nil
if case ~= '' then
	lease = lease_of(case)
	if lease and lease.desk ~= desk then return { 'busy' } end
else
	case = first_due()
	if not case then return { 'empty' } end
end

if not lease then
	local place = redis.call('HGET', PLACE, case)
	if place then leave(case, place) end
	lease = { token = token, desk = desk }
end
lease.since, lease.till = now, now + length
set_lease(case, lease)
return { 'ok', case, lease.token, micros(lease.till) }
