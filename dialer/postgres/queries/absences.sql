-- name: BeginAbsence :exec
INSERT INTO absences (at, desk, operator, reason) VALUES (@at, @desk, @operator, @reason);

-- name: EndAbsence :exec
INSERT INTO absences (at, desk, operator, reason)
SELECT @at, @desk, @operator, '' WHERE (SELECT a.reason FROM absences a WHERE a.operator = @operator ORDER BY a.id DESC LIMIT 1) <> '';

-- name: OpenAbsences :many
-- One operator after the other is found by the index, so that no number of absences slows it.
WITH RECURSIVE operators AS (
  (SELECT a.operator FROM absences a ORDER BY a.operator LIMIT 1)
  UNION ALL
  SELECT (SELECT a.operator FROM absences a WHERE a.operator > o.operator ORDER BY a.operator LIMIT 1) FROM operators o WHERE o.operator IS NOT NULL
)
SELECT at, desk, operator, reason FROM absences WHERE reason <> '' AND id IN (
  SELECT (SELECT a.id FROM absences a WHERE a.operator = o.operator ORDER BY a.id DESC LIMIT 1) FROM operators o WHERE o.operator IS NOT NULL
) ORDER BY operator;

-- name: OwnFigures :one
-- An operator's calls in a span of time, as the centre's are counted (Figures).
SELECT (count(*) FILTER (WHERE counted))::int AS attempts, (count(*) FILTER (WHERE counted AND result = 'answered'))::int AS answered
FROM attempts WHERE dialled_at >= @from_at::timestamptz AND dialled_at < @to_at::timestamptz AND ended_at IS NOT NULL
  AND origin = 'sip' AND operator = @operator;
