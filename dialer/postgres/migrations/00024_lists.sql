-- +goose Up

-- Where lists come from whose columns have names of their own, and what each column means. Each version is kept; the newest of a
-- name counts. A heading is no personal data, and casework refuses one that looks like it.
CREATE TABLE list_sources (
  name    text NOT NULL CHECK (name <> ''),
  version integer NOT NULL CHECK (version >= 1),
  columns jsonb NOT NULL,
  by_user text NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (name, version)
);
CREATE TRIGGER list_sources_once BEFORE UPDATE OR DELETE ON list_sources FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER list_sources_stay BEFORE TRUNCATE ON list_sources EXECUTE FUNCTION refuse_change();

-- What a list said of a case, part by part: keyed digests, bound to the case, so that the next list can tell what changed of it and
-- nobody which cases say the same. They stay, as listed does.
ALTER TABLE cases
  ADD COLUMN parts   bytea[],
  ADD COLUMN gone_at timestamptz; -- since when the ward's list does not have it any more

-- Blind, under the day's key: address and surname. Who has the same is perhaps one household.
ALTER TABLE persons ADD COLUMN household bytea;
CREATE INDEX persons_household ON persons (household) WHERE household IS NOT NULL;

-- Lists that are staged are staged once more.
UPDATE lists SET state = 'failed' WHERE state = 'staged';
TRUNCATE staged_rows, staged_cases;
ALTER TABLE staged_rows ADD COLUMN parts bytea[] NOT NULL, ADD COLUMN household bytea;
ALTER TABLE staged_cases ADD COLUMN parts bytea[] NOT NULL, ADD COLUMN changes text[] NOT NULL;

ALTER TABLE lists ADD COLUMN findings jsonb NOT NULL DEFAULT '[]';
ALTER TABLE lists ADD COLUMN source text NOT NULL DEFAULT ''; -- by which it was read; empty: by the built-in names

-- What people speak besides Japanese, by which a supervisor plans the language days.
ALTER TABLE users ADD COLUMN languages text[] NOT NULL DEFAULT '{}';
-- What a talk showed the debtor to speak; empty when nothing was learnt.
ALTER TABLE attempt_results ADD COLUMN language text NOT NULL DEFAULT '';
-- Cases whose turn came on a day on which nobody spoke their language: one row for a case, language and month, for ever.
CREATE TABLE language_waits (
  month    date NOT NULL,
  language text NOT NULL,
  case_ref text NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (month, language, case_ref)
);
CREATE TRIGGER language_waits_once BEFORE UPDATE OR DELETE ON language_waits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER language_waits_stay BEFORE TRUNCATE ON language_waits EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE language_waits;
ALTER TABLE attempt_results DROP COLUMN language;
ALTER TABLE users DROP COLUMN languages;
ALTER TABLE lists DROP COLUMN source, DROP COLUMN findings;
ALTER TABLE staged_cases DROP COLUMN parts, DROP COLUMN changes;
ALTER TABLE staged_rows DROP COLUMN parts, DROP COLUMN household;
ALTER TABLE persons DROP COLUMN household;
ALTER TABLE cases DROP COLUMN parts, DROP COLUMN gone_at;
DROP TABLE list_sources;
