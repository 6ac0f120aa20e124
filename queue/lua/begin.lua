-- Begins a rebuild. From here on changes are noted in the journal. A rebuild that
-- runs already is superseded; its journal goes on.
--
-- ARGV[1] token of the rebuild  ARGV[2] milliseconds until it counts as dead
--
-- Returns 1.

if redis.call('EXISTS', REBUILDING) == 0 then redis.call('DEL', CHANGES) end
redis.call('SET', REBUILDING, ARGV[1] .. ' ' .. micros(now), 'PX', ARGV[2])
redis.call('PEXPIRE', CHANGES, ARGV[2])
return 1
