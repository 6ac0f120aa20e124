-- +goose Up

-- Screens on the wall (package dialer, Display). A code is put in once at the screen and is then used up; what the screen keeps is another
-- secret. Both stand here as their hashes alone. No personal data.
CREATE TABLE displays (
  id         uuid PRIMARY KEY,
  name       text NOT NULL CHECK (name <> ''),
  made_by    text NOT NULL CHECK (made_by <> ''),
  made_at    timestamptz NOT NULL,
  code_hash  bytea UNIQUE CHECK (length(code_hash) = 32), -- null once it is used up
  code_until timestamptz NOT NULL,
  token_hash bytea UNIQUE CHECK (length(token_hash) = 32), -- null until a screen is there
  opened_at  timestamptz,
  revoked_by text,
  revoked_at timestamptz,
  CONSTRAINT displays_open CHECK ((token_hash IS NULL) = (opened_at IS NULL)),
  CONSTRAINT displays_revoked CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
);

-- Where a supervisor put a case in the line by hand: at another's priority, and among those of that priority by an instant of its own.
ALTER TABLE cases ADD COLUMN placed_priority int, ADD COLUMN placed_due timestamptz;
-- Whatever makes a case wait for another time, or no longer, ends the order among equals; one that no longer waits is nowhere in the line.
-- +goose StatementBegin
CREATE FUNCTION forget_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.placed_due := NULL;
  IF NEW.state <> 'waiting' THEN
    NEW.placed_priority := NULL;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER cases_forget_placed BEFORE UPDATE OF due, state ON cases FOR EACH ROW
  WHEN (OLD.due IS DISTINCT FROM NEW.due OR NEW.state <> 'waiting') EXECUTE FUNCTION forget_placed();

-- A move by hand says from which place to which, counted from the head of those that are due.
ALTER TABLE case_orders DROP CONSTRAINT case_orders_act_check;
ALTER TABLE case_orders
  ADD CONSTRAINT case_orders_act_check CHECK (act IN ('pin', 'skip', 'hold', 'release', 'move')),
  ADD COLUMN place_before int CHECK (place_before > 0),
  ADD COLUMN place_after int CHECK (place_after > 0),
  ADD CONSTRAINT case_orders_move_places CHECK ((act = 'move') = (place_before IS NOT NULL) AND (act = 'move') = (place_after IS NOT NULL));

-- +goose Down
ALTER TABLE case_orders DISABLE TRIGGER case_orders_once;
DELETE FROM case_orders WHERE act = 'move';
ALTER TABLE case_orders ENABLE TRIGGER case_orders_once;
ALTER TABLE case_orders DROP CONSTRAINT case_orders_move_places, DROP COLUMN place_before, DROP COLUMN place_after,
  DROP CONSTRAINT case_orders_act_check;
ALTER TABLE case_orders ADD CONSTRAINT case_orders_act_check CHECK (act IN ('pin', 'skip', 'hold', 'release'));
DROP TRIGGER cases_forget_placed ON cases;
DROP FUNCTION forget_placed();
ALTER TABLE cases DROP COLUMN placed_priority, DROP COLUMN placed_due;
DROP TABLE displays;
