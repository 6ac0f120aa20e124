// Package dialer is what a call is, how it lives, and what it needs from the world. It imports the standard library only.
//
// # Words
//
// An attempt (架電) is one try at a debtor's number, written down before its INVITE is sent and counted once. A call is
// an attempt while it lives: a desk leg to the operator's phone, then a customer leg to the debtor, and the media
// between them. A connection result is what the network said of it, a verdict that result with the rule that decided.
// A claim is a desk's lease of a case in the queue; a case is presented when it stands at a desk, ready to be read. A lane
// (lane.go) says which desks may take a case; lanes.go says from which lanes a desk takes now.
//
// # A call's life
//
// machine.go holds the table that is the specification, and Next, which is pure. Each call is owned by one goroutine
// (call.go); everyone else posts facts in the past tense. For each fact it computes Next, logs once, acts, and shows the
// board. Writing is the scribe's, in order and apart: a hang-up never waits for a store. Only one act waits for a save,
// the one that could ring somebody without a record: the customer's INVITE leaves after dialled_at is committed, or not
// at all. The diagram of the table is docs/call-states.md, made by a test.
//
// # Who owns what
//
// Engine owns the desks and the live calls. PostgreSQL holds what happened, behind Ledger and Cases; Redis only orders
// and leases, behind Queue, and is rebuilt whenever it was away or empty; Phone makes legs and promises exactly one end
// for each; Board is shown every change and must not block. The ports are small, owned here, and each has a fake and a
// conformance suite in dialertest.
//
// # The queue's rules
//
// rules.json is the built-in file of rules, rules.go what the engine makes of it: next.go says when a case is called again,
// retry.go when a number may be, choose.go which of its numbers is next, seats.go who speaks what on which day. All of it is
// pure, and says why. docs/rules.md is the page for people, decision 17 why it is so.
//
// # How it fails
//
// What forbids a call is a *Refusal with its rule and a sentence for the operator. A ledger that is away refuses new
// calls and lets talks go on; its adapter keeps their ends in a spool. A queue that is away still lets named cases be
// dialled, because the ledger's own index forbids a second call. After a crash Recover hangs up every far leg, closes
// the attempts as interrupted, and redials nobody.
package dialer
