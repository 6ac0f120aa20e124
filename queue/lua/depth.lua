-- Counts the cases, for the metrics.
--
-- Returns {due, later, leased}.

local waiting = redis.call('ZCARD', WHEN)
local due = redis.call('ZLEXCOUNT', WHEN, '-', '(' .. micros(now) .. ';')
return { due, waiting - due, redis.call('HLEN', LEASE) }
