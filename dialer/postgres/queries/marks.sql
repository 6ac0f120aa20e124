-- name: MarkRow :exec
INSERT INTO row_marks (what, id, mark) VALUES (@what, @id, @mark) ON CONFLICT DO NOTHING;

-- name: MarksOf :many
SELECT id, mark FROM row_marks WHERE what = @what;

-- name: RowsAreMarked :one
SELECT EXISTS (SELECT FROM rows_marked WHERE what = @what);

-- name: NoteRowsMarked :exec
INSERT INTO rows_marked (what, at) VALUES (@what, @at) ON CONFLICT DO NOTHING;
