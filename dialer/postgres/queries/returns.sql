-- name: TakeForReturn :exec
-- The newest of each attempt in custody that no close took which counts. A close that was given up took nothing.
INSERT INTO return_rows (close_id, attempt_id, revision, mark)
SELECT @close_id::uuid, n.id, n.revision, CASE
    WHEN EXISTS (SELECT FROM return_rows x JOIN day_closes d ON d.id = x.close_id WHERE x.attempt_id = n.id AND d.step <> 'given_up') THEN 'correction'
    WHEN EXISTS (SELECT FROM return_rows x WHERE x.attempt_id = n.id) THEN 'again' ELSE '' END
FROM (
  SELECT a.id, coalesce((SELECT max(r.revision) FROM attempt_results r WHERE r.attempt_id = a.id), 0)::int AS revision
  FROM attempts a JOIN cases c ON c.id = a.case_id
  WHERE a.ended_at IS NOT NULL AND a.result <> 'not_dialled' AND c.custody IS NOT NULL
) n
WHERE NOT EXISTS (SELECT FROM return_rows x JOIN day_closes d ON d.id = x.close_id
  WHERE x.attempt_id = n.id AND x.revision >= n.revision AND d.step <> 'given_up')
ON CONFLICT DO NOTHING;

-- name: RowsOfReturn :many
SELECT x.attempt_id, x.revision, x.mark, a.started_at, a.direction, a.origin, a.number_kind, a.result::text AS result, a.operator, c.case_ref,
  p.custody AS person_custody, p.sealed AS person, coalesce(r.party, '')::text AS party, coalesce(r.kind, '')::text AS kind, coalesce(r.business, '{}')::text[] AS business,
  r.call_again_at, coalesce(r.by_user, '')::text AS by_user, coalesce(m.yen, 0)::bigint AS yen, coalesce(m.due_on::text, '')::text AS due_on,
  coalesce(m.means, '')::text AS means, n.custody AS note_custody, n.sealed AS note
FROM return_rows x JOIN attempts a ON a.id = x.attempt_id JOIN cases c ON c.id = a.case_id
  LEFT JOIN persons p ON p.case_id = c.id
  LEFT JOIN attempt_results r ON r.attempt_id = x.attempt_id AND r.revision = x.revision
  LEFT JOIN promises m ON m.attempt_id = x.attempt_id AND m.revision = x.revision
  LEFT JOIN entry_notes n ON n.attempt_id = x.attempt_id AND n.revision = x.revision
WHERE x.close_id = @close_id::uuid ORDER BY a.started_at, a.id;

-- name: CountToReturn :one
-- What a close would take now: records, and numbers that were entered.
SELECT (SELECT count(*) FROM attempts a JOIN cases c ON c.id = a.case_id
    WHERE a.ended_at IS NOT NULL AND a.result <> 'not_dialled' AND c.custody IS NOT NULL
      AND NOT EXISTS (SELECT FROM return_rows x JOIN day_closes d ON d.id = x.close_id WHERE x.attempt_id = a.id AND d.step <> 'given_up'
        AND x.revision >= coalesce((SELECT max(r.revision) FROM attempt_results r WHERE r.attempt_id = a.id), 0)))::int AS records,
  (SELECT count(*) FROM entered_numbers WHERE NOT taken_back AND NOT returned)::int AS numbers,
  (SELECT count(DISTINCT custody) FROM persons WHERE custody < @day::date)::int AS days_before;

-- name: HandoffsToReturn :many
SELECT id FROM handoffs WHERE state IN ('answered', 'withdrawn') ORDER BY at, id;

-- name: HandoffsReturned :many
-- Those whose key a crash may have left.
SELECT id FROM handoffs WHERE state = 'returned' AND moved_at >= @since::timestamptz;
