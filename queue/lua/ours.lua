-- Stands before check.lua and discard.lua. The line is ours when the layout says so,
-- or, where somebody wrote over the layout, when the line beside it was built.
--
-- KEYS[1..9] those of the line, and layout  ARGV[1] our layout  ARGV[2..] the types that
-- the keys have

local ours
if redis.call('TYPE', KEYS[9]).ok == 'string' then
	ours = redis.call('GET', KEYS[9]) == ARGV[1]
else
	ours = redis.call('EXISTS', KEYS[9]) == 1 and redis.call('TYPE', KEYS[8]).ok == 'string'
end

-- strange returns the type of what stands under a key, when it is not ours.
local function strange(i)
	local kind = redis.call('TYPE', KEYS[i]).ok
	return kind ~= 'none' and kind ~= ARGV[i + 1] and kind
end

