-- +goose Up

-- What operators record of an attempt: appended, never written over; the newest revision counts.
CREATE TABLE attempt_results (
  attempt_id    uuid NOT NULL REFERENCES attempts,
  revision      integer NOT NULL CHECK (revision >= 1),
  party         text NOT NULL,
  business      text[] NOT NULL, -- the first is the primary one
  call_again_at timestamptz,
  mine          boolean NOT NULL,
  by_user       text NOT NULL,
  at            timestamptz NOT NULL,
  next_state    text NOT NULL,
  next_due      timestamptz,
  next_why      text NOT NULL,
  PRIMARY KEY (attempt_id, revision)
);
CREATE TRIGGER attempt_results_once BEFORE UPDATE OR DELETE ON attempt_results
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_results_stay BEFORE TRUNCATE ON attempt_results EXECUTE FUNCTION refuse_change();

CREATE TABLE promises (
  attempt_id uuid NOT NULL,
  revision   integer NOT NULL,
  yen        bigint NOT NULL CHECK (yen > 0),
  due_on     date NOT NULL,
  means      text NOT NULL,
  -- replaced: a later revision of the entry took its place.
  state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'kept', 'partly', 'broken', 'replaced')),
  PRIMARY KEY (attempt_id, revision),
  FOREIGN KEY (attempt_id, revision) REFERENCES attempt_results
);
CREATE INDEX promises_open ON promises (due_on) WHERE state = 'open';
CREATE TRIGGER promises_once BEFORE UPDATE ON promises FOR EACH ROW
  WHEN ((OLD.attempt_id, OLD.revision, OLD.yen, OLD.due_on, OLD.means)
    IS DISTINCT FROM (NEW.attempt_id, NEW.revision, NEW.yen, NEW.due_on, NEW.means))
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promises_stay BEFORE DELETE ON promises FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promises_stay_all BEFORE TRUNCATE ON promises EXECUTE FUNCTION refuse_change();

CREATE TABLE promise_parts (
  attempt_id uuid NOT NULL,
  revision   integer NOT NULL,
  n          integer NOT NULL,
  insurance  text NOT NULL CHECK (insurance IN ('kokuho', 'kouki')),
  term       text NOT NULL,
  yen        bigint NOT NULL,
  PRIMARY KEY (attempt_id, revision, n),
  FOREIGN KEY (attempt_id, revision) REFERENCES promises
);
CREATE TRIGGER promise_parts_once BEFORE UPDATE OR DELETE ON promise_parts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Personal: what was said (交渉経過).
CREATE TABLE entry_notes (
  attempt_id uuid NOT NULL,
  revision   integer NOT NULL,
  note       text NOT NULL,
  PRIMARY KEY (attempt_id, revision),
  FOREIGN KEY (attempt_id, revision) REFERENCES attempt_results
);

-- +goose Down
DROP TABLE entry_notes, promise_parts, promises, attempt_results;
