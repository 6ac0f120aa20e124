package audit

import (
	"context"
	"iter"
	"time"

	"kakeru/dialer"
)

// Action is what somebody did.
type Action string

// ListStands is how long an entry that cases were Listed stands for the same list: whoever has it open, and reads it anew within that
// time, is written down only with what it had not shown. So whoever counts from an instant on looks so much further back for lists.
const ListStands = 10 * time.Minute

// The actions.
const (
	SignedIn      Action = "signed_in"
	SignInRefused Action = "sign_in_refused" // by an address; what was typed is not kept
	SignedOut     Action = "signed_out"
	Unlocked      Action = "unlocked"    // a masked screen; Outcome says when it was refused
	Refused       Action = "refused"     // a route that the person's role may not use
	CaseRead      Action = "case_read"   // a case, a call or a hand-off was opened
	Listed        Action = "listed"      // cases or calls were shown in a list
	Searched      Action = "searched"    // for a person
	DebtShown     Action = "debt_shown"  // or hidden again: Object says which call
	Listened      Action = "listened"    // to a recording
	ReportRead    Action = "report_read" // figures, or the rows behind one
	Exported      Action = "exported"    // a file was taken or made
	Printed       Action = "printed"     // as the browser told
	ListTaken     Action = "list_taken"  // a list of the ward's was looked at, applied or thrown away
	Changed       Action = "changed"     // a setting, a person, a case's place in the line
	AuditRead     Action = "audit_read"  // this record itself
)

// Actions are all there are.
var Actions = []Action{
	SignedIn, SignInRefused, SignedOut, Unlocked, Refused, CaseRead, Listed, Searched, DebtShown, Listened, ReportRead, Exported, Printed, ListTaken, Changed, AuditRead,
}

// Event is one thing that somebody did. It holds no personal data of a debtor.
type Event struct {
	At     time.Time
	By     dialer.UserID // empty: nobody who is known, or the command line
	Role   dialer.Role
	Action Action
	// Route is the request's pattern, "GET /api/cases/{id}", never its path.
	Route string
	// Object is what it was done to, besides cases: an attempt, a person, a file, a month.
	Object string
	// Outcome is empty when it was done, else the rule that refused it.
	Outcome string
	// Detail is what changed, before and after, in words of settings: "role: operator → supervisor".
	Detail string
	// Address is the network address of whoever did it.
	Address string
	// Cases are those that were seen or changed, and Calls those of such cases. What is kept of them is the case_ref.
	Cases []dialer.CaseID
	Calls []dialer.CallID
	// Refs are the case_refs themselves; in an Event, of cases of which there is no id.
	Refs []string
}

// Entry is an event that stands in the record.
type Entry struct {
	N int64 // from 1, without gaps
	Event

	Before []byte // the seal of the entry before
	Seal   []byte
}

// Log takes events.
type Log interface {
	// WriteDown returns when the events stand in the record. dialer.ErrLedgerDown when they do not.
	WriteDown(ctx context.Context, events ...Event) error
}

// Query asks for entries. Empty fields ask for all.
type Query struct {
	Ref    string // case_ref
	Case   dialer.CaseID
	By     dialer.UserID
	Action Action
	From   time.Time // from this instant on
	Until  time.Time // before this one
	Below  int64     // entries of smaller numbers only, to page on
	Most   int
}

// Book is the record to be read.
type Book interface {
	// Entries returns what was asked for, newest first.
	Entries(ctx context.Context, q Query) ([]Entry, error)
	// All reads the whole record, oldest first, from an entry on.
	All(ctx context.Context, from int64) iter.Seq2[Entry, error]
	// Within reads what happened from one instant to another, both included, in the order of time: what those who are named did, and what
	// nobody is known for (refused sign-ins, the command line); of everybody when nobody is named.
	Within(ctx context.Context, from, until time.Time, who []dialer.UserID) iter.Seq2[Entry, error]
	// Newest is the last entry; its N is 0 when there is none.
	Newest(ctx context.Context) (Entry, error)
}
