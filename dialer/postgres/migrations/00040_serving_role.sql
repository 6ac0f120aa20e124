-- +goose Up
-- Counting what the planner goes by is the owner's alone. The role that serves owns nothing, and may have these counted and no others:
-- what a list brought, and payments that have just come.
-- +goose StatementBegin
CREATE FUNCTION count_for_planner(what text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  CASE what
    -- What is sealed is in no condition of a query, and figures about it are what takes ANALYZE its time.
    WHEN 'staged_rows' THEN ANALYZE public.staged_rows (list_id, case_ref, line);
    WHEN 'staged_cases' THEN ANALYZE public.staged_cases (list_id, n, case_ref);
    WHEN 'staged_payments' THEN ANALYZE public.staged_payments;
    WHEN 'payments' THEN ANALYZE public.payments;
  END CASE;
END $$;
-- +goose StatementEnd

-- So is putting what is new into the index of names.
CREATE FUNCTION index_names() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT gin_clean_pending_list('public.persons_tokens') $$;

-- +goose Down
DROP FUNCTION index_names();
DROP FUNCTION count_for_planner(text);
