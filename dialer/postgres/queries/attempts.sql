-- name: HoldAttempt :exec
-- Whoever reserves or ends an attempt holds its id until the transaction is over, also while there is no row yet, and is in the
-- day (EnterDay).
SELECT pg_advisory_xact_lock(hashtextextended(@id::text, 0)), pg_advisory_xact_lock_shared(hashtextextended('the day''s close', 0));

-- name: InsertAttempt :execrows
-- None is written for a node whose lease has run out. The lease is held until the transaction is over: whoever ends the
-- node's life then waits, and finds the attempt.
WITH held AS MATERIALIZED (
  SELECT n.epoch FROM nodes n WHERE n.id = @node AND n.epoch = @node_epoch AND n.until > clock_timestamp() FOR KEY SHARE
)
INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk,
  operator, trunk, override_reason, idempotency_key, started_at, node, node_epoch, mark, stood)
SELECT @id::uuid, @case_id::uuid, @case_ref, @number_ref, @number_kind, @insurance, @language, @balance_band, @sample, @desk,
  @operator, @trunk, @override_reason, NULLIF(@idempotency_key::text, ''), @started_at::timestamptz, @node, @node_epoch, @mark,
  (SELECT how_it_stands(c) FROM cases c WHERE c.id = @case_id::uuid)
WHERE @node = '' OR EXISTS (SELECT FROM held);

-- name: MayReserve :one
-- Whether somebody of the household calls us, and whether who calls has read the case's history. A case that was opened for the call alone has none.
SELECT (@need_history::boolean AND history_checked(@case_id, @by_user::text, @day_began::timestamptz) IS NULL
    AND EXISTS (SELECT FROM persons p WHERE p.case_id = @case_id))::boolean AS unread,
  calls_us(@case_id, @number_ref::text) AS calls_us;

-- name: StateToReserve :one
-- Whoever orders something of the case meanwhile waits until the attempt stands, and finds it.
SELECT state FROM cases WHERE id = @id FOR KEY SHARE;

-- name: MarkDialled :execrows
-- Fenced as the reservation is, by the life of the node that made it.
WITH held AS MATERIALIZED (
  SELECT n.epoch FROM attempts a JOIN nodes n ON n.id = a.node AND n.epoch = a.node_epoch
  WHERE a.id = @id AND n.until > clock_timestamp() FOR KEY SHARE OF n
)
UPDATE attempts u SET dialled_at = @dialled_at::timestamptz, sip_call_id = NULLIF(@sip_call_id::text, '')
WHERE u.id = @id AND u.ended_at IS NULL AND u.dialled_at IS NULL AND (u.node = '' OR EXISTS (SELECT FROM held));

-- name: LastLook :one
-- What an attempt that is about to ring is of, and what came since it was reserved: the case has moved, and waits for another time, or somebody of the household calls us.
SELECT a.number_ref,
  coalesce(a.stood <> how_it_stands(c) AND (c.state <> 'waiting' OR c.due > @now::timestamptz), false)::boolean AS moved,
  calls_us(a.case_id, a.number_ref) AS calls_us
FROM attempts a LEFT JOIN cases c ON c.id = a.case_id WHERE a.id = @id;

-- name: AttemptState :one
SELECT state, coalesce(sip_call_id, '')::text AS sip_call_id FROM attempts WHERE id = @id;

-- name: LockOpenAttempt :one
-- For whoever is going to end it: a shared lock, made stronger later, could block and be blocked.
SELECT * FROM attempts WHERE id = @id AND ended_at IS NULL FOR UPDATE;

-- name: LockAttempt :one
SELECT case_id, number_ref, direction, started_at, ended_at, origin FROM attempts WHERE id = @id FOR UPDATE;

-- name: PutLeg :exec
INSERT INTO attempt_legs (attempt_id, leg, sip_call_id, custody, handle) VALUES (@attempt_id, @leg, @sip_call_id, @custody, @handle)
ON CONFLICT (attempt_id, leg) DO UPDATE SET sip_call_id = EXCLUDED.sip_call_id, custody = EXCLUDED.custody, handle = EXCLUDED.handle;

-- name: DeleteLegs :exec
DELETE FROM attempt_legs WHERE attempt_id = @attempt_id;

-- name: AddEvidence :exec
INSERT INTO attempt_evidence (attempt_id, n, at, leg, event, status, reason, cause)
SELECT @attempt_id::uuid, unnest(@ns::int[]), unnest(@ats::timestamptz[]), unnest(@legs::text[]), unnest(@events::text[]),
  unnest(@statuses::int[]), unnest(@reasons::text[]), unnest(@causes::int[])
ON CONFLICT (attempt_id, n) DO NOTHING;

