-- +goose Up

-- What was written for the ward between closes: who asked when, and which files. No personal data. A row is written whole, in the
-- transaction that says which records went.
CREATE TABLE exports (
  id          uuid PRIMARY KEY,
  day         date NOT NULL,
  by_user     text NOT NULL,     -- empty: the command line
  at          timestamptz NOT NULL,
  again       boolean NOT NULL,  -- what had gone before was asked for once more
  firsts      integer NOT NULL CHECK (firsts >= 0),
  corrections integer NOT NULL CHECK (corrections >= 0),
  repeats     integer NOT NULL CHECK (repeats >= 0),
  files       jsonb NOT NULL,
  CONSTRAINT exports_hold_something CHECK (firsts + corrections + repeats > 0)
);
CREATE INDEX exports_newest ON exports (at DESC, id DESC);
CREATE TRIGGER exports_once BEFORE UPDATE OR DELETE ON exports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER exports_stay BEFORE TRUNCATE ON exports EXECUTE FUNCTION refuse_change();

-- A row stands in the file of a close or of an export.
ALTER TABLE return_rows DROP CONSTRAINT return_rows_pkey;
ALTER TABLE return_rows ALTER COLUMN close_id DROP NOT NULL;
ALTER TABLE return_rows ADD COLUMN export_id uuid REFERENCES exports DEFERRABLE INITIALLY DEFERRED; -- the rows come first: they are counted
ALTER TABLE return_rows ADD CONSTRAINT return_rows_in_one_file CHECK (num_nonnulls(close_id, export_id) = 1);
ALTER TABLE return_rows ADD CONSTRAINT return_rows_once_a_close UNIQUE (close_id, attempt_id);
ALTER TABLE return_rows ADD CONSTRAINT return_rows_once_an_export UNIQUE (export_id, attempt_id);

-- The newest record of each attempt in custody: how it would be marked in a file written now, whether a close has it, and whether
-- its result is still owed.
CREATE VIEW records_now AS
SELECT n.attempt_id, n.started_at, n.recorded_at, n.revision, n.owed,
  CASE WHEN bool_or(w.revision = n.revision) THEN 'again' WHEN count(w.revision) > 0 THEN 'correction' ELSE '' END AS mark,
  coalesce(bool_or(w.closed AND w.revision >= n.revision), false) AS returned
FROM (
  SELECT a.id AS attempt_id, a.started_at, r.at AS recorded_at, coalesce(r.revision, 0) AS revision,
    a.result = 'answered' AND r.revision IS NULL AS owed
  FROM attempts a JOIN cases c ON c.id = a.case_id
    LEFT JOIN LATERAL (SELECT r.revision, r.at FROM attempt_results r WHERE r.attempt_id = a.id ORDER BY r.revision DESC LIMIT 1) r ON true
  WHERE a.ended_at IS NOT NULL AND a.result <> 'not_dialled' AND c.custody IS NOT NULL
) n LEFT JOIN (
  -- What stands in a file that the ward was given. One that a close was given up over before it named it never was.
  SELECT x.attempt_id, x.revision, coalesce(d.step <> 'given_up', false) AS closed
  FROM return_rows x LEFT JOIN day_closes d ON d.id = x.close_id
  WHERE d.id IS NULL OR d.step <> 'given_up' OR d.files <> '[]'
) w ON w.attempt_id = n.attempt_id
GROUP BY n.attempt_id, n.started_at, n.recorded_at, n.revision, n.owed;

-- +goose Down
DROP VIEW records_now;
ALTER TABLE return_rows DISABLE TRIGGER return_rows_once;
DELETE FROM return_rows WHERE close_id IS NULL;
ALTER TABLE return_rows ENABLE TRIGGER return_rows_once;
ALTER TABLE return_rows DROP CONSTRAINT return_rows_once_an_export;
ALTER TABLE return_rows DROP CONSTRAINT return_rows_once_a_close;
ALTER TABLE return_rows DROP COLUMN export_id;
ALTER TABLE return_rows ADD PRIMARY KEY (close_id, attempt_id);
DROP TABLE exports;
