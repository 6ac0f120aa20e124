-- +goose Up

-- A case as the queue and the rules need it: nothing here says who it is.
CREATE TABLE cases (
  id         uuid PRIMARY KEY,
  case_ref   text NOT NULL UNIQUE,
  origin     text NOT NULL CHECK (origin IN ('list', 'ad_hoc')),
  sample     boolean NOT NULL,
  language   text NOT NULL,
  priority   integer NOT NULL DEFAULT 50, -- smaller is sooner
  state      text NOT NULL CHECK (state IN ('waiting', 'result_due', 'held', 'closed')),
  due        timestamptz,
  why        text NOT NULL,
  moved_at   timestamptz NOT NULL,        -- when state, due and why were last set
  list_id    uuid,                        -- the list that last brought or changed it
  updated_at timestamptz NOT NULL,
  CONSTRAINT cases_waiting_is_due CHECK (state <> 'waiting' OR due IS NOT NULL)
);
CREATE INDEX cases_held ON cases (moved_at DESC, id) WHERE state = 'held';
CREATE INDEX cases_of_list ON cases (list_id);

CREATE TABLE balances (
  case_id   uuid NOT NULL REFERENCES cases ON DELETE CASCADE,
  insurance text NOT NULL CHECK (insurance IN ('kokuho', 'kouki')),
  term      text NOT NULL,
  due_on    date,
  yen       bigint NOT NULL,
  PRIMARY KEY (case_id, insurance, term)
);

-- Numbers that nobody may dial again, by their reference: it outlives the number itself.
CREATE TABLE do_not_call (
  number_ref text PRIMARY KEY,
  by_user    text NOT NULL,
  at         timestamptz NOT NULL
);

-- Personal tables from here on: a day's custody of them is to be sealed and destroyed, so nothing else holds such a field.
CREATE TABLE persons (
  case_id     uuid PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
  ward_number text NOT NULL,
  name        text NOT NULL,
  kana        text NOT NULL,
  postal_code text NOT NULL,
  address     text NOT NULL,
  born_on     text NOT NULL,
  listed      bytea NOT NULL -- digest of what the last list said of the case, to tell changed from same
);
CREATE UNIQUE INDEX persons_ward_number ON persons (ward_number) WHERE ward_number <> '';
CREATE INDEX persons_ward_number_short ON persons (ltrim(ward_number, '0') text_pattern_ops);
-- Names are found whatever spaces the list has in them.
CREATE INDEX persons_name ON persons (translate(name, ' 　', '') text_pattern_ops);
CREATE INDEX persons_kana ON persons (translate(kana, ' 　', '') text_pattern_ops);

CREATE TABLE phones (
  case_id    uuid NOT NULL REFERENCES cases ON DELETE CASCADE,
  number     text NOT NULL,
  rank       integer NOT NULL,
  kind       text NOT NULL,
  usable     boolean NOT NULL DEFAULT true,
  number_ref text NOT NULL,
  PRIMARY KEY (case_id, number)
);
CREATE INDEX phones_number ON phones (number);
CREATE INDEX phones_last_four ON phones (right(number, 4));
CREATE INDEX phones_number_ref ON phones (number_ref);

CREATE TABLE case_notes (
  case_id uuid PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
  note    text NOT NULL
);

-- +goose Down
DROP TABLE case_notes, phones, persons, do_not_call, balances, cases;
