-- name: AskedFor :many
-- Calls that were asked for at a time and not made yet: whatever is done with the case gives it another cause.
SELECT id, due, mine FROM cases
WHERE state = 'waiting' AND cause = 'asked' AND custody IS NOT NULL AND due <= @until::timestamptz
ORDER BY due, id LIMIT @max;
