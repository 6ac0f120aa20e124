-- name: WentOut :one
-- How many calls went out, or are about to, since an hour ago and since the day began. What was reserved and never dialled is none.
SELECT count(*) FILTER (WHERE started_at > @hour_began::timestamptz) AS last_hour,
  count(*) FILTER (WHERE started_at >= @day_began::timestamptz) AS today
FROM attempts
WHERE started_at >= least(@hour_began::timestamptz, @day_began::timestamptz) AND direction = 'outbound' AND origin = 'sip'
  AND (dialled_at IS NOT NULL OR ended_at IS NULL);

-- name: HoldCeiling :exec
-- Near the ceiling one reservation is counted after the other.
SELECT pg_advisory_xact_lock(hashtextextended('the ceiling', 0));

-- name: TellCeiling :execrows
INSERT INTO ceiling_alerts (span, began, at) VALUES (@span, @began, @at) ON CONFLICT DO NOTHING;
