-- What the role that serves may do, and nothing else: `kakeru migrate` takes all away and gives these. {role} is its name, quoted.
-- A test holds this against the triggers: what is written once is here without UPDATE and DELETE. Nobody but the owner may drop, alter, truncate,
-- or switch triggers off.

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM {role};
REVOKE ALL ON SCHEMA public FROM {role};
GRANT USAGE ON SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}; -- reading them is for pg_dump
REVOKE EXECUTE ON FUNCTION count_for_planner(text), index_names() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_for_planner(text), index_names() TO {role};

-- What is read: the views, and which migrations there are.
GRANT SELECT ON call_ended, calls_ended, calls_sealed, case_facts, closes, entered_numbers, records_now, script_versions, goose_db_version TO {role};

-- What a trigger writes.
GRANT SELECT ON arrivals_taken_for TO {role};

-- What is written once, and stays as it is.
GRANT SELECT, INSERT ON
  absences, alert_acks, alert_ends, alerts, attempt_evidence, attempt_quality, attempt_results, audit, call_seals, case_orders, ceiling_alerts, desk_pauses,
  disclosures, do_not_call_log, exports, handoff_events,
  handoff_reads, history_checks, incident_steps, incidents, issued_reports, language_waits, list_sources, minutes, minutes_signed, month_targets,
  numbers_entered, numbers_taken_back, people_marked, promise_parts, promise_verdicts, recording_listens, recording_pauses, return_numbers, return_rows,
  row_marks, rows_marked,
  script_decisions, script_pages, setting_changes, sms_counts, target_alerts, ward_notices
TO {role};

-- What stays, and is brought to its end.
GRANT SELECT, INSERT, UPDATE ON
  attempts, case_sums, cases, custody_days, day_closes, desk_owners, displays, handoffs, nodes, payments, promises, recordings, reference_secret, supervisors_here, users
TO {role};

-- What goes: personal data, what opens a session, and what is on its way.
GRANT SELECT, INSERT, UPDATE, DELETE ON
  answers_taken, attempt_legs, balances, case_notes, do_not_call, entry_notes, inbound_callers, lists, numbers_entered_whose, paid_lists, passkeys, persons, phones,
  promise_counted, recovery_codes, sessions, totps
TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON staged_cases, staged_payments, staged_rows TO {role};
