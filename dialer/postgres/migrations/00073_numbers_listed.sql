-- +goose Up

-- Which numbers of a case an applied list of the ward's has: one that was typed in, and that the ward's list brings as well, is not taken back with a slip of typing.
-- Of those there are, what was typed in and stands is not known to be the ward's; its next list says so.
ALTER TABLE phones ADD COLUMN listed boolean NOT NULL DEFAULT false;
UPDATE phones p SET listed = true FROM cases c
WHERE c.id = p.case_id AND c.origin = 'list' AND NOT EXISTS (SELECT FROM numbers_entered e
  WHERE e.case_id = p.case_id AND e.number_ref = p.number_ref AND e.ranked IS NOT NULL AND NOT EXISTS (SELECT FROM numbers_taken_back b WHERE b.id = e.id));

-- +goose Down
ALTER TABLE phones DROP COLUMN listed;
