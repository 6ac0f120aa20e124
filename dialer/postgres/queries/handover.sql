-- name: HandoverCases :many
-- The list's cases of which something is open or worth knowing to whoever goes on with them. Attempts are those that count.
WITH tries AS (
  SELECT case_ref, count(*) AS n, count(*) FILTER (WHERE started_at >= @year_began::timestamptz) AS n_year
  FROM attempts WHERE ended_at IS NOT NULL AND counted AND direction = 'outbound' GROUP BY case_ref
), talks AS (
  SELECT DISTINCT ON (a.case_ref) a.case_ref, a.started_at, r.party, r.business
  FROM attempts a JOIN attempt_results r ON r.attempt_id = a.id
  WHERE r.party IN ('self', 'family', 'third_party') AND NOT EXISTS (SELECT FROM attempt_results o WHERE o.attempt_id = r.attempt_id AND o.revision > r.revision)
  ORDER BY a.case_ref, a.started_at DESC, a.id DESC
), promised AS (
  SELECT a.case_ref, array_agg(p.yen ORDER BY p.due_on, p.attempt_id) AS yens, array_agg(p.due_on::text ORDER BY p.due_on, p.attempt_id) AS dues,
    array_agg(p.means ORDER BY p.due_on, p.attempt_id) AS means
  FROM promises p JOIN attempts a ON a.id = p.attempt_id WHERE p.state = 'open' GROUP BY a.case_ref
), c AS (
  SELECT c.id, c.case_ref, c.language, c.due, c.state = 'waiting' AND c.cause = 'asked' AS asked,
    EXISTS (SELECT FROM phones f WHERE f.case_id = c.id AND f.number_ref = ANY (@forbidden::text[])) AS do_not_call
  FROM cases c WHERE c.origin = 'list'
)
SELECT c.case_ref, p.custody, p.sealed, c.language, c.due, c.asked::boolean AS asked, c.do_not_call, coalesce(m.yens, '{}')::bigint[] AS yens,
  coalesce(m.dues, '{}')::text[] AS dues, coalesce(m.means, '{}')::text[] AS means, coalesce(t.n, 0)::int AS attempts,
  coalesce(t.n_year, 0)::int AS attempts_year, k.started_at AS talked_at, coalesce(k.party, '')::text AS party, coalesce(k.business, '{}')::text[] AS business
FROM c LEFT JOIN persons p ON p.case_id = c.id LEFT JOIN tries t ON t.case_ref = c.case_ref LEFT JOIN talks k ON k.case_ref = c.case_ref
  LEFT JOIN promised m ON m.case_ref = c.case_ref
WHERE m.case_ref IS NOT NULL OR k.case_ref IS NOT NULL OR c.asked OR c.do_not_call OR c.language NOT IN ('', 'ja')
ORDER BY c.case_ref;

-- name: HandoverMonths :many
-- The months of the contract in Tokyo: attempts that count, talks with the debtor by their newest entry, the promises made then and
-- those of them that were kept.
WITH a AS (
  SELECT id, to_char(started_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM') AS month, counted AND direction = 'outbound' AS tried FROM attempts WHERE ended_at IS NOT NULL
), talks AS (
  SELECT a.month, count(*) AS n FROM a JOIN attempt_results r ON r.attempt_id = a.id
  WHERE r.party = 'self' AND NOT EXISTS (SELECT FROM attempt_results o WHERE o.attempt_id = r.attempt_id AND o.revision > r.revision) GROUP BY a.month
), made AS (
  SELECT a.month, count(*) AS n, sum(p.yen) AS yen, count(*) FILTER (WHERE p.state = 'kept') AS kept,
    coalesce(sum(p.yen) FILTER (WHERE p.state = 'kept'), 0) AS kept_yen
  FROM a JOIN promises p ON p.attempt_id = a.id WHERE p.state <> 'replaced' GROUP BY a.month
)
SELECT m.month::text AS month, m.attempts::int AS attempts, coalesce(t.n, 0)::int AS talks, coalesce(d.n, 0)::int AS promises,
  coalesce(d.yen, 0)::bigint AS promised_yen, coalesce(d.kept, 0)::int AS kept, coalesce(d.kept_yen, 0)::bigint AS kept_yen
FROM (SELECT a.month, count(*) FILTER (WHERE a.tried) AS attempts FROM a GROUP BY a.month) m
  LEFT JOIN talks t ON t.month = m.month LEFT JOIN made d ON d.month = m.month
ORDER BY 1;

-- name: HandoverLanguages :many
-- The list's cases by the language that they need, besides Japanese.
SELECT language, count(*)::int AS n FROM cases WHERE origin = 'list' AND language NOT IN ('', 'ja') GROUP BY language ORDER BY 2 DESC, 1;

-- name: HandoverOpen :one
SELECT count(*) FILTER (WHERE state IN ('open', 'acknowledged'))::int AS handoffs,
  (SELECT count(*) FROM promises p WHERE p.state = 'open')::int AS promises, (SELECT coalesce(sum(p.yen), 0) FROM promises p WHERE p.state = 'open')::bigint AS promised_yen
FROM handoffs;
