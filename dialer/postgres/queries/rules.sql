-- name: CaseMade :one
-- How often a case was called: what counts, what was called by hand, and what still runs; and of somebody who is on no list, what was dialled.
SELECT (count(*) FILTER (WHERE dialled_at >= @day::timestamptz))::int AS day,
  (count(*) FILTER (WHERE dialled_at >= @week::timestamptz))::int AS week,
  (count(*) FILTER (WHERE dialled_at >= @month::timestamptz))::int AS month
FROM attempts
WHERE case_id = @case_id AND direction = 'outbound' AND (counted OR origin = 'manual' OR ended_at IS NULL
    OR EXISTS (SELECT FROM cases c WHERE c.id = @case_id AND c.origin = 'inbound'))
  AND dialled_at >= least(@week::timestamptz, @month::timestamptz);

-- name: NumbersOf :many
SELECT f.case_id, f.number_ref, f.custody, f.sealed
FROM phones f
WHERE f.case_id = @case_id AND f.usable AND f.kind <> 'never' AND f.custody IS NOT NULL ORDER BY f.rank, f.number_ref;

-- name: FactsOf :many
SELECT id, cause, priority, rank_why, yen, oldest_due, tries, promise, promise_on FROM case_facts
WHERE id = ANY (@ids::uuid[]) AND state = 'waiting';

-- name: FactsAfter :many
SELECT id, cause, priority, rank_why, yen, oldest_due, tries, promise, promise_on FROM case_facts
WHERE state = 'waiting' AND id > @after::uuid ORDER BY id LIMIT @max;

-- name: SetRanks :exec
UPDATE cases c SET priority = r.priority, rank_why = r.why, rank_why_en = r.why_en
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@priorities::int[]) AS priority, unnest(@whys::text[]) AS why,
  unnest(@whys_en::text[]) AS why_en) r
WHERE c.id = r.id AND c.state = 'waiting';

-- name: FreeMine :many
-- Calls that were promised in person, and whose time is over: anyone may make them now.
UPDATE cases SET mine = '', mine_until = NULL WHERE mine <> '' AND mine_until <= @now::timestamptz
RETURNING id, state;

-- name: WantedLanguages :many
SELECT DISTINCT language FROM cases WHERE state = 'waiting' AND language NOT IN ('', 'ja');

-- name: AwaitLanguage :many
-- Cases that are due on a day on which nobody speaks their language, or wait for another day than the one set.
UPDATE cases SET due = @due::timestamptz, cause = 'language', why = @why, why_en = @why_en, moved_at = @now::timestamptz
WHERE state = 'waiting' AND language = @language AND NOT pinned
  AND (due <= @now::timestamptz OR cause = 'language') AND (due, cause, why) IS DISTINCT FROM (@due::timestamptz, 'language'::text, @why::text)
RETURNING id;

-- name: LanguageIsHere :many
UPDATE cases SET due = @now::timestamptz, moved_at = @now::timestamptz
WHERE state = 'waiting' AND language = @language AND cause = 'language' AND due > @now::timestamptz
RETURNING id;

-- name: LockCase :one
SELECT c.state, c.due, c.cause, c.why, c.why_en, c.mine, c.mine_until, c.pinned,
  EXISTS (SELECT FROM attempts a WHERE a.case_id = c.id AND a.ended_at IS NULL)::boolean AS in_call
FROM cases c WHERE c.id = @id FOR UPDATE OF c;

-- name: InsertOrder :exec
INSERT INTO case_orders (case_id, at, by_user, act, until, reason, place_before, place_after)
VALUES (@case_id, @at, @by_user, @act, sqlc.narg('until'), @reason, sqlc.narg('place_before'), sqlc.narg('place_after'));

-- name: PlaceCase :exec
UPDATE cases SET placed_priority = @priority::int, placed_due = @due::timestamptz WHERE id = @id;

-- name: RespaceCases :exec
-- Equals that make room: they keep their priority.
UPDATE cases c SET placed_due = r.due
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@dues::timestamptz[]) AS due) r
WHERE c.id = r.id AND c.state = 'waiting' AND NOT c.pinned AND c.due <= @now::timestamptz;

-- name: PinCase :exec
-- Pinned or released, it stands where that puts it.
UPDATE cases SET pinned = @pinned, placed_priority = NULL, placed_due = NULL WHERE id = @id;

-- name: NewestOrders :many
SELECT DISTINCT ON (case_id) case_id, at, by_user, act, until, reason, place_before, place_after FROM case_orders
WHERE case_id = ANY (@ids::uuid[]) ORDER BY case_id, id DESC;

-- name: CountWaiting :many
-- What is due, by who may take it, and what is not yet due, by what it waits for.
SELECT (due <= @now::timestamptz)::boolean AS is_due, CASE WHEN due <= @now::timestamptz THEN '' ELSE cause END::text AS cause,
  CASE WHEN NOT pinned AND (due <= @now::timestamptz OR cause = 'language') THEN language ELSE '' END::text AS language,
  (mine <> '' AND NOT pinned AND due <= @now::timestamptz)::boolean AS mine, count(*)::int AS n, min(due)::timestamptz AS first_due
FROM cases WHERE state = 'waiting' AND custody IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 5 DESC, 2, 3;

-- name: CountHeld :one
SELECT (count(*) FILTER (WHERE state = 'held'))::int AS held, (count(*) FILTER (WHERE state = 'result_due'))::int AS result_due
FROM cases WHERE state IN ('held', 'result_due') AND custody IS NOT NULL;

-- name: TriesAtCases :many
-- The tries at every number of some cases.
SELECT f.case_id, c.case_ref, f.number_ref, f.custody, f.sealed, coalesce(a.dialled_at, a.started_at)::timestamptz AS tried_at, (a.direction = 'inbound')::boolean AS called_us,
  coalesce(a.result, '')::text AS result,
  coalesce((SELECT r.party FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1), '')::text AS party,
  coalesce((SELECT r.call_again_at FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1),
    'epoch')::timestamptz AS asked_for,
  (a.ringing_at IS NOT NULL OR a.answered_at IS NOT NULL OR coalesce(a.confidence, '') = 'low' OR EXISTS (
    SELECT FROM attempt_evidence e WHERE e.attempt_id = a.id AND e.leg = 'customer'
      AND e.event IN ('ringing', 'early_media', 'answered', 'answer_crossed_cancel')))::boolean AS may_have_rung
FROM phones f JOIN cases c ON c.id = f.case_id JOIN attempts a ON a.number_ref = f.number_ref
WHERE f.case_id = ANY (@ids::uuid[]) AND f.usable AND f.custody IS NOT NULL AND (a.dialled_at >= @since::timestamptz
  OR a.direction = 'inbound' AND a.result = 'no_answer' AND a.started_at >= @since::timestamptz)
ORDER BY f.case_id, f.number_ref, coalesce(a.dialled_at, a.started_at), a.id;
