-- Stands before every script of the line.
--
-- KEYS[1..8]  line, heads, place, lease, until, rebuilding, changes, built (keys.go)
--
-- A script runs alone: nothing else happens in Redis meanwhile. Instants are
-- microseconds of the server's clock; as text they have 16 digits, since Lua
-- would round them when left to itself. A place is "PPPPPP:lane:DDDDDDDDDDDDDDDD"
-- and a cell, which is a lane at one priority, "PPPPPP:lane"; no lane holds a colon.

local LINE, HEADS, PLACE, LEASE, UNTIL = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local REBUILDING, CHANGES, BUILT = KEYS[6], KEYS[7], KEYS[8]

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function micros(n) return string.format('%016d', n) end

-- before compares two cases "DDDDDDDDDDDDDDDD:case" as Redis would, byte by byte;
-- Lua's own < asks the server's locale.
local function before(a, b)
	local x, y = tonumber(string.sub(a, 1, 16)), tonumber(string.sub(b, 1, 16))
	if x ~= y then return x < y end
	for i = 18, math.min(#a, #b) do
		x, y = string.byte(a, i), string.byte(b, i)
		if x ~= y then return x < y end
	end
	return #a < #b
end

-- after returns what waits in a cell after an instant or a case of it, or nil.
local function after(cell, from)
	local m = redis.call('ZRANGEBYLEX', LINE, '(' .. cell .. ':' .. from, '(' .. cell .. ';', 'LIMIT', 0, 1)[1]
	return m and string.sub(m, #cell + 2) -- ';' follows ':', so the range ends with the cell
end

-- enter lets a case wait at a place.
local function enter(case, place)
	local cell, head = string.sub(place, 1, -18), string.sub(place, -16) .. ':' .. case
	redis.call('ZADD', LINE, 0, cell .. ':' .. head)
	local first = redis.call('HGET', HEADS, cell)
	if not first or before(head, first) then redis.call('HSET', HEADS, cell, head) end
end

-- take takes the first case of a cell out of the line.
local function take(cell, head)
	redis.call('ZREM', LINE, cell .. ':' .. head)
	local next = after(cell, '')
	if next then redis.call('HSET', HEADS, cell, next) else redis.call('HDEL', HEADS, cell) end
end

-- leave takes a case from a place where it waits.
local function leave(case, place)
	local cell, head = string.sub(place, 1, -18), string.sub(place, -16) .. ':' .. case
	if redis.call('HGET', HEADS, cell) == head then
		take(cell, head)
	else
		redis.call('ZREM', LINE, cell .. ':' .. head)
	end
end

-- lease_of returns a case's lease, or nil, also for what is none of ours. Desks come last: they may hold spaces.
local function lease_of(case)
	local l = redis.call('HGET', LEASE, case)
	if not l then return nil end
	local token, since, till, desk = string.match(l, '^(%S+) (%d+) (%d+) (.*)$')
	if not token then return nil end
	return { token = token, since = tonumber(since), till = tonumber(till), desk = desk }
end

local function set_lease(case, l)
	redis.call('HSET', LEASE, case, l.token .. ' ' .. micros(l.since) .. ' ' .. micros(l.till) .. ' ' .. l.desk)
	redis.call('ZADD', UNTIL, micros(l.till), case)
end

-- journal notes changes (field, value, …) for the rebuild that runs, if one does.
local function journal(...)
	if redis.call('EXISTS', REBUILDING) == 1 then redis.call('HSET', CHANGES, ...) end
end

-- drop_lease ends a lease; the case stands nowhere until the caller says where. Ended
-- by someone's wish, it is noted, and no rebuild brings it back.
local function drop_lease(case)
	redis.call('HDEL', LEASE, case)
	redis.call('ZREM', UNTIL, case)
end

-- back puts a case that is no longer leased where it stood in the line, if it did.
local function back(case)
	local place = redis.call('HGET', PLACE, case)
	if place then enter(case, place) end
end

-- settle writes a case's new place ('-': none). A leased case only remembers it.
local function settle(case, place)
	local leased = redis.call('HEXISTS', LEASE, case) == 1
	local old = not leased and redis.call('HGET', PLACE, case)
	if old then leave(case, old) end
	if place == '-' then
		redis.call('HDEL', PLACE, case)
	else
		redis.call('HSET', PLACE, case, place)
		if not leased then enter(case, place) end
	end
end

-- Whatever a script does, it does after lapsed leases have gone back into the line.
for _, case in ipairs(redis.call('ZRANGEBYSCORE', UNTIL, '-inf', micros(now))) do
	drop_lease(case)
	back(case)
end
