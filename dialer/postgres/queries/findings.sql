-- name: CountChanges :many
SELECT change::text AS change, count(*)::int AS n FROM staged_cases, unnest(changes) AS change WHERE list_id = @list_id GROUP BY change;

-- name: CountGone :one
-- Cases of earlier lists that this one does not have: what is gone now by why, and what was gone before.
WITH gone AS (
  SELECT c.gone_at, c.case_ref, coalesce((SELECT sum(b.yen) FROM balances b WHERE b.case_id = c.id), 0) AS owed,
    coalesce((SELECT sum(p.yen) FROM payments p WHERE p.case_ref = c.case_ref AND p.in_list IS NULL), 0) AS paid,
    EXISTS (SELECT FROM attempts a JOIN promises p ON p.attempt_id = a.id WHERE a.case_ref = c.case_ref AND p.state = 'open') AS promised
  FROM cases c WHERE c.origin = 'list' AND c.sample = @sample
    AND NOT EXISTS (SELECT FROM staged_cases s WHERE s.list_id = @list_id AND s.case_ref = c.case_ref)
)
SELECT count(*)::int AS missing, (count(*) FILTER (WHERE gone_at IS NOT NULL))::int AS before,
  (count(*) FILTER (WHERE gone_at IS NULL AND owed <= paid))::int AS paid,
  (count(*) FILTER (WHERE gone_at IS NULL AND owed > paid AND promised))::int AS promised,
  (count(*) FILTER (WHERE gone_at IS NULL AND owed > paid AND NOT promised))::int AS owing
FROM gone;

-- name: CountSameNumber :one
WITH shared AS (
  SELECT number_ref, count(DISTINCT case_ref) AS n FROM staged_rows r, unnest(r.phone_refs) AS number_ref
  WHERE r.list_id = @list_id GROUP BY number_ref HAVING count(DISTINCT case_ref) > 1
)
SELECT (SELECT count(*) FROM shared)::int AS groups,
  (SELECT count(DISTINCT r.case_ref) FROM staged_rows r, unnest(r.phone_refs) AS number_ref
    WHERE r.list_id = @list_id AND number_ref IN (SELECT shared.number_ref FROM shared))::int AS cases;

-- name: CountHouseholds :one
SELECT count(*)::int AS groups, coalesce(sum(n), 0)::int AS cases FROM (
  SELECT household, count(DISTINCT case_ref) AS n FROM staged_rows
  WHERE list_id = @list_id AND household IS NOT NULL GROUP BY household HAVING count(DISTINCT case_ref) > 1
) shared;

-- name: ChangedCases :many
SELECT n, first_line, case_id, verdict, changes FROM staged_cases
WHERE list_id = @list_id AND @change::text = ANY (changes) ORDER BY n LIMIT @most::int OFFSET @skip::int;

-- name: GoneCases :many
-- The cases of CountGone, of one sort.
SELECT id FROM (
  SELECT c.id, CASE WHEN c.gone_at IS NOT NULL THEN 'gone_before'
    WHEN coalesce((SELECT sum(b.yen) FROM balances b WHERE b.case_id = c.id), 0)
      <= coalesce((SELECT sum(p.yen) FROM payments p WHERE p.case_ref = c.case_ref AND p.in_list IS NULL), 0) THEN 'gone_paid'
    WHEN EXISTS (SELECT FROM attempts a JOIN promises p ON p.attempt_id = a.id WHERE a.case_ref = c.case_ref AND p.state = 'open')
      THEN 'gone_promise' ELSE 'gone_open' END AS sort
  FROM cases c WHERE c.origin = 'list' AND c.sample = @sample
    AND NOT EXISTS (SELECT FROM staged_cases s WHERE s.list_id = @list_id AND s.case_ref = c.case_ref)
) gone WHERE sort = @sort::text ORDER BY id LIMIT @most::int OFFSET @skip::int;

-- name: SharedNumbers :many
-- The staged cases that share a number, number by number, in the order of the list.
SELECT dense_rank() OVER (ORDER BY shared.first_line, shared.number_ref)::int AS place, s.first_line, s.case_id, s.verdict, s.changes
FROM (
  SELECT number_ref, min(line) AS first_line, array_agg(DISTINCT case_ref) AS refs FROM staged_rows r, unnest(r.phone_refs) AS number_ref
  WHERE r.list_id = @list_id GROUP BY number_ref HAVING count(DISTINCT case_ref) > 1
) shared JOIN staged_cases s ON s.list_id = @list_id AND s.case_ref = ANY (shared.refs)
ORDER BY place, s.first_line LIMIT @most::int OFFSET @skip::int;

-- name: SharedHouseholds :many
SELECT dense_rank() OVER (ORDER BY shared.first_line)::int AS place, s.first_line, s.case_id, s.verdict, s.changes
FROM (
  SELECT r.household, min(r.line) AS first_line, array_agg(DISTINCT r.case_ref) AS refs FROM staged_rows r
  WHERE r.list_id = @list_id AND r.household IS NOT NULL GROUP BY r.household HAVING count(DISTINCT r.case_ref) > 1
) shared JOIN staged_cases s ON s.list_id = @list_id AND s.case_ref = ANY (shared.refs)
ORDER BY place, s.first_line LIMIT @most::int OFFSET @skip::int;

-- name: MarkGone :exec
-- It is a mark only: what becomes of a case that the list has no more is a person's to say.
UPDATE cases c SET gone_at = @at::timestamptz WHERE c.origin = 'list' AND c.sample = @sample AND c.gone_at IS NULL
  AND NOT EXISTS (SELECT FROM staged_cases s WHERE s.list_id = @list_id AND s.case_ref = c.case_ref);

-- name: MarkBack :exec
UPDATE cases c SET gone_at = NULL FROM staged_cases s WHERE s.list_id = @list_id AND c.case_ref = s.case_ref AND c.gone_at IS NOT NULL;

-- name: KinOf :many
-- The household is told by the day's key: of cases in the ward's hands nobody knows it.
SELECT k.case_id, bool_or(k.number)::boolean AS number, bool_or(NOT k.number)::boolean AS household FROM (
  SELECT o.case_id, true AS number FROM phones p JOIN phones o ON o.number_ref = p.number_ref AND o.case_id <> p.case_id
  WHERE p.case_id = @case_id AND p.custody IS NOT NULL AND o.custody IS NOT NULL
  UNION ALL
  SELECT o.case_id, false FROM persons p JOIN persons o ON o.household = p.household AND o.case_id <> p.case_id
  WHERE p.case_id = @case_id
) k GROUP BY k.case_id ORDER BY k.case_id LIMIT 50;
