-- name: MarkByHand :exec
-- The row is open: it was made in the same transaction, which ends it too.
UPDATE attempts SET origin = 'manual', trunk = '', idempotency_key = NULLIF(@idempotency_key::text, ''),
  number_kind = CASE WHEN number_ref = '' THEN '' ELSE number_kind END
WHERE id = @id AND ended_at IS NULL;

-- name: CallOfCaseAt :one
-- Whether the case was in a call at an instant, or is still: what is noted by hand is then that call, or a mistake.
SELECT EXISTS (SELECT FROM attempts WHERE case_id = @case_id AND started_at < @at::timestamptz
  AND (ended_at IS NULL OR ended_at > @at::timestamptz));

-- name: ByHandFigures :many
SELECT to_char(started_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD')::text AS day, count(*)::int AS n
FROM attempts
WHERE origin = 'manual' AND direction = 'outbound' AND ended_at IS NOT NULL
  AND started_at >= @from_at::timestamptz AND started_at < @to_at::timestamptz
GROUP BY 1 ORDER BY 1;

-- name: RungBefore :many
-- When each case was last called at the number that called, lately.
SELECT DISTINCT ON (o.case_id) o.case_id, o.dialled_at::timestamptz AS at, coalesce(o.handed_operator, o.operator)::text AS operator,
  coalesce(o.result, '')::text AS result, o.origin, coalesce(r.party, '')::text AS party, coalesce(r.business, '{}')::text[] AS business
FROM attempts a JOIN attempts o ON o.number_ref = a.number_ref AND o.direction = 'outbound' AND o.dialled_at IS NOT NULL
  AND o.ended_at IS NOT NULL AND o.dialled_at < a.started_at AND o.dialled_at >= @since::timestamptz
  LEFT JOIN LATERAL (
    SELECT r.party, r.business FROM attempt_results r WHERE r.attempt_id = o.id ORDER BY r.revision DESC LIMIT 1
  ) r ON true
WHERE a.id = @id AND a.direction = 'inbound' AND a.number_ref <> ''
ORDER BY o.case_id, o.dialled_at DESC, o.id DESC;
