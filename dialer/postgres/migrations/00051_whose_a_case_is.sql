-- +goose Up

-- Whose a case is does not change: the record would say that another's had been read.
CREATE TRIGGER cases_whose BEFORE UPDATE OF id, case_ref ON cases
  FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.case_ref IS DISTINCT FROM NEW.case_ref) EXECUTE FUNCTION refuse_change();

-- A number leaves the do-not-call list only when its log says who took it off.
-- +goose StatementBegin
CREATE FUNCTION refuse_unlogged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT l.listed FROM do_not_call_log l WHERE l.number_ref = OLD.number_ref ORDER BY l.at DESC, l.listed LIMIT 1) THEN
    RAISE EXCEPTION 'a number leaves % only when its log says so', TG_TABLE_NAME;
  END IF;
  RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER do_not_call_logged BEFORE DELETE ON do_not_call FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

-- +goose Down
DROP TRIGGER do_not_call_logged ON do_not_call;
DROP FUNCTION refuse_unlogged;
DROP TRIGGER cases_whose ON cases;
