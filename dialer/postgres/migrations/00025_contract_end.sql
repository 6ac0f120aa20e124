-- +goose Up

-- 契約終了の返却: a close that everything goes with, and that no other follows. One that was given up ended nothing.
ALTER TABLE day_closes ADD COLUMN final boolean NOT NULL DEFAULT false;
ALTER TABLE day_closes ADD CONSTRAINT day_closes_final_takes_all CHECK (NOT final OR upto IS NOT DISTINCT FROM day);
CREATE UNIQUE INDEX day_closes_end ON day_closes ((true)) WHERE final AND step <> 'given_up';
CREATE TRIGGER day_closes_final_once BEFORE UPDATE ON day_closes
  FOR EACH ROW WHEN (OLD.final <> NEW.final) EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION refuse_after_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM day_closes WHERE final AND step <> 'given_up') THEN
    RAISE EXCEPTION 'the contract has ended: no close follows' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER day_closes_none_after BEFORE INSERT ON day_closes FOR EACH ROW EXECUTE FUNCTION refuse_after_end();

-- +goose Down
DROP TRIGGER day_closes_none_after ON day_closes;
DROP FUNCTION refuse_after_end();
DROP TRIGGER day_closes_final_once ON day_closes;
ALTER TABLE day_closes DROP COLUMN final;
