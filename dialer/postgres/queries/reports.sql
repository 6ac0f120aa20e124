-- name: ReportAttempts :batchmany
-- With all that was recorded of each: a row for each revision, the newest last. Ids are in the order of time, so that the results of a
-- span lie together, and are read together; looked up call by call they cost three times what the calls do.
WITH c AS MATERIALIZED (
  SELECT id, began, direction, origin, desk, operator, case_ref, number_ref, number_kind, insurance, language, result, counted, answered_at, ended_at
  FROM calls_ended WHERE began >= @from_at::timestamptz AND began < @to_at::timestamptz
)
SELECT c.id, c.began::timestamptz AS began, c.direction, c.origin, c.desk, c.operator, c.case_ref, c.number_ref, c.number_kind, c.insurance, c.language,
  c.result::text AS result, c.counted, c.answered_at, c.ended_at::timestamptz AS ended_at,
  coalesce(r.revision, 0)::int AS revision, coalesce(r.party, '')::text AS party, coalesce(r.business, '{}')::text[] AS business,
  coalesce(r.kind, '')::text AS kind, coalesce(r.language, '')::text AS wanted, coalesce(r.at, c.ended_at)::timestamptz AS recorded_at
FROM c LEFT JOIN attempt_results r ON r.attempt_id = c.id
  AND r.attempt_id >= (SELECT f.id FROM c f ORDER BY f.id LIMIT 1) AND r.attempt_id <= (SELECT f.id FROM c f ORDER BY f.id DESC LIMIT 1)
ORDER BY 2, 1, 16; -- began, id, revision

-- name: ReportEarlier :many
-- Of the persons that are attempted in [from, to), how often they were attempted before it. Who never was is left out.
SELECT a.case_ref, count(*) AS attempts FROM attempts a
WHERE a.counted AND a.dialled_at < @from_at::timestamptz AND a.case_ref IN (
  SELECT s.case_ref FROM attempts s
  WHERE s.origin = 'sip' AND s.dialled_at >= @from_at::timestamptz AND s.dialled_at < @to_at::timestamptz AND s.ended_at IS NOT NULL AND s.counted
)
GROUP BY a.case_ref;

-- name: ReportPromises :many
-- Those that were made in a call of [from, to), whose ids lie from the first to the last, and those that were kept on a day of it.
WITH p AS (
  SELECT p.attempt_id, p.revision, a.began, a.case_ref, a.direction, a.origin, p.yen, p.due_on, p.means, p.state, p.paid_yen, p.kept_on
  FROM promises p JOIN call_ended a ON a.id = p.attempt_id
  WHERE p.attempt_id >= @first_id::uuid AND p.attempt_id <= @last_id::uuid AND p.state <> 'replaced'
    AND a.began >= @from_at::timestamptz AND a.began < @to_at::timestamptz
  UNION
  SELECT p.attempt_id, p.revision, a.began, a.case_ref, a.direction, a.origin, p.yen, p.due_on, p.means, p.state, p.paid_yen, p.kept_on
  FROM promises p JOIN call_ended a ON a.id = p.attempt_id
  WHERE p.state = 'kept' AND p.kept_on >= (@from_day::text)::date AND p.kept_on < (@to_day::text)::date
)
SELECT p.attempt_id, p.began::timestamptz AS made_at, p.case_ref, p.direction, p.origin, r.party, p.yen, p.due_on::text AS due_on, p.means, p.state,
  p.paid_yen, coalesce(p.kept_on::text, '')::text AS kept_on,
  (SELECT coalesce(sum(x.yen), 0) FROM promise_parts x WHERE x.attempt_id = p.attempt_id AND x.revision = p.revision AND x.insurance = 'kokuho')::bigint AS kokuho,
  (SELECT coalesce(sum(x.yen), 0) FROM promise_parts x WHERE x.attempt_id = p.attempt_id AND x.revision = p.revision AND x.insurance = 'kouki')::bigint AS kouki
FROM p JOIN attempt_results r ON r.attempt_id = p.attempt_id AND r.revision = p.revision
ORDER BY made_at, p.attempt_id;

