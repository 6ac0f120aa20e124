-- name: LockCondition :exec
SELECT pg_advisory_xact_lock(hashtextextended('alert ' || @condition::text, 0));

-- name: RaiseAlert :exec
INSERT INTO alerts (at, kind, condition, stands, desk, call_id, subject, since, text_ja, text_en)
SELECT @at, @kind, @condition, @stands, @desk, @call_id, @subject, sqlc.narg(since), @text_ja, @text_en
WHERE NOT EXISTS (
  SELECT FROM alerts a WHERE a.condition = @condition AND (
    a.at = @at OR CASE WHEN a.stands THEN NOT EXISTS (SELECT FROM alert_ends e WHERE e.alert = a.id)
      ELSE NOT EXISTS (SELECT FROM alert_acks k WHERE k.alert = a.id) END));

-- name: EndAlerts :exec
-- An end that comes late ends nothing that was raised since. What was raised at a time that is yet to come was raised before the clock was set back.
INSERT INTO alert_ends (alert, at, text_ja, text_en)
SELECT a.id, greatest(@at::timestamptz, a.at), @text_ja, @text_en FROM alerts a
WHERE a.condition = ANY(@conditions::text[]) AND a.stands AND (a.at <= @at::timestamptz OR a.at > clock_timestamp())
  AND NOT EXISTS (SELECT FROM alert_ends e WHERE e.alert = a.id)
ON CONFLICT DO NOTHING;

-- name: AcknowledgeAlert :execrows
INSERT INTO alert_acks (alert, at, by_user, note) SELECT a.id, @at, @by_user, @note FROM alerts a WHERE a.id = @id ON CONFLICT DO NOTHING;

-- name: Acknowledgements :many
SELECT alert, at, by_user, note FROM alert_acks;

-- name: CurrentAlerts :many
SELECT a.*, e.at AS ended_at, coalesce(e.text_ja, '')::text AS end_ja, coalesce(e.text_en, '')::text AS end_en,
  k.at AS seen_at, coalesce(k.by_user, '')::text AS seen_by, coalesce(k.note, '')::text AS note,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'acknowledgement' AND m.id = a.id::text)::bytea[] AS marks
FROM alerts a LEFT JOIN alert_ends e ON e.alert = a.id LEFT JOIN alert_acks k ON k.alert = a.id
WHERE a.id IN (SELECT n.id FROM (SELECT o.id, row_number() OVER (PARTITION BY o.kind ORDER BY o.id DESC) AS nth FROM alerts o
    WHERE NOT EXISTS (SELECT FROM alert_acks x WHERE x.alert = o.id) OR o.stands AND NOT EXISTS (SELECT FROM alert_ends x WHERE x.alert = o.id)) n
    WHERE n.nth <= @open_most::int)
  OR a.id IN (SELECT l.id FROM alerts l ORDER BY l.id DESC LIMIT @last)
ORDER BY a.id DESC;

-- name: Alerts :many
SELECT a.*, e.at AS ended_at, coalesce(e.text_ja, '')::text AS end_ja, coalesce(e.text_en, '')::text AS end_en,
  k.at AS seen_at, coalesce(k.by_user, '')::text AS seen_by, coalesce(k.note, '')::text AS note,
  ARRAY(SELECT m.mark FROM row_marks m WHERE m.what = 'acknowledgement' AND m.id = a.id::text)::bytea[] AS marks
FROM alerts a LEFT JOIN alert_ends e ON e.alert = a.id LEFT JOIN alert_acks k ON k.alert = a.id
WHERE a.at >= @from_at AND a.at < @to_at AND (@kind::text = '' OR a.kind = @kind::text) AND (@before::bigint = 0 OR a.id < @before::bigint)
  AND (@id::bigint = 0 OR a.id = @id::bigint)
  AND CASE @state::text WHEN 'unseen' THEN k.at IS NULL WHEN 'standing' THEN a.stands AND e.at IS NULL
    WHEN 'done' THEN k.at IS NOT NULL AND (e.at IS NOT NULL OR NOT a.stands) ELSE true END
ORDER BY a.id DESC LIMIT @max;

-- name: SupervisorHere :exec
-- The newest sign counts; one of a time that is yet to come was given before the clock was set back.
INSERT INTO supervisors_here (user_id, at, on_break) VALUES (@user_id, @at, @on_break)
ON CONFLICT (user_id) DO UPDATE SET at = EXCLUDED.at, on_break = EXCLUDED.on_break
WHERE supervisors_here.at <= EXCLUDED.at OR supervisors_here.at > clock_timestamp();

-- name: SupervisorsHere :many
SELECT user_id, at, on_break FROM supervisors_here ORDER BY user_id;
