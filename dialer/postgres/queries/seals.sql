-- name: SealedCall :one
SELECT * FROM calls_sealed WHERE id = @id;

-- name: SealCall :exec
INSERT INTO call_seals (attempt_id, seal) VALUES (@attempt_id, @seal);

-- name: SealedCalls :many
-- In the order in which they began.
SELECT * FROM calls_sealed WHERE (started_at, id) > (@after_at::timestamptz, @after_id::uuid) ORDER BY started_at, id LIMIT @most;

-- name: CallsSealedFrom :one
-- Since when each call that ends is sealed.
SELECT at FROM rows_marked WHERE what = 'call';
