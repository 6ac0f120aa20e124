-- name: InsertHandoff :execrows
INSERT INTO handoffs (id, case_id, case_ref, attempt_id, kind, state, by_user, at, due_on, moved_at, sealed)
SELECT @id, c.id, c.case_ref, sqlc.narg('attempt_id')::uuid, @kind, 'open', @by_user, @at, (@due_on::text)::date, @at, @sealed
FROM cases c WHERE c.id = @case_id::uuid
ON CONFLICT (attempt_id, kind) DO NOTHING;

-- name: LockHandoff :one
SELECT state FROM handoffs WHERE id = @id FOR UPDATE;

-- name: HandoffsOfAttempt :many
SELECT id, kind, state, by_user FROM handoffs WHERE attempt_id = @attempt_id::uuid ORDER BY at, id FOR UPDATE;

-- name: MoveHandoff :exec
UPDATE handoffs SET state = @state, moved_at = @at WHERE id = @id;

-- name: AddHandoffEvent :exec
INSERT INTO handoff_events (handoff_id, n, act, from_state, to_state, by_user, at, sealed)
VALUES (@handoff_id, @n, @act, @from_state, @to_state, @by_user, @at, @sealed);

-- name: NextHandoffEvent :one
SELECT (coalesce(max(n), 0) + 1)::int FROM handoff_events WHERE handoff_id = @handoff_id;

-- name: HandoffByID :one
SELECT id, case_id, case_ref, coalesce(attempt_id::text, '')::text AS attempt_id, kind, state, by_user, at, due_on::text AS due_on, moved_at, sealed
FROM handoffs WHERE id = @id;

-- name: HandoffEvents :many
SELECT n, act, from_state, to_state, by_user, at, sealed FROM handoff_events WHERE handoff_id = @handoff_id ORDER BY n;

-- name: HandoffsAfter :many
-- What waits for the ward comes first, what is due first before it.
SELECT id, case_id, case_ref, coalesce(attempt_id::text, '')::text AS attempt_id, kind, state, by_user, at, due_on::text AS due_on, moved_at
FROM handoffs
WHERE (@state::text = '' OR state = @state) AND (@kind::text = '' OR kind = @kind) AND (@case_id::text = '' OR case_id::text = @case_id)
  AND (@by_user::text = '' OR by_user = @by_user)
ORDER BY state NOT IN ('open', 'acknowledged'), due_on, id
LIMIT @max OFFSET @skip;

-- name: AddHandoffRead :exec
-- Once a minute: a screen that is loaded again and again has been read once.
INSERT INTO handoff_reads (handoff_id, by_user, at)
SELECT @handoff_id::uuid, @by_user::text, @at::timestamptz
WHERE NOT EXISTS (SELECT FROM handoff_reads r WHERE r.handoff_id = @handoff_id::uuid AND r.by_user = @by_user::text
  AND r.at >= date_trunc('minute', @at::timestamptz) AND r.at < date_trunc('minute', @at::timestamptz) + interval '1 minute');

-- name: CountHandoffs :one
SELECT count(*) FILTER (WHERE state IN ('open', 'acknowledged'))::int AS waiting, count(*) FILTER (WHERE state = 'open')::int AS unseen
FROM handoffs;

-- name: SetLanguage :exec
UPDATE cases SET language = @language WHERE id = @id;

-- name: LogDoNotCall :exec
INSERT INTO do_not_call_log (number_ref, listed, by_user, at, reason) VALUES (@number_ref, @listed, @by_user, @at, @reason);

-- name: HasNumber :one
SELECT EXISTS (SELECT FROM phones WHERE case_id = @case_id AND number_ref = @number_ref);
