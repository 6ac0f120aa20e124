-- name: AddDisclosure :exec
-- What stands there already says it: repeating it adds nothing.
INSERT INTO disclosures (attempt_id, case_id, by_user, at, shown, ticked, party)
SELECT @attempt_id::uuid, @case_id::uuid, @by_user::text, @at::timestamptz, @shown::boolean, @ticked::text[], @party::text
WHERE (@case_id, @by_user, @shown, @ticked, @party) IS DISTINCT FROM (
  SELECT (d.case_id, d.by_user, d.shown, d.ticked, d.party) FROM disclosures d WHERE d.attempt_id = @attempt_id ORDER BY d.n DESC LIMIT 1
);

-- name: Disclosures :many
SELECT * FROM disclosures WHERE attempt_id = @attempt_id ORDER BY n;

-- name: AddHistoryCheck :exec
INSERT INTO history_checks (case_id, by_user, at)
SELECT @case_id::uuid, @by_user::text, @at::timestamptz WHERE history_checked(@case_id, @by_user, @day_began::timestamptz) IS NULL;

-- name: HistoryChecked :one
SELECT coalesce(history_checked(@case_id, @by_user::text, @day_began::timestamptz), 'epoch')::timestamptz AS at;
