-- name: InsertPaidList :exec
INSERT INTO paid_lists (id, file_name, by_user, at, sample, state) VALUES (@id, @file_name, @by_user, @at, @sample, 'staging');

-- name: PaidListByID :one
SELECT * FROM paid_lists WHERE id = @id;

-- name: LockPaidList :one
SELECT * FROM paid_lists WHERE id = @id FOR UPDATE;

-- name: HoldPaidLists :exec
-- One paid list at a time: which of its payments are known depends on those there are.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru paid lists', 0));

-- name: SetPaidListState :exec
UPDATE paid_lists SET state = @state WHERE id = @id;

-- name: FailLostPaidStaging :execrows
-- A list that is being staged, and that no session holds.
UPDATE paid_lists SET state = 'failed', problems = @problems
WHERE id = @id AND state = 'staging' AND pg_try_advisory_xact_lock(hashtextextended('staging ' || id::text, 0));

-- name: FailLostPaidStagings :exec
-- As FailLostPaidStaging, for all paid lists.
UPDATE paid_lists SET state = 'failed', problems = @problems
WHERE state = 'staging' AND pg_try_advisory_xact_lock(hashtextextended('staging ' || id::text, 0));

-- name: StagedPaidLists :one
-- Those that hold rows, or will.
SELECT count(*) FROM paid_lists WHERE state IN ('staging', 'staged');

-- name: OldestPaidStagedOf :many
-- As OldestStagedOf, of paid lists.
SELECT id FROM paid_lists WHERE state = 'staged' AND id IN (
  SELECT o.id FROM paid_lists o WHERE o.state = 'staged' AND o.by_user = @by_user ORDER BY o.at DESC, o.id DESC OFFSET @newest::int
) FOR UPDATE SKIP LOCKED;

-- name: DeletePaidList :exec
DELETE FROM paid_lists WHERE id = @id;

-- name: DropStagedPayments :exec
DELETE FROM staged_payments WHERE list_id = @list_id;

-- name: CountStagedPayments :one
SELECT count(*)::int FROM staged_payments WHERE list_id = @list_id;

-- name: NumberStagedPayments :exec
-- Lines of one list that are alike are told apart by their place among each other.
UPDATE staged_payments s SET n = o.n FROM (
  SELECT p.line, row_number() OVER (PARTITION BY p.case_ref, p.insurance, p.term, p.paid_on, p.yen ORDER BY p.line)::int AS n
  FROM staged_payments p WHERE p.list_id = @list_id
) o WHERE s.list_id = @list_id AND s.line = o.line AND o.n > 1;

-- name: ComparePayments :one
WITH compared AS (
  SELECT s.yen, s.paid_on, p.id IS NULL AS is_new,
    p.id IS NULL AND NOT EXISTS (SELECT FROM cases c WHERE c.case_ref = s.case_ref) AS unknown
  FROM staged_payments s LEFT JOIN payments p ON p.case_ref = s.case_ref AND p.insurance = s.insurance AND p.term = s.term
    AND p.paid_on = s.paid_on AND p.yen = s.yen AND p.n = s.n
  WHERE s.list_id = @list_id
)
SELECT (count(*) FILTER (WHERE is_new))::int AS new, (coalesce(sum(yen) FILTER (WHERE is_new), 0))::bigint AS new_yen,
  (count(*) FILTER (WHERE NOT is_new))::int AS known, (count(*) FILTER (WHERE is_new AND yen < 0))::int AS taken_back,
  (count(*) FILTER (WHERE unknown))::int AS unknown, min(paid_on)::date AS from_on, max(paid_on)::date AS to_on
FROM compared;

-- name: UnknownLines :many
SELECT s.line FROM staged_payments s
WHERE s.list_id = @list_id AND NOT EXISTS (SELECT FROM cases c WHERE c.case_ref = s.case_ref) ORDER BY s.line LIMIT @max;

