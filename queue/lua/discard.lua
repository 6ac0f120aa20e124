-- Throws away what stands under our keys and has another type than ours: somebody
-- wrote there, and each script would stumble over it. Another application's keys are
-- left. The line then counts as not built. Runs without the prelude, which would
-- stumble, too.
--
-- KEYS[1..9], ARGV as in ours.lua  KEYS[10..] those of the wire that are asked about
--
-- Returns what was thrown away: key, type, key, type, …

local gone = {}
local line = false -- something of the line is gone
for i = 1, ours and #KEYS or 0 do
	local kind = strange(i)
	if kind then
		redis.call('UNLINK', KEYS[i])
		gone[#gone + 1] = KEYS[i]
		gone[#gone + 1] = kind
		line = line or i < 10
	end
end
if line then redis.call('DEL', KEYS[8]) end
return gone
