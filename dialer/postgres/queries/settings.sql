-- name: AppendSetting :one
INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows, reverts)
VALUES (@at, @by_user, @key, @before, @before_file, @after, @after_file, @reason, @follows, NULLIF(@reverts::bigint, 0)) RETURNING id;

-- name: HoldSettings :exec
-- One administrator after the other.
SELECT pg_advisory_xact_lock(hashtextextended('settings', 0));

-- name: AllSettings :many
SELECT * FROM setting_changes WHERE @key::text = '' OR key = @key::text ORDER BY id;

-- name: LastSetting :one
SELECT coalesce(max(id), 0)::bigint FROM setting_changes;

-- name: SettingChanges :many
SELECT * FROM setting_changes
WHERE (@below::bigint = 0 OR id < @below::bigint) AND (@key::text = '' OR key = @key::text OR right(@key::text, 1) = '.' AND starts_with(key, @key::text))
ORDER BY id DESC LIMIT @most::int;

-- name: SettingChange :one
SELECT * FROM setting_changes WHERE id = @id;
