-- +goose Up

-- Calls that were made or taken on another telephone, and noted by hand (手動). They stand among the attempts, so that results,
-- history, returns and the number rule need no second kind of row; what the network proves they never have: they are not counted, and
-- have neither trunk nor Call-ID.
ALTER TABLE attempts
  ADD COLUMN origin text NOT NULL DEFAULT 'sip' CHECK (origin IN ('sip', 'manual')),
  ADD CONSTRAINT attempts_by_hand_proves_nothing CHECK (
    origin = 'sip' OR (NOT counted AND trunk = '' AND sip_call_id IS NULL AND handed_desk IS NULL));
CREATE INDEX attempts_by_hand ON attempts (started_at) WHERE origin = 'manual';

-- The figures are of what the network proves.
DROP INDEX attempts_figures;
CREATE INDEX attempts_figures ON attempts (dialled_at) INCLUDE (result, counted, case_ref, insurance)
  WHERE dialled_at IS NOT NULL AND ended_at IS NOT NULL AND origin = 'sip';

-- What was noted by hand stays so.
CREATE TRIGGER attempts_origin_once BEFORE UPDATE ON attempts FOR EACH ROW
  WHEN (OLD.ended_at IS NOT NULL AND OLD.origin <> NEW.origin) EXECUTE FUNCTION refuse_change();

-- What a call that came in was (受電の区分); empty of calls of ours, and of what was recorded before there were kinds.
ALTER TABLE attempt_results
  ADD COLUMN kind text NOT NULL DEFAULT '' CHECK (kind IN ('', 'call_back_received', 'inquiry', 'complaint', 'other_business'));

-- A case that was called by hand was called.
CREATE OR REPLACE VIEW case_facts AS
SELECT c.id, c.state, c.cause, c.priority, c.rank_why, c.pinned, c.list_id,
  coalesce((SELECT sum(b.yen) FROM balances b WHERE b.case_id = c.id), 0)::bigint AS yen,
  (SELECT min(b.due_on) FROM balances b WHERE b.case_id = c.id AND b.yen > 0)::date AS oldest_due,
  (SELECT count(*) FROM attempts a WHERE a.case_id = c.id AND (a.counted OR a.origin = 'manual' AND a.dialled_at IS NOT NULL))::int AS tries,
  coalesce(p.state, '') AS promise, p.due_on AS promise_on
FROM cases c LEFT JOIN LATERAL (
  SELECT p.state, p.due_on FROM attempts a JOIN promises p ON p.attempt_id = a.id
  WHERE a.case_id = c.id AND p.state <> 'replaced' ORDER BY a.started_at DESC, p.revision DESC LIMIT 1
) p ON true;

-- +goose Down
CREATE OR REPLACE VIEW case_facts AS
SELECT c.id, c.state, c.cause, c.priority, c.rank_why, c.pinned, c.list_id,
  coalesce((SELECT sum(b.yen) FROM balances b WHERE b.case_id = c.id), 0)::bigint AS yen,
  (SELECT min(b.due_on) FROM balances b WHERE b.case_id = c.id AND b.yen > 0)::date AS oldest_due,
  (SELECT count(*) FROM attempts a WHERE a.case_id = c.id AND a.counted)::int AS tries,
  coalesce(p.state, '') AS promise, p.due_on AS promise_on
FROM cases c LEFT JOIN LATERAL (
  SELECT p.state, p.due_on FROM attempts a JOIN promises p ON p.attempt_id = a.id
  WHERE a.case_id = c.id AND p.state <> 'replaced' ORDER BY a.started_at DESC, p.revision DESC LIMIT 1
) p ON true;
ALTER TABLE attempt_results DROP COLUMN kind;
DROP TRIGGER attempts_origin_once ON attempts;
DROP INDEX attempts_by_hand, attempts_figures;
CREATE INDEX attempts_figures ON attempts (dialled_at) INCLUDE (result, counted, case_ref, insurance)
  WHERE dialled_at IS NOT NULL AND ended_at IS NOT NULL;
ALTER TABLE attempts DROP CONSTRAINT attempts_by_hand_proves_nothing, DROP COLUMN origin;
