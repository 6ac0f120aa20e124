-- Stands before every script of the line.
--
-- KEYS[1..8]  line, when, place, lease, until, rebuilding, changes, built (keys.go)
--
-- A script runs alone: nothing else happens in Redis meanwhile. Instants are
-- microseconds of the server's clock; as text they have 16 digits, since Lua
-- would round them when left to itself. A place is "PPPPPP:DDDDDDDDDDDDDDDD".

local LINE, WHEN, PLACE, LEASE, UNTIL = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local REBUILDING, CHANGES, BUILT = KEYS[6], KEYS[7], KEYS[8]

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function micros(n) return string.format('%016.0f', n) end

-- enter lets a case wait at a place; leave takes it from there.
local function enter(case, place)
	redis.call('ZADD', LINE, 0, place .. ':' .. case)
	redis.call('ZADD', WHEN, 0, string.sub(place, 8) .. ':' .. string.sub(place, 1, 6) .. ':' .. case)
end

local function leave(case, place)
	redis.call('ZREM', LINE, place .. ':' .. case)
	redis.call('ZREM', WHEN, string.sub(place, 8) .. ':' .. string.sub(place, 1, 6) .. ':' .. case)
end

-- lease_of returns a case's lease, or nil. Desks come last: they may hold spaces.
local function lease_of(case)
	local l = redis.call('HGET', LEASE, case)
	if not l then return nil end
	local token, since, till, desk = string.match(l, '^(%S+) (%d+) (%d+) (.*)$')
	return { token = token, since = tonumber(since), till = tonumber(till), desk = desk }
end

local function set_lease(case, l)
	redis.call('HSET', LEASE, case, l.token .. ' ' .. micros(l.since) .. ' ' .. micros(l.till) .. ' ' .. l.desk)
	redis.call('ZADD', UNTIL, micros(l.till), case)
end

-- journal notes a change for the rebuild that runs, if one does.
local function journal(field, value)
	if redis.call('EXISTS', REBUILDING) == 1 then redis.call('HSET', CHANGES, field, value) end
end

-- drop_lease ends a lease; the case stands nowhere until the caller says where.
local function drop_lease(case)
	redis.call('HDEL', LEASE, case)
	redis.call('ZREM', UNTIL, case)
end

-- end_lease is drop_lease by someone's wish: no rebuild brings that lease back.
local function end_lease(case, token)
	drop_lease(case)
	journal('t:' .. token, '')
end

-- back puts a case that is no longer leased where it stood in the line, if it did.
local function back(case)
	local place = redis.call('HGET', PLACE, case)
	if place then enter(case, place) end
end

-- settle writes a case's new place ('-': none). A leased case only remembers it.
local function settle(case, place)
	local old = redis.call('HGET', PLACE, case)
	local leased = redis.call('HEXISTS', LEASE, case) == 1
	if old and not leased then leave(case, old) end
	if place == '-' then
		redis.call('HDEL', PLACE, case)
	else
		redis.call('HSET', PLACE, case, place)
		if not leased then enter(case, place) end
	end
	journal('c:' .. case, place)
end

-- Whatever a script does, it does after lapsed leases have gone back into the line.
for _, case in ipairs(redis.call('ZRANGEBYSCORE', UNTIL, '-inf', micros(now))) do
	drop_lease(case)
	back(case)
end
