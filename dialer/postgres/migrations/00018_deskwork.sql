-- +goose Up

-- 番号入力: numbers typed in from documents, for the ward. One row for each, for ever; taking one back is another row. What
-- says whose number it is stands in a table of its own, sealed.
CREATE TABLE numbers_entered (
  id          uuid PRIMARY KEY,
  at          timestamptz NOT NULL,
  by_user     text NOT NULL CHECK (by_user <> ''),
  case_ref    text NOT NULL,
  number_ref  text NOT NULL,
  kind        text NOT NULL,
  mended      text NOT NULL,
  source      text NOT NULL,
  document_on date NOT NULL,
  first       boolean NOT NULL,
  case_id     uuid,             -- null when the person was not among the cases
  seen        text NOT NULL CHECK (seen IN ('new', 'at_case', 'elsewhere')),
  ranked      integer           -- where it came among the case's numbers; null when it did not
);
CREATE INDEX numbers_entered_by_day ON numbers_entered (at, by_user);
CREATE INDEX numbers_entered_same ON numbers_entered (case_ref, number_ref, at);
CREATE TRIGGER numbers_entered_once BEFORE UPDATE OR DELETE ON numbers_entered
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER numbers_entered_stay BEFORE TRUNCATE ON numbers_entered EXECUTE FUNCTION refuse_change();

CREATE TABLE numbers_taken_back (
  id      uuid PRIMARY KEY REFERENCES numbers_entered,
  at      timestamptz NOT NULL,
  by_user text NOT NULL CHECK (by_user <> '')
);
CREATE TRIGGER numbers_taken_back_once BEFORE UPDATE OR DELETE ON numbers_taken_back
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which export took a number back to the ward: each goes once.
CREATE TABLE numbers_returned (
  id     uuid PRIMARY KEY REFERENCES numbers_entered,
  export text NOT NULL CHECK (export <> ''),
  at     timestamptz NOT NULL
);
CREATE TRIGGER numbers_returned_once BEFORE UPDATE OR DELETE ON numbers_returned
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Personal: 宛名番号 and number.
CREATE TABLE numbers_entered_whose (
  id      uuid PRIMARY KEY REFERENCES numbers_entered,
  custody date NOT NULL,
  sealed  bytea NOT NULL
);
CREATE INDEX numbers_entered_whose_custody ON numbers_entered_whose (custody);

CREATE VIEW entered_numbers AS
SELECT e.id, e.at, e.by_user, e.case_ref, e.number_ref, e.kind, e.mended, e.source, to_char(e.document_on, 'YYYY-MM-DD') AS document_on,
  e.first, coalesce(e.case_id::text, '')::text AS case_id, e.seen, e.ranked, w.custody, w.sealed, (b.id IS NOT NULL)::boolean AS taken_back, (r.id IS NOT NULL)::boolean AS returned
FROM numbers_entered e LEFT JOIN numbers_entered_whose w ON w.id = e.id
  LEFT JOIN numbers_taken_back b ON b.id = e.id LEFT JOIN numbers_returned r ON r.id = e.id;

-- The ward's texts for the desk. Each version is kept; an edit is another one.
CREATE TABLE script_pages (
  id         uuid PRIMARY KEY,
  key        text NOT NULL,
  language   text NOT NULL,
  version    integer NOT NULL CHECK (version >= 1),
  title      text NOT NULL,
  body       text NOT NULL,
  situations text[] NOT NULL,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL,
  UNIQUE (key, language, version)
);
CREATE TRIGGER script_pages_once BEFORE UPDATE OR DELETE ON script_pages FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the ward decided of a version: approved, then perhaps withdrawn. Each once.
CREATE TABLE script_decisions (
  page_id uuid NOT NULL REFERENCES script_pages,
  state   text NOT NULL CHECK (state IN ('approved', 'withdrawn')),
  by_user text NOT NULL CHECK (by_user <> ''),
  at      timestamptz NOT NULL,
  PRIMARY KEY (page_id, state)
);
CREATE TRIGGER script_decisions_once BEFORE UPDATE OR DELETE ON script_decisions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE VIEW script_versions AS
SELECT p.*, coalesce(d.state, 'draft')::text AS state, coalesce(d.by_user, '')::text AS decided_by,
  coalesce(d.at, p.at) AS decided_at
FROM script_pages p LEFT JOIN LATERAL (
  SELECT * FROM script_decisions d WHERE d.page_id = p.id ORDER BY d.state DESC LIMIT 1 -- withdrawn is after approved
) d ON true;

-- +goose Down
DROP VIEW script_versions;
DROP TABLE script_decisions, script_pages;
DROP VIEW entered_numbers;
DROP TABLE numbers_entered_whose, numbers_returned, numbers_taken_back, numbers_entered;
