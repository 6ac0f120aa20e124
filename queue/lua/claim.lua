-- Leases a case to a desk.
--
-- ARGV[1] desk  ARGV[2] case, or '' for the first that is due in the lanes
-- ARGV[3] length of the lease in microseconds  ARGV[4] a token for a new lease
-- ARGV[5] the life of this Redis, which must be that in which the line was built
-- ARGV[6] the lanes of the first rank, each with a colon behind it; ARGV[7] those of
-- the next; and so on
--
-- Returns {'ok', case, token, until}; {'busy'} when another desk holds the case;
-- {'empty'} when none is due. A desk that holds the case already gets its own
-- lease prolonged. Looks once at the lanes of each rank at each priority in use,
-- until a case is due.

local desk, case, length, token = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

-- first_at returns the cell of the first case that is due at a priority, and its head.
local function first_at(priority)
	for rank = 6, #ARGV do
		local cells = {}
		for lane in string.gmatch(ARGV[rank], '([^:]*):') do cells[#cells + 1] = priority .. ':' .. lane end
		local cell, best
		for i, head in ipairs(redis.call('HMGET', HEADS, unpack(cells))) do
			if head and tonumber(string.sub(head, 1, 16)) <= now and (not best or before(head, best)) then
				cell, best = cells[i], head
			end
		end
		if best then return cell, best end
	end
end

local function first_due()
	local built = redis.call('GET', BUILT)
	if built and built ~= ARGV[5] then return nil end
	local from = '-'
	while #ARGV > 5 do
		local m = redis.call('ZRANGEBYLEX', LINE, from, '+', 'LIMIT', 0, 1)[1]
		if not m then return nil end
		local priority = string.sub(m, 1, 6)
		local cell, head = first_at(priority)
		if cell then return cell, head end
		from = '(' .. priority .. ';'
	end
end

local lease = nil
if case == '' then
	local cell, head = first_due()
	if not cell then return { 'empty' } end
	take(cell, head)
	case = string.sub(head, 18)
else
	lease = lease_of(case)
	if lease and lease.desk ~= desk then return { 'busy' } end
	local place = not lease and redis.call('HGET', PLACE, case)
	if place then leave(case, place) end
end

lease = lease or { token = token, desk = desk }
lease.since, lease.till = now, now + length
set_lease(case, lease)
return { 'ok', case, lease.token, micros(lease.till) }