-- name: TakenBackLines :many
-- Lines of payments that are known, and that another list has taken back since: paid anew, or only said again.
SELECT s.line FROM staged_payments s JOIN payments p ON p.case_ref = s.case_ref AND p.insurance = s.insurance AND p.term = s.term
  AND p.paid_on = s.paid_on AND p.yen = s.yen AND p.n = s.n
WHERE s.list_id = @list_id AND s.yen > 0
  AND EXISTS (SELECT FROM payments b WHERE b.case_ref = p.case_ref AND b.insurance = p.insurance AND b.term = p.term AND b.yen = -p.yen
    AND b.paid_on >= p.paid_on AND b.list_id <> p.list_id AND b.at >= p.at)
  AND NOT EXISTS (SELECT FROM staged_payments o WHERE o.list_id = s.list_id AND o.case_ref = s.case_ref AND o.insurance = s.insurance
    AND o.term = s.term AND o.yen = -s.yen AND o.paid_on >= s.paid_on)
ORDER BY s.line LIMIT @max;

-- name: FinishPaidStaging :exec
UPDATE paid_lists SET state = 'staged', rows = @rows, taken = @taken, new = @new, new_yen = @new_yen, known = @known,
  taken_back = @taken_back, unknown = @unknown, wrong = @wrong, repaired = @repaired, from_on = sqlc.narg('from_on')::date,
  to_on = sqlc.narg('to_on')::date, problems = @problems, repairs = @repairs,
  insurances = (SELECT coalesce(array_agg(DISTINCT s.insurance), '{}') FROM staged_payments s WHERE s.list_id = @id)
WHERE id = @id;

-- name: ApplyPayments :exec
INSERT INTO payments (case_ref, insurance, term, paid_on, yen, n, means, list_id, at)
SELECT s.case_ref, s.insurance, s.term, s.paid_on, s.yen, s.n, s.means, s.list_id, @at::timestamptz FROM staged_payments s
WHERE s.list_id = @list_id ORDER BY s.line
ON CONFLICT ON CONSTRAINT payments_once DO NOTHING;

-- name: TooManyPayments :one
-- Whether a case that a staged list names has more payments than are settled by.
SELECT EXISTS (
  SELECT FROM payments p WHERE p.case_ref IN (SELECT s.case_ref FROM staged_payments s WHERE s.list_id = @list_id)
  GROUP BY p.case_ref HAVING count(*) > @most::int
);

-- name: FinishPaidApplying :exec
UPDATE paid_lists SET state = 'applied', new = @new, new_yen = @new_yen, known = @known, taken_back = @taken_back,
  unknown = @unknown, applied_at = @applied_at::timestamptz, applied_by = @applied_by
WHERE id = @id;

-- name: KeepSettled :exec
UPDATE paid_lists SET settled = @settled WHERE id = @id;

-- name: PaidReadTo :one
-- The last day that the paid lists reach which were taken in.
SELECT max(to_on)::date FROM paid_lists WHERE state = 'applied';

-- name: PaidReadOf :many
-- As PaidReadTo, by insurance: of the lists that have it.
SELECT i.insurance::text AS insurance, max(l.to_on)::date AS to_on
FROM paid_lists l CROSS JOIN LATERAL unnest(l.insurances) AS i(insurance)
WHERE l.state = 'applied' AND l.to_on IS NOT NULL GROUP BY i.insurance;

-- name: InsurancesOf :many
SELECT c.case_ref, array_agg(DISTINCT b.insurance ORDER BY b.insurance)::text[] AS insurances
FROM cases c JOIN balances b ON b.case_id = c.id WHERE c.case_ref = ANY (@refs::text[]) GROUP BY c.case_ref;

-- name: HoldPromises :exec
-- One settles at a time: a payment counts once.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru promises', 0));

-- name: PromisedRefs :many
SELECT DISTINCT a.case_ref FROM promises p JOIN attempts a ON a.id = p.attempt_id
WHERE a.case_ref > @after::text ORDER BY a.case_ref LIMIT @max;

