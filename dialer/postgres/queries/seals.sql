-- name: SealedCall :one
SELECT * FROM calls_sealed WHERE id = @id;

-- name: SealCall :exec
INSERT INTO call_seals (attempt_id, seal) VALUES (@attempt_id, @seal);

-- name: SealedCalls :many
-- In the order in which they began.
SELECT * FROM calls_sealed WHERE (started_at, id) > (@after_at::timestamptz, @after_id::uuid) ORDER BY started_at, id LIMIT @most;

-- name: FirstSealedCall :one
-- When the first call ended that was sealed; one that was noted by hand says of itself when it was.
SELECT coalesce(min(a.ended_at), '9999-01-01')::timestamptz AS at FROM call_seals s JOIN attempts a ON a.id = s.attempt_id WHERE a.origin = 'sip';
