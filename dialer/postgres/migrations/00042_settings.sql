-- +goose Up

-- What an administrator changed while the centre worked (package settings): never written over. What holds is the last change of each
-- key, over the settings file. No personal data.
CREATE TABLE setting_changes (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL,
  by_user     text NOT NULL, -- empty: the command line
  key         text NOT NULL CHECK (key <> ''),
  before      jsonb NOT NULL, -- what held
  before_file boolean NOT NULL, -- as the settings file had it
  after       jsonb NOT NULL, -- what holds from then on
  after_file  boolean NOT NULL, -- the file's again, whatever it says
  reason      text NOT NULL CHECK (reason <> ''),
  follows     bigint NOT NULL, -- the change of the same key before it; 0 for none
  reverts     bigint REFERENCES setting_changes (id),
  UNIQUE (key, follows) -- of two administrators at once the second is refused
);
CREATE INDEX setting_changes_key ON setting_changes (key text_pattern_ops, id);
CREATE TRIGGER setting_changes_once BEFORE UPDATE OR DELETE ON setting_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER setting_changes_stay BEFORE TRUNCATE ON setting_changes EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE setting_changes;
