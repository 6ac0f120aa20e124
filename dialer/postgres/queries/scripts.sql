-- name: HoldScript :exec
-- Decisions about a version come one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru script ' || @page::text, 0));

-- name: HoldDrafts :exec
-- Drafts come one after the other: each is the next version of its page, and counts those that wait.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru drafts', 0));

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

-- name: ScriptsApproved :many
-- Of each page and language the newest version that was ever approved, also if it was withdrawn since. A draft that was rejected is none.
SELECT v.* FROM (
  SELECT DISTINCT ON (p.key, p.language) p.id FROM script_decisions d JOIN script_pages p ON p.id = d.page_id
  WHERE d.state = 'approved' ORDER BY p.key, p.language, p.version DESC
) newest JOIN script_versions v ON v.id = newest.id ORDER BY v.key, v.language;

-- name: CountDrafts :one
-- The drafts that wait for the ward: those that are newer than what it decided on last.
SELECT count(*)::int FROM script_pages p WHERE NOT EXISTS (
  SELECT FROM script_pages o JOIN script_decisions d ON d.page_id = o.id WHERE o.key = p.key AND o.language = p.language AND o.version >= p.version);
