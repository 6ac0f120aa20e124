-- name: CustodyHeld :many
SELECT day::text AS day FROM custody_days WHERE day >= (@from_day::text)::date AND day < (@to_day::text)::date ORDER BY day;

-- name: CustodyCloses :many
-- Those of the span's days, and later ones that were carried out: they may have taken what stayed.
SELECT c.* FROM day_closes d JOIN closes c ON c.id = d.id
WHERE d.day >= (@from_day::text)::date AND (d.day < (@to_day::text)::date OR d.step = 'closed') ORDER BY d.begun_at, d.id;

-- name: CustodyExports :many
SELECT id, day::text AS day, by_user, at, firsts, corrections, repeats, jsonb_array_length(files)::int AS files
FROM exports WHERE at >= @from_at::timestamptz AND at < @to_at::timestamptz ORDER BY at, id;

-- name: CustodyLists :many
SELECT id, false AS paid, by_user, at, state, rows, cases FROM lists WHERE at >= @from_at::timestamptz AND at < @to_at::timestamptz
UNION ALL
SELECT id, true AS paid, by_user, at, state, rows, 0 AS cases FROM paid_lists WHERE at >= @from_at::timestamptz AND at < @to_at::timestamptz
ORDER BY at, id;

-- name: CustodyDisclosures :many
SELECT d.n, d.attempt_id, c.case_ref, d.by_user, d.at, d.shown, d.ticked, d.party
FROM disclosures d JOIN cases c ON c.id = d.case_id WHERE d.at >= @from_at::timestamptz AND d.at < @to_at::timestamptz ORDER BY d.at, d.n;

-- name: CustodyChecks :many
SELECT h.n, c.case_ref, h.by_user, h.at FROM history_checks h JOIN cases c ON c.id = h.case_id
WHERE h.at >= @from_at::timestamptz AND h.at < @to_at::timestamptz ORDER BY h.at, h.n;

-- name: CustodyReads :many
SELECT r.handoff_id, h.case_ref, r.by_user, r.at FROM handoff_reads r JOIN handoffs h ON h.id = r.handoff_id
WHERE r.at >= @from_at::timestamptz AND r.at < @to_at::timestamptz ORDER BY r.at, r.handoff_id, r.by_user;

-- name: CustodyIncidents :many
-- By what is known of each now.
SELECT id FROM (SELECT DISTINCT ON (id) id, found_at FROM incidents ORDER BY id, revision DESC) i
WHERE found_at >= @from_at::timestamptz AND found_at < @to_at::timestamptz ORDER BY id;

-- name: CustodyRefused :one
SELECT count(*) FROM audit WHERE action = 'refused' AND at >= @from_at::timestamptz AND at < @to_at::timestamptz;

-- name: CustodyListens :many
SELECT id, attempt_id, by_user, at FROM recording_listens WHERE at >= @from_at::timestamptz AND at < @to_at::timestamptz ORDER BY at, id;
