-- +goose Up

-- Staff who sign in.
CREATE TABLE users (
  id            uuid PRIMARY KEY,
  login         text NOT NULL CHECK (login <> ''),
  name          text NOT NULL,
  role          text NOT NULL CHECK (role IN ('operator', 'supervisor', 'ward', 'admin')),
  password_hash text NOT NULL,
  disabled      boolean NOT NULL DEFAULT false,
  created_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_login ON users (lower(login));

-- A session is found by the SHA-256 of its token: who reads the table cannot sign in with it.
CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  data       bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions, users;
