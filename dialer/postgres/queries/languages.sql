-- name: KeepLanguageWaits :exec
-- Once for a case, language and month, however often it waits in it.
INSERT INTO language_waits (month, language, case_ref, at)
SELECT @month::date, c.language, c.case_ref, @at::timestamptz FROM cases c WHERE c.id = ANY (@ids::uuid[])
ON CONFLICT DO NOTHING;

-- name: WaitingByLanguage :many
-- The cases in the line that a language is needed for: those that wait for a day on which somebody speaks it, and those that are due.
SELECT language, count(*)::int AS n, (count(*) FILTER (WHERE cause = 'language'))::int AS unspoken,
  (count(*) FILTER (WHERE due <= @now::timestamptz))::int AS due
FROM cases WHERE state = 'waiting' AND custody IS NOT NULL AND language NOT IN ('', 'ja') GROUP BY language ORDER BY 2 DESC, 1;

-- name: UnmetLanguages :many
-- By month and language: the talks that ended because it was wanted (by their newest entry), and the cases that nobody could call.
WITH since AS (SELECT @since::timestamptz AS at
), talks AS (
  SELECT date_trunc('month', a.started_at AT TIME ZONE 'Asia/Tokyo')::date AS month, r.language, count(*) AS n
  FROM attempt_results r JOIN attempts a ON a.id = r.attempt_id
  WHERE a.started_at >= (SELECT since.at FROM since) AND 'language' = ANY (r.business)
    AND NOT EXISTS (SELECT FROM attempt_results o WHERE o.attempt_id = r.attempt_id AND o.revision > r.revision)
  GROUP BY 1, 2
), waits AS (
  SELECT month, language, count(*) AS n FROM language_waits WHERE month >= (SELECT (since.at AT TIME ZONE 'Asia/Tokyo')::date FROM since) GROUP BY 1, 2
)
SELECT to_char(coalesce(t.month, w.month), 'YYYY-MM')::text AS month, coalesce(t.language, w.language)::text AS language,
  coalesce(t.n, 0)::int AS talks, coalesce(w.n, 0)::int AS cases
FROM talks t FULL JOIN waits w ON w.month = t.month AND w.language = t.language
ORDER BY 1 DESC, 2;
