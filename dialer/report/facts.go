package report

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Attempt is what the ledger knows for ever of one call, whoever placed it: no personal data.
type Attempt struct {
	ID         dialer.CallID
	At         time.Time // when the INVITE left; when it came in, or was noted by hand, for those that no INVITE of ours began
	Direction  dialer.Direction
	Origin     casework.Origin
	Desk       dialer.DeskID
	Operator   dialer.UserID
	CaseRef    string
	NumberRef  string
	NumberKind dialer.NumberKind
	Insurance  string // kokuho, kouki, both, or empty
	Language   string // BCP 47
	Result     dialer.Result
	Counted    bool
	Talk       time.Duration // from the answer to the end; zero where nobody answered
	Revision   int           // how often its result was recorded; zero: never
	Ended      time.Time
	WrapUp     time.Duration // from the end to the first record of its result
	Party      casework.Party
	Business   []casework.Business
	Kind       casework.InboundKind
	Wanted     string // the language that the talk showed the debtor to speak
}

// Promise is a promise to pay with what came of it. At is when the call was that it was made in.
type Promise struct {
	Attempt  dialer.CallID
	At       time.Time
	Inbound  bool
	Party    casework.Party
	Yen      int64
	DueOn    dialer.Date
	Means    string
	State    string // open, kept, partly, broken
	PaidYen  int64  // of it, by the paid lists so far
	KeptOn   dialer.Date
	ByKokuho int64 // of Yen, as it was split; what was not split is in neither
	ByKouki  int64
}

// Payment is what one payment of a paid list counted towards one promise.
type Payment struct {
	Attempt  dialer.CallID // in which it was promised
	Promised time.Time     // when that call was
	PaidOn   dialer.Date
	Yen      int64
}

// Handoff is a matter that was passed to the ward, and not taken back.
type Handoff struct {
	ID   string
	At   time.Time
	Kind casework.HandoffKind
}

// Number is a number that was entered (§8(1)⑩) and not taken back.
type Number struct {
	ID    string
	At    time.Time
	First bool // the case had none before
}

// SMS is how many messages were sent on a day, as somebody entered it: the newest entry of each day.
type SMS struct {
	On   dialer.Date
	Sent int
}

// Sink takes facts, each kind in the order of time.
type Sink interface {
	Attempt(Attempt)
	Promise(Promise)
	Payment(Payment)
	Handoff(Handoff)
	Number(Number)
	SMS(SMS)
}

// Ledger gives all facts of [from, to) in one snapshot: attempts that have ended, by when they began; promises made then or kept
// on a day of it; payments by their day; hand-offs and numbers by when they came. dialer/postgres implements it.
type Ledger interface {
	Facts(ctx context.Context, from, to time.Time, into Sink) error
	// Papers gives all that Facts gives, and the reports of the span's days that went out, in one snapshot.
	Papers(ctx context.Context, from, to time.Time, into PaperSink) error
	// Custody gives what the logs of personal data say of [from, to), in one snapshot.
	Custody(ctx context.Context, from, to time.Time) (Custody, error)
	// Look looks at each of some periods whether there is anything to report, without reading it.
	Look(ctx context.Context, periods []Period) ([]Look, error)
}

// Look is what there is of a period.
type Look struct {
	Any  bool // something to report
	Open bool // an attempt that began in it has not ended: it is no fact yet
}
