-- name: CaseOfNumber :one
-- The case of the last call with a number, whoever called, or else the most urgent that has it: one that is on no list only where there is no other. Who
-- called us before they came onto a list is somebody of it.
SELECT id FROM (
  (SELECT a.case_id AS id, CASE WHEN c.origin = 'inbound' THEN 3 ELSE 1 END AS grade FROM attempts a JOIN cases c ON c.id = a.case_id
   WHERE a.number_ref = @number_ref AND (a.dialled_at IS NOT NULL OR a.direction = 'inbound')
   ORDER BY c.origin = 'inbound', coalesce(a.dialled_at, a.started_at) DESC LIMIT 1)
  UNION ALL
  (SELECT f.case_id, CASE WHEN c.origin = 'inbound' THEN 4 ELSE 2 END FROM phones f JOIN cases c ON c.id = f.case_id WHERE f.number_ref = @number_ref
   ORDER BY c.origin = 'inbound', c.priority, c.id LIMIT 1)
) found ORDER BY grade LIMIT 1;

-- name: InsertInboundCase :one
INSERT INTO cases (id, case_ref, origin, sample, language, state, why, moved_at, updated_at, custody)
VALUES (@id, @case_ref, 'inbound', @sample, 'ja', 'held', @why, @at, @at, @custody)
ON CONFLICT (case_ref) DO UPDATE SET updated_at = EXCLUDED.updated_at, custody = EXCLUDED.custody
RETURNING id;

-- name: TakeCallersCase :execrows
-- A case that is nobody's but the caller's comes back with the call; one of the ward's with its list.
UPDATE cases SET custody = @custody::date WHERE id = @id AND origin <> 'list' AND custody IS NULL;

-- name: InsertArrival :exec
INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk,
  operator, trunk, direction, sip_call_id, started_at, node, node_epoch, mark)
VALUES (@id, @case_id, @case_ref, @number_ref, @number_kind, @insurance, @language, @balance_band, @sample, '', '',
  @trunk, 'inbound', NULLIF(@sip_call_id::text, ''), @started_at, @node, @node_epoch, @mark);

-- name: InsertCaller :exec
INSERT INTO inbound_callers (attempt_id, custody, sealed) VALUES (@attempt_id, @custody, @sealed) ON CONFLICT DO NOTHING;

-- name: LockArrival :one
SELECT case_id, coalesce(result, '')::text AS result, number_ref FROM attempts WHERE id = @id AND direction = 'inbound' FOR UPDATE;

-- name: CaseOfAttempt :one
SELECT case_id FROM attempts WHERE id = @id;

-- name: NameArrival :exec
UPDATE attempts SET case_id = @case_id, case_ref = @case_ref, insurance = @insurance, language = @language,
  balance_band = @balance_band
WHERE id = @id AND direction = 'inbound';

-- name: TakenFor :one
-- For how many cases a call that came in was taken, those that it was and is among them, and whether for this one too; for none as long as nobody named it.
SELECT count(*)::int AS cases, coalesce(bool_or(case_ref = @case_ref), false)::boolean AS again FROM arrivals_taken_for WHERE attempt_id = @attempt_id;

-- name: WhatIsWaitedFor :one
-- Of a case that waits for results: whether a talk of its owes one, and whether an entry came since it waits, which was to move the case and could not.
SELECT coalesce(bool_or(a.result = 'answered' AND NOT EXISTS (SELECT FROM attempt_results r WHERE r.attempt_id = a.id)), false)::boolean AS owing,
  coalesce(bool_or(a.origin = 'sip' AND EXISTS (SELECT FROM attempt_results r WHERE r.attempt_id = a.id AND r.at > @since::timestamptz)), false)::boolean AS entered
FROM attempts a WHERE a.case_id = @case_id;

-- name: CloseOpened :exec
-- A case that was opened for one call alone, and has none any more.
UPDATE cases c SET state = 'closed', due = NULL, why = @why, moved_at = @at, updated_at = @at
WHERE c.id = @id AND c.origin = 'inbound' AND NOT EXISTS (SELECT FROM attempts a WHERE a.case_id = c.id);

-- name: CallerOf :one
SELECT c.custody, c.sealed, a.number_ref, a.case_id
FROM attempts a LEFT JOIN inbound_callers c ON c.attempt_id = a.id WHERE a.id = @id AND a.direction = 'inbound';

-- name: CasesOfNumber :many
SELECT DISTINCT case_id FROM phones WHERE number_ref = @number_ref ORDER BY case_id LIMIT 20;

-- name: InboundFigures :many
-- By what they were, as the newest result of each says; those noted by hand are among them. What was cancelled was answered elsewhere, and is counted there.
SELECT to_char(started_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD')::text AS day,
  (count(*) FILTER (WHERE result IN ('answered', 'interrupted')))::int AS answered,
  (count(*) FILTER (WHERE result NOT IN ('answered', 'interrupted', 'cancelled')))::int AS missed,
  (count(*) FILTER (WHERE kind = 'call_back_received'))::int AS call_backs,
  (count(*) FILTER (WHERE kind = 'inquiry'))::int AS inquiries,
  (count(*) FILTER (WHERE kind = 'complaint'))::int AS complaints,
  (count(*) FILTER (WHERE kind = 'other_business'))::int AS others,
  (count(*) FILTER (WHERE origin = 'manual'))::int AS by_hand
FROM attempts LEFT JOIN LATERAL (
  SELECT r.kind FROM attempt_results r WHERE r.attempt_id = attempts.id ORDER BY r.revision DESC LIMIT 1
) newest ON true
WHERE direction = 'inbound' AND ended_at IS NOT NULL AND started_at >= @from_at::timestamptz AND started_at < @to_at::timestamptz
GROUP BY 1 ORDER BY 1;
