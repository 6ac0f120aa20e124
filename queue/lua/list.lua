-- Shows the head of the line. Changes nothing but lapsed leases.
--
-- ARGV[1] how many cases at the most  ARGV[2] 'all', or 'some' for the lanes given
-- ARGV[3] the lanes of the first rank, each with a colon behind it; ARGV[4] those of
-- the next; and so on
--
-- Returns {now, due, later, leased}: due is a flat list of case, place in the
-- order of claiming; later is the same for those not yet due, by time; leased is
-- a flat list of case, place, desk for every leased case that has a place.

local limit, all, ranks = tonumber(ARGV[1]), ARGV[2] == 'all', {}
for rank = 3, #ARGV do
	for lane in string.gmatch(ARGV[rank], '([^:]*):') do ranks[lane] = rank end
end

local function rank_of(lane) return all and 0 or ranks[lane] end

local function is_due(head) return tonumber(string.sub(head, 1, 16)) <= now end

-- A cursor stands in a cell, at the next case to be shown from there.
local function cursor(cell, rank, head)
	return { cell = cell, priority = tonumber(string.sub(cell, 1, 6)), rank = rank, head = head }
end

local function as_claimed(a, b)
	if a.priority ~= b.priority then return a.priority < b.priority end
	if a.rank ~= b.rank then return a.rank < b.rank end
	return before(a.head, b.head)
end

local function by_time(a, b)
	local x, y = string.sub(a.head, 1, 16), string.sub(b.head, 1, 16)
	if x ~= y then return tonumber(x) < tonumber(y) end
	return as_claimed(a, b)
end

-- show merges the cells at the cursors, as long as their cases may be shown.
local function show(cursors, order, may, most)
	local rows = {}
	table.sort(cursors, order)
	while #rows < 2 * most and cursors[1] do
		local c = table.remove(cursors, 1)
		rows[#rows + 1] = string.sub(c.head, 18)
		rows[#rows + 1] = c.cell .. ':' .. string.sub(c.head, 1, 16)
		c.head = after(c.cell, c.head)
		if c.head and may(c.head) then
			local at = 1
			while cursors[at] and order(cursors[at], c) do at = at + 1 end
			table.insert(cursors, at, c)
		end
	end
	return rows
end

local cells, due = {}, {}
local heads = redis.call('HGETALL', HEADS)
for i = 1, #heads, 2 do
	local rank = rank_of(string.sub(heads[i], 8))
	if rank then
		cells[#cells + 1] = cursor(heads[i], rank, heads[i + 1])
		if is_due(heads[i + 1]) then due[#due + 1] = cursor(heads[i], rank, heads[i + 1]) end
	end
end
due = show(due, as_claimed, is_due, limit)

local later = {}
if #due < 2 * limit then
	for _, c in ipairs(cells) do
		if is_due(c.head) then c.head = after(c.cell, micros(now) .. ';') end
		if c.head then later[#later + 1] = c end
	end
	later = show(later, by_time, function() return true end, limit - #due / 2)
end

local leased = {}
for _, case in ipairs(redis.call('HKEYS', LEASE)) do
	local place, lease = redis.call('HGET', PLACE, case), lease_of(case)
	if lease and place and rank_of(string.sub(place, 8, -18)) then
		leased[#leased + 1] = case
		leased[#leased + 1] = place
		leased[#leased + 1] = lease.desk
	end
end
return { micros(now), due, later, leased }
