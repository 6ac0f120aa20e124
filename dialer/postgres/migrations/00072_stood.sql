-- +goose Up

-- Where the case stood when its call was reserved. What moved since, while the desk rang, is known by it, whichever clock said when.
ALTER TABLE attempts ADD COLUMN stood text;
CREATE FUNCTION how_it_stands(c cases) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('|', c.state, c.cause, extract(epoch FROM c.due), extract(epoch FROM c.moved_at))
$$;

-- +goose Down
DROP FUNCTION how_it_stands;
ALTER TABLE attempts DROP COLUMN stood;