-- name: ReportPayments :many
-- What the payments of a span's days counted towards promises.
SELECT c.attempt_id, a.began::timestamptz AS made_at, a.case_ref, y.paid_on::text AS paid_on, sum(c.yen)::bigint AS yen
FROM payments y JOIN promise_counted c ON c.payment_id = y.id
  JOIN promises p ON p.attempt_id = c.attempt_id AND p.revision = c.revision AND p.state <> 'replaced'
  JOIN call_ended a ON a.id = c.attempt_id
WHERE y.paid_on >= (@from_day::text)::date AND y.paid_on < (@to_day::text)::date
GROUP BY y.id, c.attempt_id, a.began, a.case_ref ORDER BY y.paid_on, y.id, c.attempt_id;

-- name: ReportHandoffs :many
SELECT id, at, kind, state FROM handoffs WHERE at >= @from_at::timestamptz AND at < @to_at::timestamptz AND state <> 'withdrawn' ORDER BY at, id;

-- name: ReportNumbers :many
SELECT id, at, first FROM numbers_entered
WHERE at >= @from_at::timestamptz AND at < @to_at::timestamptz AND NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = numbers_entered.id)
ORDER BY at, id;

-- name: ReportSMS :many
SELECT DISTINCT ON (day) day::text AS day, sent FROM sms_counts
WHERE day >= (@from_day::text)::date AND day < (@to_day::text)::date ORDER BY day, id DESC;

-- name: EnterSMS :exec
INSERT INTO sms_counts (day, sent, by_user, at) VALUES ((@day::text)::date, @sent, @by_user, @at);

-- name: IssueReport :execrows
INSERT INTO issued_reports (kind, period, revision, at, by_user, reason, content, sha256, whole)
VALUES (@kind, @period, @revision, @at, @by_user, @reason, @content, @sha256, @whole)
ON CONFLICT DO NOTHING;

-- name: IssuedReports :many
SELECT kind, period, revision, at, by_user, reason, sha256, whole,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'report' AND m.id = kind || ' ' || period || ' ' || revision)::bytea[] AS marks
FROM issued_reports WHERE kind = @kind AND period = @period ORDER BY revision;

-- name: IssuedReport :one
SELECT kind, period, revision, at, by_user, reason, content, sha256, whole,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'report' AND m.id = kind || ' ' || period || ' ' || revision)::bytea[] AS marks
FROM issued_reports WHERE kind = @kind AND period = @period AND revision = @revision::int;

-- name: ReportCalls :many
-- Those behind a figure, as ReportAttempts has them.
WITH c AS MATERIALIZED (
  SELECT id, began, direction, origin, desk, operator, case_ref, number_ref, number_kind, insurance, language, result, counted, answered_at, ended_at
  FROM calls_ended WHERE id = ANY (@ids::uuid[])
)
SELECT c.id, c.began::timestamptz AS began, c.direction, c.origin, c.desk, c.operator, c.case_ref, c.number_ref, c.number_kind, c.insurance, c.language,
  c.result::text AS result, c.counted, c.answered_at, c.ended_at::timestamptz AS ended_at,
  coalesce(r.revision, 0)::int AS revision, coalesce(r.party, '')::text AS party, coalesce(r.business, '{}')::text[] AS business,
  coalesce(r.kind, '')::text AS kind, coalesce(r.language, '')::text AS wanted, coalesce(r.at, c.ended_at)::timestamptz AS recorded_at
FROM c LEFT JOIN attempt_results r ON r.attempt_id = c.id
  AND r.attempt_id >= (SELECT f.id FROM c f ORDER BY f.id LIMIT 1) AND r.attempt_id <= (SELECT f.id FROM c f ORDER BY f.id DESC LIMIT 1)
ORDER BY 2, 1, 16; -- began, id, revision

-- name: CorrectedSince :many
-- Which of a span's calls had their result recorded or corrected after an instant: what may have changed a report.
SELECT a.id, r.revision, r.by_user, r.at FROM calls_ended a JOIN attempt_results r ON r.attempt_id = a.id
WHERE a.began >= @from_at::timestamptz AND a.began < @to_at::timestamptz AND r.at > @since::timestamptz
ORDER BY r.at, a.id LIMIT 200;

