-- name: InsertList :exec
INSERT INTO lists (id, file_name, by_user, at, sample, state, source) VALUES (@id, @file_name, @by_user, @at, @sample, 'staging', @source);

-- name: HoldOpening :exec
-- One list at a time is opened: how many there are is counted first.
SELECT pg_advisory_xact_lock(hashtextextended('lists are opened', 0));

-- name: StagedLists :one
-- Those that hold rows, or will.
SELECT count(*) FROM lists WHERE state IN ('staging', 'staged');

-- name: OldestStagedOf :many
-- Of one person's staged lists those beyond the newest so many; none that is being applied or discarded just now.
SELECT id FROM lists WHERE state = 'staged' AND id IN (
  SELECT o.id FROM lists o WHERE o.state = 'staged' AND o.by_user = @by_user ORDER BY o.at DESC, o.id DESC OFFSET @newest::int
) FOR UPDATE SKIP LOCKED;

-- name: FailLostStagings :exec
-- As FailLostStaging, for all lists.
UPDATE lists SET state = 'failed', problems = @problems
WHERE state = 'staging' AND pg_try_advisory_xact_lock(hashtextextended('staging ' || id::text, 0));

-- name: ListByID :one
SELECT * FROM lists WHERE id = @id;

-- name: LockList :one
SELECT * FROM lists WHERE id = @id FOR UPDATE;

-- name: HoldLists :exec
-- One list at a time: whether a list may be applied depends on the cases there are.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru lists', 0));

-- name: SetListState :exec
UPDATE lists SET state = @state WHERE id = @id;

-- name: DeleteList :exec
DELETE FROM lists WHERE id = @id;

-- name: FinishStaging :execrows
-- None when it is over already: the day's close has ended it.
UPDATE lists SET state = 'staged', rows = @rows, taken = @taken, cases = @cases, new = @new, changed = @changed,
  same = @same, missing = @missing, wrong = @wrong, repaired = @repaired, problems = @problems, repairs = @repairs,
  kinds = @kinds, findings = @findings
WHERE id = @id AND state = 'staging';

-- name: FinishApplying :exec
UPDATE lists SET state = 'applied', cases = @cases, new = @new, changed = @changed, same = @same,
  applied_at = @applied_at::timestamptz, applied_by = @applied_by
WHERE id = @id;

-- name: DropRepeats :one
-- The first of several lines about one person, insurance and term stands; the others are taken out and named.
WITH firsts AS (
  SELECT case_ref, insurance, term, min(line) AS line FROM staged_rows r WHERE r.list_id = @list_id
  GROUP BY case_ref, insurance, term HAVING count(*) > 1
), gone AS (
  DELETE FROM staged_rows r USING firsts f
  WHERE r.list_id = @list_id AND r.case_ref = f.case_ref AND r.insurance = f.insurance AND r.term = f.term
    AND r.line > f.line
  RETURNING r.line, r.case_ref
)
SELECT count(*)::int AS n, coalesce((array_agg(line ORDER BY line))[1:200], '{}')::int[] AS lines,
  count(DISTINCT case_ref)::int AS persons FROM gone;

-- name: DropIncomplete :one
-- No case is half taken: with one row that is wrong, all rows about its person are out, and a known case stays as it was.
WITH gone AS (
  DELETE FROM staged_rows r WHERE r.list_id = @list_id AND r.case_ref = ANY (@case_refs::text[]) RETURNING r.line
)
SELECT count(*)::int AS n, coalesce((array_agg(line ORDER BY line))[1:200], '{}')::int[] AS lines FROM gone;

-- name: DropDiffering :one
-- Two people under one number of the ward's are nobody's case: whose debt and whose telephone is whose cannot be told.
WITH differ AS (
  SELECT case_ref FROM staged_rows r WHERE r.list_id = @list_id GROUP BY case_ref
  HAVING count(DISTINCT who) > 1 OR count(DISTINCT born) > 1
), gone AS (
  DELETE FROM staged_rows r USING differ d WHERE r.list_id = @list_id AND r.case_ref = d.case_ref RETURNING r.line
)
SELECT count(*)::int AS n, coalesce((array_agg(line ORDER BY line))[1:200], '{}')::int[] AS lines FROM gone;

