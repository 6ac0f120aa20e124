-- +goose Up

-- A row in whose step stands that a day was closed, or the contract ended, keeps no day from being closed: only those with our mark count, which is looked at under the lock of the day. And one that
-- somebody has written or changed here is given up in whatever step, by which it has no mark.
DROP INDEX day_closes_once, day_closes_end;
DROP TRIGGER day_closes_none_after ON day_closes;
DROP FUNCTION refuse_after_end();
CREATE INDEX day_closes_closed ON day_closes (day) WHERE step = 'closed';
DROP TRIGGER day_closes_no_way_back ON day_closes;
CREATE TRIGGER day_closes_no_way_back BEFORE UPDATE ON day_closes
  FOR EACH ROW WHEN (OLD.step = 'destroying' AND NEW.step NOT IN ('destroying', 'closed') AND NOT (NEW.step = 'given_up' AND NEW.mark = '')) EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TRIGGER day_closes_no_way_back ON day_closes;
CREATE TRIGGER day_closes_no_way_back BEFORE UPDATE ON day_closes
  FOR EACH ROW WHEN (OLD.step = 'destroying' AND NEW.step NOT IN ('destroying', 'closed')) EXECUTE FUNCTION refuse_change();
DROP INDEX day_closes_closed;
CREATE UNIQUE INDEX day_closes_once ON day_closes (day) WHERE step = 'closed';
CREATE UNIQUE INDEX day_closes_end ON day_closes ((true)) WHERE final AND step <> 'given_up';
CREATE FUNCTION refuse_after_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT FROM day_closes WHERE final AND step <> 'given_up') THEN RAISE EXCEPTION 'the contract has ended: no close follows' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME; END IF; RETURN NEW; END $$;
CREATE TRIGGER day_closes_none_after BEFORE INSERT ON day_closes FOR EACH ROW EXECUTE FUNCTION refuse_after_end();
