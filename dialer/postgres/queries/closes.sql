-- name: EnterDay :exec
-- Whoever writes what a close takes away or counts is in the day until their transaction is over; a close that begins waits for
-- them. What is asked next sees it.
SELECT pg_advisory_xact_lock_shared(hashtextextended('the day''s close', 0));

-- name: HoldDay :exec
SELECT pg_advisory_xact_lock(hashtextextended('the day''s close', 0));

-- name: ClosesInTheWay :many
-- What is read of a close is in the view of closes; what it is found by is in its table, which has the indexes.
-- Those that are under way, that have closed a day or one that comes, and the contract's end: whether they bear our mark is not known here.
SELECT c.* FROM day_closes d JOIN closes c ON c.id = d.id
WHERE d.step NOT IN ('closed', 'given_up') OR d.step = 'closed' AND (d.final OR d.day >= (@today::text)::date);

-- name: CloseObstacles :one
SELECT (SELECT count(*) FROM attempts WHERE ended_at IS NULL)::int AS open_calls,
  (SELECT count(*) FROM attempts a WHERE a.result = 'answered' AND NOT EXISTS (SELECT FROM attempt_results r WHERE r.attempt_id = a.id))::int AS results_due,
  (SELECT count(*) FROM lists WHERE state = 'staging')::int AS staging,
  -- What is being applied is in a transaction that nobody sees into, but for the lock it goes by (HoldLists, HoldPaidLists); those that wait for it count too.
  (SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1
    AND database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
    AND (classid::bigint << 32 | objid::bigint) IN (hashtextextended('kakeru lists', 0), hashtextextended('kakeru paid lists', 0)))::int AS applying;

-- name: InsertClose :exec
INSERT INTO day_closes (id, day, upto, final, by_user, begun_at, step, moved_at, mark)
VALUES (@id, (@day::text)::date, NULLIF(@upto::text, '')::date, @final, @by_user, @begun_at, @step, @moved_at, @mark::bytea);

-- name: MoveClose :execrows
UPDATE day_closes SET step = @step, moved_at = @moved_at, files = @files, counts = @counts, manifest = @manifest, destroyed = @destroyed,
  mark = @mark::bytea
WHERE id = @id AND step = @from_step;

-- name: CloseByID :one
SELECT * FROM closes WHERE id = @id;

-- name: CloseUnderWay :many
-- The one that is under way, if there is one.
SELECT * FROM closes WHERE step NOT IN ('closed', 'given_up');

-- name: ClosesOver :many
-- Those that are over, the newest first, after one of them, as day_closes_newest has them: what comes before a page is not read once more. Those that ended the contract, or
-- all others.
SELECT c.* FROM day_closes d JOIN closes c ON c.id = d.id
WHERE d.step IN ('closed', 'given_up') AND (d.final AND d.step = 'closed') = @ends::boolean AND isfinite(d.begun_at)
  AND (d.begun_at, d.id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY d.begun_at DESC, d.id DESC LIMIT @most;

-- name: ClosesByID :many
-- A page in the order of their ids, which nothing changes. Those that were given up do nothing, and are read by who wants them.
SELECT * FROM closes WHERE id > @after::uuid AND (@given_up::boolean OR step <> 'given_up')
ORDER BY id LIMIT @most;

-- name: ClosesGivenUp :many
-- A page of those of one day that were given up.
SELECT c.* FROM day_closes d JOIN closes c ON c.id = d.id
WHERE d.id > @after::uuid AND d.step = 'given_up' AND d.day = (@day::text)::date
ORDER BY d.id LIMIT @most;

-- name: HoldClose :one
SELECT pg_try_advisory_lock(hashtextextended('close ' || @id::text, 0));

-- name: LetGoClose :exec
SELECT pg_advisory_unlock(hashtextextended('close ' || @id::text, 0));

-- name: DayCounts :many
-- What a manifest says of its day, by name.
WITH day AS (
  SELECT @from_at::timestamptz AS from_at, @to_at::timestamptz AS to_at
), a AS (
  SELECT a.* FROM attempts a, day WHERE a.started_at >= day.from_at AND a.started_at < day.to_at AND a.ended_at IS NOT NULL
), r AS (
  SELECT r.* FROM attempt_results r, day WHERE r.at >= day.from_at AND r.at < day.to_at
)
SELECT name::text, n::bigint FROM (
  SELECT 'attempts' AS name, count(*) FILTER (WHERE counted AND direction = 'outbound') AS n FROM a
  UNION ALL SELECT 'not_counted', count(*) FILTER (WHERE NOT counted AND direction = 'outbound' AND origin = 'sip') FROM a
  UNION ALL SELECT 'by_hand', count(*) FILTER (WHERE origin = 'manual' AND direction = 'outbound') FROM a
  UNION ALL SELECT 'inbound', count(*) FILTER (WHERE direction = 'inbound') FROM a
  UNION ALL SELECT 'result_' || result, count(*) FROM a WHERE direction = 'outbound' AND origin = 'sip' GROUP BY result
  UNION ALL SELECT 'persons_called', count(DISTINCT case_ref) FILTER (WHERE counted AND direction = 'outbound') FROM a
  UNION ALL SELECT 'entries', count(*) FROM r
  UNION ALL SELECT 'corrections', count(*) FILTER (WHERE revision > 1) FROM r
  UNION ALL SELECT 'promises', count(*) FROM r JOIN promises p USING (attempt_id, revision) WHERE p.state <> 'replaced'
  UNION ALL SELECT 'promised_yen', coalesce(sum(p.yen), 0) FROM r JOIN promises p USING (attempt_id, revision) WHERE p.state <> 'replaced'
) counted ORDER BY name;

-- name: CountCustody :one
-- What ReturnCustody would take away.
SELECT (SELECT count(*) FROM cases WHERE custody <= @upto::date)::bigint AS cases,
  (SELECT count(*) FROM persons WHERE custody <= @upto::date)::bigint AS persons,
  (SELECT count(*) FROM phones WHERE custody <= @upto::date)::bigint AS phones,
  (SELECT count(*) FROM case_notes WHERE custody <= @upto::date)::bigint AS case_notes,
  (SELECT count(*) FROM entry_notes WHERE custody <= @upto::date)::bigint AS entry_notes,
  (SELECT count(*) FROM inbound_callers WHERE custody <= @upto::date)::bigint AS callers,
  (SELECT count(*) FROM staged_rows WHERE custody <= @upto::date)::bigint AS staged_rows,
  (SELECT count(*) FROM numbers_entered_whose WHERE custody <= @upto::date)::bigint AS numbers_entered;

-- name: EmptyStaging :exec
-- The files go, and not only the rows: the tables are in no write-ahead log, and a list in them is staged once more.
TRUNCATE staged_rows, staged_cases;
