-- +goose Up

-- That an attempt was recorded, and how: never the sound, nor where it is. ref names the file to whoever keeps it. ended_at stays
-- empty when a crash cut the recording off.
CREATE TABLE recordings (
  attempt_id uuid PRIMARY KEY REFERENCES attempts,
  ref        text NOT NULL UNIQUE,
  began_at   timestamptz NOT NULL,
  ended_at   timestamptz CHECK (ended_at >= began_at),
  lost_ms    bigint NOT NULL DEFAULT 0 CHECK (lost_ms >= 0),
  fault      text NOT NULL DEFAULT '' CHECK (fault IN ('', 'disk_full', 'unwritable', 'slow', 'no_key'))
);
CREATE TRIGGER recordings_end_once BEFORE UPDATE ON recordings
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recordings_stay BEFORE DELETE ON recordings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recordings_stay_all BEFORE TRUNCATE ON recordings EXECUTE FUNCTION refuse_change();

CREATE TABLE recording_pauses (
  attempt_id uuid NOT NULL REFERENCES recordings,
  n          integer NOT NULL,
  began_at   timestamptz NOT NULL,
  ended_at   timestamptz NOT NULL,
  PRIMARY KEY (attempt_id, n)
);
CREATE TRIGGER recording_pauses_once BEFORE UPDATE OR DELETE ON recording_pauses
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Who listened to what, and when: written before the first octet is played.
CREATE TABLE recording_listens (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempt_id uuid NOT NULL REFERENCES recordings,
  by_user    text NOT NULL CHECK (by_user <> ''),
  at         timestamptz NOT NULL
);
CREATE INDEX recording_listens_attempt ON recording_listens (attempt_id);
CREATE TRIGGER recording_listens_once BEFORE UPDATE OR DELETE ON recording_listens
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recording_listens_stay BEFORE TRUNCATE ON recording_listens EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE recording_listens, recording_pauses, recordings;
