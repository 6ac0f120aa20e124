-- name: InsertList :exec
INSERT INTO lists (id, file_name, by_user, at, sample, state) VALUES (@id, @file_name, @by_user, @at, @sample, 'staging');

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

-- name: FinishStaging :exec
UPDATE lists SET state = 'staged', rows = @rows, taken = @taken, cases = @cases, new = @new, changed = @changed,
  same = @same, missing = @missing, wrong = @wrong, repaired = @repaired, problems = @problems, repairs = @repairs,
  kinds = @kinds
WHERE id = @id;

-- name: FinishApplying :exec
UPDATE lists SET state = 'applied', cases = @cases, new = @new, changed = @changed, same = @same,
  applied_at = @applied_at::timestamptz, applied_by = @applied_by
WHERE id = @id;

-- name: DropRepeats :one
-- The first of several lines about one person, insurance and term stands; the others are taken out and named.
WITH firsts AS (
  SELECT ward_number, insurance, term, min(line) AS line FROM staged_rows r WHERE r.list_id = @list_id
  GROUP BY ward_number, insurance, term HAVING count(*) > 1
), gone AS (
  DELETE FROM staged_rows r USING firsts f
  WHERE r.list_id = @list_id AND r.ward_number = f.ward_number AND r.insurance = f.insurance AND r.term = f.term
    AND r.line > f.line
  RETURNING r.line
)
SELECT count(*)::int AS n, coalesce((array_agg(line ORDER BY line))[1:200], '{}')::int[] AS lines FROM gone;

-- name: DropIncomplete :one
-- No case is half taken: with one row that is wrong, all rows about its person are out, and a known case stays as it was.
WITH gone AS (
  DELETE FROM staged_rows r WHERE r.list_id = @list_id AND r.ward_number = ANY (@ward_numbers::text[]) RETURNING r.line
)
SELECT count(*)::int AS n, coalesce((array_agg(line ORDER BY line))[1:200], '{}')::int[] AS lines FROM gone;

-- name: DropDiffering :one
-- Two people under one number of the ward's are nobody's case: whose debt and whose telephone is whose cannot be told.
WITH differ AS (
  SELECT ward_number FROM staged_rows r WHERE r.list_id = @list_id GROUP BY ward_number
  HAVING count(DISTINCT regexp_replace(name, '[[:space:]　]', '', 'g')) > 1 OR count(DISTINCT NULLIF(born_on, '')) > 1
), gone AS (
  DELETE FROM staged_rows r USING differ d WHERE r.list_id = @list_id AND r.ward_number = d.ward_number RETURNING r.line
)
SELECT count(*)::int AS n, coalesce((array_agg(line ORDER BY line))[1:200], '{}')::int[] AS lines FROM gone;

-- name: GroupStaged :exec
-- One staged case for each person, compared with what the last list said of them.
INSERT INTO staged_cases (list_id, n, ward_number, first_line, listed, case_id, verdict)
SELECT @list_id::uuid, row_number() OVER (ORDER BY g.first_line), g.ward_number, g.first_line, g.listed,
  coalesce(p.case_id, new_id(@at::timestamptz)),
  CASE WHEN p.case_id IS NULL THEN 'new' WHEN p.listed = g.listed THEN 'same' ELSE 'changed' END
FROM (
  SELECT r.ward_number, min(r.line) AS first_line, sha256(convert_to(string_agg(
    jsonb_build_array(r.name, r.kana, r.postal_code, r.address, r.born_on, r.language, r.note, r.phone_numbers, r.insurance,
      r.term, r.due_on, r.yen)::text, '' ORDER BY r.insurance, r.term, r.line), 'UTF8')) AS listed
  FROM staged_rows r WHERE r.list_id = @list_id GROUP BY r.ward_number
) g LEFT JOIN persons p ON p.ward_number = g.ward_number;

-- name: CountStaged :one
SELECT count(*)::int AS cases, (count(*) FILTER (WHERE verdict = 'new'))::int AS new,
  (count(*) FILTER (WHERE verdict = 'changed'))::int AS changed, (count(*) FILTER (WHERE verdict = 'same'))::int AS same
FROM staged_cases WHERE list_id = @list_id;

-- name: CountStagedRows :one
SELECT count(*)::int FROM staged_rows WHERE list_id = @list_id;

-- name: CountMissing :one
SELECT count(*)::int FROM cases c WHERE c.origin = 'list' AND c.sample = @sample
  AND NOT EXISTS (SELECT FROM staged_cases s WHERE s.list_id = @list_id AND s.case_id = c.id);

-- name: CountKinds :many
SELECT kind::text AS kind, count(*)::int AS n FROM (
  SELECT DISTINCT ward_number, unnest(phone_numbers) AS number, unnest(phone_kinds) AS kind
  FROM staged_rows WHERE list_id = @list_id
) numbers GROUP BY kind;

