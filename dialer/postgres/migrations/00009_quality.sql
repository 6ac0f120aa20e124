-- +goose Up

-- How a talk sounded, by leg and direction: in is from the far end to us, as we got it; out is ours, as the far end says by RTCP
-- that it got it. A direction of which nothing is known has no row. It is written with the attempt's end.
CREATE TABLE attempt_quality (
  attempt_id    uuid NOT NULL REFERENCES attempts,
  leg           text NOT NULL CHECK (leg IN ('desk', 'customer')),
  direction     text NOT NULL CHECK (direction IN ('in', 'out')),
  packets       bigint NOT NULL CHECK (packets > 0), -- that came
  lost          bigint NOT NULL, -- less than nothing when some came twice
  jitter_ms     double precision NOT NULL CHECK (jitter_ms >= 0),
  round_trip_ms double precision CHECK (round_trip_ms > 0), -- between us and the far end; null when not known
  mos           double precision NOT NULL CHECK (mos BETWEEN 1 AND 4.5), -- by ITU-T G.107
  worst_mos     double precision NOT NULL CHECK (worst_mos BETWEEN 1 AND 4.5), -- of five seconds
  PRIMARY KEY (attempt_id, leg, direction)
);
CREATE TRIGGER attempt_quality_once BEFORE UPDATE OR DELETE ON attempt_quality
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_quality_stays BEFORE TRUNCATE ON attempt_quality EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE attempt_quality;
