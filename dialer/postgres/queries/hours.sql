-- name: HourCounts :many
-- The tries of a span, by kind of number, hour of the week in Tokyo, how often the number had been tried in vain since a person last
-- answered, and how many weeks ago. Left out is what says nothing of the hour: what the network ended, an answer of which
-- nobody has said yet who it was, what was noted by hand, and the call that somebody had asked for at a time. References sort by their bytes, which is
-- faster than as words.
WITH said AS MATERIALIZED (
  SELECT DISTINCT ON (r.attempt_id) r.attempt_id, r.party IN ('self', 'family', 'third_party') AS person, r.call_again_at
  FROM attempt_results r WHERE r.at >= @since::timestamptz ORDER BY r.attempt_id, r.revision DESC
), tries AS (
  SELECT a.number_ref COLLATE "C" AS number_ref, a.number_kind, a.dialled_at, coalesce(s.person, false) AS person, s.call_again_at
  FROM attempts a LEFT JOIN said s ON s.attempt_id = a.id
  WHERE a.dialled_at >= @since::timestamptz AND a.dialled_at < @until::timestamptz AND a.sample = @sample AND a.origin = 'sip'
    AND (a.result IN ('no_answer', 'busy', 'out_of_reach') OR a.result = 'answered' AND s.attempt_id IS NOT NULL)
), numbered AS (
  SELECT number_ref, number_kind, dialled_at, person, row_number() OVER series AS n, lag(call_again_at) OVER series IS NOT NULL AS asked
  FROM tries WINDOW series AS (PARTITION BY number_ref ORDER BY dialled_at)
), placed AS (
  SELECT number_kind, person, asked, dialled_at AT TIME ZONE 'Asia/Tokyo' AS tokyo, sqlc.arg('until')::timestamptz - dialled_at AS age,
    n - 1 - coalesce(max(n) FILTER (WHERE person) OVER before, 0) AS in_vain
  FROM numbered
  WINDOW before AS (PARTITION BY number_ref ORDER BY dialled_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT number_kind, extract(dow FROM tokyo)::int AS weekday, extract(hour FROM tokyo)::int AS hour,
  least(in_vain, @earlier_most::int)::int AS earlier, floor(extract(epoch FROM age) / 604800)::int AS weeks_ago,
  count(*)::int AS tried, (count(*) FILTER (WHERE person))::int AS answered
FROM placed WHERE NOT asked GROUP BY 1, 2, 3, 4, 5;
