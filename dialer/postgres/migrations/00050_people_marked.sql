-- +goose Up

-- A person's row bears a mark that only who has the installation's secret can make: rights that were given by SQL are none. Whether all rows
-- have been marked is kept once, so that a row without a mark is not marked because it has none.
ALTER TABLE users ADD COLUMN mark bytea;
CREATE TABLE people_marked (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  at       timestamptz NOT NULL
);
CREATE TRIGGER people_marked_once BEFORE UPDATE OR DELETE ON people_marked FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER people_marked_stay BEFORE TRUNCATE ON people_marked EXECUTE FUNCTION refuse_change();
INSERT INTO people_marked (at) SELECT now() WHERE NOT EXISTS (SELECT FROM users);

-- +goose Down
DROP TABLE people_marked;
ALTER TABLE users DROP COLUMN mark;
