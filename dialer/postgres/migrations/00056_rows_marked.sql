-- +goose Up

-- Marks of rows that are written once: of settings that were changed, of lists' sources, and of closes that are older than their own column. An HMAC that only who
-- has the installation's secret can make; what bears none does not hold.
CREATE TABLE row_marks (
  what text NOT NULL CHECK (what IN ('close', 'setting', 'source')),
  id   text NOT NULL,
  mark bytea NOT NULL,
  PRIMARY KEY (what, id, mark)
);
CREATE TRIGGER row_marks_once BEFORE UPDATE OR DELETE ON row_marks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER row_marks_stay BEFORE TRUNCATE ON row_marks EXECUTE FUNCTION refuse_change();

-- Which of them have all been marked that are older than the marks: afterwards one without a mark is nobody's.
CREATE TABLE rows_marked (
  what text PRIMARY KEY,
  at   timestamptz NOT NULL
);
CREATE TRIGGER rows_marked_once BEFORE UPDATE OR DELETE ON rows_marked FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rows_marked_stay BEFORE TRUNCATE ON rows_marked EXECUTE FUNCTION refuse_change();
INSERT INTO rows_marked (what, at)
SELECT w.what, now() FROM (VALUES ('close', EXISTS (SELECT FROM day_closes)), ('setting', EXISTS (SELECT FROM setting_changes)), ('source', EXISTS (SELECT FROM list_sources))) AS w(what, are)
WHERE NOT w.are;

-- A row that was put into the chain by SQL must keep nobody from the next change: the second of two administrators is refused by the lock and by the look at
-- what holds.
ALTER TABLE setting_changes DROP CONSTRAINT setting_changes_key_follows_key;

-- What a close is does not change, only how far it has come: one that somebody gave up could come back under its own name.
CREATE TRIGGER day_closes_what BEFORE UPDATE OF id, day, upto, final, by_user, begun_at ON day_closes
  FOR EACH ROW WHEN ((OLD.id, OLD.day, OLD.upto, OLD.final, OLD.by_user, OLD.begun_at) IS DISTINCT FROM (NEW.id, NEW.day, NEW.upto, NEW.final, NEW.by_user, NEW.begun_at))
  EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TRIGGER day_closes_what ON day_closes;
ALTER TABLE setting_changes ADD CONSTRAINT setting_changes_key_follows_key UNIQUE (key, follows);
DROP TABLE rows_marked;
DROP TABLE row_marks;
