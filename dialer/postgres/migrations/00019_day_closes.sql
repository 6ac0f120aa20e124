-- +goose Up

-- 終業返却: how each day's close stands, and what went back and was destroyed with it. No personal data.
CREATE TABLE day_closes (
  id        uuid PRIMARY KEY,
  day       date NOT NULL,
  upto      date,                       -- the last day of custody whose personal data goes
  by_user   text NOT NULL CHECK (by_user <> ''),
  begun_at  timestamptz NOT NULL,
  step      text NOT NULL CHECK (step IN ('begun', 'written', 'signed', 'destroying', 'closed', 'given_up')),
  moved_at  timestamptz NOT NULL,
  files     jsonb NOT NULL DEFAULT '[]',
  counts    jsonb NOT NULL DEFAULT '{}',
  manifest  text NOT NULL DEFAULT '',   -- SHA-256 of it, once it is signed
  destroyed jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT day_closes_signed_has_manifest CHECK (step NOT IN ('signed', 'destroying', 'closed') OR manifest <> '')
);
-- One at a time, and a day that was closed stays closed.
CREATE UNIQUE INDEX day_closes_under_way ON day_closes ((true)) WHERE step NOT IN ('closed', 'given_up');
CREATE UNIQUE INDEX day_closes_once ON day_closes (day) WHERE step = 'closed';
CREATE INDEX day_closes_newest ON day_closes (begun_at DESC, id DESC);

CREATE TRIGGER day_closes_over BEFORE UPDATE ON day_closes
  FOR EACH ROW WHEN (OLD.step IN ('closed', 'given_up')) EXECUTE FUNCTION refuse_change();
-- What there is no way back from, whoever asks.
CREATE TRIGGER day_closes_no_way_back BEFORE UPDATE ON day_closes
  FOR EACH ROW WHEN (OLD.step = 'destroying' AND NEW.step NOT IN ('destroying', 'closed')) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER day_closes_stay BEFORE DELETE ON day_closes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER day_closes_stay_all BEFORE TRUNCATE ON day_closes EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE day_closes;
