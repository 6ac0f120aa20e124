-- Made-up months for `kakeru bench report`, in a database that is thrown away: calls with the results, promises, payments and all else
-- that a report reads, written past the engine and its rules. Nobody is in them. Shares are in twentieths.
CREATE SCHEMA bench;

CREATE FUNCTION bench.ref(what text, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT translate(left(encode(sha256(convert_to(what || n, 'UTF8')), 'base64'), 24), '+/', '-_')
$$;

CREATE FUNCTION bench.pick(VARIADIC words text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT words[1 + floor(cardinality(words) * random())::int]
$$;

-- A month's calls in the order of time, on its weekdays from 9 to 17 hours: so many that count, and in proportion some that do not, some
-- that came in, and some that were noted by hand. Three calls in a month are to one person, who stays for about six months. Only a part
-- of the month is written, from one share of it to another; the same parts of the same months are the same.
CREATE FUNCTION bench.calls(month date, calls int, from_share float8, to_share float8) RETURNS void LANGUAGE sql AS $$
  SELECT setseed((extract(epoch FROM month) / 1e10 + from_share) / 2);
  WITH days AS (
    SELECT array_agg(d::date ORDER BY d) AS all FROM generate_series(month, month + interval '1 month' - interval '1 day', '1 day') d
    WHERE extract(isodow FROM d) < 6
  ), kinds AS (
    SELECT 'counted' AS kind, (i - 0.5) / calls AS place FROM generate_series(1, calls) i
    UNION ALL SELECT 'spared', (i - 0.5) / (calls / 20) FROM generate_series(1, calls / 20) i
    UNION ALL SELECT 'not_dialled', (i - 0.5) / (calls / 100) FROM generate_series(1, calls / 100) i
    UNION ALL SELECT 'inbound', (i - 0.5) / (calls / 30) FROM generate_series(1, calls / 30) i
    UNION ALL SELECT 'manual', (i - 0.5) / (calls / 200) FROM generate_series(1, calls / 200) i
  ), placed AS MATERIALIZED (
    SELECT kind, (days.all[1 + floor(place * cardinality(days.all))::int] + time '09:00') AT TIME ZONE 'Asia/Tokyo'
        + (place * cardinality(days.all) % 1) * interval '8 hours' AS at,
      (extract(year FROM month) * 12 + extract(month FROM month))::int * (calls / 18) + floor(random() * (calls / 3.0))::int AS person, CASE kind
        WHEN 'counted' THEN bench.pick('no_answer', 'no_answer', 'no_answer', 'no_answer', 'no_answer', 'no_answer', 'no_answer', 'no_answer', 'no_answer',
          'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'busy', 'unallocated', 'out_of_reach',
          'out_of_reach', bench.pick('number_changed', 'refused', 'cancelled', 'interrupted', 'line_trouble'))
        WHEN 'spared' THEN bench.pick('cancelled', 'line_trouble', 'bad_number')
        WHEN 'not_dialled' THEN 'not_dialled'
        ELSE bench.pick('answered', 'answered', 'no_answer') END AS result
    FROM kinds, days WHERE place >= from_share AND place < to_share
  ), timed AS MATERIALIZED (
    SELECT kind, at, person, result, new_id(at) AS id, at + interval '2 seconds' AS dialled,
      CASE WHEN result IN ('answered', 'interrupted') THEN at + interval '1 second' * (6 + 20 * random()) END AS answered,
      at + interval '1 second' * (30 + 200 * random()) AS ended
    FROM placed
  )
  INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk, direction,
    origin, idempotency_key, sip_call_id, started_at, dialled_at, ringing_at, answered_at, ended_at, ended_by, result, confidence, rule, why, counted)
  SELECT id, md5('case' || person)::uuid, bench.ref('case', person), bench.ref('number', person * 2 + floor(1.3 * random())::int),
    bench.pick('mobile', 'mobile', 'mobile', 'fixed', 'fixed', 'ip'), (ARRAY['kokuho', 'kokuho', 'kokuho', 'kouki', 'both', ''])[1 + person % 6],
    (ARRAY['ja', 'ja', 'ja', 'ja', 'ja', 'ja', 'zh', 'vi', 'en', 'ne'])[1 + person / 6 % 10], '-50k', true, 'desk' || 1 + floor(2 * random())::int,
    'operator' || 1 + floor(4 * random())::int, CASE WHEN kind = 'manual' THEN '' ELSE 'trunk' END,
    CASE WHEN kind = 'inbound' THEN 'inbound' ELSE 'outbound' END, CASE WHEN kind = 'manual' THEN 'manual' ELSE 'sip' END,
    CASE WHEN kind <> 'inbound' THEN id::text END, CASE WHEN kind IN ('counted', 'spared') THEN id::text END,
    at, CASE WHEN kind NOT IN ('inbound', 'not_dialled') THEN dialled END, CASE WHEN kind IN ('counted', 'spared') THEN dialled + interval '1 second' END,
    answered, ended, 'far', result, 'high', 'status', 'なぜこの結果としたかを一文で書いたもの', kind = 'counted'
  FROM timed ORDER BY at
$$;

-- What was recorded of a month's talks; of one in twenty it was corrected later, and of one in twenty nothing was.
CREATE FUNCTION bench.results(month date) RETURNS void LANGUAGE sql AS $$
  WITH talks AS MATERIALIZED (
    SELECT id, direction, ended_at, floor(20 * random())::int AS fate, CASE WHEN direction = 'inbound' THEN 'self'
      ELSE bench.pick('self', 'self', 'self', 'self', 'self', 'family', 'family', 'third_party', 'voicemail', 'voicemail', 'voicemail', 'recorder', 'fax') END AS party
    FROM attempts WHERE started_at >= month::timestamp AT TIME ZONE 'Asia/Tokyo' AND result = 'answered'
  ), said AS MATERIALIZED (
    SELECT id, direction, ended_at, fate, party, CASE party
      WHEN 'self' THEN bench.pick('promise', 'promise', 'promise', 'already_paid', 'instalments', 'slip_reissue', 'refuses', 'information', 'no_commitment', 'complaint')
      WHEN 'family' THEN bench.pick('message', 'not_in') WHEN 'third_party' THEN 'wrong_number' END AS business
    FROM talks WHERE fate > 0
  )
  INSERT INTO attempt_results (attempt_id, revision, party, business, mine, by_user, at, next_state, next_why, kind, language)
  SELECT id, revision, party, array_remove(ARRAY[business, CASE WHEN fate % 5 = 2 THEN 'account_transfer' END], NULL), false, 'operator1',
    ended_at + interval '1 second' * (20 + 60 * random()) * revision, 'waiting', '翌営業日の別の時間帯にします',
    CASE WHEN direction = 'inbound' THEN bench.pick('call_back_received', 'inquiry', 'complaint', 'other_business') ELSE '' END,
    CASE WHEN fate = 7 THEN bench.pick('zh', 'vi', 'ja') ELSE '' END
  FROM said, generate_series(1, CASE WHEN fate = 1 THEN 2 ELSE 1 END) revision
  ORDER BY ended_at, revision
$$;

-- What became of a month's promises. The newest revision's counts; every other one is split by insurance.
CREATE FUNCTION bench.promises(month date) RETURNS void LANGUAGE sql AS $$
  WITH said AS MATERIALIZED (
    SELECT r.attempt_id, r.revision, r.at::date AS said_on, 1000 * (1 + floor(60 * random())::bigint) AS yen,
      bench.pick('slip', 'convenience', 'bank', 'account_transfer') AS means, bench.pick('kept', 'kept', 'kept', 'partly', 'broken', 'broken', 'open') AS fate,
      floor(30 * random())::int AS days, EXISTS (SELECT FROM attempt_results n WHERE n.attempt_id = r.attempt_id AND n.revision > r.revision) AS replaced
    FROM attempt_results r
    WHERE r.at >= month::timestamp AT TIME ZONE 'Asia/Tokyo' AND 'promise' = ANY (r.business)
  ), promised AS (
    INSERT INTO promises (attempt_id, revision, yen, due_on, means, state, paid_yen, kept_on)
    SELECT attempt_id, revision, yen, said_on + 30, means, CASE WHEN replaced THEN 'replaced' ELSE fate END,
      CASE WHEN replaced THEN 0 WHEN fate = 'kept' THEN yen WHEN fate = 'partly' THEN yen / 2 ELSE 0 END,
      CASE WHEN fate = 'kept' AND NOT replaced THEN said_on + days END
    FROM said ORDER BY said_on
    RETURNING attempt_id, revision, yen, paid_yen, due_on, kept_on
  ), parts AS (
    INSERT INTO promise_parts (attempt_id, revision, n, insurance, term, yen)
    SELECT attempt_id, revision, 0, 'kokuho', '1', yen - 400 FROM promised WHERE yen % 2000 = 0
    UNION ALL SELECT attempt_id, revision, 1, 'kouki', '1', 400 FROM promised WHERE yen % 2000 = 0
  ), paid AS (
    INSERT INTO payments (case_ref, insurance, term, paid_on, yen, n, means, list_id, at)
    SELECT attempt_id::text, 'kokuho', '1', coalesce(kept_on, due_on), paid_yen, revision, '', '00000000-0000-7000-8000-000000000000', due_on
    FROM promised WHERE paid_yen > 0 ORDER BY 4
    RETURNING id, case_ref, n, yen
  )
  INSERT INTO promise_counted (attempt_id, revision, payment_id, part, yen) SELECT case_ref::uuid, n, id, -1, yen FROM paid
$$;

-- What a month's report has besides: matters passed on, numbers typed in, messages.
CREATE FUNCTION bench.others(month date, calls int) RETURNS void LANGUAGE sql AS $$
  WITH typed AS (
    INSERT INTO numbers_entered (id, at, by_user, case_ref, number_ref, kind, mended, source, document_on, first, seen)
    SELECT new_id(at), at, 'operator1', bench.ref('case', i), bench.ref('number', i), 'fixed', '', 'slip', month, i % 3 = 0, 'new'
    FROM generate_series(1, calls / 30) i, LATERAL (SELECT (month + interval '10 hours') AT TIME ZONE 'Asia/Tokyo' + i % 28 * interval '1 day' AS at) t
    RETURNING id, at, first
  ), back AS (
    INSERT INTO numbers_taken_back (id, at, by_user) SELECT id, at, 'operator1' FROM typed WHERE first AND extract(day FROM at) > 26
  ), sent AS (
    INSERT INTO sms_counts (day, sent, by_user, at) SELECT month + i, 100 + i, 'supervisor', now() FROM generate_series(1, 20) i
  )
  INSERT INTO handoffs (id, case_id, case_ref, attempt_id, kind, state, by_user, at, due_on, moved_at, sealed)
  SELECT new_id(r.at), a.case_id, a.case_ref, a.id, r.business[1], bench.pick('open', 'returned', 'returned', 'returned', 'withdrawn'), 'operator1', r.at,
    month + 40, r.at, ''
  FROM attempt_results r JOIN attempts a ON a.id = r.attempt_id
  WHERE r.at >= month::timestamp AT TIME ZONE 'Asia/Tokyo' AND r.revision = 1 AND r.business[1] IN ('instalments', 'slip_reissue', 'complaint')
$$;

-- All that came of a month's calls.
CREATE FUNCTION bench.outcomes(month date, calls int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO paid_lists (id, file_name, by_user, at, sample, state) VALUES ('00000000-0000-7000-8000-000000000000', 'x', 'bench', now(), true, 'applied')
    ON CONFLICT DO NOTHING;
  PERFORM bench.results(month);
  PERFORM bench.promises(month);
  PERFORM bench.others(month, calls);
END $$;
