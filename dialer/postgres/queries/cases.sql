-- name: TargetOf :one
SELECT c.case_ref, (c.origin = 'inbound')::boolean AS unlisted, c.sample, c.language, c.priority, c.state, c.due, c.cause, c.why, c.why_en, c.mine, c.mine_until, (c.custody IS NOT NULL)::boolean AS here,
  (SELECT coalesce(sum(b.yen), 0) FROM balances b WHERE b.case_id = c.id)::bigint AS yen,
  EXISTS (SELECT FROM balances b WHERE b.case_id = c.id AND b.insurance = 'kokuho') AS kokuho,
  EXISTS (SELECT FROM balances b WHERE b.case_id = c.id AND b.insurance = 'kouki') AS kouki
FROM cases c WHERE c.id = @id;

-- name: NextNumber :one
SELECT number_ref FROM phones WHERE case_id = @case_id AND usable AND kind <> 'never' AND custody IS NOT NULL ORDER BY rank, number_ref LIMIT 1;

-- name: WordsOn :many
-- Of each number whether the list has it, and what the log says of it, the newest first, and no more than so many, or one row without a word where there is none.
SELECT n.ref::text AS number_ref, EXISTS (SELECT FROM do_not_call d WHERE d.number_ref = n.ref)::boolean AS on_list,
  (w.number_ref IS NOT NULL)::boolean AS said, coalesce(w.listed, false)::boolean AS listed, coalesce(w.by_user, '')::text AS by_user,
  coalesce(w.at, 'epoch')::timestamptz AS at, coalesce(w.reason, '')::text AS reason
FROM unnest(@refs::text[]) AS n(ref) LEFT JOIN LATERAL (
  SELECT * FROM do_not_call_log l WHERE l.number_ref = n.ref ORDER BY l.at DESC, l.listed LIMIT @most
) w ON true ORDER BY n.ref, w.at DESC, w.listed;

-- name: WordedSince :many
SELECT DISTINCT number_ref FROM do_not_call_log WHERE at > @since::timestamptz;

-- name: AllWords :many
SELECT * FROM do_not_call_log;

-- name: EverForbidden :many
-- The numbers that the list has, or the log has a word of.
SELECT number_ref FROM do_not_call UNION SELECT number_ref FROM do_not_call_log;

-- name: SayListed :exec
-- What is on the list and was put there before there was a log.
INSERT INTO do_not_call_log (number_ref, listed, by_user, at, reason)
SELECT d.number_ref, true, d.by_user, d.at, '' FROM do_not_call d WHERE NOT EXISTS (SELECT FROM do_not_call_log w WHERE w.number_ref = d.number_ref);

-- name: Forbid :exec
INSERT INTO do_not_call (number_ref, by_user, at) VALUES (@number_ref, @by_user, @at) ON CONFLICT DO NOTHING;

-- name: Allow :exec
DELETE FROM do_not_call WHERE number_ref = @number_ref;

-- name: InsertAdHocCase :one
INSERT INTO cases (id, case_ref, origin, sample, language, state, why, moved_at, updated_at, custody)
VALUES (@id, @case_ref, 'ad_hoc', @sample, 'ja', 'held', @why, @at, @at, @custody)
ON CONFLICT (case_ref) DO UPDATE SET updated_at = EXCLUDED.updated_at, custody = EXCLUDED.custody
RETURNING id;

-- name: InsertPhone :exec
INSERT INTO phones (case_id, number_ref, rank, kind, custody, sealed, last_four)
VALUES (@case_id, @number_ref, 1, @kind, @custody, @sealed, @last_four)
ON CONFLICT (case_id, number_ref) DO UPDATE SET custody = EXCLUDED.custody, sealed = EXCLUDED.sealed, last_four = EXCLUDED.last_four;

-- name: AppendCaseNote :exec
INSERT INTO case_notes (case_id, n, custody, sealed)
SELECT @case_id::uuid, coalesce(max(n), 0) + 1, @custody::date, @sealed::bytea FROM case_notes WHERE case_id = @case_id::uuid;

-- name: MoveCase :execrows
-- A case that is only put off (it keeps waiting for what it waited for) stays pinned, at the priority at which it was put, and its operator's.
UPDATE cases SET state = @state::text, due = sqlc.narg('due'), why = @why, why_en = @why_en, cause = @cause,
  mine = CASE WHEN @put_off::boolean THEN mine ELSE @mine END,
  mine_until = CASE WHEN @put_off::boolean THEN mine_until ELSE sqlc.narg('mine_until')::timestamptz END,
  placed_priority = CASE WHEN @put_off::boolean THEN placed_priority END,
  pinned = pinned AND @put_off::boolean AND @state::text = 'waiting', moved_at = @at, updated_at = @at,
  stood_at = CASE WHEN @state::text = 'result_due' THEN stood_at END
WHERE id = @id AND (state = 'waiting' OR NOT @put_off::boolean);

-- name: RememberHowItStood :exec
-- Of a case that is about to wait for a talk's result, unless it waits for one already: then it stands as before the first.
UPDATE cases SET stood_at = moved_at, stood_state = state, stood_due = due, stood_cause = cause, stood_why = why, stood_why_en = why_en, stood_mine = mine,
  stood_mine_until = mine_until, stood_pinned = pinned, stood_placed_priority = placed_priority, stood_placed_due = placed_due
WHERE id = @id AND state <> 'result_due';

