-- +goose Up

-- One ended call by its id, with when it began: calls_ended finds a span's by their indexes, and would be read whole for this.
CREATE VIEW call_ended AS
SELECT id, case_ref, direction, origin, CASE WHEN direction = 'outbound' AND origin = 'sip' THEN dialled_at ELSE started_at END AS began
FROM attempts WHERE ended_at IS NOT NULL AND (dialled_at IS NOT NULL OR direction = 'inbound' OR origin = 'manual');

-- The newest month is what is asked for most. By default it would be a year until a ledger of ten years is looked after, and that long
-- an index alone could not answer.
ALTER TABLE attempts SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);

-- +goose Down
ALTER TABLE attempts RESET (
  autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold,
  autovacuum_analyze_scale_factor, autovacuum_analyze_threshold);
DROP VIEW call_ended;
