-- name: LockAudit :exec
-- One transaction appends at a time, on any node: each entry is sealed with the one before it.
SELECT pg_advisory_xact_lock(hashtextextended('the audit', 0));

-- name: AuditBelow :many
SELECT * FROM audit WHERE n <= @n ORDER BY n DESC LIMIT @most;

-- name: RoomInAudit :one
-- The lowest number from one on that so many free ones follow.
SELECT h.n::bigint FROM (SELECT @n::bigint AS n UNION ALL SELECT a.n FROM audit a WHERE a.n > @n::bigint) h
WHERE 9223372036854775807 - h.n >= @room::bigint AND NOT EXISTS (SELECT FROM audit b WHERE b.n > h.n AND b.n - h.n <= @room::bigint)
ORDER BY h.n LIMIT 1;

-- name: RefsOfCases :many
SELECT id, case_ref FROM cases WHERE id = ANY(@ids::uuid[]);

-- name: RefsOfCalls :many
-- By its case as well as by its own row; a call that came in, by each case that it was ever taken for.
SELECT a.id, a.case_id::text AS case_id, coalesce(c.case_ref, a.case_ref)::text AS case_ref FROM attempts a LEFT JOIN cases c ON c.id = a.case_id WHERE a.id = ANY(@ids::uuid[])
UNION SELECT a.id, '', a.case_ref FROM attempts a WHERE a.id = ANY(@ids::uuid[])
UNION SELECT t.attempt_id, '', t.case_ref FROM arrivals_taken_for t WHERE t.attempt_id = ANY(@ids::uuid[]);

-- name: AppendAudit :copyfrom
INSERT INTO audit (n, at, by_user, role, action, route, object, outcome, detail, address, case_refs, before, seal)
VALUES (@n, @at, @by_user, @role, @action, @route, @object, @outcome, @detail, @address, @case_refs, @before, @seal);

-- name: AuditFrom :many
SELECT * FROM audit WHERE n >= @from_n ORDER BY n LIMIT @most;

-- name: AuditOfCase :many
-- Of one case, by the index of case_refs and nothing else: in the order of n the planner would read the record backwards until it
-- has met enough.
WITH found AS MATERIALIZED (SELECT * FROM audit WHERE case_refs @> ARRAY[@ref::text])
SELECT * FROM found
WHERE n < @below AND (@by_user::text = '' OR by_user = @by_user) AND (@action::text = '' OR action = @action) AND at >= @from_at AND at < @until_at
ORDER BY n DESC LIMIT @most;

-- name: AuditOfUser :many
SELECT * FROM audit
WHERE by_user = @by_user AND (at, n) < (@below_at::timestamptz, @below::bigint) AND at >= @from_at AND (@action::text = '' OR action = @action)
ORDER BY at DESC, n DESC LIMIT @most;

-- name: AuditOfAll :many
-- By the index of time, which goes to the page asked for at once, however old it is.
SELECT * FROM audit
WHERE (at, n) < (@below_at::timestamptz, @below::bigint) AND at >= @from_at AND (@action::text = '' OR action = @action)
ORDER BY at DESC, n DESC LIMIT @most;

-- name: AuditAt :one
SELECT at FROM audit WHERE n = @n;

-- name: AuditWithin :many
-- Oldest first, by the index of time, after the entry that was read last. Of those who are named, and what nobody is known for; of everybody
-- when nobody is named.
SELECT * FROM audit
WHERE (at, n) > (@after_at::timestamptz, @after::bigint) AND at <= @until_at::timestamptz
  AND (cardinality(@who::text[]) = 0 OR by_user = '' OR by_user = ANY(@who::text[]))
ORDER BY at, n LIMIT @most;

-- name: NotAsMade :many
-- Which of the tables that the record rests on are none, or answer by more than their own rows: by a view or a foreign table in their place, by another
-- schema's, by rules, policies or children. Asked after they were read, in the same transaction, which keeps their names from changing hands.
-- And which operators and functions stand beside the catalogue's: one for the very types of a question is taken in place of the catalogue's for any. This
-- question uses none that could be.
SELECT w.name::text FROM (VALUES ('audit'), ('cases'), ('attempts'), ('arrivals_taken_for'), ('attempt_evidence'), ('call_seals'), ('alerts'), ('alert_acks'), ('alert_ends'), ('users')) AS w(name)
LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name)::pg_catalog.oid
WHERE c.oid IS NULL OR c.relnamespace <> 'public'::regnamespace::pg_catalog.oid OR c.relkind <> 'r'
  OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid) OR c.relrowsecurity
  OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)
UNION ALL
SELECT 'operator ' || o.oprname::text FROM pg_catalog.pg_operator o WHERE o.oprnamespace = 'public'::regnamespace::pg_catalog.oid
UNION ALL
SELECT 'function ' || p.proname::text FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'public'::regnamespace::pg_catalog.oid
  AND EXISTS (SELECT FROM pg_catalog.pg_proc s WHERE s.proname = p.proname AND s.pronamespace = 'pg_catalog'::regnamespace::pg_catalog.oid)
ORDER BY 1;

-- name: SealOfAudit :one
SELECT seal FROM audit WHERE n = @n;
