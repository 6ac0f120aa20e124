package dayclose

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"kakeru/dialer"
)

// Step is how far a close has come.
type Step string

// The steps, in order; GivenUp is beside them.
const (
	Begun      Step = "begun"
	Written    Step = "written"
	Signed     Step = "signed"
	Destroying Step = "destroying"
	Closed     Step = "closed"
	GivenUp    Step = "given_up"
)

// Steps lists the steps of a close in their order.
var Steps = []Step{Begun, Written, Signed, Destroying, Closed}

// Close is one close of a day.
type Close struct {
	ID  string // UUIDv7
	Day dialer.Date
	// Upto is the last day of custody whose personal data goes; nil when the ward has let it stay longer.
	Upto *dialer.Date
	// Final is 契約終了の返却, the contract's end (§20(3)): everything goes, whatever Keep says, and no close follows it.
	Final     bool
	By        dialer.UserID
	BegunAt   time.Time
	Step      Step
	Moved     time.Time // when Step was reached
	Files     []File    // what the ward gets, with the manifest and the receipt
	Counts    Counts
	Manifest  string // SHA-256 of the manifest in hex, once it is signed
	Destroyed Counts // what goes, from the step Destroying on
	// Foreign: the store holds it, and it is not as we left it. Nothing is signed or destroyed for such a one; it can be given up.
	Foreign bool
}

// Ends reports whether the contract is over with this close, or is about to be: nothing is dialled or taken in any more.
func (c Close) Ends() bool { return c.Final && c.Step != GivenUp }

// Counts are figures by name, without personal data.
type Counts map[string]int64

// File is one file for the ward.
type File struct {
	Kind   string `json:"kind"` // records, handoffs, numbers, handover, manifest, receipt
	Name   string `json:"name"` // within the ward's folder, with slashes
	SHA256 string `json:"sha256"`
	Octets int64  `json:"octets"`
	Rows   int    `json:"rows"`
	// IDs are those of the hand-offs in it, parted by spaces: their keys are destroyed with the close, and no other's.
	IDs string `json:"ids,omitempty"`
}

// ErrNoWayBack is told to whoever comes too late: what was begun to be destroyed cannot be given up.
var ErrNoWayBack = errors.New("the day's data is being destroyed; this close can only be finished")

// ErrForeign is told of a close that somebody wrote into the store, or changed there.
var ErrForeign = errors.New("this close was not made by the server: it was written into the database, or changed there; " +
	"nothing is signed and nothing destroyed for it. Give it up, and find out who could write there")

// ErrClosed is told to who presses twice: today was closed, and tomorrow is not to be closed before it comes.
var ErrClosed = errors.New("today was closed already; what came in since goes back with the next open day's close")

// Over reports whether nothing is left to do.
func (s Step) Over() bool { return s == Closed || s == GivenUp }

// after is the step that follows.
func (s Step) after() (Step, error) {
	i := slices.Index(Steps, s)
	if i < 0 || i == len(Steps)-1 {
		return "", fmt.Errorf("nothing follows the step %q", s)
	}
	return Steps[i+1], nil
}

// Leads reports whether a close may go from one step to another: the ledger asks it of whoever moves one.
func (s Step) Leads(to Step) bool {
	if to == GivenUp {
		return s == Begun || s == Written || s == Signed
	}
	next, err := s.after()
	return err == nil && next == to
}

// MayStandFrom reports whether a close may have come to its step from another. One that is not ours as it stands is given up from any that is not over: nothing goes on from
// there, and the day can be closed anew, which does what is left to do.
func (c Close) MayStandFrom(from Step) bool {
	return from.Leads(c.Step) || c.Foreign && c.Step == GivenUp && !from.Over()
}

// Keep says how long personal data may stay after its day (the ward's decision).
type Keep struct {
	Days  int  // 0: it goes the same day
	ToEnd bool // until the contract's end, which has its own return
}

// Upto is the last day of custody that goes when a day is closed; nil for none.
func (k Keep) Upto(day dialer.Date) *dialer.Date {
	if k.ToEnd {
		return nil
	}
	d := dialer.DateOf(day.At(-k.Days * 24 * 60))
	return &d
}
