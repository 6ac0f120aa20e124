-- +goose Up

-- A close's row bears a mark that only who has the installation's secret can make, of each step anew: for a row that was written by SQL nothing is signed
-- and nothing destroyed. Closes that are older and over are marked once (00056).
ALTER TABLE day_closes ADD COLUMN mark bytea;

-- +goose Down
ALTER TABLE day_closes DROP COLUMN mark;