-- name: RefOfCase :one
SELECT case_ref FROM cases WHERE id = @id;

-- name: PledgesOf :many
SELECT a.case_ref, p.attempt_id, p.revision, p.yen, p.due_on, p.state, p.paid_yen, p.kept_on, p.why,
  (a.started_at AT TIME ZONE 'Asia/Tokyo')::date AS made_on
FROM promises p JOIN attempts a ON a.id = p.attempt_id WHERE a.case_ref = ANY (@refs::text[])
ORDER BY a.case_ref, p.attempt_id, p.revision;

-- name: PledgedPartsOf :many
-- Of those that were replaced nothing is paid, and nothing is asked.
SELECT t.attempt_id, t.revision, t.insurance, t.term, t.yen
FROM attempts a JOIN promises p ON p.attempt_id = a.id AND p.state <> 'replaced'
  JOIN promise_parts t ON t.attempt_id = p.attempt_id AND t.revision = p.revision
WHERE a.case_ref = ANY (@refs::text[]) ORDER BY t.attempt_id, t.revision, t.n;

-- name: PaymentsOf :many
SELECT id, case_ref, insurance, term, paid_on, yen FROM payments WHERE case_ref = ANY (@refs::text[]) ORDER BY id;

-- name: CountedOf :many
SELECT n.attempt_id, n.revision, n.payment_id, n.part, n.yen FROM promise_counted n JOIN attempts a ON a.id = n.attempt_id
WHERE a.case_ref = ANY (@refs::text[]) ORDER BY n.attempt_id, n.revision, n.part, n.payment_id;

-- name: SetVerdicts :exec
UPDATE promises p SET state = v.state, paid_yen = v.paid_yen, kept_on = v.kept_on, why = v.why, why_en = v.why_en
FROM (SELECT unnest(@attempts::uuid[]) AS attempt_id, unnest(@revisions::int[]) AS revision, unnest(@states::text[]) AS state,
  unnest(@paid::bigint[]) AS paid_yen, to_date(NULLIF(unnest(@kept::text[]), ''), 'YYYY-MM-DD') AS kept_on, unnest(@whys::text[]) AS why,
  unnest(@whys_en::text[]) AS why_en) v
WHERE p.attempt_id = v.attempt_id AND p.revision = v.revision AND (p.state <> 'replaced' OR v.state = 'replaced');

-- name: AppendVerdicts :exec
INSERT INTO promise_verdicts (attempt_id, revision, at, state, paid_yen, kept_on, list_id, why, why_en)
SELECT unnest(@attempts::uuid[]), unnest(@revisions::int[]), @at::timestamptz, unnest(@states::text[]), unnest(@paid::bigint[]),
  to_date(NULLIF(unnest(@kept::text[]), ''), 'YYYY-MM-DD'), sqlc.narg('list_id')::uuid, unnest(@whys::text[]), unnest(@whys_en::text[]);

-- name: DropCounted :exec
DELETE FROM promise_counted c USING (SELECT unnest(@attempts::uuid[]) AS attempt_id, unnest(@revisions::int[]) AS revision) v
WHERE c.attempt_id = v.attempt_id AND c.revision = v.revision;

-- name: InsertCounted :exec
INSERT INTO promise_counted (attempt_id, revision, payment_id, part, yen)
SELECT unnest(@attempts::uuid[]), unnest(@revisions::int[]), unnest(@payments::bigint[]), unnest(@parts::int[]), unnest(@yen::bigint[]);

-- name: FollowVerdicts :many
-- Moves the cases that still wait for their promise, or for an earlier verdict on it. One that a later talk, a call under way
-- or a supervisor has decided stays where it is.
UPDATE cases c SET state = v.state, due = CASE WHEN v.state = 'waiting' THEN v.due END, cause = v.cause, why = v.why,
  why_en = v.why_en, mine = '', mine_until = NULL, moved_at = @at::timestamptz, updated_at = @at::timestamptz
