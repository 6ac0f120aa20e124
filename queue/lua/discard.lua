-- Throws away what stands under our keys and has another type than ours: somebody
-- wrote there, and each script would stumble over it. Another application's keys are
-- left. The line then counts as not built. Runs without the prelude, which would
-- stumble, too.
--
-- KEYS[1..9], ARGV[1..10] as in ours.lua
--
-- Returns what was thrown away: key, type, key, type, …

local gone = {}
for i = 1, ours and 9 or 0 do
	local kind = strange(i)
	if kind then
		redis.call('UNLINK', KEYS[i])
		gone[#gone + 1] = KEYS[i]
		gone[#gone + 1] = kind
	end
end
if #gone > 0 then redis.call('DEL', KEYS[8]) end
return gone
