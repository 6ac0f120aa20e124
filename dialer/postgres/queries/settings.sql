-- name: AppendSetting :one
INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows, reverts)
VALUES (@at, @by_user, @key, @before, @before_file, @after, @after_file, @reason, @follows, NULLIF(@reverts::bigint, 0)) RETURNING id;

-- name: HoldSettings :exec
-- One administrator after the other.
SELECT pg_advisory_xact_lock(hashtextextended('settings', 0));

-- name: NewestSettings :many
-- The newest change of each key. One key after the other is found by the index, so that no number of changes slows it.
WITH RECURSIVE keys AS (
  (SELECT s.key FROM setting_changes s ORDER BY s.key USING ~<~ LIMIT 1)
  UNION ALL
  SELECT (SELECT s.key FROM setting_changes s WHERE s.key ~>~ k.key ORDER BY s.key USING ~<~ LIMIT 1) FROM keys k WHERE k.key IS NOT NULL
)
SELECT * FROM setting_changes WHERE id IN (
  SELECT (SELECT s.id FROM setting_changes s WHERE s.key = k.key ORDER BY s.id DESC LIMIT 1) FROM keys k WHERE k.key IS NOT NULL
);

-- name: SettingsOfKey :many
SELECT * FROM setting_changes WHERE key = @key AND id < @below ORDER BY id DESC LIMIT @most::int;

-- name: SettingsAfter :many
SELECT * FROM setting_changes WHERE id > @after ORDER BY id LIMIT @most::int;

-- name: LastSetting :one
SELECT coalesce(max(id), 0)::bigint FROM setting_changes;

-- name: SettingChanges :many
SELECT * FROM setting_changes
WHERE (@below::bigint = 0 OR id < @below::bigint) AND (@key::text = '' OR key = @key::text OR right(@key::text, 1) = '.' AND starts_with(key, @key::text))
ORDER BY id DESC LIMIT @most::int;

-- name: SettingChange :one
SELECT * FROM setting_changes WHERE id = @id;