-- name: GroupStaged :exec
-- One staged case for each person, compared with what the last list said of them, whole and part by part. The parts are those of the
-- person's first row, but the balance, which is of all of them: a change that stands in none of these is in another row.
INSERT INTO staged_cases (list_id, n, case_ref, first_line, listed, parts, case_id, verdict, changes, takes)
SELECT @list_id::uuid, row_number() OVER (ORDER BY g.first_line), g.case_ref, g.first_line, g.listed, g.parts,
  coalesce(c.id, new_id(@at::timestamptz)),
  CASE WHEN c.id IS NULL THEN 'new' WHEN c.listed = g.listed THEN 'same' ELSE 'changed' END,
  array_remove(ARRAY[CASE WHEN c.gone_at IS NOT NULL THEN 'back' END] || CASE
    WHEN c.id IS NULL OR c.listed = g.listed THEN '{}'
    WHEN c.parts IS NULL THEN ARRAY['unknown']
    WHEN c.parts = g.parts THEN ARRAY['other']
    ELSE ARRAY[CASE WHEN c.parts[1] <> g.parts[1] THEN 'name' END, CASE WHEN c.parts[2] <> g.parts[2] THEN 'address' END,
      CASE WHEN c.parts[3] <> g.parts[3] THEN 'phones' END, CASE WHEN c.parts[4] <> g.parts[4] THEN 'balance' END,
      CASE WHEN c.parts[5] <> g.parts[5] THEN 'other' END] END, NULL),
  c.listed IS DISTINCT FROM g.listed OR c.custody IS DISTINCT FROM g.custody
FROM (
  SELECT a.case_ref, a.first_line, f.custody, a.listed, ARRAY[f.parts[1], f.parts[2], f.parts[3], a.balance, f.parts[5]] AS parts
  FROM (
    SELECT r.case_ref, min(r.line) AS first_line, sha256(string_agg(r.listed, '' ORDER BY r.insurance, r.term, r.line)) AS listed,
      sha256(string_agg(r.parts[4], '' ORDER BY r.insurance, r.term, r.line)) AS balance
    FROM staged_rows r WHERE r.list_id = @list_id GROUP BY r.case_ref
  ) a JOIN staged_rows f ON f.list_id = @list_id AND f.case_ref = a.case_ref AND f.line = a.first_line
) g LEFT JOIN cases c ON c.case_ref = g.case_ref;

-- name: CountStaged :one
SELECT count(*)::int AS cases, (count(*) FILTER (WHERE verdict = 'new'))::int AS new,
  (count(*) FILTER (WHERE verdict = 'changed'))::int AS changed, (count(*) FILTER (WHERE verdict = 'same'))::int AS same
FROM staged_cases WHERE list_id = @list_id;

-- name: CountStagedRows :one
SELECT count(*)::int FROM staged_rows WHERE list_id = @list_id;

-- name: CountKinds :many
SELECT kind::text AS kind, count(*)::int AS n FROM (
  SELECT DISTINCT case_ref, unnest(phone_refs) AS number_ref, unnest(phone_kinds) AS kind
  FROM staged_rows WHERE list_id = @list_id
) numbers GROUP BY kind;

-- name: OtherSort :one
-- Whether there are listed cases of the other sort: made-up ones beside real ones, or the reverse.
SELECT EXISTS (SELECT FROM cases WHERE origin = 'list' AND sample <> @sample);

-- name: NewerApplied :one
-- Whether a list of the sort was applied that had been read later: what this one says is older than what stands.
SELECT EXISTS (SELECT FROM lists WHERE state = 'applied' AND sample = @sample AND at > @at::timestamptz);

-- name: ApplyCases :exec
-- New cases wait from now on, in the order of the list.
INSERT INTO cases (id, case_ref, origin, sample, language, state, due, why, why_en, cause, moved_at, list_id, updated_at, custody, listed, parts)
SELECT s.case_id, s.case_ref, 'list', l.sample, r.language, 'waiting',
  sqlc.arg('first_due')::timestamptz + s.n * interval '00:00:00.001', sqlc.arg('why')::text, sqlc.arg('why_en')::text, 'new',
  sqlc.arg('at')::timestamptz, s.list_id, sqlc.arg('at')::timestamptz, r.custody, s.listed, s.parts
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref AND r.line = s.first_line
  JOIN lists l ON l.id = s.list_id
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict = 'new';

-- name: ApplyPersons :exec
INSERT INTO persons (case_id, custody, sealed, tokens, household)
SELECT s.case_id, r.custody, r.sealed, r.tokens, r.household
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref AND r.line = s.first_line
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.takes
ON CONFLICT (case_id) DO UPDATE SET custody = EXCLUDED.custody, sealed = EXCLUDED.sealed, tokens = EXCLUDED.tokens,
  household = EXCLUDED.household;

-- name: DropNotes :exec
DELETE FROM case_notes n USING staged_cases s
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.takes AND s.verdict <> 'new' AND n.case_id = s.case_id;

-- name: ApplyNotes :exec
INSERT INTO case_notes (case_id, n, custody, sealed)
SELECT case_id, row_number() OVER (PARTITION BY case_id ORDER BY line), custody, note
FROM (
  SELECT DISTINCT ON (s.case_id, r.note_token) s.case_id, r.line, r.custody, r.note
  FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref
  WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.takes AND r.note <> ''
  ORDER BY s.case_id, r.note_token, r.line
) once;

