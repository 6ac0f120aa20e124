-- +goose Up

-- Which ledger this is, for whatever is kept beside it (the spool): it goes with the data, into a backup and out of it.
ALTER TABLE reference_secret ADD COLUMN ledger uuid NOT NULL DEFAULT gen_random_uuid();

-- +goose Down
ALTER TABLE reference_secret DROP COLUMN ledger;
