-- +goose Up

-- Which numbers that were entered go back to the ward with which close, written down before its file, as return_rows has it of records. A number went back with a
-- close that is the server's own, which the server looks at, and was not given up: nothing has to be marked when it is over.
CREATE TABLE return_numbers (
  close_id uuid NOT NULL REFERENCES day_closes,
  id       uuid NOT NULL REFERENCES numbers_entered,
  PRIMARY KEY (close_id, id)
);
CREATE INDEX return_numbers_of ON return_numbers (id);
CREATE TRIGGER return_numbers_once BEFORE UPDATE OR DELETE ON return_numbers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_numbers_stay BEFORE TRUNCATE ON return_numbers EXECUTE FUNCTION refuse_change();

-- What went before, and what stands in the file of a close that is under way: the day is closed, so the file has all that waits.
INSERT INTO return_numbers (close_id, id) SELECT d.id, r.id FROM numbers_returned r JOIN day_closes d ON d.id::text = r.export;
INSERT INTO return_numbers (close_id, id)
SELECT d.id, e.id FROM day_closes d CROSS JOIN numbers_entered e
WHERE d.step IN ('written', 'signed', 'destroying') AND NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = e.id)
  AND NOT EXISTS (SELECT FROM numbers_returned r WHERE r.id = e.id);

DROP VIEW entered_numbers;
CREATE VIEW entered_numbers AS
SELECT e.id, e.at, e.by_user, e.case_ref, e.number_ref, e.kind, e.mended, e.source, to_char(e.document_on, 'YYYY-MM-DD') AS document_on,
  e.first, coalesce(e.case_id::text, '')::text AS case_id, e.seen, e.ranked, w.custody, w.sealed, (b.id IS NOT NULL)::boolean AS taken_back
FROM numbers_entered e LEFT JOIN numbers_entered_whose w ON w.id = e.id LEFT JOIN numbers_taken_back b ON b.id = e.id;
DROP TABLE numbers_returned;

-- +goose Down
CREATE TABLE numbers_returned (
  id     uuid PRIMARY KEY REFERENCES numbers_entered,
  export text NOT NULL CHECK (export <> ''),
  at     timestamptz NOT NULL
);
CREATE TRIGGER numbers_returned_once BEFORE UPDATE OR DELETE ON numbers_returned
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
INSERT INTO numbers_returned (id, export, at)
SELECT DISTINCT ON (x.id) x.id, d.id::text, d.moved_at FROM return_numbers x JOIN day_closes d ON d.id = x.close_id WHERE d.step = 'closed' ORDER BY x.id, d.moved_at;
DROP VIEW entered_numbers;
CREATE VIEW entered_numbers AS
SELECT e.id, e.at, e.by_user, e.case_ref, e.number_ref, e.kind, e.mended, e.source, to_char(e.document_on, 'YYYY-MM-DD') AS document_on,
  e.first, coalesce(e.case_id::text, '')::text AS case_id, e.seen, e.ranked, w.custody, w.sealed, (b.id IS NOT NULL)::boolean AS taken_back, (r.id IS NOT NULL)::boolean AS returned
FROM numbers_entered e LEFT JOIN numbers_entered_whose w ON w.id = e.id
  LEFT JOIN numbers_taken_back b ON b.id = e.id LEFT JOIN numbers_returned r ON r.id = e.id;
DROP TABLE return_numbers;
