-- name: NextRevision :one
SELECT (coalesce(max(revision), 0) + 1)::int FROM attempt_results WHERE attempt_id = @attempt_id;

-- name: InsertResult :exec
INSERT INTO attempt_results (attempt_id, revision, party, business, call_again_at, mine, by_user, at, next_state, next_due, next_why, kind, language)
VALUES (@attempt_id, @revision, @party, @business, sqlc.narg('call_again_at'), @mine, @by_user, @at, @next_state,
  sqlc.narg('next_due'), @next_why, @kind, @language);

-- name: ReplacePromises :exec
UPDATE promises SET state = 'replaced', paid_yen = 0, kept_on = NULL WHERE attempt_id = @attempt_id AND state <> 'replaced';

-- name: InsertPromise :exec
INSERT INTO promises (attempt_id, revision, yen, due_on, means)
VALUES (@attempt_id, @revision, @yen, to_date(@due_on::text, 'YYYY-MM-DD'), @means);

-- name: InsertPromisePart :exec
INSERT INTO promise_parts (attempt_id, revision, n, insurance, term, yen)
VALUES (@attempt_id, @revision, @n, @insurance, @term, @yen);

-- name: InsertEntryNote :exec
INSERT INTO entry_notes (attempt_id, revision, custody, sealed) VALUES (@attempt_id, @revision, @custody, @sealed);

-- name: NewestResults :many
-- Of each attempt the newest revision alone is read, however often it was corrected.
SELECT r.attempt_id, r.revision, r.party, r.business, r.call_again_at, r.mine, r.by_user, r.at, r.kind, r.language,
  r.next_state, r.next_due, r.next_why, n.custody, n.sealed,
  coalesce(p.yen, 0)::bigint AS promise_yen, coalesce(p.due_on::text, '')::text AS promise_due_on,
  coalesce(p.means, '')::text AS promise_means
FROM (SELECT DISTINCT unnest(@ids::uuid[]) AS id) a
  CROSS JOIN LATERAL (SELECT o.* FROM attempt_results o WHERE o.attempt_id = a.id ORDER BY o.revision DESC LIMIT 1) r
  LEFT JOIN entry_notes n ON n.attempt_id = r.attempt_id AND n.revision = r.revision
  LEFT JOIN promises p ON p.attempt_id = r.attempt_id AND p.revision = r.revision;

-- name: PromisePartsOf :many
-- The parts of just these revisions.
SELECT t.attempt_id, t.insurance, t.term, t.yen
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@revisions::int[]) AS revision) e
  JOIN promise_parts t ON t.attempt_id = e.id AND t.revision = e.revision
ORDER BY t.attempt_id, t.n;

-- name: RevisionOf :one
SELECT revision FROM attempt_results
WHERE attempt_id = @attempt_id AND by_user = @by_user AND at = @at::timestamptz AND party = @party AND business = @business
  AND kind = @kind AND mine = @mine AND call_again_at IS NOT DISTINCT FROM sqlc.narg('call_again_at')
LIMIT 1;

-- name: OthersOfCase :one
-- Of the other attempts of a case: whether one came later, whether one that did was a talk or has a result, and whether a talk among them still owes its result.
SELECT coalesce(bool_or((o.started_at, o.id) > (@started_at::timestamptz, @id::uuid)), false)::boolean AS newer,
  coalesce(bool_or((o.started_at, o.id) > (@started_at::timestamptz, @id::uuid)
    AND (o.result = 'answered' OR EXISTS (SELECT FROM attempt_results r WHERE r.attempt_id = o.id))), false)::boolean AS newer_talk,
  coalesce(bool_or(o.result = 'answered' AND NOT EXISTS (SELECT FROM attempt_results r WHERE r.attempt_id = o.id)), false)::boolean AS owing
FROM attempts o WHERE o.case_id = @case_id::uuid AND o.id <> @id::uuid;
