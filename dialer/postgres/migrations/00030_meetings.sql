-- +goose Up

-- How often a person was attempted before a day: what the analysis counts the tries by.
CREATE INDEX attempts_of_person ON attempts (case_ref, dialled_at) WHERE counted;

-- The minutes of the monthly meeting (定例報告会, §8(4)): what is changed is a revision of its own, and is signed anew.
CREATE TABLE minutes (
  month    text NOT NULL CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  revision integer NOT NULL CHECK (revision >= 1),
  at       timestamptz NOT NULL,
  by_user  text NOT NULL CHECK (by_user <> ''),
  content  bytea NOT NULL, -- JSON of the minutes
  sha256   bytea NOT NULL CHECK (octet_length(sha256) = 32), -- of content
  PRIMARY KEY (month, revision)
);
CREATE TRIGGER minutes_once BEFORE UPDATE OR DELETE ON minutes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER minutes_stay BEFORE TRUNCATE ON minutes EXECUTE FUNCTION refuse_change();

-- Who signed a revision: each side once.
CREATE TABLE minutes_signed (
  month    text NOT NULL,
  revision integer NOT NULL,
  side     text NOT NULL CHECK (side IN ('ward', 'contractor')),
  by_user  text NOT NULL CHECK (by_user <> ''),
  at       timestamptz NOT NULL,
  PRIMARY KEY (month, revision, side),
  FOREIGN KEY (month, revision) REFERENCES minutes
);
CREATE TRIGGER minutes_signed_once BEFORE UPDATE OR DELETE ON minutes_signed FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER minutes_signed_stay BEFORE TRUNCATE ON minutes_signed EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE minutes_signed, minutes;
DROP INDEX attempts_of_person;
