-- +goose Up
-- Every panel asks every half minute which calls that were asked for fall due.
CREATE INDEX cases_asked ON cases (due, id) WHERE state = 'waiting' AND cause = 'asked';

-- +goose Down
DROP INDEX cases_asked;
