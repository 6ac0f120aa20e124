-- name: TakeForReturn :exec
-- The newest of each attempt in custody that none of our closes has. What an export has goes with the close too, marked: the close's files are
-- the day whole, whatever became of the export's.
INSERT INTO return_rows (close_id, attempt_id, revision, mark)
SELECT @close_id::uuid, attempt_id, revision, mark FROM records_now WHERE NOT returned_by && @ours::uuid[]
ON CONFLICT DO NOTHING;

-- name: RowsOfReturn :many
-- A page of the records in the file of a close or of an export, in the order in which they happened.
SELECT x.attempt_id, x.revision, x.mark, a.started_at, a.direction, a.origin, a.number_kind, a.result::text AS result, a.operator, c.case_ref,
  p.custody AS person_custody, p.sealed AS person, coalesce(r.party, '')::text AS party, coalesce(r.kind, '')::text AS kind, coalesce(r.business, '{}')::text[] AS business,
  r.call_again_at, coalesce(r.by_user, '')::text AS by_user, coalesce(m.yen, 0)::bigint AS yen, coalesce(m.due_on::text, '')::text AS due_on,
  coalesce(m.means, '')::text AS means, n.custody AS note_custody, n.sealed AS note
FROM return_rows x JOIN attempts a ON a.id = x.attempt_id JOIN cases c ON c.id = a.case_id
  LEFT JOIN persons p ON p.case_id = c.id
  LEFT JOIN attempt_results r ON r.attempt_id = x.attempt_id AND r.revision = x.revision
  LEFT JOIN promises m ON m.attempt_id = x.attempt_id AND m.revision = x.revision
  LEFT JOIN entry_notes n ON n.attempt_id = x.attempt_id AND n.revision = x.revision
WHERE (x.close_id = @id::uuid OR x.export_id = @id::uuid) AND (a.started_at, a.id) > (@after_at::timestamptz, @after_id::uuid)
ORDER BY a.started_at, a.id LIMIT @most;

-- name: CountToReturn :one
-- What a close would take now: records, and numbers that were entered.
SELECT (SELECT count(*) FROM records_now WHERE NOT returned_by && @ours::uuid[])::int AS records,
  (SELECT count(*) FROM numbers_entered e
    WHERE NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = e.id)
      AND NOT EXISTS (SELECT FROM return_numbers x JOIN day_closes d ON d.id = x.close_id
        WHERE x.id = e.id AND x.close_id = ANY(@ours::uuid[]) AND d.step <> 'given_up' AND e.at <= d.moved_at))::int AS numbers,
  (SELECT count(DISTINCT custody) FROM persons WHERE custody < @day::date)::int AS days_before;

-- name: HandoffsToReturn :many
-- With a final close those too that nobody has answered. One that has its key yet has not gone back, whatever its row says.
SELECT id FROM handoffs WHERE state IN ('answered', 'withdrawn') OR @final::boolean AND state <> 'returned'
  OR state = 'returned' AND id = ANY(@with_keys::uuid[]) ORDER BY at, id;
