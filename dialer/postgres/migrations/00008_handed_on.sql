-- +goose Up

-- Where a talk of ours ended that was handed on: whoever sat there owes its result. desk and operator stay those of the click,
-- by which a repeated click is known again.
ALTER TABLE attempts
  ADD COLUMN handed_desk text,
  ADD COLUMN handed_operator text,
  ADD CONSTRAINT attempts_handed_on CHECK (
    (handed_desk IS NULL) = (handed_operator IS NULL) AND (handed_desk IS NULL OR direction = 'outbound'));

-- +goose Down
ALTER TABLE attempts DROP COLUMN handed_desk, DROP COLUMN handed_operator;
