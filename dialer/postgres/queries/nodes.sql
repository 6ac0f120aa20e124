-- name: JoinNode :one
-- Begins a life of a node. Whoever was it before is fenced from here on: what they were writing is committed, or will be refused.
INSERT INTO nodes (id, epoch, label, state, started_at, beat_at, steady_since, until)
VALUES (@id, 1, @label, 'live', clock_timestamp(), clock_timestamp(), clock_timestamp(),
  clock_timestamp() + make_interval(secs => @lease_s::float8))
ON CONFLICT (id) DO UPDATE SET epoch = nodes.epoch + 1, label = EXCLUDED.label, state = 'live', started_at = EXCLUDED.started_at,
  beat_at = EXCLUDED.beat_at, steady_since = EXCLUDED.steady_since, until = EXCLUDED.until
RETURNING epoch;

-- name: BeatNode :execrows
-- Prolongs a lease, also one that has run out while nobody ended it: this server may have been away. A gap between two beats
-- of half a lease is no steady beat.
UPDATE nodes SET state = @state, until = clock_timestamp() + make_interval(secs => @lease_s::float8),
  steady_since = CASE WHEN 2 * (clock_timestamp() - beat_at) > make_interval(secs => @lease_s::float8) THEN clock_timestamp()
    ELSE steady_since END,
  beat_at = clock_timestamp()
WHERE id = @id AND epoch = @epoch;

-- name: ReapNode :one
-- Ends the life of a node whose lease has run out, or of one that left something open; one caller wins. Only who has been
-- steady for a whole lease may: after this server was away or asleep, everybody's lease has run out.
UPDATE nodes n SET epoch = n.epoch + 1, state = 'dead', until = clock_timestamp() + make_interval(secs => @lease_s::float8)
WHERE n.id = (
  SELECT d.id FROM nodes d
  WHERE d.id <> @id AND d.until < clock_timestamp()
    AND (d.state <> 'left' OR EXISTS (SELECT FROM attempts a WHERE a.node = d.id AND a.ended_at IS NULL))
    AND EXISTS (SELECT FROM nodes me WHERE me.id = @id AND me.epoch = @epoch AND me.until > clock_timestamp()
      AND me.steady_since < clock_timestamp() - make_interval(secs => @lease_s::float8))
  ORDER BY d.until LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
RETURNING n.id, n.epoch;

-- name: BuryNode :execrows
-- What a dead node left is closed.
UPDATE nodes SET state = 'left' WHERE id = @id AND epoch = @epoch AND state = 'dead';

-- name: LeaveNode :execrows
UPDATE nodes SET state = 'left', until = clock_timestamp() WHERE id = @id AND epoch = @epoch;

-- name: FreeDesksOf :exec
UPDATE desk_owners SET node = '', since = clock_timestamp(), operator = '' WHERE node = @node;

-- name: Nodes :many
SELECT id, epoch, label, state, started_at, (until > clock_timestamp())::boolean AS alive,
  extract(epoch FROM until - clock_timestamp())::float8 AS left_s
FROM nodes WHERE state <> 'left' OR until > clock_timestamp() - interval '1 day' ORDER BY id;

-- name: CarrierOf :one
-- Whose life has a call open; in an empty one it is no node's.
SELECT node, node_epoch FROM attempts WHERE id = @id AND ended_at IS NULL;

-- name: DeskOwners :many
SELECT desk, node, operator FROM desk_owners ORDER BY desk;

-- name: TakeDesks :many
-- Takes desks that nobody has; those that another was quicker to take are not among what comes back.
INSERT INTO desk_owners AS o (desk, node)
SELECT unnest(@desks::text[]), n.id FROM nodes n WHERE n.id = @node AND n.epoch = @epoch AND n.until > clock_timestamp()
ON CONFLICT (desk) DO UPDATE SET node = EXCLUDED.node, since = clock_timestamp() WHERE o.node = ''
RETURNING o.desk, o.operator;

-- name: GiveDesk :execrows
-- Gives a desk on, to a node that lives, or to nobody.
UPDATE desk_owners o SET node = @to_node::text, operator = @operator, since = clock_timestamp()
WHERE o.desk = @desk AND o.node = @node AND (@to_node::text = '' OR EXISTS (
  SELECT FROM nodes n WHERE n.id = @to_node::text AND n.state = 'live' AND n.until > clock_timestamp()));
