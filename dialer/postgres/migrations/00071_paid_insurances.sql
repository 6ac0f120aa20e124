-- +goose Up

-- A paid list says how far it reaches of the insurances it has: one of the 国保 alone is no proof that nobody paid 後期. Those there are were taken for whole.
ALTER TABLE paid_lists ADD COLUMN insurances text[] NOT NULL DEFAULT '{}';
UPDATE paid_lists SET insurances = '{kokuho,kouki}' WHERE to_on IS NOT NULL;

-- +goose Down
ALTER TABLE paid_lists DROP COLUMN insurances;
