-- +goose Up

-- Who somebody is in the ward's own directory (OpenID Connect): directory is its issuer and the claim by which it names people, so that a
-- name of another directory, or of another claim, is nobody's. Empty: not linked.
ALTER TABLE users
  ADD COLUMN directory      text NOT NULL DEFAULT '',
  ADD COLUMN directory_name text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX users_directory ON users (directory, directory_name) WHERE directory_name <> '';

-- What was taken of answers that are good once, at any node, until they are good for nothing anyway. The SHA-256 of each.
CREATE TABLE answers_taken (
  hash  bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  until timestamptz NOT NULL
);
CREATE INDEX answers_taken_until ON answers_taken (until);

-- +goose Down
DROP TABLE answers_taken;
DROP INDEX users_directory;
ALTER TABLE users DROP COLUMN directory, DROP COLUMN directory_name;
