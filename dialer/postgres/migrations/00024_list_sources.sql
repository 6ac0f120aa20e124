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

ALTER TABLE lists ADD COLUMN source text NOT NULL DEFAULT ''; -- by which it was read; empty: by the built-in names

-- +goose Down
ALTER TABLE lists DROP COLUMN source;
DROP TABLE list_sources;
