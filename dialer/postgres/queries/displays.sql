-- name: InsertDisplay :exec
INSERT INTO displays (id, name, made_by, made_at, code_hash, code_until) VALUES (@id, @name, @made_by, @made_at, @code_hash, @code_until);

-- name: Displays :many
SELECT id, name, made_by, made_at, code_until, opened_at, revoked_by, revoked_at FROM displays ORDER BY made_at DESC, id LIMIT @max;

-- name: OpenDisplay :one
-- A code is good once.
UPDATE displays SET code_hash = NULL, token_hash = @token_hash, opened_at = @at::timestamptz
WHERE code_hash = @code_hash AND code_until > @at::timestamptz AND revoked_at IS NULL
RETURNING id, name, made_by, made_at, code_until, opened_at, revoked_by, revoked_at;

-- name: DisplayByToken :one
SELECT id, name, made_by, made_at, code_until, opened_at, revoked_by, revoked_at FROM displays WHERE token_hash = @token_hash AND revoked_at IS NULL;

-- name: RevokeDisplay :one
UPDATE displays SET revoked_by = coalesce(revoked_by, @by_user::text), revoked_at = coalesce(revoked_at, @at::timestamptz), code_hash = NULL
WHERE id = @id
RETURNING id, name, made_by, made_at, code_until, opened_at, revoked_by, revoked_at;
