-- +goose Up

-- That a supervisor paused a desk, and, with an empty reason, that it goes on. A pause lasts until its desk's next row. No personal data.
CREATE TABLE desk_pauses (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL,
  desk    text NOT NULL CHECK (desk <> ''),
  by_user text NOT NULL CHECK (by_user <> ''),
  reason  text NOT NULL
);
CREATE INDEX desk_pauses_newest ON desk_pauses (desk, id DESC);
CREATE TRIGGER desk_pauses_once BEFORE UPDATE OR DELETE ON desk_pauses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER desk_pauses_stay BEFORE TRUNCATE ON desk_pauses EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE desk_pauses;
