-- name: UserByLogin :one
SELECT * FROM users WHERE lower(login) = lower(@login::text);

-- name: UserByID :one
SELECT * FROM users WHERE id = @id;

-- name: Users :many
SELECT * FROM users ORDER BY lower(login);

-- name: PutUser :one
INSERT INTO users (id, login, name, role, password_hash, disabled, created_at, languages)
VALUES (@id, @login, @name, @role, @password_hash, @disabled, @created_at, @languages::text[])
ON CONFLICT (lower(login)) DO UPDATE SET login = EXCLUDED.login, name = EXCLUDED.name, role = EXCLUDED.role,
  password_hash = EXCLUDED.password_hash, disabled = EXCLUDED.disabled, languages = EXCLUDED.languages
RETURNING id;

-- name: FindSession :one
SELECT data FROM sessions WHERE token_hash = @token_hash AND expires_at > @now;

-- name: PutSession :exec
INSERT INTO sessions (token_hash, data, expires_at) VALUES (@token_hash, @data, @expires_at)
ON CONFLICT (token_hash) DO UPDATE SET data = EXCLUDED.data, expires_at = EXCLUDED.expires_at;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE token_hash = @token_hash;

-- name: DeleteStaleSessions :exec
DELETE FROM sessions WHERE expires_at <= @now;