-- name: EndAttempt :one
-- The end knows better than what was written under way: a dialled_at that got no answer was never acted on.
UPDATE attempts SET
  dialled_at  = sqlc.narg('dialled_at')::timestamptz,
  sip_call_id = CASE WHEN direction = 'outbound' AND sqlc.narg('dialled_at')::timestamptz IS NULL THEN NULL ELSE sip_call_id END,
  ringing_at  = sqlc.narg('ringing_at')::timestamptz,
  answered_at = sqlc.narg('answered_at')::timestamptz,
  ended_at    = @ended_at::timestamptz,
  ended_by    = @ended_by::text,
  trunk       = coalesce(NULLIF(@trunk::text, ''), trunk),
  desk        = CASE WHEN direction = 'inbound' THEN @desk::text ELSE desk END,
  operator    = CASE WHEN direction = 'inbound' THEN @operator::text ELSE operator END,
  handed_desk = CASE WHEN direction = 'outbound' AND @desk::text NOT IN ('', desk) THEN @desk::text END,
  handed_operator = CASE WHEN direction = 'outbound' AND @desk::text NOT IN ('', desk) THEN @operator::text END,
  result      = @result::text,
  confidence  = @confidence::text,
  rule        = @rule::text,
  why         = @why::text,
  counted     = @counted
WHERE id = @id AND ended_at IS NULL
RETURNING case_id, number_ref, direction;

-- name: EndForeign :exec
-- What nobody here has begun was dialled by nobody: it locks no number, and is no try.
UPDATE attempts SET dialled_at = NULL, sip_call_id = NULL, ringing_at = NULL, answered_at = NULL, ended_at = @ended_at::timestamptz, ended_by = 'crash',
  result = CASE WHEN direction = 'outbound' THEN 'not_dialled' ELSE 'interrupted' END, confidence = 'high', rule = 'foreign', why = @why::text, counted = false
WHERE id = @id AND ended_at IS NULL;

-- name: AnyEndedForeign :one
SELECT EXISTS (SELECT FROM attempts WHERE rule = 'foreign');

-- name: OpenUnmarked :many
SELECT * FROM attempts WHERE ended_at IS NULL AND mark IS NULL;

-- name: MarkAttempt :exec
UPDATE attempts SET mark = @mark WHERE id = @id AND ended_at IS NULL AND mark IS NULL;

-- name: HasResult :one
SELECT EXISTS (SELECT FROM attempt_results WHERE attempt_id = @attempt_id);

-- name: CountResult :one
SELECT count(*)::int FROM attempts WHERE number_ref = @number_ref AND dialled_at IS NOT NULL AND result = @result::text;

-- name: NoteProgress :one
-- One statement, so one round trip and one commit: what is noted is noted whole, and only while the attempt is open.
WITH held AS MATERIALIZED (
  SELECT id FROM attempts WHERE id = @id AND ended_at IS NULL FOR SHARE
), evidence AS (
  INSERT INTO attempt_evidence (attempt_id, n, at, leg, event, status, reason, cause)
  SELECT id, unnest(@ns::int[]), unnest(@ats::timestamptz[]), unnest(@legs::text[]), unnest(@events::text[]),
    unnest(@statuses::int[]), unnest(@reasons::text[]), unnest(@causes::int[]) FROM held
  ON CONFLICT (attempt_id, n) DO NOTHING
), legs AS (
  INSERT INTO attempt_legs AS l (attempt_id, leg, sip_call_id, custody, handle, noted)
  SELECT id, unnest(@handle_legs::text[]), unnest(@sip_call_ids::text[]), @custody::date, unnest(@handles::bytea[]), @noted::int FROM held
  ON CONFLICT (attempt_id, leg) DO UPDATE SET sip_call_id = EXCLUDED.sip_call_id, custody = EXCLUDED.custody, handle = EXCLUDED.handle, noted = EXCLUDED.noted
  WHERE l.noted <= EXCLUDED.noted
)
SELECT id FROM held;

-- name: OpenAttempts :many
-- Those of a node's lives before an epoch, and, with ownerless, those that are no node's; with an empty node all there are.
SELECT sqlc.embed(attempts),
  EXISTS (SELECT FROM inbound_callers c WHERE c.attempt_id = attempts.id)::boolean AS dialable,
  EXISTS (SELECT FROM cases k WHERE k.id = attempts.case_id AND k.origin = 'inbound')::boolean AS unlisted
FROM attempts WHERE ended_at IS NULL
  AND (@node::text = '' OR node = @node::text AND node_epoch < @before::bigint OR @ownerless::boolean AND node = '')
ORDER BY started_at, id;

-- name: EvidenceOf :many
SELECT attempt_id, n, at, leg, event, status, reason, cause FROM attempt_evidence
WHERE attempt_id = ANY (@ids::uuid[]) ORDER BY attempt_id, n;

-- name: AddQuality :exec
INSERT INTO attempt_quality (attempt_id, leg, direction, packets, lost, jitter_ms, round_trip_ms, mos, worst_mos)
SELECT @attempt_id::uuid, q.leg, q.direction, q.packets, q.lost, q.jitter_ms, NULLIF(q.round_trip_ms, 0), q.mos, q.worst_mos
FROM (SELECT unnest(@legs::text[]) AS leg, unnest(@directions::text[]) AS direction, unnest(@packets::bigint[]) AS packets,
  unnest(@lost::bigint[]) AS lost, unnest(@jitter_ms::float8[]) AS jitter_ms, unnest(@round_trip_ms::float8[]) AS round_trip_ms,
  unnest(@mos::float8[]) AS mos, unnest(@worst_mos::float8[]) AS worst_mos) q;

