-- +goose Up

-- What somebody owes stands in clear, since the line and the reports count by it, and an operator reads it out: so a case's sums bear a mark that only who has the
-- installation's secret can make, and without the right one they are not shown.
CREATE TABLE case_sums (
  case_id uuid PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
  mark    bytea NOT NULL
);
INSERT INTO rows_marked (what, at) SELECT 'sum', now() WHERE NOT EXISTS (SELECT FROM balances);

-- +goose Down
ALTER TABLE rows_marked DISABLE TRIGGER USER;
DELETE FROM rows_marked WHERE what = 'sum';
ALTER TABLE rows_marked ENABLE TRIGGER USER;
DROP TABLE case_sums;