FROM (SELECT unnest(@refs::text[]) AS case_ref, unnest(@states::text[]) AS state, unnest(@dues::timestamptz[]) AS due,
  unnest(@causes::text[]) AS cause, unnest(@whys::text[]) AS why, unnest(@whys_en::text[]) AS why_en) v
WHERE c.case_ref = v.case_ref AND c.state IN ('waiting', 'held') AND NOT c.pinned
  AND c.cause IN ('promise', 'promise_kept', 'promise_broken') AND (c.cause, c.why) IS DISTINCT FROM (v.cause, v.why)
  AND NOT EXISTS (SELECT FROM attempts a WHERE a.case_id = c.id AND a.ended_at IS NULL)
RETURNING c.id, c.state;

-- name: PerhapsPaid :many
-- Cases of which something was paid since the ward last said what they owe, and that wait to be called, or for what is in hand.
SELECT DISTINCT c.id FROM payments p JOIN cases c ON c.case_ref = p.case_ref
WHERE p.in_list IS NULL AND c.state IN ('waiting', 'result_due') ORDER BY c.id;

-- name: LockCases :exec
-- Whoever moves one of them is waited for; a list that is being applied, and a call that is being opened, are not.
SELECT FROM cases WHERE id = ANY (@ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: HoldMaybePaid :many
-- Of some cases those whose payments cover, insurance by insurance, all that the ward last said they owe. Nobody is dunned who has paid: but
-- what the debtor asked for goes before, and what a supervisor ordered who could see the payments, also before the last call.
UPDATE cases c SET unpaid_due = due, unpaid_cause = cause, unpaid_why = why, unpaid_why_en = why_en,
  state = 'held', due = NULL, cause = 'paid', why = @why, why_en = @why_en, mine = '', mine_until = NULL,
  moved_at = @at::timestamptz, updated_at = @at::timestamptz
WHERE c.id = ANY (@ids::uuid[]) AND c.state = 'waiting' AND NOT c.pinned AND c.cause NOT IN ('asked', 'missed_call')
  AND EXISTS (SELECT FROM payments p WHERE p.case_ref = c.case_ref AND p.in_list IS NULL)
  AND EXISTS (SELECT FROM balances b WHERE b.case_id = c.id AND b.yen > 0)
  AND NOT EXISTS (
    SELECT FROM balances b WHERE b.case_id = c.id AND b.yen > 0 GROUP BY b.insurance
    HAVING sum(b.yen) > coalesce((SELECT sum(p.yen) FROM payments p
      WHERE p.case_ref = c.case_ref AND p.insurance = b.insurance AND p.in_list IS NULL), 0))
  AND NOT EXISTS (SELECT FROM attempts a WHERE a.case_id = c.id AND a.ended_at IS NULL)
  AND NOT EXISTS (SELECT FROM case_orders o WHERE o.case_id = c.id AND o.act <> 'hold'
    AND o.at >= (SELECT max(p.at) FROM payments p WHERE p.case_ref = c.case_ref AND p.in_list IS NULL))
RETURNING c.id;

-- name: KeepForUnpaid :exec
-- What a case that is held as perhaps paid waits for if it turns out that it is not; nothing earlier than what it knows of.
UPDATE cases SET unpaid_due = @due::timestamptz, unpaid_cause = @cause, unpaid_why = @why, unpaid_why_en = @why_en
WHERE id = @id AND state = 'held' AND cause = 'paid' AND (unpaid_due IS NULL OR unpaid_due < @due::timestamptz);

-- name: FreeNotPaid :many
-- Cases that are held as perhaps paid, and are not any more: a payment was taken back, or the ward's list came and says what is
-- owed all the same. They wait from now on, or for what they waited for before, where that is still ahead.
UPDATE cases c SET state = 'waiting', due = CASE WHEN c.unpaid_due > @at::timestamptz THEN c.unpaid_due ELSE @at::timestamptz END,
  cause = CASE WHEN c.unpaid_due > @at::timestamptz THEN c.unpaid_cause ELSE 'entry' END,
  why = CASE WHEN c.unpaid_due > @at::timestamptz THEN c.unpaid_why ELSE @why END,
  why_en = CASE WHEN c.unpaid_due > @at::timestamptz THEN c.unpaid_why_en ELSE @why_en END, unpaid_due = NULL,
  moved_at = @at::timestamptz, updated_at = @at::timestamptz
WHERE c.state = 'held' AND c.cause = 'paid' AND EXISTS (
  SELECT FROM balances b WHERE b.case_id = c.id AND b.yen > 0 GROUP BY b.insurance
  HAVING sum(b.yen) > coalesce((SELECT sum(p.yen) FROM payments p
    WHERE p.case_ref = c.case_ref AND p.insurance = b.insurance AND p.in_list IS NULL), 0))
RETURNING c.id;

-- name: PaymentsInList :exec
-- What was taken in before the ward's list was read is in the balances that it brought. What came between that and its applying may not be, and stays open until the next.
UPDATE payments p SET in_list = @list_id::uuid
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref AND r.line = s.first_line
WHERE s.list_id = @list_id::uuid AND p.case_ref = r.case_ref AND p.in_list IS NULL AND p.at <= (SELECT t.at FROM lists t WHERE t.id = @list_id::uuid);

-- name: PaidToCase :one
SELECT coalesce(sum(p.yen), 0)::bigint AS yen, max(p.paid_on)::date AS newest, coalesce(max(p.at), 'epoch')::timestamptz AS read_at
FROM payments p JOIN cases c ON c.case_ref = p.case_ref WHERE c.id = @id AND p.in_list IS NULL;

-- name: PromisesOfMonth :many
SELECT p.attempt_id, a.case_id, a.started_at, p.yen, p.paid_yen, p.due_on, p.means, p.state, p.kept_on, p.why, p.why_en
FROM promises p JOIN attempts a ON a.id = p.attempt_id
WHERE p.state <> 'replaced' AND (a.started_at >= @from_at::timestamptz AND a.started_at < @to_at::timestamptz
  OR a.started_at < @to_at::timestamptz AND p.state = 'open' AND @earlier::boolean)
ORDER BY array_position(ARRAY['open', 'broken', 'partly', 'kept'], p.state), p.due_on, p.attempt_id LIMIT @max;

-- name: PromisesOfCase :many
SELECT p.attempt_id, a.case_id, a.started_at, p.yen, p.paid_yen, p.due_on, p.means, p.state, p.kept_on, p.why, p.why_en
FROM promises p JOIN attempts a ON a.id = p.attempt_id
WHERE p.state <> 'replaced' AND a.case_ref = (SELECT c.case_ref FROM cases c WHERE c.id = @id)
ORDER BY a.started_at DESC, p.revision DESC LIMIT 20;

-- name: PromiseSums :many
-- The promises that were made in a span, by state and due date.
SELECT p.state, p.due_on, count(*)::int AS n, sum(p.yen)::bigint AS yen, sum(p.paid_yen)::bigint AS paid
FROM promises p JOIN attempts a ON a.id = p.attempt_id
WHERE p.state <> 'replaced' AND a.started_at >= @from_at::timestamptz AND a.started_at < @to_at::timestamptz GROUP BY 1, 2;

-- name: KeptSums :one
-- The promises that a payment of these days made whole, and what these days' payments count for promises.
SELECT (SELECT count(*) FROM promises p WHERE p.state = 'kept' AND p.kept_on BETWEEN @from_on::date AND @to_on::date)::int AS n,
  (SELECT coalesce(sum(p.yen), 0) FROM promises p WHERE p.state = 'kept' AND p.kept_on BETWEEN @from_on::date AND @to_on::date)::bigint AS yen,
  (SELECT coalesce(sum(c.yen), 0) FROM promise_counted c JOIN payments y ON y.id = c.payment_id
    WHERE y.paid_on BETWEEN @from_on::date AND @to_on::date)::bigint AS paid;
