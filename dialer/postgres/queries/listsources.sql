-- name: HoldListSource :exec
-- One version at a time.
SELECT pg_advisory_xact_lock(hashtextextended('list source ' || @name::text, 0));

-- name: InsertListSource :one
INSERT INTO list_sources (name, version, columns, by_user, at)
SELECT @name::text, coalesce(max(version), 0) + 1, @columns::jsonb, @by_user::text, @at::timestamptz
FROM list_sources WHERE name = @name::text
RETURNING *;

-- name: ListSources :many
SELECT * FROM list_sources ORDER BY name, version DESC;
