-- +goose Up

-- When a person's row, or their second factors, were last changed: a restored one that is older than what a node remembers opens nothing (remembered.go).
ALTER TABLE users ADD COLUMN changed_at timestamptz NOT NULL DEFAULT 'epoch';

-- +goose Down
ALTER TABLE users DROP COLUMN changed_at;
