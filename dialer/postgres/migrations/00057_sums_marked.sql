-- +goose Up

-- What somebody owes stands in clear, since the line and the reports count by it, and an operator reads it out: so a case's sums bear a mark that only who has the
-- installation's secret can make, and without the right one they are not shown.
CREATE TABLE case_sums (
  case_id uuid PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
  mark    bytea NOT NULL
);
-- Calls that ended before this are older than their seals: none, where there has been no call yet.
INSERT INTO rows_marked (what, at) SELECT 'call', CASE WHEN EXISTS (SELECT FROM attempts) THEN now() ELSE '1970-01-01' END;
INSERT INTO rows_marked (what, at) SELECT 'sum', now() WHERE NOT EXISTS (SELECT FROM balances);

-- +goose Down
ALTER TABLE rows_marked DISABLE TRIGGER USER;
DELETE FROM rows_marked WHERE what IN ('sum', 'call');
ALTER TABLE rows_marked ENABLE TRIGGER USER;
DROP TABLE case_sums;
