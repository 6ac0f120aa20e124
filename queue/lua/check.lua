-- Looks whether what stands under our keys can be ours. Runs without the prelude,
-- which would stumble over what is not.
--
-- KEYS[1..9], ARGV as in ours.lua  KEYS[10] a key of the layout before the
-- first that was numbered
--
-- Returns {'ok'}, also where somebody wrote over a key of a line that is ours
-- (discard.lua); {'foreign', key, type} when another application's key is there;
-- {'layout', number} when the line is that of another version of ours.

if ours then return { 'ok' } end
for i = 1, 9 do
	local kind = strange(i)
	if kind then return { 'foreign', KEYS[i], kind } end
end
local layout = redis.call('GET', KEYS[9])
if not layout and redis.call('EXISTS', KEYS[10]) == 1 then layout = '1' end
if layout then return { 'layout', layout } end
return { 'ok' }