-- name: StandAgain :exec
-- A case that waits for a talk's result stands as it did before.
UPDATE cases SET state = stood_state, due = stood_due, cause = stood_cause, why = stood_why, why_en = stood_why_en, mine = stood_mine,
  mine_until = stood_mine_until, pinned = stood_pinned, placed_priority = stood_placed_priority, moved_at = stood_at, updated_at = @at::timestamptz
WHERE id = @id AND state = 'result_due' AND stood_at IS NOT NULL;

-- name: StandInOrder :exec
-- Its place among equals is forgotten by whatever changes when it is due, and so comes after that.
UPDATE cases SET placed_due = stood_placed_due, stood_at = NULL WHERE id = @id AND moved_at = stood_at;

-- name: HeldByEntry :one
-- Whether it was an entry of this attempt that had its case be held at an instant.
SELECT EXISTS (SELECT FROM attempt_results WHERE attempt_id = @attempt_id AND at = @at::timestamptz AND next_state = 'held')::boolean;

-- name: SpoilNumber :exec
UPDATE phones SET usable = false WHERE case_id = @case_id AND number_ref = @number_ref;

-- name: RightNumber :exec
UPDATE phones SET usable = true WHERE case_id = @case_id AND number_ref = @number_ref AND kind <> 'never';

-- name: OnlyThisSaidWrong :one
-- Whether the newest entry of an attempt that is older than an instant says that its number is wrong, and nothing that is known of that number of its case says so too
-- or may have had it be dialled no more: no end of a call, this one's among them, and no other call's newest entry.
SELECT (coalesce((SELECT r.at < @at::timestamptz AND 'wrong_number' = ANY (r.business) FROM attempt_results r
    WHERE r.attempt_id = @attempt_id::uuid ORDER BY r.revision DESC LIMIT 1), false)
  AND NOT EXISTS (
    SELECT FROM attempts o LEFT JOIN LATERAL (
      SELECT r.party, r.business FROM attempt_results r WHERE r.attempt_id = o.id AND o.id <> @attempt_id::uuid ORDER BY r.revision DESC LIMIT 1
    ) n ON true
    WHERE o.case_id = @case_id::uuid AND o.number_ref = @number_ref::text
      AND (o.result = ANY (@results::text[]) OR n.party = ANY (@parties::text[]) OR n.business && @business::text[])))::boolean;

-- name: SpoiltNumbers :many
SELECT case_id, number_ref FROM phones WHERE NOT usable AND kind <> 'never';

-- name: UsableThoughWrong :many
-- Numbers that may be dialled, and of which it was said that they are wrong.
SELECT f.case_id, f.number_ref FROM phones f
WHERE f.usable AND f.case_id || ' ' || f.number_ref IN (SELECT m.id FROM row_marks m WHERE m.what = 'wrong_number');

-- name: LockCasePlace :one
SELECT state, due, priority, why, why_en, cause, origin, moved_at, stood_at, stood_state, stood_cause, stood_why, stood_why_en
FROM cases WHERE id = @id FOR UPDATE;

-- name: MovedSince :one
-- Whether something else has decided of an attempt's case since that was reserved.
SELECT coalesce(a.stood <> how_it_stands(c), false)::boolean FROM attempts a JOIN cases c ON c.id = a.case_id WHERE a.id = @id;

-- name: CasesByID :many
SELECT c.id, c.case_ref, c.sample, c.language, c.priority, c.state, c.due, c.why, c.updated_at,
  c.why_en, c.cause, c.mine, c.mine_until, c.rank_why, c.rank_why_en, c.pinned,
  p.custody, p.sealed, (c.custody IS NULL)::boolean AS returned,
  EXISTS (SELECT FROM phones f JOIN do_not_call d ON d.number_ref = f.number_ref WHERE f.case_id = c.id) AS do_not_call
FROM cases c LEFT JOIN persons p ON p.case_id = c.id
WHERE c.id = ANY (@ids::uuid[]);

-- name: PhonesOf :many
SELECT f.case_id, f.rank, f.number_ref, f.custody, f.sealed, f.kind, f.usable
FROM phones f WHERE f.case_id = ANY (@ids::uuid[]) AND f.custody IS NOT NULL ORDER BY f.case_id, f.rank, f.number_ref;

-- name: CaseNotesOf :many
SELECT case_id, custody, sealed FROM case_notes WHERE case_id = ANY (@ids::uuid[]) ORDER BY case_id, n;

-- name: SearchCases :many
-- By blind tokens, best match first: the ward's number, a whole number, its end, the beginning of a name or its kana. What only
-- begins alike is told apart once it is unsealed.
SELECT case_id FROM (
  SELECT case_id, 1 AS grade FROM persons WHERE tokens && @ward::bytea[]
  UNION ALL
  SELECT case_id, 2 FROM phones WHERE number_ref = @number_ref::text AND custody IS NOT NULL
  UNION ALL
  SELECT case_id, 3 FROM phones WHERE last_four = ANY (@last_four::bytea[])
  UNION ALL
  SELECT case_id, 4 FROM persons WHERE tokens && @name::bytea[]
  UNION ALL
  SELECT case_id, 5 FROM persons WHERE tokens && @kana::bytea[]
) hits GROUP BY case_id ORDER BY min(grade), case_id LIMIT @max;

-- name: HeldCases :many
SELECT id FROM cases WHERE state = 'held' AND custody IS NOT NULL ORDER BY moved_at DESC, id DESC LIMIT @max;

