-- name: TargetOf :one
SELECT c.case_ref, c.sample, c.language, c.priority,
  (SELECT coalesce(sum(b.yen), 0) FROM balances b WHERE b.case_id = c.id)::bigint AS yen,
  EXISTS (SELECT FROM balances b WHERE b.case_id = c.id AND b.insurance = 'kokuho') AS kokuho,
  EXISTS (SELECT FROM balances b WHERE b.case_id = c.id AND b.insurance = 'kouki') AS kouki
FROM cases c WHERE c.id = @id;

-- name: NextNumber :one
SELECT number FROM phones WHERE case_id = @case_id AND usable AND kind <> 'never' ORDER BY rank, number LIMIT 1;

-- name: IsForbidden :one
SELECT EXISTS (SELECT FROM do_not_call WHERE number_ref = @number_ref);

-- name: Forbid :exec
INSERT INTO do_not_call (number_ref, by_user, at) VALUES (@number_ref, @by_user, @at) ON CONFLICT DO NOTHING;

-- name: Allow :exec
DELETE FROM do_not_call WHERE number_ref = @number_ref;

-- name: InsertAdHocCase :one
INSERT INTO cases (id, case_ref, origin, sample, language, state, why, moved_at, updated_at)
VALUES (@id, @case_ref, 'ad_hoc', @sample, 'ja', 'held', @why, @at, @at)
ON CONFLICT (case_ref) DO UPDATE SET updated_at = EXCLUDED.updated_at
RETURNING id;

-- name: InsertNobody :exec
INSERT INTO persons (case_id, ward_number, name, kana, postal_code, address, born_on, listed)
VALUES (@case_id, '', '', '', '', '', '', '') ON CONFLICT DO NOTHING;

-- name: InsertPhone :exec
INSERT INTO phones (case_id, number, rank, kind, number_ref) VALUES (@case_id, @number, 1, @kind, @number_ref)
ON CONFLICT DO NOTHING;

-- name: AppendCaseNote :exec
INSERT INTO case_notes (case_id, note) VALUES (@case_id, @note)
ON CONFLICT (case_id) DO UPDATE SET note = case_notes.note || E'\n' || EXCLUDED.note;

-- name: MoveCase :execrows
-- A case that is only put off (it keeps waiting for what it waited for) stays pinned, and its operator's.
UPDATE cases SET state = @state::text, due = sqlc.narg('due'), why = @why, why_en = @why_en, cause = @cause,
  mine = CASE WHEN @put_off::boolean THEN mine ELSE @mine END,
  mine_until = CASE WHEN @put_off::boolean THEN mine_until ELSE sqlc.narg('mine_until')::timestamptz END,
  pinned = pinned AND @put_off::boolean AND @state::text = 'waiting', moved_at = @at, updated_at = @at
WHERE id = @id;

-- name: SpoilNumber :exec
UPDATE phones SET usable = false WHERE case_id = @case_id AND number_ref = @number_ref;

-- name: CasePlace :one
SELECT state, due, priority, why, pinned FROM cases WHERE id = @id;

-- name: LockCasePlace :one
SELECT state, due, priority, why, why_en, cause FROM cases WHERE id = @id FOR UPDATE;

-- name: CasesByID :many
SELECT c.id, c.case_ref, c.sample, c.language, c.priority, c.state, c.due, c.why, c.updated_at,
  c.why_en, c.cause, c.mine, c.mine_until, c.rank_why, c.rank_why_en, c.pinned,
  coalesce(p.ward_number, '')::text AS ward_number, coalesce(p.name, '')::text AS name, coalesce(p.kana, '')::text AS kana,
  coalesce(p.postal_code, '')::text AS postal_code, coalesce(p.address, '')::text AS address,
  coalesce(p.born_on, '')::text AS born_on, coalesce(n.note, '')::text AS note,
  EXISTS (SELECT FROM phones f JOIN do_not_call d ON d.number_ref = f.number_ref WHERE f.case_id = c.id) AS do_not_call
FROM cases c LEFT JOIN persons p ON p.case_id = c.id LEFT JOIN case_notes n ON n.case_id = c.id
WHERE c.id = ANY (@ids::uuid[]);

-- name: PhonesOf :many
SELECT f.case_id, f.rank, f.number, f.kind, f.usable, EXISTS (SELECT FROM do_not_call d WHERE d.number_ref = f.number_ref) AS do_not_call
FROM phones f WHERE f.case_id = ANY (@ids::uuid[]) ORDER BY f.case_id, f.rank, f.number;

-- name: BalancesOf :many
SELECT case_id, insurance, term, coalesce(due_on::text, '')::text AS due_on, yen FROM balances
WHERE case_id = ANY (@ids::uuid[]) ORDER BY case_id, insurance, balances.due_on NULLS LAST, term;

-- name: SearchCases :many
-- Best match first: ward number as written, without its leading zeros, a whole number, its end, a name's beginning.
SELECT case_id FROM (
  SELECT case_id, 1 AS grade FROM persons WHERE @digits::text <> '' AND ward_number <> '' AND ward_number = @digits
  UNION ALL
  SELECT case_id, 2 FROM persons
  WHERE @digits::text <> '' AND ward_number <> '' AND ltrim(ward_number, '0') = ltrim(@digits::text, '0')
  UNION ALL
  SELECT case_id, 3 FROM phones WHERE number = @digits
  UNION ALL
  SELECT case_id, 4 FROM phones WHERE right(number, 4) = @digits
  UNION ALL
  SELECT case_id, 5 FROM persons WHERE @name::text <> '' AND translate(name, ' 　', '') LIKE @name::text
  UNION ALL
  SELECT case_id, 6 FROM persons WHERE @kana::text <> '' AND translate(kana, ' 　', '') LIKE @kana::text
) hits GROUP BY case_id ORDER BY min(grade), case_id LIMIT @max;

-- name: HeldCases :many
SELECT id FROM cases WHERE state = 'held' ORDER BY moved_at DESC, id DESC LIMIT @max;

