-- +goose Up

-- Who was shown a debt, in which call, and by what the person was known; or that it was hidden again. The newest line of a call
-- says how it stands.
CREATE TABLE disclosures (
  n          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempt_id uuid NOT NULL REFERENCES attempts,
  case_id    uuid NOT NULL REFERENCES cases,
  by_user    text NOT NULL CHECK (by_user <> ''),
  at         timestamptz NOT NULL,
  shown      boolean NOT NULL,
  ticked     text[] NOT NULL CHECK (NOT shown OR ticked <> '{}'),
  party      text NOT NULL
);
CREATE INDEX disclosures_attempt ON disclosures (attempt_id, n);
CREATE INDEX disclosures_case ON disclosures (case_id, at);
CREATE TRIGGER disclosures_once BEFORE UPDATE OR DELETE ON disclosures FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disclosures_stay BEFORE TRUNCATE ON disclosures EXECUTE FUNCTION refuse_change();

-- 経過確認済: who has read a case's history in the ward's own system before calling (§8(1)①).
CREATE TABLE history_checks (
  n       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id uuid NOT NULL REFERENCES cases,
  by_user text NOT NULL CHECK (by_user <> ''),
  at      timestamptz NOT NULL
);
CREATE INDEX history_checks_case ON history_checks (case_id, by_user, at);
CREATE TRIGGER history_checks_once BEFORE UPDATE OR DELETE ON history_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER history_checks_stay BEFORE TRUNCATE ON history_checks EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION history_checked(the_case uuid, who text, day_began timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT max(h.at) FROM history_checks h WHERE h.case_id = the_case AND h.by_user = who AND h.at >= day_began
    AND h.at > coalesce((SELECT max(a.started_at) FROM attempts a WHERE a.case_id = the_case AND a.dialled_at IS NOT NULL), '-infinity')
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION history_checked(uuid, text, timestamptz);
DROP TABLE history_checks, disclosures;
