-- +goose Up

-- The processes that run the centre's calls. Every instant here is this server's own clock: no node's is asked.
CREATE TABLE nodes (
  id           text PRIMARY KEY CHECK (id <> ''),
  epoch        bigint NOT NULL, -- which life of the node: whoever writes with an older one is refused
  label        text NOT NULL,   -- where people reach it
  state        text NOT NULL CHECK (state IN ('live', 'draining', 'dead', 'left')),
  started_at   timestamptz NOT NULL,
  beat_at      timestamptz NOT NULL,
  steady_since timestamptz NOT NULL, -- since when its beats have come without a gap: who missed some judges nobody
  until        timestamptz NOT NULL, -- the end of its lease; of a dead one, of whoever closes what it left
  -- With the epoch in a key, to change it takes the row whole: it waits for every attempt that is being written under the
  -- old one (FOR KEY SHARE), which a beat does not.
  UNIQUE (id, epoch)
);

-- Which node has a desk: nobody, or one. operator is who sat there when it was given on.
CREATE TABLE desk_owners (
  desk     text PRIMARY KEY CHECK (desk <> ''),
  node     text NOT NULL,
  operator text NOT NULL DEFAULT '',
  since    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Whose an attempt is: the node, and the life of it. Empty is what a program wrote that is no node, or was written before.
ALTER TABLE attempts ADD COLUMN node text NOT NULL DEFAULT '', ADD COLUMN node_epoch bigint NOT NULL DEFAULT 0;
CREATE INDEX attempts_open_node ON attempts (node, node_epoch) WHERE ended_at IS NULL;

-- +goose Down
DROP INDEX attempts_open_node;
ALTER TABLE attempts DROP COLUMN node, DROP COLUMN node_epoch;
DROP TABLE desk_owners, nodes;
