-- +goose Up

-- Matters passed to the ward (引継ぎ). Whom they are about is sealed under a key of the matter's own, so that it outlives the day and
-- goes when the matter went back. What is left open stays for ever.
CREATE TABLE handoffs (
  id         uuid PRIMARY KEY,
  case_id    uuid NOT NULL,
  case_ref   text NOT NULL,
  attempt_id uuid REFERENCES attempts,
  kind       text NOT NULL CHECK (kind IN ('instalments', 'slip_reissue', 'discrepancy', 'complaint', 'moved_or_deceased', 'hardship',
    'other_insurance', 'other')),
  state      text NOT NULL CHECK (state IN ('open', 'acknowledged', 'answered', 'returned', 'withdrawn')),
  by_user    text NOT NULL, -- empty: a rule
  at         timestamptz NOT NULL,
  due_on     date NOT NULL,
  moved_at   timestamptz NOT NULL,
  sealed     bytea NOT NULL,
  -- A result that is replayed, or recorded again, passes nothing on twice.
  UNIQUE (attempt_id, kind)
);
CREATE INDEX handoffs_waiting ON handoffs (due_on, id) WHERE state IN ('open', 'acknowledged');
CREATE INDEX handoffs_of_case ON handoffs (case_id);
CREATE TRIGGER handoffs_once BEFORE UPDATE ON handoffs FOR EACH ROW
  WHEN ((OLD.id, OLD.case_id, OLD.case_ref, OLD.attempt_id, OLD.kind, OLD.by_user, OLD.at, OLD.sealed)
    IS DISTINCT FROM (NEW.id, NEW.case_id, NEW.case_ref, NEW.attempt_id, NEW.kind, NEW.by_user, NEW.at, NEW.sealed)
    OR OLD.state = 'returned')
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handoffs_stay BEFORE DELETE ON handoffs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handoffs_stay_all BEFORE TRUNCATE ON handoffs EXECUTE FUNCTION refuse_change();

-- Every act on one, in order; the last one's to_state is the hand-off's.
CREATE TABLE handoff_events (
  handoff_id uuid NOT NULL REFERENCES handoffs,
  n          integer NOT NULL CHECK (n >= 1),
  act        text NOT NULL CHECK (act IN ('pass', 'add', 'acknowledge', 'answer', 'return', 'reopen', 'withdraw')),
  from_state text NOT NULL, -- empty for the first
  to_state   text NOT NULL,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL,
  sealed     bytea NOT NULL, -- the text, under the matter's key; empty when nothing was said
  PRIMARY KEY (handoff_id, n)
);
CREATE TRIGGER handoff_events_once BEFORE UPDATE OR DELETE ON handoff_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handoff_events_stay BEFORE TRUNCATE ON handoff_events EXECUTE FUNCTION refuse_change();

-- Who read whom a hand-off is about.
CREATE TABLE handoff_reads (
  handoff_id uuid NOT NULL REFERENCES handoffs,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL
);
CREATE INDEX handoff_reads_of ON handoff_reads (handoff_id, at);
CREATE TRIGGER handoff_reads_once BEFORE UPDATE OR DELETE ON handoff_reads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handoff_reads_stay BEFORE TRUNCATE ON handoff_reads EXECUTE FUNCTION refuse_change();

-- Who put a number on the do-not-call list, and who took it off, with why: digits in it are masked.
CREATE TABLE do_not_call_log (
  number_ref text NOT NULL,
  listed     boolean NOT NULL,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL,
  reason     text NOT NULL
);
CREATE INDEX do_not_call_log_of ON do_not_call_log (number_ref, at);
CREATE TRIGGER do_not_call_log_once BEFORE UPDATE OR DELETE ON do_not_call_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER do_not_call_log_stay BEFORE TRUNCATE ON do_not_call_log EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE do_not_call_log, handoff_reads, handoff_events, handoffs;
