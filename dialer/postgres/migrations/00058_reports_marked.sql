-- +goose Up

-- A report that was issued bears a mark as well, minutes that were signed, and an alert that somebody has acknowledged: a row that somebody has written is none. Which kinds there are is the server's to know.
ALTER TABLE row_marks DROP CONSTRAINT row_marks_what_check;
INSERT INTO rows_marked (what, at)
SELECT w.what, now() FROM (VALUES ('report', EXISTS (SELECT FROM issued_reports)), ('signature', EXISTS (SELECT FROM minutes_signed)),
  ('acknowledgement', EXISTS (SELECT FROM alert_acks))) AS w(what, are)
WHERE NOT w.are;

-- Nor may such a row keep a report from going out: the first takes the next number that is free. That a further one has a reason is the server's to see.
ALTER TABLE issued_reports DROP CONSTRAINT issued_reports_check;

-- +goose Down
ALTER TABLE issued_reports DISABLE TRIGGER issued_reports_once;
UPDATE issued_reports SET reason = '-' WHERE revision > 1 AND reason = '';
ALTER TABLE issued_reports ENABLE TRIGGER issued_reports_once;
ALTER TABLE issued_reports ADD CONSTRAINT issued_reports_check CHECK (revision = 1 OR reason <> '');
ALTER TABLE row_marks DISABLE TRIGGER row_marks_once;
ALTER TABLE rows_marked DISABLE TRIGGER rows_marked_once;
DELETE FROM row_marks WHERE what NOT IN ('close', 'setting', 'source');
DELETE FROM rows_marked WHERE what IN ('report', 'signature', 'acknowledgement');
ALTER TABLE row_marks ENABLE TRIGGER row_marks_once;
ALTER TABLE rows_marked ENABLE TRIGGER rows_marked_once;
ALTER TABLE row_marks ADD CONSTRAINT row_marks_what_check CHECK (what IN ('close', 'setting', 'source'));
