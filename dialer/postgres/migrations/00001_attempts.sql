-- +goose Up

-- What must never change is guarded here, not by good manners: this function refuses whatever a trigger calls it for.
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation',
    CONSTRAINT = TG_NAME;
END $$;
-- +goose StatementEnd

-- One row for each 架電, from the click on. It outlives the case's personal data, so it refers to no other table and
-- holds references (HMACs) in place of names and numbers.
CREATE TABLE attempts (
  id              uuid PRIMARY KEY,
  case_id         uuid NOT NULL,
  case_ref        text NOT NULL,
  number_ref      text NOT NULL,
  number_kind     text NOT NULL,
  insurance       text NOT NULL,
  language        text NOT NULL,
  balance_band    text NOT NULL,
  sample          boolean NOT NULL,
  desk            text NOT NULL,
  operator        text NOT NULL,
  trunk           text NOT NULL,
  direction       text NOT NULL DEFAULT 'outbound' CHECK (direction IN ('outbound', 'inbound')),
  override_reason text NOT NULL DEFAULT '',
  idempotency_key text,
  sip_call_id     text, -- the customer leg's; null until its INVITE is about to be sent
  started_at      timestamptz NOT NULL,
  dialled_at      timestamptz,
  ringing_at      timestamptz,
  answered_at     timestamptz,
  ended_at        timestamptz,
  ended_by        text,
  result          text CHECK (result IN ('answered', 'no_answer', 'busy', 'unallocated', 'number_changed', 'out_of_reach',
                    'bad_number', 'refused', 'line_trouble', 'cancelled', 'interrupted', 'not_dialled')),
  confidence      text CHECK (confidence IN ('high', 'medium', 'low')),
  rule            text,
  why             text,
  counted         boolean NOT NULL DEFAULT false,
  -- Derived, so that it cannot contradict the times.
  state           text NOT NULL GENERATED ALWAYS AS (CASE
                    WHEN ended_at IS NOT NULL THEN 'ended' WHEN dialled_at IS NOT NULL THEN 'dialled' ELSE 'reserved'
                  END) STORED,

  CONSTRAINT attempts_end_is_whole CHECK (
    (ended_at IS NULL) = (result IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)
    AND (ended_at IS NULL) = (confidence IS NULL) AND (ended_at IS NULL) = (rule IS NULL) AND (ended_at IS NULL) = (why IS NULL)),
  CONSTRAINT attempts_counted_was_dialled CHECK (NOT counted OR (dialled_at IS NOT NULL AND ended_at IS NOT NULL)),
  CONSTRAINT attempts_undialled_is_no_result CHECK (ended_at IS NULL OR (result = 'not_dialled') = (dialled_at IS NULL)),
  CONSTRAINT attempts_progress_was_dialled CHECK (
    dialled_at IS NOT NULL OR (ringing_at IS NULL AND answered_at IS NULL AND sip_call_id IS NULL)),
  CONSTRAINT attempts_answered_has_time CHECK (result IS DISTINCT FROM 'answered' OR answered_at IS NOT NULL)
);

-- A second call to one case or one number at the same time is impossible. The case's index comes first: when a click
-- offends against both, the case is what the operator is told of.
CREATE UNIQUE INDEX attempts_open_case ON attempts (case_id) WHERE ended_at IS NULL AND direction = 'outbound';
CREATE UNIQUE INDEX attempts_open_number ON attempts (number_ref) WHERE ended_at IS NULL AND direction = 'outbound';
CREATE UNIQUE INDEX attempts_click ON attempts (operator, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX attempts_sip_call_id ON attempts (sip_call_id) WHERE sip_call_id IS NOT NULL;
-- The figures are sums over a span of dialled_at; with these columns the index alone answers.
CREATE INDEX attempts_figures ON attempts (dialled_at) INCLUDE (result, counted, case_ref, insurance)
  WHERE dialled_at IS NOT NULL AND ended_at IS NOT NULL;
CREATE INDEX attempts_tries ON attempts (number_ref, dialled_at) WHERE dialled_at IS NOT NULL;
CREATE INDEX attempts_newest ON attempts (started_at DESC, id DESC);

CREATE INDEX attempts_answered ON attempts (desk, ended_at DESC) WHERE result = 'answered';
CREATE INDEX attempts_newest_of_case ON attempts (case_id, started_at DESC, id DESC);

CREATE TRIGGER attempts_end_once BEFORE UPDATE ON attempts
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempts_stay_all BEFORE TRUNCATE ON attempts EXECUTE FUNCTION refuse_change();

-- Everything that was seen or done on an attempt's legs, whole and for ever. n counts from 0 within the attempt.
CREATE TABLE attempt_evidence (
  attempt_id uuid NOT NULL REFERENCES attempts,
  n          integer NOT NULL CHECK (n >= 0),
  at         timestamptz NOT NULL,
  leg        text NOT NULL CHECK (leg IN ('desk', 'customer')),
  event      text NOT NULL,
  status     integer NOT NULL,
  reason     text NOT NULL,
  cause      integer NOT NULL,
  PRIMARY KEY (attempt_id, n),
  -- A run of seven digits could be somebody's number.
  CONSTRAINT attempt_evidence_no_number CHECK (reason !~ '[0-9]{7}')
);
CREATE TRIGGER attempt_evidence_once BEFORE UPDATE OR DELETE ON attempt_evidence
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_evidence_stays BEFORE TRUNCATE ON attempt_evidence EXECUTE FUNCTION refuse_change();

-- Personal (a handle may hold a number): what is needed to end the legs of attempts that are open, gone with their end.
CREATE TABLE attempt_legs (
  attempt_id  uuid NOT NULL REFERENCES attempts,
  leg         text NOT NULL CHECK (leg IN ('desk', 'customer')),
  sip_call_id text NOT NULL,
  handle      bytea NOT NULL,
  PRIMARY KEY (attempt_id, leg)
);

-- +goose Down
DROP TABLE attempt_legs, attempt_evidence, attempts;
DROP FUNCTION refuse_change;
