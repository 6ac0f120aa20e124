-- name: HourCounts :many
-- The tries of a year, by kind of number, hour of the week in Tokyo, how often the number had not answered before, and how many
-- weeks ago. Left out is what says nothing of the hour: what the network ended, an answer of which nobody has said yet who it
-- was, and the call that somebody had asked for at a time. A series is a number's tries since a person last answered.
WITH said AS MATERIALIZED (
  SELECT DISTINCT ON (r.attempt_id) r.attempt_id, r.party IN ('self', 'family', 'third_party') AS person, r.call_again_at
  FROM attempt_results r WHERE r.at >= @since::timestamptz ORDER BY r.attempt_id, r.revision DESC
), tries AS (
  SELECT a.id, a.number_ref, a.number_kind, a.dialled_at, sqlc.arg('until')::timestamptz - a.dialled_at AS age,
    coalesce(s.person, false) AS person, s.call_again_at
  FROM attempts a LEFT JOIN said s ON s.attempt_id = a.id
  WHERE a.dialled_at >= @since::timestamptz AND a.dialled_at < @until::timestamptz AND a.sample = @sample
    AND (a.result IN ('no_answer', 'busy', 'out_of_reach') OR a.result = 'answered' AND s.attempt_id IS NOT NULL)
), series AS (
  SELECT t.id, t.number_ref, t.number_kind, t.dialled_at, t.age, t.person,
    count(*) FILTER (WHERE t.person) OVER earlier AS series,
    lag(t.call_again_at) OVER (PARTITION BY t.number_ref ORDER BY t.dialled_at, t.id) IS NOT NULL AS asked
  FROM tries t
  WINDOW earlier AS (PARTITION BY t.number_ref ORDER BY t.dialled_at, t.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), placed AS (
  SELECT number_kind, person, asked, dialled_at AT TIME ZONE 'Asia/Tokyo' AS tokyo,
    row_number() OVER (PARTITION BY number_ref, series ORDER BY dialled_at, id) - 1 AS in_vain,
    floor(extract(epoch FROM age) / 604800) AS weeks_ago
  FROM series
)
SELECT number_kind, extract(dow FROM tokyo)::int AS weekday, extract(hour FROM tokyo)::int AS hour,
  least(in_vain, @earlier_most::int)::int AS earlier, weeks_ago::int AS weeks_ago,
  count(*)::int AS tried, (count(*) FILTER (WHERE person))::int AS answered
FROM placed WHERE NOT asked GROUP BY 1, 2, 3, 4, 5;
