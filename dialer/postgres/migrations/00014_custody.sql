-- +goose Up

-- Personal data stands sealed from here on (dialer/vault), each row under the key of its custody day; what is searched for or
-- compared is a blind token under the same key. What was there in plain is sealed by the first ledger that opens (sealold.go), and
-- its tables go.
ALTER TABLE persons RENAME TO plain_persons;
ALTER TABLE phones RENAME TO plain_phones;
ALTER TABLE case_notes RENAME TO plain_case_notes;
ALTER TABLE entry_notes RENAME TO plain_entry_notes;
ALTER TABLE attempt_legs RENAME TO plain_attempt_legs;
ALTER TABLE inbound_callers RENAME TO plain_inbound_callers;
ALTER INDEX persons_pkey RENAME TO plain_persons_pkey;
ALTER INDEX phones_pkey RENAME TO plain_phones_pkey;
ALTER INDEX case_notes_pkey RENAME TO plain_case_notes_pkey;
ALTER INDEX entry_notes_pkey RENAME TO plain_entry_notes_pkey;
ALTER INDEX attempt_legs_pkey RENAME TO plain_attempt_legs_pkey;
ALTER INDEX inbound_callers_pkey RENAME TO plain_inbound_callers_pkey;
DROP INDEX phones_number, phones_last_four, phones_number_ref;
DROP TABLE staged_cases, staged_rows;
UPDATE lists SET state = 'failed' WHERE state = 'staged'; -- their rows went: they are staged once more

-- The days whose keys sealed something, each with the mark of its key: a node that has another folder of keys is found out.
CREATE TABLE custody_days (
  day  date PRIMARY KEY,
  mark bytea NOT NULL
);

ALTER TABLE cases
  ADD COLUMN custody date,  -- null: the ward has it, so it is in no line and nobody dials it
  ADD COLUMN listed  bytea; -- keyed digest of what the last list said of it, to tell changed from same
CREATE INDEX cases_custody ON cases (custody);

CREATE TABLE persons (
  case_id uuid PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
  custody date NOT NULL,
  sealed  bytea NOT NULL,
  tokens  bytea[] NOT NULL -- blind: the ward's number, the beginnings of name and kana
);
CREATE INDEX persons_tokens ON persons USING gin (tokens) WITH (fastupdate = off);
CREATE INDEX persons_custody ON persons (custody);

-- A number whose custody is over keeps its reference, and whether it was found wrong.
CREATE TABLE phones (
  case_id    uuid NOT NULL REFERENCES cases ON DELETE CASCADE,
  number_ref text NOT NULL,
  rank       integer NOT NULL,
  kind       text NOT NULL,
  usable     boolean NOT NULL DEFAULT true,
  custody    date,
  sealed     bytea,
  last_four  bytea, -- blind
  PRIMARY KEY (case_id, number_ref),
  CONSTRAINT phones_in_custody CHECK ((custody IS NULL) = (sealed IS NULL) AND (custody IS NULL) = (last_four IS NULL))
);
CREATE INDEX phones_number_ref ON phones (number_ref);
CREATE INDEX phones_last_four ON phones (last_four) WHERE last_four IS NOT NULL;
CREATE INDEX phones_custody ON phones (custody) WHERE custody IS NOT NULL;

CREATE TABLE case_notes (
  case_id uuid NOT NULL REFERENCES cases ON DELETE CASCADE,
  n       integer NOT NULL,
  custody date NOT NULL,
  sealed  bytea NOT NULL,
  PRIMARY KEY (case_id, n)
);
CREATE INDEX case_notes_custody ON case_notes (custody);

CREATE TABLE entry_notes (
  attempt_id uuid NOT NULL,
  revision   integer NOT NULL,
  custody    date NOT NULL,
  sealed     bytea NOT NULL,
  PRIMARY KEY (attempt_id, revision),
  FOREIGN KEY (attempt_id, revision) REFERENCES attempt_results
);
CREATE INDEX entry_notes_custody ON entry_notes (custody);

-- handle is what is needed to end the legs of attempts that are open, sealed, gone with their end.
CREATE TABLE attempt_legs (
  attempt_id  uuid NOT NULL REFERENCES attempts,
  leg         text NOT NULL CHECK (leg IN ('desk', 'customer')),
  sip_call_id text NOT NULL,
  custody     date NOT NULL,
  handle      bytea NOT NULL,
  noted       int NOT NULL DEFAULT 0,
  PRIMARY KEY (attempt_id, leg)
);

CREATE TABLE inbound_callers (
  attempt_id uuid PRIMARY KEY REFERENCES attempts,
  custody    date NOT NULL,
  sealed     bytea NOT NULL
);
CREATE INDEX inbound_callers_custody ON inbound_callers (custody);

-- A list on its way in, unlogged still: a crash empties both tables, which applying notices; the list is then staged once more.
CREATE UNLOGGED TABLE staged_rows (
  list_id       uuid NOT NULL,
  line          integer NOT NULL,
  case_ref      text NOT NULL,
  custody       date NOT NULL,
  who           bytea NOT NULL,   -- blind: the name
  born          bytea,            -- blind: the day of birth, where there is one
  listed        bytea NOT NULL,   -- keyed digest of all that the row says
  sealed        bytea NOT NULL,   -- the person
  tokens        bytea[] NOT NULL,
  language      text NOT NULL,
  note          bytea NOT NULL,   -- sealed; empty when there is none
  note_token    bytea NOT NULL,
  phone_numbers bytea[] NOT NULL, -- sealed, in the order of their rank
  phone_ends    bytea[] NOT NULL,
  phone_kinds   text[] NOT NULL,
  phone_refs    text[] NOT NULL,
  insurance     text NOT NULL,
  term          text NOT NULL,
  due_on        date,
  yen           bigint NOT NULL
);
CREATE INDEX staged_rows_person ON staged_rows (list_id, case_ref, line);

-- One row for each person of a staged list; n is their place in it. takes: their personal rows are written, because they are
-- new, say something else, or stand under another day's key.
CREATE UNLOGGED TABLE staged_cases (
  list_id    uuid NOT NULL,
  n          integer NOT NULL,
  case_ref   text NOT NULL,
  first_line integer NOT NULL,
  listed     bytea NOT NULL,
  case_id    uuid NOT NULL,
  verdict    text NOT NULL CHECK (verdict IN ('new', 'changed', 'same')),
  takes      boolean NOT NULL,
  PRIMARY KEY (list_id, n)
);
CREATE INDEX staged_cases_person ON staged_cases (list_id, case_ref);

-- +goose Down
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'what was sealed is not unsealed again'; END $$;
-- +goose StatementEnd
