-- +goose Up

-- When somebody's seat was not worked, and why: what begins, and with an empty reason that they are back. An absence lasts until its
-- operator's next row.
CREATE TABLE absences (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz NOT NULL,
  desk     text NOT NULL CHECK (desk <> ''),
  operator text NOT NULL CHECK (operator <> ''),
  reason   text NOT NULL CHECK (reason IN ('', 'break', 'errand', 'paper', 'training', 'meeting', 'trouble'))
);
CREATE INDEX absences_newest ON absences (operator, id DESC);
CREATE TRIGGER absences_once BEFORE UPDATE OR DELETE ON absences FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER absences_stay BEFORE TRUNCATE ON absences EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE absences;
