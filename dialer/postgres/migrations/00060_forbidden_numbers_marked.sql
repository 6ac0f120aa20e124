-- +goose Up

-- A line of the do-not-call log bears a mark, and so does what was said of a number that proved to be wrong: a number that was taken off the list, or made usable
-- again, by SQL is not dialled. What is older is marked once.
INSERT INTO rows_marked (what, at) SELECT 'do_not_call', now() WHERE NOT EXISTS (SELECT FROM do_not_call_log) AND NOT EXISTS (SELECT FROM do_not_call);
INSERT INTO rows_marked (what, at) SELECT 'wrong_number', now() WHERE NOT EXISTS (SELECT FROM phones WHERE NOT usable AND kind <> 'never');

-- +goose Down
ALTER TABLE rows_marked DISABLE TRIGGER USER;
DELETE FROM rows_marked WHERE what IN ('do_not_call', 'wrong_number');
ALTER TABLE rows_marked ENABLE TRIGGER USER;
ALTER TABLE row_marks DISABLE TRIGGER USER;
DELETE FROM row_marks WHERE what IN ('do_not_call', 'wrong_number');
ALTER TABLE row_marks ENABLE TRIGGER USER;
