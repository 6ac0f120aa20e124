-- +goose Up

-- Functions look into the schema of the tables, and never first into what a connection has made for itself: a temporary table by the name of a log had
-- a number leave the do-not-call list without a word, and a contract go on after its end.
ALTER FUNCTION refuse_change() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_after_end() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_unlogged() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION forget_placed() SET search_path = pg_catalog, public, pg_temp;

-- Nor does a number leave the list by becoming another.
CREATE TRIGGER do_not_call_stays BEFORE UPDATE OF number_ref ON do_not_call
  FOR EACH ROW WHEN (OLD.number_ref IS DISTINCT FROM NEW.number_ref) EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TRIGGER do_not_call_stays ON do_not_call;
ALTER FUNCTION forget_placed() RESET search_path;
ALTER FUNCTION refuse_unlogged() RESET search_path;
ALTER FUNCTION refuse_after_end() RESET search_path;
ALTER FUNCTION refuse_change() RESET search_path;
