// Package audit is the record of who saw what and who changed what: 閲覧・操作記録.
//
// # Words
//
//   - Event: one person did one thing: read a case, searched, listened, took a file, changed a setting.
//   - Entry: an event that stands in the record, with its number and its seal.
//   - Seal: an HMAC-SHA-256 over the entry and the seal before it, under a key that is not in the database. So nobody who has
//     only the database can change, take out, add or reorder an entry without its being found.
//   - Anchor: a number, a time and a seal, written where the database's master cannot reach: with the ward, and with each node.
//     The chain alone cannot show that its newest entries were cut off; an anchor does.
//
// # Who owns what
//
// What is written down of a request is said by its row of auth.Table and gathered in one place in webui. Log is where events go
// and Book where they are read; dialer/postgres implements both. Checker reads the record from its first entry on and names what
// is wrong with it.
//
// An entry holds no debtor's data but case_ref: no name, number, debt, nor what was searched for.
//
// # How it fails
//
// What cannot be written down is not shown: an answer waits for its entry, and is refused with it. A Checker with another key than
// the record's says so, instead of finding every entry changed.
package audit
