-- name: AddDisclosure :exec
INSERT INTO disclosures (attempt_id, case_id, by_user, at, shown, ticked, party)
VALUES (@attempt_id, @case_id, @by_user, @at, @shown, @ticked, @party);

-- name: Disclosures :many
SELECT * FROM disclosures WHERE attempt_id = @attempt_id ORDER BY n;

-- name: AddHistoryCheck :exec
INSERT INTO history_checks (case_id, by_user, at) VALUES (@case_id, @by_user, @at);

-- name: HistoryChecked :one
SELECT coalesce(history_checked(@case_id, @by_user::text, @day_began::timestamptz), 'epoch')::timestamptz AS at;
