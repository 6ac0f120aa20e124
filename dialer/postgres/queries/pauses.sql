-- name: SetPause :exec
INSERT INTO desk_pauses (at, desk, by_user, reason) VALUES (@at, @desk, @by_user, @reason);

-- name: OpenPauses :many
SELECT at, desk, by_user, reason FROM (SELECT DISTINCT ON (desk) * FROM desk_pauses ORDER BY desk, id DESC) newest
WHERE reason <> '' ORDER BY desk;

-- name: HalfHours :many
-- A day's calls of ours that count, by the half hour in which they were dialled.
SELECT date_bin('30 minutes', dialled_at, '2000-01-01 00:00+09')::timestamptz AS at, count(*)::int AS attempts,
  (count(*) FILTER (WHERE result = 'answered'))::int AS answered
FROM attempts WHERE dialled_at >= @from_at::timestamptz AND dialled_at < @to_at::timestamptz AND ended_at IS NOT NULL AND origin = 'sip' AND counted
GROUP BY 1 ORDER BY 1;
