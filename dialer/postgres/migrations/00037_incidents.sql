-- +goose Up

-- 事故 (package dialer/audit/incident): what is known of an incident, revision by revision, and what was done about it. No personal data of
-- a debtor.
CREATE TABLE incidents (
  id       bigint NOT NULL,
  revision integer NOT NULL CHECK (revision >= 1),
  at       timestamptz NOT NULL,
  by_user  text NOT NULL CHECK (by_user <> ''),
  kind     text NOT NULL CHECK (kind IN ('leaked', 'lost', 'damaged', 'tampered', 'feared', 'outage')),
  found_at timestamptz NOT NULL,
  from_at  timestamptz NOT NULL,
  until_at timestamptz NOT NULL CHECK (until_at >= from_at),
  who      text[] NOT NULL,
  malice   boolean NOT NULL,
  what     text NOT NULL CHECK (what <> ''),
  cause    text NOT NULL,
  done     text NOT NULL,
  future   text NOT NULL,
  PRIMARY KEY (id, revision)
);
CREATE TRIGGER incidents_once BEFORE UPDATE OR DELETE ON incidents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incidents_stay BEFORE TRUNCATE ON incidents EXECUTE FUNCTION refuse_change();
CREATE SEQUENCE incident_ids;

CREATE TABLE incident_steps (
  id      bigint NOT NULL,
  first   integer NOT NULL DEFAULT 1 CHECK (first = 1), -- the incident is there
  act     text NOT NULL CHECK (act IN ('ward_told', 'ward_ack', 'preliminary', 'final', 'persons', 'closed')),
  at      timestamptz NOT NULL,
  by_user text NOT NULL CHECK (by_user <> ''),
  note    text NOT NULL,
  PRIMARY KEY (id, act),
  FOREIGN KEY (id, first) REFERENCES incidents (id, revision)
);
CREATE TRIGGER incident_steps_once BEFORE UPDATE OR DELETE ON incident_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_steps_stay BEFORE TRUNCATE ON incident_steps EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE incident_steps, incidents;
DROP SEQUENCE incident_ids;
