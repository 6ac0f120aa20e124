-- name: HoldListSource :exec
-- One version at a time.
SELECT pg_advisory_xact_lock(hashtextextended('list source ' || @name::text, 0));

-- name: InsertListSource :one
INSERT INTO list_sources (name, version, columns, by_user, at)
SELECT @name::text, coalesce(max(version), 0) + 1, @columns::jsonb, @by_user::text, @at::timestamptz
FROM list_sources WHERE name = @name::text
RETURNING *;

-- name: NewestListSources :many
-- The newest version of each name. One name after the other is found by the key, so that no number of versions slows it.
WITH RECURSIVE names AS (
  (SELECT s.name FROM list_sources s ORDER BY s.name LIMIT 1)
  UNION ALL
  SELECT (SELECT s.name FROM list_sources s WHERE s.name > n.name ORDER BY s.name LIMIT 1) FROM names n WHERE n.name IS NOT NULL
)
SELECT * FROM list_sources WHERE (name, version) IN (
  SELECT n.name, (SELECT s.version FROM list_sources s WHERE s.name = n.name ORDER BY s.version DESC LIMIT 1) FROM names n WHERE n.name IS NOT NULL
);

-- name: ListSourceBelow :many
SELECT * FROM list_sources WHERE name = @name AND version < @below ORDER BY version DESC LIMIT @most::int;

-- name: ListSourcesAfter :many
SELECT * FROM list_sources WHERE (name, version) > (@name::text, @version::integer) ORDER BY name, version LIMIT @most::int;
