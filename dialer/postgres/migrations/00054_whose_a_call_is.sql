-- +goose Up

-- Whose a call is that we placed does not change, nor who asked for it and when: what was listened to would stand under another, or under nobody.
CREATE TRIGGER attempts_whose BEFORE UPDATE OF id, case_id, case_ref, number_ref, direction, operator, started_at ON attempts
  FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.direction IS DISTINCT FROM NEW.direction OR OLD.number_ref IS DISTINCT FROM NEW.number_ref
    OR OLD.started_at IS DISTINCT FROM NEW.started_at OR OLD.direction = 'outbound' AND (OLD.case_id IS DISTINCT FROM NEW.case_id
      OR OLD.case_ref IS DISTINCT FROM NEW.case_ref OR OLD.operator IS DISTINCT FROM NEW.operator))
  EXECUTE FUNCTION refuse_change();

-- Whose a call is that came in is found out in it or after it. Each case that it was taken for stays known, whoever changed it: a trigger writes them, and
-- nobody else may.
CREATE TABLE arrivals_taken_for (
  attempt_id uuid NOT NULL REFERENCES attempts,
  case_ref   text NOT NULL,
  PRIMARY KEY (attempt_id, case_ref)
);
CREATE TRIGGER arrivals_taken_for_once BEFORE UPDATE OR DELETE ON arrivals_taken_for FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER arrivals_taken_for_stay BEFORE TRUNCATE ON arrivals_taken_for EXECUTE FUNCTION refuse_change();
-- +goose StatementBegin
CREATE FUNCTION keep_taken_for() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.case_ref IS DISTINCT FROM (SELECT c.case_ref FROM cases c WHERE c.id = NEW.case_id) THEN
    RAISE EXCEPTION 'a call bears the reference of its case' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
  END IF;
  INSERT INTO arrivals_taken_for (attempt_id, case_ref) VALUES (OLD.id, OLD.case_ref), (NEW.id, NEW.case_ref) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION keep_taken_for() FROM PUBLIC;
CREATE TRIGGER attempts_taken_for AFTER UPDATE OF case_id, case_ref ON attempts
  FOR EACH ROW WHEN (OLD.case_id IS DISTINCT FROM NEW.case_id OR OLD.case_ref IS DISTINCT FROM NEW.case_ref) EXECUTE FUNCTION keep_taken_for();

-- +goose Down
DROP TRIGGER attempts_taken_for ON attempts;
DROP FUNCTION keep_taken_for;
DROP TABLE arrivals_taken_for;
DROP TRIGGER attempts_whose ON attempts;