-- name: ReportPapers :many
-- The daily reports of a span's days that went out.
SELECT kind, period, revision, at, by_user, reason, sha256, whole,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'report' AND m.id = kind || ' ' || period || ' ' || revision)::bytea[] AS marks
FROM issued_reports WHERE kind = 'day' AND period >= @from_day::text AND period < @to_day::text ORDER BY period, revision;

-- name: ReportAmendments :many
-- What was recorded of a span's calls after their day's report had first gone out.
SELECT a.id, a.began::timestamptz AS began, r.at
FROM (SELECT unnest(@days::text[]) AS period, unnest(@ats::timestamptz[]) AS at) i
  JOIN calls_ended a ON a.began >= (i.period::date)::timestamp AT TIME ZONE 'Asia/Tokyo' AND a.began < (i.period::date + 1)::timestamp AT TIME ZONE 'Asia/Tokyo'
  JOIN attempt_results r ON r.attempt_id = a.id AND r.at > i.at
ORDER BY r.at, a.id;

-- name: IssuedSince :many
-- Of each period the newest first.
SELECT kind, period, revision, at, by_user, reason, sha256, whole,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'report' AND m.id = kind || ' ' || period || ' ' || revision)::bytea[] AS marks
FROM issued_reports WHERE at >= @since::timestamptz ORDER BY kind, period, revision DESC;

-- name: AllIssuedReports :many
SELECT kind, period, revision, at, by_user, reason, sha256, whole,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'report' AND m.id = kind || ' ' || period || ' ' || revision)::bytea[] AS marks
FROM issued_reports;

-- name: LookAtSpans :many
-- Of each span whether there is anything to report (of a log: in the logs of personal data), and whether an attempt of it is open.
SELECT s.n::int AS n,
  (CASE WHEN s.log THEN
    EXISTS (SELECT FROM custody_days WHERE day >= s.from_day AND day < s.to_day)
    OR EXISTS (SELECT FROM day_closes WHERE day >= s.from_day AND day < s.to_day)
    OR EXISTS (SELECT FROM exports WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM lists WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM paid_lists WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM disclosures WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM history_checks WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM handoff_reads WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM recording_listens WHERE at >= s.from_at AND at < s.to_at)
    OR EXISTS (SELECT FROM incidents i WHERE i.found_at >= s.from_at AND i.found_at < s.to_at
      AND NOT EXISTS (SELECT FROM incidents n WHERE n.id = i.id AND n.revision > i.revision))
    OR EXISTS (SELECT FROM audit WHERE action = 'refused' AND at >= s.from_at AND at < s.to_at)
  ELSE
    EXISTS (SELECT FROM calls_ended WHERE began >= s.from_at AND began < s.to_at)
    OR EXISTS (SELECT FROM payments y JOIN promise_counted c ON c.payment_id = y.id WHERE y.paid_on >= s.from_day AND y.paid_on < s.to_day)
    OR EXISTS (SELECT FROM handoffs WHERE at >= s.from_at AND at < s.to_at AND state <> 'withdrawn')
    OR EXISTS (SELECT FROM numbers_entered e WHERE e.at >= s.from_at AND e.at < s.to_at AND NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = e.id))
    OR EXISTS (SELECT FROM sms_counts WHERE day >= s.from_day AND day < s.to_day)
  END)::boolean AS facts,
  EXISTS (SELECT FROM attempts a WHERE a.ended_at IS NULL AND coalesce(a.dialled_at, a.started_at) >= s.from_at AND coalesce(a.dialled_at, a.started_at) < s.to_at) AS open
FROM (
  SELECT w.n, w.log, w.from_day, w.to_day, w.from_day::timestamp AT TIME ZONE 'Asia/Tokyo' AS from_at, w.to_day::timestamp AT TIME ZONE 'Asia/Tokyo' AS to_at
  FROM (
    SELECT generate_subscripts(@from_days::text[], 1) AS n, unnest(@logs::boolean[]) AS log, unnest(@from_days::text[])::date AS from_day, unnest(@to_days::text[])::date AS to_day
  ) w
) s ORDER BY s.n;
