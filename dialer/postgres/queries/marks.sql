-- name: MarkRow :exec
INSERT INTO row_marks (what, id, mark) VALUES (@what, @id, @mark) ON CONFLICT DO NOTHING;

-- name: MarksOf :many
SELECT id, mark FROM row_marks WHERE what = @what;

-- name: RowsAreMarked :one
SELECT EXISTS (SELECT FROM rows_marked WHERE what = @what);

-- name: NoteRowsMarked :exec
INSERT INTO rows_marked (what, at) VALUES (@what, @at) ON CONFLICT DO NOTHING;

-- name: SumsOf :many
SELECT case_id, mark FROM case_sums WHERE case_id = ANY(@ids::uuid[]);

-- name: PutSums :exec
INSERT INTO case_sums (case_id, mark) SELECT unnest(@ids::uuid[]), unnest(@marks::bytea[])
ON CONFLICT (case_id) DO UPDATE SET mark = EXCLUDED.mark;

-- name: CasesWithSums :many
-- In the order of their ids, after one.
SELECT DISTINCT case_id FROM balances WHERE case_id > @after::uuid ORDER BY case_id LIMIT @most;
