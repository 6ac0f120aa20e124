-- +goose Up

-- Which negotiation records went back to the ward with which close; revision 0 of an attempt of which nothing was recorded. Written
-- before the file, so that a close that is carried on writes the same.
CREATE TABLE return_rows (
  close_id   uuid NOT NULL REFERENCES day_closes,
  attempt_id uuid NOT NULL REFERENCES attempts,
  revision   integer NOT NULL CHECK (revision >= 0),
  mark       text NOT NULL CHECK (mark IN ('', 'correction', 'again')),
  PRIMARY KEY (close_id, attempt_id)
);
CREATE INDEX return_rows_of_attempt ON return_rows (attempt_id, revision);
CREATE TRIGGER return_rows_once BEFORE UPDATE OR DELETE ON return_rows FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER return_rows_stay BEFORE TRUNCATE ON return_rows EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE return_rows;
