-- Adds cases to the line, or moves them in it. A leased case keeps its lease and
-- takes the new place when that ends.
--
-- ARGV[1], ARGV[2] case and place; ARGV[3], ARGV[4] the next; and so on
--
-- Returns the number of cases.

for i = 1, #ARGV, 2 do
	settle(ARGV[i], ARGV[i + 1])
	journal('c:' .. ARGV[i], ARGV[i + 1])
end
return #ARGV / 2
