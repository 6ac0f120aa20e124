-- name: HoldScript :exec
-- Versions of one page come one after the other, and so do the decisions about them.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru script ' || @page::text, 0));

-- name: InsertScript :one
INSERT INTO script_pages (id, key, language, version, title, body, situations, by_user, at)
SELECT @id, @key, @language, coalesce(max(p.version), 0) + 1, @title, @body, @situations::text[], @by_user, @at
FROM script_pages p WHERE p.key = @key AND p.language = @language
RETURNING version;

-- name: InsertScriptDecision :exec
INSERT INTO script_decisions (page_id, state, by_user, at) VALUES (@page_id, @state, @by_user, @at);

-- name: ScriptVersion :one
SELECT * FROM script_versions WHERE id = @id;

-- name: ScriptVersions :many
SELECT * FROM script_versions ORDER BY key, language, version DESC;
