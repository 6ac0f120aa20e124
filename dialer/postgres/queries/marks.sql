-- name: LockMarks :exec
-- Of nodes that start together one marks what is older than the marks.
SELECT pg_advisory_xact_lock(hashtextextended('marks', 0));

-- name: MarkRow :exec
INSERT INTO row_marks (what, id, mark) VALUES (@what, @id, @mark) ON CONFLICT DO NOTHING;

-- name: MarksOf :many
SELECT id, mark FROM row_marks WHERE what = @what;

-- name: MarksOfThese :many
SELECT id, mark FROM row_marks WHERE what = @what AND id = ANY (@ids::text[]);

-- name: SomeMarksOfThese :many
-- MarksOfThese, and of each no more than so many.
SELECT m.id, m.mark FROM (SELECT DISTINCT unnest(@ids::text[]) AS id) n CROSS JOIN LATERAL (
  SELECT r.id, r.mark FROM row_marks r WHERE r.what = @what AND r.id = n.id LIMIT @most
) m;

-- name: RowsAreMarked :one
SELECT EXISTS (SELECT FROM rows_marked WHERE what = @what);

-- name: NoteRowsMarked :exec
INSERT INTO rows_marked (what, at) VALUES (@what, @at) ON CONFLICT DO NOTHING;

-- name: SumsOf :many
-- What cases owe, with the mark of all of it, in one look: a list that is applied meanwhile changes both. A case that owes nothing has one row without a term.
SELECT c.id::uuid AS case_id, coalesce(b.insurance, '')::text AS insurance, coalesce(b.term, '')::text AS term, coalesce(b.due_on::text, '')::text AS due_on,
  coalesce(b.yen, 0)::bigint AS yen, (b.case_id IS NOT NULL)::boolean AS owes, coalesce(s.mark, '')::bytea AS mark,
  (s.case_id IS NOT NULL)::boolean AS marked
FROM unnest(@ids::uuid[]) AS c(id) LEFT JOIN balances b ON b.case_id = c.id LEFT JOIN case_sums s ON s.case_id = c.id
ORDER BY c.id, b.insurance, b.due_on NULLS LAST, b.term;

-- name: PutSums :exec
INSERT INTO case_sums (case_id, mark) SELECT unnest(@ids::uuid[]), unnest(@marks::bytea[])
ON CONFLICT (case_id) DO UPDATE SET mark = EXCLUDED.mark;

-- name: CasesWithSums :many
-- In the order of their ids, after one.
SELECT case_id FROM (SELECT b.case_id FROM balances b UNION SELECT s.case_id FROM case_sums s) both_of WHERE case_id > @after::uuid ORDER BY case_id LIMIT @most;
