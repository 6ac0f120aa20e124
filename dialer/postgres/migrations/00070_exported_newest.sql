-- +goose Up

-- Of the exports that have a record, the newest revision alone: how often it was exported once more is no matter to the mark, and what was exported often must not hold
-- the day's close up. Closes are looked at all, each has a record once.
DROP VIEW records_now;
CREATE VIEW records_now AS
SELECT n.attempt_id, n.started_at, n.recorded_at, n.revision, n.owed,
  CASE WHEN n.exported = n.revision OR bool_or(w.revision = n.revision) THEN 'again'
    WHEN n.exported IS NOT NULL OR count(w.revision) > 0 THEN 'correction' ELSE '' END AS mark,
  coalesce(array_agg(w.close_id) FILTER (WHERE w.closed AND w.revision >= n.revision AND n.ended_at <= w.moved_at
    AND (n.recorded_at IS NULL OR n.recorded_at <= w.moved_at)), '{}')::uuid[] AS returned_by
FROM (
  SELECT a.id AS attempt_id, a.started_at, a.ended_at, r.at AS recorded_at, coalesce(r.revision, 0) AS revision,
    a.result = 'answered' AND r.revision IS NULL AS owed, e.revision AS exported
  FROM attempts a JOIN cases c ON c.id = a.case_id
    LEFT JOIN LATERAL (SELECT r.revision, r.at FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (
      SELECT x.revision FROM return_rows x WHERE x.attempt_id = a.id AND x.close_id IS NULL AND x.revision <= coalesce(r.revision, 0)
      ORDER BY x.revision DESC LIMIT 1
    ) e ON true
  WHERE a.ended_at IS NOT NULL AND a.result <> 'not_dialled' AND c.custody IS NOT NULL
) n LEFT JOIN (
  -- What stands in a close's file that the ward was given. One that a close was given up over before it named it never was.
  SELECT x.attempt_id, x.revision, x.close_id, d.moved_at, d.step <> 'given_up' AS closed
  FROM return_rows x JOIN day_closes d ON d.id = x.close_id
  WHERE x.close_id IS NOT NULL AND (d.step <> 'given_up' OR d.files <> '[]')
) w ON w.attempt_id = n.attempt_id
GROUP BY n.attempt_id, n.started_at, n.recorded_at, n.revision, n.owed, n.exported;

DROP INDEX return_rows_of_attempt;
CREATE INDEX return_rows_exported ON return_rows (attempt_id, revision) WHERE close_id IS NULL;
CREATE INDEX return_rows_closed ON return_rows (attempt_id, revision) WHERE close_id IS NOT NULL;

-- +goose Down
DROP INDEX return_rows_closed, return_rows_exported;
CREATE INDEX return_rows_of_attempt ON return_rows (attempt_id, revision);
DROP VIEW records_now;
CREATE VIEW records_now AS
SELECT n.attempt_id, n.started_at, n.recorded_at, n.revision, n.owed,
  CASE WHEN bool_or(w.revision = n.revision) THEN 'again' WHEN count(w.revision) > 0 THEN 'correction' ELSE '' END AS mark,
  coalesce(array_agg(w.close_id) FILTER (WHERE w.closed AND w.revision >= n.revision AND n.ended_at <= w.moved_at
    AND (n.recorded_at IS NULL OR n.recorded_at <= w.moved_at)), '{}')::uuid[] AS returned_by
FROM (
  SELECT a.id AS attempt_id, a.started_at, a.ended_at, r.at AS recorded_at, coalesce(r.revision, 0) AS revision,
    a.result = 'answered' AND r.revision IS NULL AS owed
  FROM attempts a JOIN cases c ON c.id = a.case_id
    LEFT JOIN LATERAL (SELECT r.revision, r.at FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1) r ON true
  WHERE a.ended_at IS NOT NULL AND a.result <> 'not_dialled' AND c.custody IS NOT NULL
) n LEFT JOIN (
  -- What stands in a file that the ward was given. One that a close was given up over before it named it never was.
  SELECT x.attempt_id, x.revision, x.close_id, d.moved_at, coalesce(d.step <> 'given_up', false) AS closed
  FROM return_rows x LEFT JOIN day_closes d ON d.id = x.close_id
  WHERE d.id IS NULL OR d.step <> 'given_up' OR d.files <> '[]'
) w ON w.attempt_id = n.attempt_id
GROUP BY n.attempt_id, n.started_at, n.recorded_at, n.revision, n.owed;
