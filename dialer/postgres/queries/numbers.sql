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
-- What a list of the ward's has brought since is the ward's, and stays.
DELETE FROM phones WHERE case_id = @case_id AND number_ref = @number_ref AND NOT listed RETURNING rank;

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

-- name: TakeNumbersForReturn :many
-- The next piece of what goes with a close, in the order of their ids: what was not taken back and none of our closes has. A row is believed as return_rows is. The last
-- of the piece is answered, none when there is no more. Nothing is typed in or taken back meanwhile: the day is closed.
WITH piece AS (
  SELECT e.id FROM numbers_entered e
  WHERE e.id > @after::uuid AND NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = e.id)
    AND NOT EXISTS (SELECT FROM return_numbers x JOIN day_closes d ON d.id = x.close_id
      WHERE x.id = e.id AND x.close_id = ANY(@ours::uuid[]) AND d.step <> 'given_up' AND e.at <= d.moved_at)
  ORDER BY e.id LIMIT @most
), taken AS (
  INSERT INTO return_numbers (close_id, id) SELECT @close_id::uuid, id FROM piece ON CONFLICT DO NOTHING
)
SELECT id FROM piece ORDER BY id DESC LIMIT 1;

-- name: NumbersOfReturn :many
SELECT e.* FROM return_numbers x JOIN entered_numbers e ON e.id = x.id WHERE x.close_id = @close_id AND x.id > @after::uuid ORDER BY x.id LIMIT @most;

-- name: CountNumbersOfReturn :one
-- How many go with a close, and how many that were not taken back go with none of ours.
SELECT (SELECT count(*) FROM return_numbers WHERE close_id = @close_id::uuid)::int AS taken,
  (SELECT count(*) FROM numbers_entered e
    WHERE NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = e.id) AND NOT EXISTS (SELECT FROM return_numbers x WHERE x.id = e.id AND x.close_id = @close_id::uuid)
      AND NOT EXISTS (SELECT FROM return_numbers x JOIN day_closes d ON d.id = x.close_id
        WHERE x.id = e.id AND x.close_id = ANY(@ours::uuid[]) AND d.step <> 'given_up' AND e.at <= d.moved_at))::int AS remaining;

-- name: NumberWentWith :many
-- The closes that a number went back with, if they are ours.
SELECT x.close_id FROM return_numbers x JOIN numbers_entered e ON e.id = x.id JOIN day_closes d ON d.id = x.close_id
WHERE x.id = @id AND d.step IN ('destroying', 'closed') AND e.at <= d.moved_at;

-- name: HoldEnteredNumber :exec
-- One at a time takes a number back.
SELECT pg_advisory_xact_lock(hashtextextended('kakeru entered ' || @id::text, 0));

-- name: CountEnteredNumbers :many
SELECT to_char(e.at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD') AS day, e.by_user, count(*)::int AS n FROM entered_numbers e
WHERE e.at >= @from_at::timestamptz AND e.at < @to_at::timestamptz AND NOT e.taken_back
GROUP BY 1, 2 ORDER BY 1, 2;
