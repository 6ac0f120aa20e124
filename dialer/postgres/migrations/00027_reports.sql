-- +goose Up

-- The reports as they were issued: frozen. A later one of the same period is a revision of its own, and says why there is one.
CREATE TABLE issued_reports (
  kind     text NOT NULL CHECK (kind IN ('day', 'month', 'year')),
  period   text NOT NULL,
  revision integer NOT NULL CHECK (revision >= 1),
  at       timestamptz NOT NULL,
  by_user  text NOT NULL, -- empty: at the close, or by the calendar
  reason   text NOT NULL CHECK (revision = 1 OR reason <> ''),
  content  bytea NOT NULL, -- JSON of the report
  sha256   bytea NOT NULL CHECK (octet_length(sha256) = 32), -- of content
  PRIMARY KEY (kind, period, revision)
);
CREATE TRIGGER issued_reports_once BEFORE UPDATE OR DELETE ON issued_reports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER issued_reports_stay BEFORE TRUNCATE ON issued_reports EXECUTE FUNCTION refuse_change();

-- How many messages went out on a day, entered by hand until they are sent from here: the newest entry of a day counts.
CREATE TABLE sms_counts (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  day     date NOT NULL,
  sent    integer NOT NULL CHECK (sent >= 0),
  by_user text NOT NULL CHECK (by_user <> ''),
  at      timestamptz NOT NULL
);
CREATE INDEX sms_counts_of_day ON sms_counts (day, id DESC);
CREATE TRIGGER sms_counts_once BEFORE UPDATE OR DELETE ON sms_counts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sms_counts_stay BEFORE TRUNCATE ON sms_counts EXECUTE FUNCTION refuse_change();

-- The calls that have ended, by when they began: ours when the INVITE left, the others when they came in or were noted. Three arms, so
-- that a span of any is found by its own index.
CREATE VIEW calls_ended AS
SELECT id, case_id, case_ref, number_ref, number_kind, insurance, language, desk, operator, direction, origin, answered_at, ended_at, result, counted, dialled_at AS began
FROM attempts WHERE origin = 'sip' AND dialled_at IS NOT NULL AND ended_at IS NOT NULL
UNION ALL
SELECT id, case_id, case_ref, number_ref, number_kind, insurance, language, desk, operator, direction, origin, answered_at, ended_at, result, counted, started_at AS began
FROM attempts WHERE direction = 'inbound' AND ended_at IS NOT NULL
UNION ALL
SELECT id, case_id, case_ref, number_ref, number_kind, insurance, language, desk, operator, direction, origin, answered_at, ended_at, result, counted, started_at AS began
FROM attempts WHERE origin = 'manual' AND direction = 'outbound' AND ended_at IS NOT NULL;

-- What a month's report looks up beside its attempts.
CREATE INDEX promises_kept_on ON promises (kept_on) WHERE state = 'kept';
CREATE INDEX payments_paid_on ON payments (paid_on);
CREATE INDEX handoffs_at ON handoffs (at);

-- +goose Down
DROP INDEX handoffs_at, payments_paid_on, promises_kept_on;
DROP VIEW calls_ended;
DROP TABLE sms_counts, issued_reports;
