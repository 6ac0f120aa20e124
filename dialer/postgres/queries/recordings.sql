-- name: BeginRecording :exec
-- Only while the attempt is open: a note that comes late must not hide what its end said.
INSERT INTO recordings (attempt_id, ref, began_at)
SELECT id, @ref::text, @began_at::timestamptz FROM attempts WHERE id = @attempt_id AND ended_at IS NULL FOR SHARE
ON CONFLICT DO NOTHING;

-- name: EndRecording :execrows
-- Whatever the clocks did, it did not end before it began, nor was less than nothing lost: the end of a call must be writable.
INSERT INTO recordings AS r (attempt_id, ref, began_at, ended_at, lost_ms, fault)
VALUES (@attempt_id, @ref, @began_at::timestamptz, greatest(@ended_at::timestamptz, @began_at::timestamptz), greatest(@lost_ms::bigint, 0), @fault)
ON CONFLICT (attempt_id) DO UPDATE SET ended_at = greatest(EXCLUDED.ended_at, r.began_at), lost_ms = EXCLUDED.lost_ms, fault = EXCLUDED.fault
WHERE r.ended_at IS NULL AND r.ref = EXCLUDED.ref;

-- name: AddPauses :exec
INSERT INTO recording_pauses (attempt_id, n, began_at, ended_at)
SELECT @attempt_id::uuid, unnest(@ns::int[]), unnest(@begans::timestamptz[]), unnest(@endeds::timestamptz[])
ON CONFLICT DO NOTHING;

-- name: RecordingOf :one
SELECT ref, began_at, ended_at, lost_ms, fault FROM recordings WHERE attempt_id = @attempt_id;

-- name: PausesOf :many
SELECT began_at, ended_at FROM recording_pauses WHERE attempt_id = @attempt_id ORDER BY n;

-- name: AddListen :exec
-- Once a minute: a recording whose player asks for it again and again has been listened to once. The record of who saw what has each time.
INSERT INTO recording_listens (attempt_id, by_user, at)
SELECT @attempt_id::uuid, @by_user::text, @at::timestamptz
WHERE NOT EXISTS (SELECT FROM recording_listens r WHERE r.attempt_id = @attempt_id::uuid AND r.by_user = @by_user::text
  AND r.at >= date_trunc('minute', @at::timestamptz) AND r.at < date_trunc('minute', @at::timestamptz) + interval '1 minute');