-- name: QualityOf :many
SELECT attempt_id, leg, direction, packets, lost, jitter_ms, coalesce(round_trip_ms, 0)::float8 AS round_trip_ms, mos, worst_mos
FROM attempt_quality WHERE attempt_id = ANY (@ids::uuid[]);

-- name: LegsOf :many
SELECT attempt_id, leg, sip_call_id, custody, handle FROM attempt_legs
WHERE attempt_id = ANY (@ids::uuid[]) ORDER BY attempt_id, leg DESC;

-- name: ResultsDue :many
-- Whoever ended the talk owes it.
SELECT DISTINCT ON (coalesce(handed_desk, desk)) id, case_id, coalesce(handed_desk, desk)::text AS desk,
  coalesce(handed_operator, operator)::text AS operator
FROM attempts a
WHERE result = 'answered' AND NOT EXISTS (SELECT FROM attempt_results r WHERE r.attempt_id = a.id)
ORDER BY coalesce(handed_desk, desk), ended_at DESC;

-- name: Tries :many
-- Calls that came in and were missed are among them: they asked to be called.
SELECT coalesce(a.dialled_at, a.started_at)::timestamptz AS tried_at, (a.direction = 'inbound')::boolean AS called_us, coalesce(a.result, '')::text AS result,
  coalesce((SELECT r.party FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1), '')::text AS party,
  coalesce((SELECT r.call_again_at FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1),
    'epoch')::timestamptz AS asked_for,
  (a.ringing_at IS NOT NULL OR a.answered_at IS NOT NULL OR coalesce(a.confidence, '') = 'low' OR EXISTS (
    SELECT FROM attempt_evidence e WHERE e.attempt_id = a.id AND e.leg = 'customer'
      AND e.event IN ('ringing', 'early_media', 'answered', 'answer_crossed_cancel')))::boolean AS may_have_rung
FROM attempts a
WHERE a.number_ref = @number_ref AND (a.dialled_at >= @since::timestamptz
  OR a.direction = 'inbound' AND a.result = 'no_answer' AND a.started_at >= @since::timestamptz)
ORDER BY coalesce(a.dialled_at, a.started_at), a.id;

-- name: AttemptByKey :one
SELECT id FROM attempts WHERE operator = @operator AND idempotency_key = @idempotency_key::text;

-- name: AttemptByID :one
SELECT * FROM attempts WHERE id = @id;

-- name: AttemptsBefore :many
-- Newest first, from a place in that order on.
SELECT * FROM attempts
WHERE started_at >= @from_at AND started_at < @to_at AND (@desk::text = '' OR @desk IN (desk, handed_desk))
  AND (@operator::text = '' OR @operator::text IN (operator, handed_operator))
  AND (started_at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY started_at DESC, id DESC LIMIT @max;

-- name: AttemptsOfCaseBefore :many
SELECT * FROM attempts
WHERE case_id = @case_id AND started_at >= @from_at AND started_at < @to_at AND (@desk::text = '' OR @desk IN (desk, handed_desk))
  AND (@operator::text = '' OR @operator::text IN (operator, handed_operator))
  AND (started_at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY started_at DESC, id DESC LIMIT @max;

-- name: Figures :many
-- Of what the network proves. One statement, so that the sums agree. A person whose calls were about both insurances is two cases. A
-- day of Tokyo has always 24 hours. The index is read twice, which costs less than keeping its rows for the second sum.
WITH p AS (
  SELECT bit_or(CASE insurance WHEN 'kokuho' THEN 1 WHEN 'kouki' THEN 2 WHEN 'both' THEN 3 ELSE 4 END) AS about
  FROM attempts WHERE dialled_at >= @from_at::timestamptz AND dialled_at < @to_at::timestamptz AND ended_at IS NOT NULL
    AND origin = 'sip' AND counted
  GROUP BY case_ref
), whose AS MATERIALIZED ( -- once: a month that is new is taken for empty by the planner
  SELECT count(*)::int AS persons, coalesce(sum((about & 1) + (about >> 1 & 1) + (about >> 2 & 1)), 0)::int AS cases FROM p
), a AS (
  SELECT date_bin('1 day', dialled_at, '2000-01-01 00:00+09') AS day, result, count(*)::int AS dialled,
    (count(*) FILTER (WHERE counted))::int AS counted
  FROM attempts WHERE dialled_at >= @from_at::timestamptz AND dialled_at < @to_at::timestamptz AND ended_at IS NOT NULL
    AND origin = 'sip'
  GROUP BY 1, 2
)
SELECT a.day::timestamptz AS day, coalesce(a.result, '')::text AS result, a.dialled, a.counted, whose.persons, whose.cases
FROM a, whose ORDER BY a.day;
