-- +goose Up

-- Calls that come in stand beside the attempts, as rows of direction inbound: they have evidence, results and promises like
-- those, and are none of them. They are never dialled and never counted.
ALTER TABLE attempts DROP CONSTRAINT attempts_undialled_is_no_result, DROP CONSTRAINT attempts_progress_was_dialled;
ALTER TABLE attempts
  ADD CONSTRAINT attempts_undialled_is_no_result CHECK (
    direction = 'inbound' OR ended_at IS NULL OR (result = 'not_dialled') = (dialled_at IS NULL)),
  ADD CONSTRAINT attempts_progress_was_dialled CHECK (
    direction = 'inbound' OR dialled_at IS NOT NULL OR (ringing_at IS NULL AND answered_at IS NULL AND sip_call_id IS NULL)),
  ADD CONSTRAINT attempts_inbound_is_no_attempt CHECK (
    direction = 'outbound' OR (dialled_at IS NULL AND NOT counted AND result IS DISTINCT FROM 'not_dialled'));

-- Whose call it was is found out in it, or after it: that alone may still change of one that came in.
DROP TRIGGER attempts_end_once ON attempts;
CREATE TRIGGER attempts_end_once BEFORE UPDATE ON attempts FOR EACH ROW
  WHEN (OLD.ended_at IS NOT NULL AND (OLD.direction = 'outbound'
    OR (OLD.id, OLD.number_ref, OLD.number_kind, OLD.sample, OLD.desk, OLD.operator, OLD.trunk, OLD.direction,
        OLD.override_reason, OLD.idempotency_key, OLD.sip_call_id, OLD.started_at, OLD.dialled_at, OLD.ringing_at,
        OLD.answered_at, OLD.ended_at, OLD.ended_by, OLD.result, OLD.confidence, OLD.rule, OLD.why, OLD.counted)
      IS DISTINCT FROM
       (NEW.id, NEW.number_ref, NEW.number_kind, NEW.sample, NEW.desk, NEW.operator, NEW.trunk, NEW.direction,
        NEW.override_reason, NEW.idempotency_key, NEW.sip_call_id, NEW.started_at, NEW.dialled_at, NEW.ringing_at,
        NEW.answered_at, NEW.ended_at, NEW.ended_by, NEW.result, NEW.confidence, NEW.rule, NEW.why, NEW.counted)))
  EXECUTE FUNCTION refuse_change();

-- The Call-ID of a call that came in is the far end's choice: it may choose the same one twice.
DROP INDEX attempts_sip_call_id;
CREATE UNIQUE INDEX attempts_sip_call_id ON attempts (sip_call_id) WHERE sip_call_id IS NOT NULL AND direction = 'outbound';

CREATE INDEX attempts_inbound ON attempts (started_at) INCLUDE (result) WHERE direction = 'inbound' AND ended_at IS NOT NULL;
CREATE INDEX attempts_callers ON attempts (number_ref, started_at) WHERE direction = 'inbound';

-- A call that belongs to no case is a matter of its own until somebody says whose it is.
ALTER TABLE cases DROP CONSTRAINT cases_origin_check;
ALTER TABLE cases ADD CONSTRAINT cases_origin_check CHECK (origin IN ('list', 'ad_hoc', 'inbound'));

-- Personal: who called, where the number was not withheld.
CREATE TABLE inbound_callers (
  attempt_id uuid PRIMARY KEY REFERENCES attempts,
  number     text NOT NULL
);

-- +goose Down
DROP TABLE inbound_callers;
DROP INDEX attempts_callers, attempts_inbound, attempts_sip_call_id;
CREATE UNIQUE INDEX attempts_sip_call_id ON attempts (sip_call_id) WHERE sip_call_id IS NOT NULL;
ALTER TABLE attempts DROP CONSTRAINT attempts_inbound_is_no_attempt;
DROP TRIGGER attempts_end_once ON attempts;
CREATE TRIGGER attempts_end_once BEFORE UPDATE ON attempts
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
