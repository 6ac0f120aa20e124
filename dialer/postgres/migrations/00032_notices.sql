-- +goose Up

-- Since when a target has failed to be in reach, as it was told: once, whichever node saw it first.
CREATE TABLE target_alerts (
  measure text NOT NULL CHECK (measure <> ''),
  kind    text NOT NULL CHECK (kind <> ''),
  period  text NOT NULL CHECK (period <> ''),
  since   date NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (measure, kind, period, since)
);
CREATE TRIGGER target_alerts_once BEFORE UPDATE OR DELETE ON target_alerts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER target_alerts_stay BEFORE TRUNCATE ON target_alerts EXECUTE FUNCTION refuse_change();

-- What the ward was told of it (§10(3)): frozen.
CREATE TABLE ward_notices (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL,
  by_user text NOT NULL CHECK (by_user <> ''),
  content bytea NOT NULL, -- JSON of the notice
  sha256  bytea NOT NULL CHECK (octet_length(sha256) = 32)
);
CREATE TRIGGER ward_notices_once BEFORE UPDATE OR DELETE ON ward_notices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ward_notices_stay BEFORE TRUNCATE ON ward_notices EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE ward_notices, target_alerts;
