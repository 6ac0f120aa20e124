-- +goose Up

-- A number that is typed in although it proved to be wrong for its case stays unusable there, and whoever types it is told.
ALTER TABLE numbers_entered DROP CONSTRAINT numbers_entered_seen_check;
ALTER TABLE numbers_entered ADD CONSTRAINT numbers_entered_seen_check CHECK (seen IN ('new', 'at_case', 'elsewhere', 'wrong'));

-- +goose Down
ALTER TABLE numbers_entered DISABLE TRIGGER numbers_entered_once;
UPDATE numbers_entered SET seen = 'at_case' WHERE seen = 'wrong';
ALTER TABLE numbers_entered ENABLE TRIGGER numbers_entered_once;
ALTER TABLE numbers_entered DROP CONSTRAINT numbers_entered_seen_check;
ALTER TABLE numbers_entered ADD CONSTRAINT numbers_entered_seen_check CHECK (seen IN ('new', 'at_case', 'elsewhere'));
