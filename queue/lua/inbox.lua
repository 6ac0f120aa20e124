-- Empties a node's inbox.
--
-- KEYS[1] the inbox
--
-- Returns the server's clock in milliseconds as text, then for each message, oldest
-- first, the milliseconds at which it came, who sent it, and what it says.

local clock = redis.call('TIME')
local out = { string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000)) }
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
	local fields = {}
	for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
	table.insert(out, string.match(entry[1], '^%d+'))
	table.insert(out, fields.from or '')
	table.insert(out, fields.sealed or '')
end
redis.call('DEL', KEYS[1])
return out
