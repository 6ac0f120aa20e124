// Package casework is what happens around a call: the case, the result an operator records, the promise, and the ward's
// list on its way in.
//
// # Words
//
// A Case is one liable person with balances and numbers. An Attempt is one 架電 as the ledger gives it back. An Entry is
// what the operator says of it; it is appended, never written over. A Row is one line of the ward's list, a Preview what
// the list would do, before anything is done.
//
// Rules are the queue's rules, whole: next.go decides what a case waits for after an entry, priority.go which case comes first,
// orders.go what a supervisor's order makes of it, and explain.go and counts.go say in one sentence why a case stands where it
// stands, and why nobody is called.
//
// A promise is settled by payments: pledge.go, settle.go and promised.go say which are kept, paidlist.go reads the ward's paid list, warn.go says
// what is odd about one before it is recorded. handoff.go is what is passed to the ward, by a table of acts; numbers.go the numbers typed in
// from documents; scripts.go the ward's texts, by versions that it approves. dayclose is the day's close, returns the files that go back
// with it.
//
// # Who owns what
//
// The package decides (what is a valid entry, what a row means, when a case is next) and owns the ports it needs
// (CaseStore, LineStore, ResultStore, ListStore); dialer/postgres keeps, webui shows. It knows no HTTP, no SQL and no encoding:
// text comes in as UTF-8, numbers through the Notation port.
//
// # How it fails
//
// What a person typed or a file holds is answered with Problems: where, what, and what to do, in Japanese and English,
// never with the cell's own text. A list with a problem in one row is still previewed whole; nothing is half applied.
package casework
