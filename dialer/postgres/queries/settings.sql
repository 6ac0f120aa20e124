-- name: AppendSetting :one
INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows, reverts)
VALUES (@at, @by_user, @key, @before, @before_file, @after, @after_file, @reason, @follows, NULLIF(@reverts::bigint, 0)) RETURNING id;

-- name: NewestSetting :one
SELECT coalesce(max(id), 0)::bigint FROM setting_changes WHERE key = @key;

-- name: HoldSettings :exec
-- One administrator after the other.
SELECT pg_advisory_xact_lock(hashtextextended('settings', 0));

-- name: HeldSettings :many
SELECT DISTINCT ON (key) * FROM setting_changes ORDER BY key, id DESC;

-- name: LastSetting :one
SELECT coalesce(max(id), 0)::bigint FROM setting_changes;

-- name: SettingChanges :many
SELECT * FROM setting_changes
WHERE (@below::bigint = 0 OR id < @below::bigint) AND (@key::text = '' OR key = @key::text OR right(@key::text, 1) = '.' AND starts_with(key, @key::text))
ORDER BY id DESC LIMIT @most::int;

-- name: SettingChange :one
SELECT * FROM setting_changes WHERE id = @id;
