-- +goose Up

-- More papers than the three are issued and frozen: which there are is the program's to say.
ALTER TABLE issued_reports DROP CONSTRAINT issued_reports_kind_check;
ALTER TABLE issued_reports ADD CHECK (kind <> '');

-- What the ward said a month is to come to (§10(2)), instead of what the contract says: the newest word of a month counts.
CREATE TABLE month_targets (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month   text NOT NULL CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  calls   integer CHECK (calls >= 0), -- null: as the contract says, again
  reason  text NOT NULL CHECK (reason <> ''), -- who of the ward said so, and why
  by_user text NOT NULL CHECK (by_user <> ''),
  at      timestamptz NOT NULL
);
CREATE INDEX month_targets_of_month ON month_targets (month, id DESC);
CREATE TRIGGER month_targets_once BEFORE UPDATE OR DELETE ON month_targets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER month_targets_stay BEFORE TRUNCATE ON month_targets EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE month_targets;
ALTER TABLE issued_reports DROP CONSTRAINT issued_reports_kind_check;
ALTER TABLE issued_reports ADD CONSTRAINT issued_reports_kind_check CHECK (kind IN ('day', 'month', 'year'));
