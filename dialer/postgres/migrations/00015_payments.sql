-- +goose Up

-- The ward's paid lists (消込リスト): what each was found to hold, and what became of it. No personal data.
CREATE TABLE paid_lists (
  id         uuid PRIMARY KEY,
  file_name  text NOT NULL,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL,
  sample     boolean NOT NULL,
  state      text NOT NULL CHECK (state IN ('staging', 'staged', 'applied', 'failed')),
  rows       integer NOT NULL DEFAULT 0,
  taken      integer NOT NULL DEFAULT 0, -- rows that were staged
  new        integer NOT NULL DEFAULT 0,
  new_yen    bigint NOT NULL DEFAULT 0,
  known      integer NOT NULL DEFAULT 0,
  taken_back integer NOT NULL DEFAULT 0,
  unknown    integer NOT NULL DEFAULT 0, -- new payments of no case there was
  wrong      integer NOT NULL DEFAULT 0,
  repaired   integer NOT NULL DEFAULT 0,
  from_on    date,                       -- the first and the last day of payment: the list reaches to_on
  to_on      date,
  problems   jsonb NOT NULL DEFAULT '[]',
  repairs    jsonb NOT NULL DEFAULT '[]',
  settled    jsonb NOT NULL DEFAULT '{}',
  applied_at timestamptz,
  applied_by text NOT NULL DEFAULT ''
);

-- Unlogged, as staged_rows: a crash empties it, which applying notices.
CREATE UNLOGGED TABLE staged_payments (
  list_id   uuid NOT NULL,
  line      integer NOT NULL,
  case_ref  text NOT NULL,
  insurance text NOT NULL,
  term      text NOT NULL,
  paid_on   date NOT NULL,
  yen       bigint NOT NULL,
  means     text NOT NULL,
  n         integer NOT NULL DEFAULT 1 -- the how many-eth of its like in the list
);
CREATE INDEX staged_payments_of_list ON staged_payments (list_id);

-- What was paid: appended, by reference only. Two lines of one list that are alike are two payments; the same line in a later
-- list is the same payment.
CREATE TABLE payments (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_ref  text NOT NULL,
  insurance text NOT NULL CHECK (insurance IN ('kokuho', 'kouki')),
  term      text NOT NULL,
  paid_on   date NOT NULL,
  yen       bigint NOT NULL CHECK (yen <> 0), -- negative: an earlier payment is taken back
  n         integer NOT NULL CHECK (n >= 1),
  means     text NOT NULL,
  list_id   uuid NOT NULL REFERENCES paid_lists,
  at        timestamptz NOT NULL,
  -- The ward's list that came after it and said what the case owes: from then on the balance has it.
  in_list   uuid,
  CONSTRAINT payments_once UNIQUE (case_ref, insurance, term, paid_on, yen, n)
);
CREATE INDEX payments_of_list ON payments (list_id);
CREATE INDEX payments_pending ON payments (case_ref) WHERE in_list IS NULL;
CREATE TRIGGER payments_stay BEFORE UPDATE ON payments FOR EACH ROW
  WHEN ((OLD.id, OLD.case_ref, OLD.insurance, OLD.term, OLD.paid_on, OLD.yen, OLD.n, OLD.means, OLD.list_id, OLD.at)
    IS DISTINCT FROM (NEW.id, NEW.case_ref, NEW.insurance, NEW.term, NEW.paid_on, NEW.yen, NEW.n, NEW.means, NEW.list_id, NEW.at)
    OR OLD.in_list IS NOT NULL)
  EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_stay_there BEFORE DELETE ON payments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_stay_all BEFORE TRUNCATE ON payments EXECUTE FUNCTION refuse_change();

-- How each promise stands by the payments read so far.
ALTER TABLE promises
  ADD COLUMN paid_yen bigint NOT NULL DEFAULT 0,
  ADD COLUMN kept_on  date,
  ADD COLUMN why      text NOT NULL DEFAULT '',
  ADD COLUMN why_en   text NOT NULL DEFAULT '',
  ADD CONSTRAINT promises_paid CHECK (paid_yen BETWEEN 0 AND yen),
  ADD CONSTRAINT promises_kept CHECK ((state = 'kept') = (kept_on IS NOT NULL));
CREATE INDEX attempts_case_ref ON attempts (case_ref);

-- Which payment counts for which promise now: made anew with each verdict. No payment counts for more than it is.
CREATE TABLE promise_counted (
  attempt_id uuid NOT NULL,
  revision   integer NOT NULL,
  payment_id bigint NOT NULL REFERENCES payments,
  part       integer NOT NULL, -- -1 for a promise that is not split
  yen        bigint NOT NULL CHECK (yen > 0),
  PRIMARY KEY (attempt_id, revision, payment_id, part),
  FOREIGN KEY (attempt_id, revision) REFERENCES promises
);
CREATE INDEX promise_counted_payment ON promise_counted (payment_id);

-- Every change of a verdict, and why: appended.
CREATE TABLE promise_verdicts (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempt_id uuid NOT NULL,
  revision   integer NOT NULL,
  at         timestamptz NOT NULL,
  state      text NOT NULL CHECK (state IN ('open', 'kept', 'partly', 'broken', 'replaced')),
  paid_yen   bigint NOT NULL,
  kept_on    date,
  list_id    uuid, -- the paid list that brought it; none when time or an entry did
  why        text NOT NULL,
  why_en     text NOT NULL,
  FOREIGN KEY (attempt_id, revision) REFERENCES promises
);
CREATE INDEX promise_verdicts_of ON promise_verdicts (attempt_id, revision, id);
CREATE TRIGGER promise_verdicts_once BEFORE UPDATE OR DELETE ON promise_verdicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER promise_verdicts_stay BEFORE TRUNCATE ON promise_verdicts EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE promise_verdicts, promise_counted;
DROP INDEX attempts_case_ref;
ALTER TABLE promises DROP CONSTRAINT promises_paid, DROP CONSTRAINT promises_kept, DROP COLUMN paid_yen, DROP COLUMN kept_on,
  DROP COLUMN why, DROP COLUMN why_en;
DROP TABLE payments, staged_payments, paid_lists;
