-- Looks whether what stands under our keys can be ours. Runs without the prelude,
-- which would stumble over what is not.
--
-- KEYS[1..8] those of the line  KEYS[9] layout  KEYS[10] a key of the layout before
-- the first that was numbered
-- ARGV[1..9] the types that KEYS[1..9] have  ARGV[10] our layout
--
-- Returns {'ok'}; {'foreign', key, type} when another application's key is there;
-- {'layout', number} when the line is that of another version of ours.

for i = 1, 9 do
	local kind = redis.call('TYPE', KEYS[i]).ok
	if kind ~= 'none' and kind ~= ARGV[i] then return { 'foreign', KEYS[i], kind } end
end
local layout = redis.call('GET', KEYS[9])
if not layout and redis.call('EXISTS', KEYS[10]) == 1 then layout = '1' end
if layout and layout ~= ARGV[10] then return { 'layout', layout } end
return { 'ok' }
