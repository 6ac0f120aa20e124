-- name: NextIncident :one
SELECT nextval('incident_ids')::bigint AS id;

-- name: KeepIncident :execrows
-- The revision after the newest, or none.
INSERT INTO incidents (id, revision, at, by_user, kind, found_at, from_at, until_at, who, malice, what, cause, done, future)
SELECT @id::bigint, @revision::integer, @at::timestamptz, @by_user::text, @kind::text, @found_at::timestamptz, @from_at::timestamptz,
  @until_at::timestamptz, @who::text[], @malice::boolean, @what::text, @cause::text, @done::text, @future::text
WHERE @revision::integer = 1 + coalesce((SELECT max(i.revision) FROM incidents i WHERE i.id = @id::bigint), 0)
ON CONFLICT DO NOTHING;

-- name: TakeStep :execrows
INSERT INTO incident_steps (id, act, at, by_user, note)
SELECT i.id, @act::text, @at::timestamptz, @by_user::text, @note::text FROM incidents i WHERE i.id = @id AND i.revision = 1
ON CONFLICT DO NOTHING;

-- name: IncidentRevisions :many
SELECT * FROM incidents WHERE id = @id ORDER BY revision;

-- name: IncidentLines :many
-- Those that are closed, or those that are not, newest first, each as it is known now and without its texts. None is read whole to be left out: the first
-- revisions are gone through by the key.
SELECT n.id, n.revision, n.at, n.by_user, n.kind, n.found_at, n.from_at, n.until_at, n.malice
FROM incidents i CROSS JOIN LATERAL (SELECT * FROM incidents r WHERE r.id = i.id ORDER BY r.revision DESC LIMIT 1) n
WHERE i.revision = 1 AND (@below::bigint = 0 OR i.id < @below::bigint)
  AND @closed::boolean = EXISTS (SELECT FROM incident_steps s WHERE s.id = i.id AND s.act = 'closed')
ORDER BY i.id DESC LIMIT @most::int;

-- name: IncidentSteps :many
SELECT id, act, at, by_user, note FROM incident_steps WHERE id = @id ORDER BY at, act;

-- name: StepsOfIncidents :many
-- Without what is noted of them.
SELECT id, act, at, by_user FROM incident_steps WHERE id = ANY (@ids::bigint[]) ORDER BY id, at, act;

-- name: IncidentReach :one
-- What the record says was seen by who is in question: nobody named means everybody. A list that was written down before, and may
-- have been open still, counts from lists_from on (audit.ListStands).
WITH seen AS MATERIALIZED (
  SELECT a.n, a.action, a.case_refs FROM audit a
  WHERE a.at >= @lists_from::timestamptz AND a.at <= @until_at::timestamptz AND a.outcome = ''
    AND (a.at >= @from_at::timestamptz OR a.action = 'listed')
    AND (cardinality(@who::text[]) = 0 OR a.by_user = ANY(@who::text[]))
    AND a.action = ANY(@actions::text[])
)
SELECT
  (SELECT count(DISTINCT ref) FROM seen, unnest(seen.case_refs) ref)::bigint AS persons,
  (SELECT count(*) FROM seen WHERE seen.case_refs <> '{}')::bigint AS entries,
  (SELECT count(*) FROM seen WHERE seen.action = 'exported')::bigint AS files,
  (SELECT count(*) FROM cases WHERE custody IS NOT NULL)::bigint AS held;
