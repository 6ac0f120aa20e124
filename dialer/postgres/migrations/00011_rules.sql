-- +goose Up

-- What a case waits for by kind, so that those that wait can be counted; and the same sentence in English.
ALTER TABLE cases
  ADD COLUMN cause       text NOT NULL DEFAULT '',
  ADD COLUMN why_en      text NOT NULL DEFAULT '',
  -- Who promised to make the call in person, and until when it is kept for them.
  ADD COLUMN mine        text NOT NULL DEFAULT '',
  ADD COLUMN mine_until  timestamptz,
  -- Why priority is what it is.
  ADD COLUMN rank_why    text NOT NULL DEFAULT '',
  ADD COLUMN rank_why_en text NOT NULL DEFAULT '',
  -- A supervisor wants it called before all others; until it is.
  ADD COLUMN pinned      boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT cases_mine_ends CHECK ((mine = '') = (mine_until IS NULL)),
  ADD CONSTRAINT cases_pinned_waits CHECK (NOT pinned OR state = 'waiting');
UPDATE cases SET cause = 'missed_call' WHERE state = 'waiting' AND why LIKE '%不在着信がありました%';
CREATE INDEX cases_mine ON cases (mine_until) WHERE mine <> '';
CREATE INDEX cases_language ON cases (language, due) WHERE state = 'waiting' AND language NOT IN ('', 'ja');

-- What supervisors ordered of single cases: appended, never written over. The reason is masked, and names nobody.
CREATE TABLE case_orders (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id uuid NOT NULL,
  at      timestamptz NOT NULL,
  by_user text NOT NULL CHECK (by_user <> ''),
  act     text NOT NULL CHECK (act IN ('pin', 'skip', 'hold', 'release')),
  until   timestamptz,
  reason  text NOT NULL CHECK (reason <> ''),
  CONSTRAINT case_orders_skip_until CHECK ((act = 'skip') = (until IS NOT NULL))
);
CREATE INDEX case_orders_of_case ON case_orders (case_id, id DESC);
CREATE TRIGGER case_orders_once BEFORE UPDATE OR DELETE ON case_orders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_orders_stay BEFORE TRUNCATE ON case_orders EXECUTE FUNCTION refuse_change();

-- What a case's priority is made of.
CREATE VIEW case_facts AS
SELECT c.id, c.state, c.cause, c.priority, c.rank_why, c.pinned, c.list_id,
  coalesce((SELECT sum(b.yen) FROM balances b WHERE b.case_id = c.id), 0)::bigint AS yen,
  (SELECT min(b.due_on) FROM balances b WHERE b.case_id = c.id AND b.yen > 0)::date AS oldest_due,
  (SELECT count(*) FROM attempts a WHERE a.case_id = c.id AND a.counted)::int AS tries,
  coalesce(p.state, '') AS promise, p.due_on AS promise_on
FROM cases c LEFT JOIN LATERAL (
  SELECT p.state, p.due_on FROM attempts a JOIN promises p ON p.attempt_id = a.id
  WHERE a.case_id = c.id AND p.state <> 'replaced' ORDER BY a.started_at DESC, p.revision DESC LIMIT 1
) p ON true;

-- +goose Down
DROP VIEW case_facts;
DROP TABLE case_orders;
DROP INDEX cases_language, cases_mine;
ALTER TABLE cases DROP COLUMN cause, DROP COLUMN why_en, DROP COLUMN mine, DROP COLUMN mine_until, DROP COLUMN rank_why,
  DROP COLUMN rank_why_en, DROP COLUMN pinned;
