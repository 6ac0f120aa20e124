-- +goose Up

-- The talks that ended because a language was wanted are few, and asked for each minute while the queue's screen is open.
CREATE INDEX attempt_results_language ON attempt_results (attempt_id) WHERE 'language' = ANY (business);

-- +goose Down
DROP INDEX attempt_results_language;
