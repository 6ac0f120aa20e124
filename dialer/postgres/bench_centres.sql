-- The months of bench_report.sql once more for each of many centres, in tables that all of them share: attempts by month, the others
-- whole. Centre 0 has the ids that public has, so that what stands beside its calls there is its own. What no report reads of a copy is
-- left out (the sentence, the keys), so that it fits on a disk.
CREATE SCHEMA shared;

CREATE TABLE shared.attempts (LIKE attempts INCLUDING DEFAULTS INCLUDING GENERATED, centre smallint NOT NULL) PARTITION BY RANGE (dialled_at);
CREATE UNLOGGED TABLE shared.undialled (LIKE shared.attempts INCLUDING DEFAULTS INCLUDING GENERATED); -- most of them came in
CREATE INDEX ON shared.attempts (id);
CREATE INDEX ON shared.attempts (centre, dialled_at) INCLUDE (result, counted, case_ref, insurance)
  WHERE dialled_at IS NOT NULL AND ended_at IS NOT NULL AND origin = 'sip';
CREATE INDEX ON shared.attempts (centre, started_at) WHERE direction = 'inbound' AND ended_at IS NOT NULL;
CREATE INDEX ON shared.attempts (centre, started_at) WHERE origin = 'manual';

CREATE UNLOGGED TABLE shared.attempt_results (LIKE attempt_results, centre smallint NOT NULL);
CREATE UNLOGGED TABLE shared.promises (LIKE promises INCLUDING DEFAULTS, centre smallint NOT NULL);

CREATE FUNCTION bench.of_centre(id uuid, centre int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE centre WHEN 0 THEN id ELSE encode(overlay(uuid_send(id) PLACING int2send(centre::smallint) FROM 15), 'hex')::uuid END
$$;

CREATE FUNCTION bench.of_centre(ref text, centre int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE centre WHEN 0 THEN ref ELSE overlay(ref PLACING lpad(centre::text, 3, '0') FROM 10) END
$$;

CREATE FUNCTION bench.copy_calls(into_table text, those text, from_at timestamptz, to_at timestamptz, centres int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format($q$
    INSERT INTO shared.%I (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk, direction,
      started_at, dialled_at, ringing_at, answered_at, ended_at, ended_by, result, confidence, rule, why, counted, origin, centre)
    SELECT bench.of_centre(id, c), case_id, bench.of_centre(case_ref, c), bench.of_centre(number_ref, c), number_kind, insurance, language, balance_band,
      sample, desk, operator, trunk, direction, started_at, dialled_at, ringing_at, answered_at, ended_at, ended_by, result, confidence, rule, '', counted, origin, c
    FROM (SELECT * FROM attempts WHERE %s AND started_at >= $1 AND started_at < $2 ORDER BY started_at) a, generate_series(0, $3 - 1) c
  $q$, into_table, those) USING from_at, to_at, centres;
END $$;

-- A month of all centres, call beside call in the order of time.
CREATE FUNCTION bench.share(month date, centres int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part text := to_char(month, '"attempts_"YYYY_MM');
  from_at timestamptz := month::timestamp AT TIME ZONE 'Asia/Tokyo';
  to_at timestamptz := (month + interval '1 month') AT TIME ZONE 'Asia/Tokyo';
BEGIN
  EXECUTE format('CREATE UNLOGGED TABLE shared.%I (LIKE shared.attempts INCLUDING DEFAULTS INCLUDING GENERATED)', part);
  PERFORM bench.copy_calls(part, 'dialled_at IS NOT NULL', from_at, to_at, centres);
  PERFORM bench.copy_calls('undialled', 'dialled_at IS NULL', from_at, to_at, centres);
  INSERT INTO shared.attempt_results
    SELECT bench.of_centre(r.attempt_id, c), r.revision, r.party, r.business, r.call_again_at, r.mine, r.by_user, r.at, r.next_state, r.next_due, '', r.kind, r.language, c
    FROM attempts a JOIN attempt_results r ON r.attempt_id = a.id, generate_series(0, centres - 1) c
    WHERE a.started_at >= from_at AND a.started_at < to_at ORDER BY r.attempt_id, r.revision, c;
  INSERT INTO shared.promises
    SELECT bench.of_centre(p.attempt_id, c), p.revision, p.yen, p.due_on, p.means, p.state, p.paid_yen, p.kept_on, p.why, p.why_en, c
    FROM attempts a JOIN promises p ON p.attempt_id = a.id, generate_series(0, centres - 1) c
    WHERE a.started_at >= from_at AND a.started_at < to_at ORDER BY p.attempt_id, p.revision, c;
  EXECUTE format('ALTER TABLE shared.attempts ATTACH PARTITION shared.%I FOR VALUES FROM (%L) TO (%L)', part, from_at, to_at);
END $$;

-- What one centre sees of it, by the names that the product's queries use.
CREATE FUNCTION bench.open_centre() RETURNS void LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  name text;
  all_columns text;
  views text[] := '{}';
BEGIN
  ALTER TABLE shared.attempts ATTACH PARTITION shared.undialled DEFAULT;
  CREATE INDEX ON shared.attempt_results (centre, attempt_id, revision);
  CREATE INDEX ON shared.promises (centre, attempt_id, revision);
  CREATE INDEX ON shared.promises (centre, kept_on) WHERE state = 'kept';
  CREATE SCHEMA centre;
  FOREACH name IN ARRAY '{calls_ended, call_ended}'::text[] LOOP
    views := views || format('CREATE VIEW centre.%I AS %s', name, pg_get_viewdef(name::regclass));
  END LOOP;
  FOREACH name IN ARRAY '{attempts, attempt_results, promises}'::text[] LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO all_columns FROM pg_attribute
    WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('CREATE VIEW centre.%I AS SELECT %s FROM shared.%I WHERE centre = 0', name, all_columns, name);
  END LOOP;
  SET LOCAL search_path = centre, public;
  FOREACH name IN ARRAY views LOOP
    EXECUTE name;
  END LOOP;
END $$;
