-- +goose Up

-- A UUIDv7 (RFC 9562 §5.7) of now: 48 bits of Unix milliseconds, the version, the rest random.
-- +goose StatementBegin
CREATE FUNCTION new_id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_byte(overlay(uuid_send(gen_random_uuid())
      PLACING substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    6, get_byte(uuid_send(gen_random_uuid()), 6) & 15 | 112), 'hex')::uuid
$$;
-- +goose StatementEnd

-- The ward's lists: what each was found to hold, and what became of it. No personal data.
CREATE TABLE lists (
  id         uuid PRIMARY KEY,
  file_name  text NOT NULL,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL,
  sample     boolean NOT NULL,
  state      text NOT NULL CHECK (state IN ('staging', 'staged', 'applied', 'failed')),
  rows       integer NOT NULL DEFAULT 0,
  taken      integer NOT NULL DEFAULT 0, -- rows that were staged
  cases      integer NOT NULL DEFAULT 0,
  new        integer NOT NULL DEFAULT 0,
  changed    integer NOT NULL DEFAULT 0,
  same       integer NOT NULL DEFAULT 0,
  missing    integer NOT NULL DEFAULT 0,
  wrong      integer NOT NULL DEFAULT 0,
  repaired   integer NOT NULL DEFAULT 0,
  problems   jsonb NOT NULL DEFAULT '[]',
  repairs    jsonb NOT NULL DEFAULT '[]',
  kinds      jsonb NOT NULL DEFAULT '{}',
  applied_at timestamptz,
  applied_by text NOT NULL DEFAULT ''
);

-- Personal, and unlogged: a list on its way in leaves nothing in the write-ahead log. A crash empties both tables, which
-- applying notices; the list is then staged once more.
CREATE UNLOGGED TABLE staged_rows (
  list_id       uuid NOT NULL,
  line          integer NOT NULL,
  ward_number   text NOT NULL,
  case_ref      text NOT NULL,
  name          text NOT NULL,
  kana          text NOT NULL,
  postal_code   text NOT NULL,
  address       text NOT NULL,
  born_on       text NOT NULL,
  language      text NOT NULL,
  note          text NOT NULL,
  phone_numbers text[] NOT NULL, -- in the order of their rank
  phone_kinds   text[] NOT NULL,
  phone_refs    text[] NOT NULL,
  insurance     text NOT NULL,
  term          text NOT NULL,
  due_on        date,
  yen           bigint NOT NULL
);
CREATE INDEX staged_rows_person ON staged_rows (list_id, ward_number, line);

-- One row for each person of a staged list; n is their place in it.
CREATE UNLOGGED TABLE staged_cases (
  list_id     uuid NOT NULL,
  n           integer NOT NULL,
  ward_number text NOT NULL,
  first_line  integer NOT NULL,
  listed      bytea NOT NULL,
  case_id     uuid NOT NULL,
  verdict     text NOT NULL CHECK (verdict IN ('new', 'changed', 'same')),
  PRIMARY KEY (list_id, n)
);
CREATE INDEX staged_cases_person ON staged_cases (list_id, ward_number);

-- +goose Down
DROP TABLE staged_cases, staged_rows, lists;
DROP FUNCTION new_id;
