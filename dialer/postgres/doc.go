// Package postgres is the ledger: what happened, kept in PostgreSQL. Redis only orders and leases; whatever it loses is
// rebuilt from here.
//
// # Words
//
//   - Attempt: one row for each 架電, from the click on: reserved, dialled, ended. It is ended once; the database itself
//     refuses any change after that, and a second open outbound attempt for one case or one number.
//   - Evidence: everything that was seen or done on an attempt's legs, numbered, appended, for ever.
//   - Leg: what is needed to end a far leg after a crash. It may hold a number and goes with the attempt's end.
//   - Spool: a local, fsynced file for what the database did not take in time: arrivals, notes, ends and results. It is sealed
//     under the day's key, and belongs to one ledger.
//   - Staged list: the ward's list on its way in, where no other part of the house sees it.
//
// # Who owns what
//
// A Ledger implements the ports of dialer (Ledger, Cases, Users, Sessions), casework (CaseStore, LineStore, ResultStore, ListStore)
// and report (Source). The schema is migrations/, the queries are queries/, and internal/db is what sqlc makes of both.
// Personal data stands in tables of its own (persons, phones, case_notes, entry_notes, attempt_legs, inbound_callers, staged_rows),
// sealed under the key of its day of custody and found by blind tokens; an attempt holds references in its place and outlives it.
// Once a day's custody is over its rows and its key go, and the case is the ward's until a list brings it again (decision 0024).
//
// # How it fails
//
//   - The database does not answer before the context's deadline (or within 5 s where the caller gave none):
//     dialer.ErrLedgerDown, at the deadline. When it is back, the next call finds it.
//   - Only End, Note and Record do not fail then: what they bring goes to the spool, which Run replays when the database is
//     back. While something waits there, everything that asks who may be called, or moves a case (Reserve, Open, ResultsDue,
//     Tries, Target, Place, Waiting, Record, Defer, Order), replays it first and answers ErrLedgerDown if it cannot: so a
//     spooled end counts as an end. Replaying anything twice, or after what came later, changes nothing.
//   - What the database refuses for good (it contradicts itself) is set aside beside the spool and logged as an error.
//   - No error text carries a value from the database: PostgreSQL's own messages quote them, so they are taken apart and
//     only their code and constraint are kept (errors.go).
//
// # The files
//
// spool.go, spoolfile.go and seal.go are the spool; replay.go decides what goes into it and brings it back; health.go looks
// whether the database is there and what its clock shows; errors.go says what each failure means; end.go, entries.go,
// attempts.go and inbound.go write calls; staging.go and lists.go take lists in, preview.go and findings.go say what one brings, and
// listsources.go how its columns are read. begun.go says which calls were begun here, forbidden.go which numbers are not dialled.
// custody.go seals and unseals, and ends a day's custody; persons.go and search.go are people and how they are found; sealold.go
// seals what an earlier version kept in plain. closes.go shuts a day and keeps how its close stands, returns.go what goes back with it,
// handover.go what the next contractor is told, exports.go what goes before;
// payments.go, books.go, judge.go and promises.go are the paid list and its verdicts, handoffs.go and handofflist.go what is passed to the ward,
// numbers.go and scripts.go the work beside the calls, byhand.go calls made or taken without SIP,
// asked.go the calls that fall due, alerts.go what somebody must see.
package postgres

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate
