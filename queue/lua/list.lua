-- Shows the head of the line. Changes nothing but lapsed leases.
--
-- ARGV[1] how many cases at the most
--
-- Returns {now, due, later, leased}: due is a flat list of case, place in the
-- order of claiming; later is the same for those not yet due, by time; leased is
-- a flat list of case, place, desk for every leased case that has a place.

local limit = tonumber(ARGV[1])

local due, found, from = {}, 0, '-'
while found < limit do
	local head = redis.call('ZRANGEBYLEX', LINE, from, '+', 'LIMIT', 0, 1)[1]
	if not head then break end
	local priority = string.sub(head, 1, 6)
	-- ';' follows ':', so this range ends after every case of that instant.
	local to = '(' .. priority .. ':' .. micros(now) .. ';'
	for _, m in ipairs(redis.call('ZRANGEBYLEX', LINE, '[' .. head, to, 'LIMIT', 0, limit - found)) do
		due[#due + 1] = string.sub(m, 25)
		due[#due + 1] = string.sub(m, 1, 23)
		found = found + 1
	end
	from = '(' .. priority .. ';'
end

local later = {}
local rest = redis.call('ZRANGEBYLEX', WHEN, '(' .. micros(now) .. ';', '+', 'LIMIT', 0, limit - found)
for _, m in ipairs(rest) do
	later[#later + 1] = string.sub(m, 25)
	later[#later + 1] = string.sub(m, 18, 23) .. ':' .. string.sub(m, 1, 16)
end

local leased = {}
for _, case in ipairs(redis.call('HKEYS', LEASE)) do
	local place = redis.call('HGET', PLACE, case)
	if place then
		leased[#leased + 1] = case
		leased[#leased + 1] = place
		leased[#leased + 1] = lease_of(case).desk
	end
end
return { micros(now), due, later, leased }
