-- name: MarkCustody :one
-- The mark of a day's key: the first who seals under it leaves it there.
INSERT INTO custody_days (day, mark) VALUES (@day, @mark) ON CONFLICT (day) DO UPDATE SET mark = custody_days.mark RETURNING mark;

-- name: CustodyDays :many
SELECT day FROM custody_days ORDER BY day;

-- name: ReturnCustody :one
-- What stands under the keys of days up to one goes; their cases are the ward's. A number keeps its reference.
WITH upto AS MATERIALIZED (SELECT @upto::date AS day
), c AS (UPDATE cases SET custody = NULL WHERE custody <= (SELECT day FROM upto) RETURNING 1
), p AS (DELETE FROM persons WHERE custody <= (SELECT day FROM upto) RETURNING 1
), f AS (UPDATE phones SET custody = NULL, sealed = NULL, last_four = NULL WHERE custody <= (SELECT day FROM upto) RETURNING 1
), n AS (DELETE FROM case_notes WHERE custody <= (SELECT day FROM upto) RETURNING 1
), e AS (DELETE FROM entry_notes WHERE custody <= (SELECT day FROM upto) RETURNING 1
), l AS (DELETE FROM attempt_legs WHERE custody <= (SELECT day FROM upto) RETURNING 1
), i AS (DELETE FROM inbound_callers WHERE custody <= (SELECT day FROM upto) RETURNING 1
), w AS (DELETE FROM numbers_entered_whose WHERE custody <= (SELECT day FROM upto) RETURNING 1
), s AS (DELETE FROM staged_rows WHERE custody <= (SELECT day FROM upto) RETURNING list_id
), g AS (DELETE FROM staged_cases WHERE list_id IN (SELECT list_id FROM s)
), t AS (UPDATE lists SET state = 'failed' WHERE state = 'staged' AND id IN (SELECT list_id FROM s)
)
SELECT (SELECT count(*) FROM c)::bigint AS cases, (SELECT count(*) FROM p)::bigint AS persons, (SELECT count(*) FROM f)::bigint AS phones,
  (SELECT count(*) FROM n)::bigint AS case_notes, (SELECT count(*) FROM e)::bigint AS entry_notes, (SELECT count(*) FROM l)::bigint AS legs,
  (SELECT count(*) FROM i)::bigint AS callers, (SELECT count(*) FROM s)::bigint AS staged_rows,
  (SELECT count(*) FROM w)::bigint AS numbers_entered;
