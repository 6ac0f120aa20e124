-- Puts the gathered line in the place of the old one, all in one step: with the
-- changes made since the rebuild began, the leases taken since then, and the
-- leases given, where they were not ended since.
--
-- KEYS[9..11] the stage: line, place, count  KEYS[12] layout
-- ARGV[1] token of the rebuild  ARGV[2] how many cases were sent to the stage
-- ARGV[3] the least time in microseconds that a given lease goes on
-- ARGV[4] the life of this Redis in which the rebuild began
-- ARGV[5] the number of this layout
-- ARGV[6..9] case, token, until, desk of a lease to keep; ARGV[10..13] the next; …
--
-- Returns 'ok'. Returns 'superseded' when another rebuild has begun meanwhile or
-- Redis forgot this one, 'short' when Redis forgot part of what it was sent; then
-- nothing changed.

local running = redis.call('GET', REBUILDING)
local token, begun = string.match(running or '', '^(%S+) (%d+)$')
if token ~= ARGV[1] then return 'superseded' end
if tonumber(redis.call('GET', KEYS[11]) or 0) ~= tonumber(ARGV[2]) then return 'short' end
begun = tonumber(begun)

local leases = {}
for _, case in ipairs(redis.call('HKEYS', LEASE)) do
	local lease = lease_of(case)
	if lease and lease.since > begun then leases[case] = lease end
end
local changes = redis.call('HGETALL', CHANGES)
local changed = {}
for i = 1, #changes, 2 do changed[changes[i]] = changes[i + 1] end
for i = 6, #ARGV, 4 do
	local case, held = ARGV[i], ARGV[i + 1]
	if not changed['t:' .. held] and changed['c:' .. case] ~= '-' then
		local old = lease_of(case)
		local mine = old and old.token == held
		local till = mine and old.till or tonumber(ARGV[i + 2])
		leases[case] = {
			token = held, since = now, till = math.max(till, now + tonumber(ARGV[3])), desk = ARGV[i + 3],
		}
	end
end

redis.call('UNLINK', LINE, HEADS, PLACE, LEASE, UNTIL, REBUILDING, CHANGES, KEYS[11])
for i, key in ipairs({ LINE, PLACE }) do
	if redis.call('EXISTS', KEYS[8 + i]) == 1 then -- an empty line has no keys
		redis.call('RENAME', KEYS[8 + i], key)
		redis.call('PERSIST', key)
	end
end
local from = '-'
while true do -- from cell to cell
	local m = redis.call('ZRANGEBYLEX', LINE, from, '+', 'LIMIT', 0, 1)[1]
	if not m then break end
	local ends = string.find(m, ':', 8, true)
	local cell = string.sub(m, 1, ends - 1)
	redis.call('HSET', HEADS, cell, string.sub(m, ends + 1))
	from = '(' .. cell .. ';'
end
for field, place in pairs(changed) do
	if string.sub(field, 1, 2) == 'c:' then settle(string.sub(field, 3), place) end
end
for case, lease in pairs(leases) do
	local place = redis.call('HGET', PLACE, case)
	if place then leave(case, place) end
	set_lease(case, lease)
end
redis.call('SET', BUILT, ARGV[4])
redis.call('HSET', PLACE, '', ARGV[4]) -- no case has that name: the word goes with the key, and tells an empty line from a lost one
redis.call('SET', KEYS[12], ARGV[5])
return 'ok'
