-- name: TargetWords :many
-- The newest word on each month.
SELECT DISTINCT ON (month) month, coalesce(calls, -1)::int AS calls, reason, by_user, at FROM month_targets ORDER BY month, id DESC;

-- name: SetTarget :exec
INSERT INTO month_targets (month, calls, reason, by_user, at)
VALUES (@month, CASE WHEN @calls::int < 0 THEN NULL ELSE @calls::int END, @reason, @by_user, @at);

-- name: TellTarget :execrows
INSERT INTO target_alerts (measure, kind, period, since, at) VALUES (@measure, @kind, @period, (@since::text)::date, @at) ON CONFLICT DO NOTHING;

-- name: KeepNotice :one
INSERT INTO ward_notices (at, by_user, content, sha256) VALUES (@at, @by_user, @content, @sha256) RETURNING id;

-- name: Notices :many
SELECT id, at, by_user, content, sha256 FROM ward_notices ORDER BY id DESC LIMIT @most::int;

-- name: Notice :one
SELECT id, at, by_user, content, sha256 FROM ward_notices WHERE id = @id;
