-- Leases a case to a desk.
--
-- ARGV[1] desk  ARGV[2] case, or '' for the first that is due in the lanes
-- ARGV[3] length of the lease in microseconds  ARGV[4] a token for a new lease
-- ARGV[5], ARGV[6] a lane and its rank; ARGV[7], ARGV[8] the next; and so on
--
-- Returns {'ok', case, token, until}; {'busy'} when another desk holds the case;
-- {'empty'} when none is due. A desk that holds the case already gets its own
-- lease prolonged. Looks once at each priority in use, until a case is due.

local desk, case, length, token = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

-- first_at returns the cell of the first case that is due at a priority, and its head.
local function first_at(priority)
	local cells = {}
	for i = 5, #ARGV, 2 do cells[#cells + 1] = priority .. ':' .. ARGV[i] end
	local cell, best, best_rank
	for i, head in ipairs(redis.call('HMGET', HEADS, unpack(cells))) do
		if head and tonumber(string.sub(head, 1, 16)) <= now then
			local rank = tonumber(ARGV[4 + 2 * i])
			if not best or rank < best_rank or rank == best_rank and before(head, best) then
				cell, best, best_rank = cells[i], head, rank
			end
		end
	end
	return cell, best
end

local function first_due()
	local from = '-'
	while #ARGV > 4 do
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
