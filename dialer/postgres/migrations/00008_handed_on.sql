-- +goose Up

-- Where a talk of ours ended that was handed on: whoever sat there owes its result. desk and operator stay those of the click,
-- by which a repeated click is known again.
ALTER TABLE attempts
  ADD COLUMN handed_desk text,
  ADD COLUMN handed_operator text,
  ADD CONSTRAINT attempts_handed_on CHECK (
    (handed_desk IS NULL) = (handed_operator IS NULL) AND (handed_desk IS NULL OR direction = 'outbound'));

-- How much evidence there was when the handle was written: a note that its writer gave up on may still be under way, and must not
-- put an older handle in the place of a newer one.
ALTER TABLE attempt_legs ADD COLUMN noted int NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE attempt_legs DROP COLUMN noted;
ALTER TABLE attempts DROP COLUMN handed_desk, DROP COLUMN handed_operator;