-- name: OtherSort :one
-- Whether there are listed cases of the other sort: made-up ones beside real ones, or the reverse.
SELECT EXISTS (SELECT FROM cases WHERE origin = 'list' AND sample <> @sample);

-- name: ApplyCases :exec
-- New cases wait from now on, in the order of the list.
INSERT INTO cases (id, case_ref, origin, sample, language, state, due, why, why_en, cause, moved_at, list_id, updated_at)
SELECT s.case_id, r.case_ref, 'list', l.sample, r.language, 'waiting',
  sqlc.arg('first_due')::timestamptz + s.n * interval '00:00:00.001', sqlc.arg('why')::text, sqlc.arg('why_en')::text, 'new',
  sqlc.arg('at')::timestamptz, s.list_id, sqlc.arg('at')::timestamptz
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.ward_number = s.ward_number AND r.line = s.first_line
  JOIN lists l ON l.id = s.list_id
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict = 'new';

-- name: ApplyPersons :exec
INSERT INTO persons (case_id, ward_number, name, kana, postal_code, address, born_on, listed)
SELECT s.case_id, s.ward_number, r.name, r.kana, r.postal_code, r.address, r.born_on, s.listed
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.ward_number = s.ward_number AND r.line = s.first_line
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict <> 'same'
ON CONFLICT (case_id) DO UPDATE SET name = EXCLUDED.name, kana = EXCLUDED.kana, postal_code = EXCLUDED.postal_code,
  address = EXCLUDED.address, born_on = EXCLUDED.born_on, listed = EXCLUDED.listed;

-- name: ApplyNotes :exec
INSERT INTO case_notes (case_id, note)
SELECT s.case_id, coalesce(string_agg(DISTINCT r.note, E'\n') FILTER (WHERE r.note <> ''), '')
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.ward_number = s.ward_number
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict <> 'same'
GROUP BY s.case_id
ON CONFLICT (case_id) DO UPDATE SET note = EXCLUDED.note;

-- name: ApplyPhones :exec
-- A number that the case had stays unusable if it was.
INSERT INTO phones (case_id, number, rank, kind, usable, number_ref)
SELECT case_id, number, (row_number() OVER (PARTITION BY case_id ORDER BY line, i))::int, kind, kind <> 'never', number_ref
FROM (
  SELECT DISTINCT ON (case_id, number) case_id, number, kind, number_ref, line, i
  FROM (
    SELECT s.case_id, r.line, generate_subscripts(r.phone_numbers, 1) AS i, unnest(r.phone_numbers) AS number,
      unnest(r.phone_kinds) AS kind, unnest(r.phone_refs) AS number_ref
    FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.ward_number = s.ward_number
    WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict <> 'same'
  ) listed ORDER BY case_id, number, line, i
) once
ON CONFLICT (case_id, number) DO UPDATE SET rank = EXCLUDED.rank, kind = EXCLUDED.kind;

-- name: DropPhones :exec
DELETE FROM phones p USING staged_cases s
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict = 'changed' AND p.case_id = s.case_id
  AND NOT EXISTS (SELECT FROM staged_rows r WHERE r.list_id = s.list_id AND r.ward_number = s.ward_number
    AND p.number = ANY (r.phone_numbers));

-- name: DropBalances :exec
DELETE FROM balances b USING staged_cases s
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict = 'changed' AND b.case_id = s.case_id;

-- name: ApplyBalances :exec
INSERT INTO balances (case_id, insurance, term, due_on, yen)
SELECT s.case_id, r.insurance, r.term, r.due_on, r.yen
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.ward_number = s.ward_number
WHERE s.list_id = @list_id AND s.n > @after::int AND s.n <= @upto::int AND s.verdict <> 'same';

-- name: TouchChanged :exec
-- Where a known case stands is not for a list to say. Last of all, so that a call's end waits for this lock but briefly.
UPDATE cases c SET language = r.language, list_id = s.list_id, updated_at = @at::timestamptz
FROM staged_cases s JOIN staged_rows r ON r.list_id = s.list_id AND r.ward_number = s.ward_number AND r.line = s.first_line
WHERE s.list_id = @list_id AND s.verdict = 'changed' AND c.id = s.case_id;

-- name: DropStagedRows :exec
DELETE FROM staged_rows WHERE list_id = @list_id;

-- name: DropStagedCases :exec
DELETE FROM staged_cases WHERE list_id = @list_id;

-- name: HoldStaging :exec
SELECT pg_advisory_lock(hashtextextended('staging ' || @id::text, 0));

-- name: LetGoStaging :exec
SELECT pg_advisory_unlock(hashtextextended('staging ' || @id::text, 0));

-- name: FailLostStaging :execrows
-- A list that is being staged, and that no session holds.
UPDATE lists SET state = 'failed', problems = @problems
WHERE id = @id AND state = 'staging' AND pg_try_advisory_xact_lock(hashtextextended('staging ' || id::text, 0));
