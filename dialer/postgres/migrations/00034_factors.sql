-- +goose Up

-- A password that somebody else has set must be changed at the first sign-in.
ALTER TABLE users ADD COLUMN must_change boolean NOT NULL DEFAULT false;

-- Who is signed in, from where and by what, for the list of sessions. One that was ended stays until it would have run out: a node that
-- has not heard of it and notes a use must not bring it back.
ALTER TABLE sessions
  ADD COLUMN user_id    uuid,
  ADD COLUMN created_at timestamptz,
  ADD COLUMN seen_at    timestamptz,
  ADD COLUMN address    text NOT NULL DEFAULT '',
  ADD COLUMN agent      text NOT NULL DEFAULT '',
  ADD COLUMN half       boolean NOT NULL DEFAULT false,
  ADD COLUMN ended      boolean NOT NULL DEFAULT false;
CREATE INDEX sessions_user ON sessions (user_id) WHERE NOT ended;

-- A person's one-time passwords: the secret sealed under the installation's, and the step of the last code, which is good once.
CREATE TABLE totps (
  user_id   uuid PRIMARY KEY REFERENCES users,
  sealed    bytea NOT NULL,
  last_step bigint NOT NULL
);

-- Recovery codes that have not been used, hashed under a key that is not here.
CREATE TABLE recovery_codes (
  user_id uuid NOT NULL REFERENCES users,
  hash    bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (user_id, hash)
);

-- Passkeys: public keys, and how often they were used (WebAuthn §6.1.1).
CREATE TABLE passkeys (
  id         bytea PRIMARY KEY,
  user_id    uuid NOT NULL REFERENCES users,
  name       text NOT NULL,
  credential bytea NOT NULL,
  created_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- +goose Down
DROP TABLE passkeys, recovery_codes, totps;
DROP INDEX sessions_user;
ALTER TABLE sessions DROP COLUMN user_id, DROP COLUMN created_at, DROP COLUMN seen_at, DROP COLUMN address, DROP COLUMN agent,
  DROP COLUMN half, DROP COLUMN ended;
ALTER TABLE users DROP COLUMN must_change;
