-- Counts the cases, for the metrics.
--
-- Returns {due, later, leased}.

local due = 0
local heads = redis.call('HGETALL', HEADS)
for i = 1, #heads, 2 do
	if tonumber(string.sub(heads[i + 1], 1, 16)) <= now then
		due = due + redis.call('ZLEXCOUNT', LINE, '[' .. heads[i] .. ':', '(' .. heads[i] .. ':' .. micros(now) .. ';')
	end
end
return { due, redis.call('ZCARD', LINE) - due, redis.call('HLEN', LEASE) }
