-- +goose Up

-- When the ceiling of outgoing calls was reached, as the supervisor was told: once for each clock hour and each day, whichever node
-- saw it first.
CREATE TABLE ceiling_alerts (
  span  text NOT NULL CHECK (span IN ('hour', 'day')),
  began timestamptz NOT NULL,
  at    timestamptz NOT NULL,
  PRIMARY KEY (span, began)
);
CREATE TRIGGER ceiling_alerts_once BEFORE UPDATE OR DELETE ON ceiling_alerts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ceiling_alerts_stay BEFORE TRUNCATE ON ceiling_alerts EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE ceiling_alerts;
