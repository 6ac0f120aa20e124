-- +goose Up

-- Whether somebody of a household calls us now, or talks with us: about the case by whichever number, from one of its numbers or from the one that is to be rung, or taken to be
-- of a case that has one of these. One telephone is often several people's, and the ledger cannot know which of them is on the line.
CREATE FUNCTION calls_us(the_case uuid, the_number text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM attempts i WHERE i.direction = 'inbound' AND i.ended_at IS NULL AND (
      i.case_id = the_case
      OR i.number_ref <> '' AND (i.number_ref = the_number OR EXISTS (SELECT FROM phones p WHERE p.case_id = the_case AND p.usable AND p.number_ref = i.number_ref))
      OR EXISTS (SELECT FROM phones p WHERE p.case_id = i.case_id AND p.usable
           AND (p.number_ref = the_number OR EXISTS (SELECT FROM phones o WHERE o.case_id = the_case AND o.usable AND o.number_ref = p.number_ref)))))
$$;

-- +goose Down
DROP FUNCTION calls_us;
