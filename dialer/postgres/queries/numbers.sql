-- name: HoldPersonsNumbers :exec
-- One number at a time for one person: the same is not kept twice.
SELECT pg_advisory_xact_lock(hashtextextended('number of ' || @person::text, 0));

-- name: StandsEntered :one
SELECT EXISTS (SELECT FROM entered_numbers WHERE case_ref = @case_ref AND number_ref = @number_ref AND at >= @since::timestamptz AND NOT taken_back);

-- name: LockCaseByRef :many
SELECT id FROM cases WHERE case_ref = @case_ref FOR UPDATE;

-- name: NumberAtCase :one
SELECT EXISTS (SELECT FROM phones WHERE case_id = @case_id AND number_ref = @number_ref AND sealed IS NOT NULL);

-- name: NumberElsewhere :one
SELECT EXISTS (SELECT FROM phones f JOIN cases c ON c.id = f.case_id WHERE f.number_ref = @number_ref AND c.case_ref <> @case_ref);

-- name: LastRank :one
SELECT coalesce(max(rank), 0)::int FROM phones WHERE case_id = @case_id;

-- name: MoveRanks :exec
-- Makes room before the ranks from one on, or closes the gap that a number has left.
UPDATE phones SET rank = rank + @by::int WHERE case_id = @case_id AND rank >= @from_rank::int;

-- name: AddPhone :exec
-- A number that the case had, and whose day went back, is there again.
INSERT INTO phones (case_id, rank, kind, number_ref, custody, sealed, last_four)
VALUES (@case_id, @rank, @kind, @number_ref, @custody, @sealed, @last_four)
ON CONFLICT (case_id, number_ref) DO UPDATE SET rank = EXCLUDED.rank, custody = EXCLUDED.custody, sealed = EXCLUDED.sealed,
  last_four = EXCLUDED.last_four;

-- name: RemovePhone :many
DELETE FROM phones WHERE case_id = @case_id AND number_ref = @number_ref RETURNING rank;

-- name: InsertEnteredNumber :exec
INSERT INTO numbers_entered (id, at, by_user, case_ref, number_ref, kind, mended, source, document_on, first, case_id, seen, ranked)
VALUES (@id, @at, @by_user, @case_ref, @number_ref, @kind, @mended, @source, to_date(@document_on, 'YYYY-MM-DD'), @first, nullif(@case_id, '')::uuid,
  @seen, sqlc.narg('ranked'));

-- name: InsertWhoseNumber :exec
INSERT INTO numbers_entered_whose (id, custody, sealed) VALUES (@id, @custody, @sealed);

-- name: EnteredNumber :one
SELECT * FROM entered_numbers WHERE id = @id;

-- name: TakeNumberBack :execrows
INSERT INTO numbers_taken_back (id, at, by_user) VALUES (@id, @at, @by_user) ON CONFLICT (id) DO NOTHING;

-- name: EnteredNumbers :many
SELECT * FROM entered_numbers WHERE by_user = @by_user AND at >= @since::timestamptz ORDER BY at DESC, id DESC LIMIT @most;

-- name: NumbersToReturn :many
SELECT * FROM entered_numbers WHERE NOT taken_back AND NOT returned ORDER BY at, id LIMIT @most;

-- name: ReturnNumber :one
-- 0 when the number was taken back, or stands in another export.
WITH wanted AS (
  INSERT INTO numbers_returned (id, export, at)
  SELECT e.id, @export, @at FROM entered_numbers e WHERE e.id = @id AND NOT e.taken_back AND NOT e.returned
  RETURNING id
)
SELECT (SELECT count(*) FROM wanted)::int + (SELECT count(*) FROM numbers_returned r WHERE r.id = @id AND r.export = @export)::int AS n;

-- name: HoldEnteredNumber :exec
-- Taking back and returning exclude each other.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru entered ' || @id::text, 0));

-- name: CountEnteredNumbers :many
SELECT to_char(e.at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD') AS day, e.by_user, count(*)::int AS n FROM entered_numbers e
WHERE e.at >= @from_at::timestamptz AND e.at < @to_at::timestamptz AND NOT e.taken_back
GROUP BY 1, 2 ORDER BY 1, 2;
