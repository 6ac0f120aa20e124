-- +goose Up

-- Who saw what, and who changed what: 閲覧・操作記録. Entries are numbered without a gap; each is sealed together with the one before
-- it, under a key that is not here (package audit). No personal data of a debtor but case_ref.
CREATE TABLE audit (
  n         bigint PRIMARY KEY CHECK (n > 0),
  at        timestamptz NOT NULL,
  by_user   text NOT NULL, -- empty: nobody who is known, or the command line
  role      text NOT NULL,
  action    text NOT NULL,
  route     text NOT NULL,
  object    text NOT NULL,
  outcome   text NOT NULL,
  detail    text NOT NULL,
  address   text NOT NULL,
  case_refs text[] NOT NULL,
  before    bytea NOT NULL CHECK (length(before) = 32),
  seal      bytea NOT NULL CHECK (length(seal) = 32)
);
CREATE INDEX audit_case ON audit USING gin (case_refs) WITH (fastupdate = off); -- who looks for a case must not read what waits to be indexed
CREATE INDEX audit_user ON audit (by_user, at, n);
CREATE INDEX audit_at ON audit (at, n);
CREATE INDEX audit_action ON audit (action, at, n);
CREATE TRIGGER audit_once BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_stay BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE audit;
