-- name: MinutesOf :many
-- The content of one revision, or with -1 of the newest: of the others it is not read.
SELECT m.revision, m.at, m.by_user, m.sha256,
  CASE WHEN m.revision = @whole::int OR @whole::int = -1 AND m.revision = (SELECT max(n.revision) FROM minutes n WHERE n.month = @month)
    THEN m.content ELSE '' END::bytea AS content
FROM minutes m WHERE m.month = @month ORDER BY m.revision;

-- name: SignaturesOf :many
SELECT month, revision, side, by_user, at FROM minutes_signed WHERE month = @month ORDER BY revision, at;

-- name: AllSignatures :many
SELECT month, revision, side, by_user, at FROM minutes_signed;

-- name: KeepMinutes :execrows
-- Only behind the newest, and once.
INSERT INTO minutes (month, revision, at, by_user, content, sha256)
SELECT @month::text, @revision::int, @at::timestamptz, @by_user::text, @content::bytea, @sha256::bytea
WHERE @revision::int = 1 + coalesce((SELECT max(m.revision) FROM minutes m WHERE m.month = @month::text), 0)
ON CONFLICT DO NOTHING;

-- name: KeepSignature :execrows
-- Only to the newest, and each side once.
INSERT INTO minutes_signed (month, revision, side, by_user, at)
SELECT @month::text, @revision::int, @side::text, @by_user::text, @at::timestamptz
WHERE @revision::int = (SELECT max(m.revision) FROM minutes m WHERE m.month = @month::text)
ON CONFLICT DO NOTHING;

-- name: OpenHandoffs :one
SELECT count(*) FROM handoffs WHERE state IN ('open', 'acknowledged');
