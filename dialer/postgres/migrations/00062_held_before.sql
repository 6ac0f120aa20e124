-- +goose Up

-- A case that is held and is talked about all the same (its person calls, a supervisor has it dialled) waits for that talk's result, and for what it is held it
-- stays held afterwards, unless a supervisor records it.
ALTER TABLE cases
  ADD COLUMN stood_at     timestamptz, -- since when it is held, while it waits for a result; null: it is not
  ADD COLUMN stood_cause  text NOT NULL DEFAULT '',
  ADD COLUMN stood_why    text NOT NULL DEFAULT '',
  ADD COLUMN stood_why_en text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE cases DROP COLUMN stood_at, DROP COLUMN stood_cause, DROP COLUMN stood_why, DROP COLUMN stood_why_en;
