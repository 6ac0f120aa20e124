-- +goose Up

-- Each call that ends is sealed with its evidence, under a key that is not here: one that was written by SQL has none. Calls that ended before the first
-- seal have none either.
CREATE TABLE call_seals (
  attempt_id uuid PRIMARY KEY REFERENCES attempts,
  seal       bytea NOT NULL CHECK (length(seal) = 32)
);
CREATE TRIGGER call_seals_once BEFORE UPDATE OR DELETE ON call_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER call_seals_stay BEFORE TRUNCATE ON call_seals EXECUTE FUNCTION refuse_change();

-- What a seal covers of a call that has ended, and its seal. Whose it was may still be found out of one that came in.
CREATE VIEW calls_sealed AS
SELECT a.id, a.direction, a.origin, (CASE WHEN a.direction = 'outbound' THEN a.case_ref ELSE '' END)::text AS case_ref, a.number_ref, a.number_kind, a.sample,
  a.desk, a.operator, coalesce(a.handed_desk, '')::text AS handed_desk, coalesce(a.handed_operator, '')::text AS handed_operator, a.trunk,
  coalesce(a.sip_call_id, '')::text AS sip_call_id, a.started_at, a.dialled_at, a.ringing_at, a.answered_at, a.ended_at::timestamptz AS ended_at,
  coalesce(a.ended_by, '')::text AS ended_by, coalesce(a.result, '')::text AS result, coalesce(a.confidence, '')::text AS confidence,
  coalesce(a.rule, '')::text AS rule, coalesce(a.why, '')::text AS why, a.counted, coalesce(s.seal, '')::bytea AS seal
FROM attempts a LEFT JOIN call_seals s ON s.attempt_id = a.id
WHERE a.ended_at IS NOT NULL;

-- +goose Down
DROP VIEW calls_sealed;
DROP TABLE call_seals;
