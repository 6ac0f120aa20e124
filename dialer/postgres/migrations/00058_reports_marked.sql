-- +goose Up

-- A report that was issued bears a mark as well: a row that somebody has written is no revision. Which kinds there are is the server's to know.
ALTER TABLE row_marks DROP CONSTRAINT row_marks_what_check;
INSERT INTO rows_marked (what, at) SELECT 'report', now() WHERE NOT EXISTS (SELECT FROM issued_reports);

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
DELETE FROM rows_marked WHERE what = 'report';
ALTER TABLE row_marks ENABLE TRIGGER row_marks_once;
ALTER TABLE rows_marked ENABLE TRIGGER rows_marked_once;
ALTER TABLE row_marks ADD CONSTRAINT row_marks_what_check CHECK (what IN ('close', 'setting', 'source'));
