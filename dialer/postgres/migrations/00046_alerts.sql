-- +goose Up

-- What somebody must see (package dialer/alarm): raised, over, and acknowledged, each a row that is never changed. No personal data.
CREATE TABLE alerts (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL,
  kind      text NOT NULL CHECK (kind <> ''),
  condition text NOT NULL CHECK (condition <> ''),
  stands    boolean NOT NULL, -- it lasts until it is told to be over
  desk      text NOT NULL,
  call_id   text NOT NULL,
  subject   text NOT NULL,
  since     timestamptz,
  text_ja   text NOT NULL,
  text_en   text NOT NULL,
  UNIQUE (condition, at)
);
CREATE INDEX alerts_by_time ON alerts (at DESC);
CREATE TRIGGER alerts_once BEFORE UPDATE OR DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alerts_stay BEFORE TRUNCATE ON alerts EXECUTE FUNCTION refuse_change();

CREATE TABLE alert_ends (
  alert   bigint PRIMARY KEY REFERENCES alerts (id),
  at      timestamptz NOT NULL,
  text_ja text NOT NULL,
  text_en text NOT NULL
);
CREATE TRIGGER alert_ends_once BEFORE UPDATE OR DELETE ON alert_ends FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alert_ends_stay BEFORE TRUNCATE ON alert_ends EXECUTE FUNCTION refuse_change();

CREATE TABLE alert_acks (
  alert   bigint PRIMARY KEY REFERENCES alerts (id),
  at      timestamptz NOT NULL,
  by_user text NOT NULL CHECK (by_user <> ''),
  note    text NOT NULL
);
CREATE TRIGGER alert_acks_once BEFORE UPDATE OR DELETE ON alert_acks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alert_acks_stay BEFORE TRUNCATE ON alert_acks EXECUTE FUNCTION refuse_change();

-- When each supervisor last showed that they are there: what is now, and no history. An absence is an alert.
CREATE TABLE supervisors_here (
  user_id  text PRIMARY KEY CHECK (user_id <> ''),
  at       timestamptz NOT NULL,
  on_break boolean NOT NULL
);

-- +goose Down
DROP TABLE supervisors_here, alert_acks, alert_ends, alerts;
