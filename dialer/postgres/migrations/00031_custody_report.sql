-- +goose Up

-- Whether a report went out when nothing more could come: what tells those that are due.
ALTER TABLE issued_reports ADD COLUMN whole boolean NOT NULL DEFAULT false;
ALTER TABLE issued_reports DISABLE TRIGGER issued_reports_once;
UPDATE issued_reports SET whole = true WHERE (convert_from(content, 'UTF8')::jsonb ->> 'whole')::boolean;
ALTER TABLE issued_reports ENABLE TRIGGER issued_reports_once;
ALTER TABLE issued_reports ALTER COLUMN whole DROP DEFAULT;
CREATE INDEX issued_reports_at ON issued_reports (at);

-- The logs of personal data are read by month.
CREATE INDEX disclosures_at ON disclosures (at);
CREATE INDEX history_checks_at ON history_checks (at);
CREATE INDEX handoff_reads_at ON handoff_reads (at);
CREATE INDEX recording_listens_at ON recording_listens (at);

-- +goose Down
DROP INDEX recording_listens_at, handoff_reads_at, history_checks_at, disclosures_at, issued_reports_at;
ALTER TABLE issued_reports DROP COLUMN whole;
