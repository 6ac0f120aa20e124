-- Gives a rebuild up; the line stays as it is.
--
-- KEYS[9..11] the stage: line, place, count
-- ARGV[1] token of the rebuild
--
-- Returns 1.

redis.call('UNLINK', KEYS[9], KEYS[10], KEYS[11])
local running = redis.call('GET', REBUILDING)
if running and string.match(running, '^%S+') == ARGV[1] then redis.call('DEL', REBUILDING, CHANGES) end
return 1