-- name: ApplyPhones :exec
-- A number that the case had stays unusable if it was. One that was typed in is the ward's from now on.
INSERT INTO phones (case_id, number_ref, rank, kind, usable, custody, sealed, last_four, listed)
SELECT case_id, number_ref, (row_number() OVER (PARTITION BY case_id ORDER BY line, i))::int, kind, kind <> 'never', custody, sealed, last_four, true
FROM (
  SELECT DISTINCT ON (case_id, number_ref) case_id, number_ref, kind, custody, sealed, last_four, line, i
  FROM (
    SELECT s.case_id, r.line, r.custody, generate_subscripts(r.phone_refs, 1) AS i, unnest(r.phone_numbers) AS sealed,
      unnest(r.phone_ends) AS last_four, unnest(r.phone_kinds) AS kind, unnest(r.phone_refs) AS number_ref
    FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref
    WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.takes
  ) listed ORDER BY case_id, number_ref, line, i
) once
ON CONFLICT (case_id, number_ref) DO UPDATE SET rank = EXCLUDED.rank, kind = EXCLUDED.kind, custody = EXCLUDED.custody,
  sealed = EXCLUDED.sealed, last_four = EXCLUDED.last_four, listed = true;

-- name: WrongComing :many
-- Numbers that a list brings to a case that has them not, and of which it was said there that they are wrong: they were typed in once, and taken back.
SELECT DISTINCT s.case_id, n.number_ref::text AS number_ref
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref CROSS JOIN unnest(r.phone_refs) AS n(number_ref)
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.takes AND s.verdict <> 'new'
  AND NOT EXISTS (SELECT FROM phones p WHERE p.case_id = s.case_id AND p.number_ref = n.number_ref)
  AND EXISTS (SELECT FROM row_marks m WHERE m.what = 'wrong_number' AND m.id = s.case_id || ' ' || n.number_ref);

-- name: DropPhones :many
DELETE FROM phones p USING staged_cases s
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict = 'changed' AND p.case_id = s.case_id
  AND NOT EXISTS (SELECT FROM staged_rows r WHERE r.list_id = s.list_id AND r.case_ref = s.case_ref
    AND p.number_ref = ANY (r.phone_refs))
RETURNING p.case_id, p.number_ref, p.usable, p.listed;

-- name: DropBalances :exec
DELETE FROM balances b USING staged_cases s
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict = 'changed' AND b.case_id = s.case_id;

-- name: ApplyBalances :exec
INSERT INTO balances (case_id, insurance, term, due_on, yen)
SELECT s.case_id, r.insurance, r.term, r.due_on, r.yen
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict <> 'same';

-- name: LockStaging :exec
-- Until the transaction's end nobody else changes what is staged: what is compared with a list's mark is what is applied.
LOCK TABLE staged_rows, staged_cases IN SHARE ROW EXCLUSIVE MODE;

-- name: StagedRows :many
-- All rows of some of a list's cases.
SELECT r.* FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int;

-- name: StagedSums :many
-- What ApplyBalances writes.
SELECT s.case_id, r.insurance, r.term, coalesce(r.due_on::text, '')::text AS due_on, r.yen
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict <> 'same';

-- name: TouchChanged :exec
-- Where a known case stands is not for a list to say. Last of all, so that a call's end waits for this lock but briefly.
UPDATE cases c SET language = r.language, list_id = s.list_id, updated_at = @at::timestamptz, custody = r.custody, listed = s.listed, parts = s.parts
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.case_ref = s.case_ref AND r.line = s.first_line
WHERE s.list_id = @list_id AND s.takes AND s.verdict <> 'new' AND c.id = s.case_id;

-- name: DropStagedRows :exec
DELETE FROM staged_rows WHERE list_id = @list_id;

-- name: DropStagedCases :exec
DELETE FROM staged_cases WHERE list_id = @list_id;

-- name: HoldStaging :exec
SELECT pg_advisory_lock(hashtextextended('staging ' || @id::text, 0));

-- name: LetGoStaging :exec
SELECT pg_advisory_unlock(hashtextextended('staging ' || @id::text, 0));

-- name: StopStaging :execrows
-- Whoever reads them, at whatever node, finds that it is over; what one that ends just now has found stands.
UPDATE lists SET state = 'failed', problems = @problems WHERE state = 'staging';

-- name: FailLostStaging :execrows
-- A list that is being staged, and that no session holds.
UPDATE lists SET state = 'failed', problems = @problems
WHERE id = @id AND state = 'staging' AND pg_try_advisory_xact_lock(hashtextextended('staging ' || id::text, 0));

-- name: IndexTokens :exec
SELECT index_names();
