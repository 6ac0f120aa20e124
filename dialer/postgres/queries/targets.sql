-- name: TargetWords :many
-- The newest word on each month.
SELECT DISTINCT ON (month) month, coalesce(calls, -1)::int AS calls, reason, by_user, at FROM month_targets ORDER BY month, id DESC;

-- name: SetTarget :exec
INSERT INTO month_targets (month, calls, reason, by_user, at)
VALUES (@month, CASE WHEN @calls::int < 0 THEN NULL ELSE @calls::int END, @reason, @by_user, @at);

-- name: TellTarget :execrows
-- Unless it was told since then already: the day may have moved, by a correction or another target.
INSERT INTO target_alerts (measure, kind, period, since, at)
SELECT @measure, @kind, @period, (@since::text)::date, @at
WHERE NOT EXISTS (
  SELECT FROM target_alerts a WHERE a.measure = @measure AND a.kind = @kind AND a.period = @period
    AND a.at >= ((@since::text)::date)::timestamp AT TIME ZONE 'Asia/Tokyo'
)
ON CONFLICT DO NOTHING;

-- name: KeepNotice :one
INSERT INTO ward_notices (at, by_user, content, sha256) VALUES (@at, @by_user, @content, @sha256) RETURNING id;

-- name: Notices :many
SELECT id, at, by_user, content, sha256 FROM ward_notices ORDER BY id DESC LIMIT @most::int;

-- name: Notice :one
SELECT id, at, by_user, content, sha256 FROM ward_notices WHERE id = @id;
