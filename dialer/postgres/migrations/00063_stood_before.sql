-- +goose Up

-- A case that waits for a talk's result remembers how it stood before, whatever that was: a talk that came in may turn out to be another case's. stood_at is since when
-- it stood so; null where nobody knows.
ALTER TABLE cases
  ADD COLUMN stood_state           text NOT NULL DEFAULT '',
  ADD COLUMN stood_due             timestamptz,
  ADD COLUMN stood_mine            text NOT NULL DEFAULT '',
  ADD COLUMN stood_mine_until      timestamptz,
  ADD COLUMN stood_pinned          boolean NOT NULL DEFAULT false,
  ADD COLUMN stood_placed_priority int,
  ADD COLUMN stood_placed_due      timestamptz;
UPDATE cases SET stood_state = 'held' WHERE stood_at IS NOT NULL;

-- +goose Down
UPDATE cases SET stood_at = NULL WHERE stood_state <> 'held'; -- what else it was is not known to 00062
ALTER TABLE cases DROP COLUMN stood_state, DROP COLUMN stood_due, DROP COLUMN stood_mine, DROP COLUMN stood_mine_until, DROP COLUMN stood_pinned,
  DROP COLUMN stood_placed_priority, DROP COLUMN stood_placed_due;
