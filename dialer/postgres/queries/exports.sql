-- name: MayIdle :exec
-- The rest of the transaction may be idle for longer than others: it waits for a folder on another machine's disk, or for us to reckon.
SELECT set_config('idle_in_transaction_session_timeout', @within::text, true);

-- name: HoldExports :exec
-- One export at a time: what it finds ungone is its own.
SELECT pg_advisory_xact_lock(hashtextextended('the exports', 0));

-- name: CountAgain :one
-- How often what had gone before of a day was asked for once more.
SELECT count(*)::int FROM exports WHERE day = (@day::text)::date AND again;

-- name: TakeForExport :exec
-- What was called or recorded on a day and has not gone yet, or all of it again.
INSERT INTO return_rows (export_id, attempt_id, revision, mark)
SELECT @export_id::uuid, attempt_id, revision, mark FROM records_now
WHERE NOT owed AND (mark <> 'again' OR @again::boolean)
  AND (started_at >= @from_at::timestamptz AND started_at < @to_at::timestamptz
    OR recorded_at >= @from_at::timestamptz AND recorded_at < @to_at::timestamptz);

-- name: CountToExport :one
SELECT count(*)::int FROM records_now
WHERE NOT owed AND mark <> 'again'
  AND (started_at >= @from_at::timestamptz AND started_at < @to_at::timestamptz
    OR recorded_at >= @from_at::timestamptz AND recorded_at < @to_at::timestamptz);

-- name: InsertExport :exec
INSERT INTO exports (id, day, by_user, at, again, firsts, corrections, repeats, files)
VALUES (@id, (@day::text)::date, @by_user, @at, @again, @firsts, @corrections, @repeats, @files);

-- name: ExportByID :one
SELECT id, day::text AS day, by_user, at, again, firsts, corrections, repeats, files FROM exports WHERE id = @id;

-- name: NewestExports :many
SELECT id, day::text AS day, by_user, at, again, firsts, corrections, repeats, files FROM exports ORDER BY at DESC, id DESC LIMIT @max;

-- name: RowsOfCase :many
-- One case's records of a day, as RowsOfReturn has them, whether they went or not.
SELECT a.id AS attempt_id, coalesce(r.revision, 0)::int AS revision, ''::text AS mark, a.started_at, a.direction, a.origin, a.number_kind, a.result::text AS result,
  a.operator, c.case_ref, p.custody AS person_custody, p.sealed AS person, coalesce(r.party, '')::text AS party, coalesce(r.kind, '')::text AS kind,
  coalesce(r.business, '{}')::text[] AS business, r.call_again_at, coalesce(r.by_user, '')::text AS by_user, coalesce(m.yen, 0)::bigint AS yen,
  coalesce(m.due_on::text, '')::text AS due_on, coalesce(m.means, '')::text AS means, n.custody AS note_custody, n.sealed AS note
FROM attempts a JOIN cases c ON c.id = a.case_id
  LEFT JOIN persons p ON p.case_id = c.id
  LEFT JOIN attempt_results r ON r.attempt_id = a.id AND r.revision = (SELECT max(x.revision) FROM attempt_results x WHERE x.attempt_id = a.id)
  LEFT JOIN promises m ON m.attempt_id = r.attempt_id AND m.revision = r.revision
  LEFT JOIN entry_notes n ON n.attempt_id = r.attempt_id AND n.revision = r.revision
WHERE a.case_id = @case_id::uuid AND a.ended_at IS NOT NULL AND a.result <> 'not_dialled' AND (a.result <> 'answered' OR r.revision IS NOT NULL)
  AND (a.started_at >= @from_at::timestamptz AND a.started_at < @to_at::timestamptz
    OR r.at >= @from_at::timestamptz AND r.at < @to_at::timestamptz)
ORDER BY a.started_at, a.id;
