-- +goose Up

-- A close as it is read. A time without end is another one: no row of ours has it, and one that has must keep no other from being read. A close from before closes bore marks
-- has its mark in row_marks.
CREATE VIEW closes AS
SELECT d.id, d.day::text AS day, coalesce(d.upto::text, '')::text AS upto, d.final, d.by_user,
  (CASE WHEN isfinite(d.begun_at) THEN d.begun_at ELSE 'epoch' END)::timestamptz AS begun_at, d.step,
  (CASE WHEN isfinite(d.moved_at) THEN d.moved_at ELSE 'epoch' END)::timestamptz AS moved_at, d.files, d.counts, d.manifest, d.destroyed,
  coalesce(d.mark, (SELECT m.mark FROM row_marks m WHERE m.what = 'close' AND m.id = d.id::text LIMIT 1), '')::bytea AS mark
FROM day_closes d;

-- +goose Down
DROP VIEW closes;
