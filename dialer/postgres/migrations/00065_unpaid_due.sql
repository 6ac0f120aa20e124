-- +goose Up

-- What a case waited for that is held as perhaps paid: when a payment is taken back it waits for that again, such as a promise whose date is still ahead.
ALTER TABLE cases
  ADD COLUMN unpaid_due    timestamptz,
  ADD COLUMN unpaid_cause  text NOT NULL DEFAULT '',
  ADD COLUMN unpaid_why    text NOT NULL DEFAULT '',
  ADD COLUMN unpaid_why_en text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE cases DROP COLUMN unpaid_due, DROP COLUMN unpaid_cause, DROP COLUMN unpaid_why, DROP COLUMN unpaid_why_en;
