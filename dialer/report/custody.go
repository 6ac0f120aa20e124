package report

import (
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Custody is what the logs of personal data say of a span: what was taken in, shown, written out, returned and destroyed. It names
// staff, calls and cases by their references, never a debtor.
type Custody struct {
	Held        []dialer.Date // days of custody under whose keys something was sealed
	Closes      []Close       // those of the span's days, and later ones that were carried out: they may have taken what stayed
	Exports     []Export
	Lists       []List
	Disclosures []Disclosure
	Checks      []Act   // 経過確認済
	Reads       []Act   // hand-offs that were opened with whom they are about
	Listens     []Act   // recordings that were played
	Incidents   []int64 // numbers of those that were found out in the span, in their order
	Refused     int     // requests that a person's role did not allow
}

// The steps of a close that a report tells apart.
const (
	closeDone    = "closed"
	closeGivenUp = "given_up"
)

// Close is one 終業返却.
type Close struct {
	ID        string
	Day       dialer.Date
	Upto      dialer.Date // the last day of custody that went; zero: none did
	Final     bool        // the contract's end
	By        dialer.UserID
	Begun     time.Time
	Step      string
	Moved     time.Time // when Step was reached
	Manifest  string    // SHA-256 of the signed one; empty before
	Files     int
	Rows      map[string]int64 // of the files, by what they hold
	Receipt   bool             // 消去証明 was written
	Destroyed map[string]int64 // what went, or is about to
}

// done reports whether a close was carried out.
func (c *Close) done() bool { return c.Step == closeDone }

// Export is one file of records that was written between closes.
type Export struct {
	ID                           string
	Day                          dialer.Date
	By                           dialer.UserID // empty: the command line
	At                           time.Time
	Firsts, Corrections, Repeats int
	Files                        int
}

// List is one list of the ward's that came in: of debts, or of payments.
type List struct {
	ID      string
	Paid    bool
	By      dialer.UserID
	At      time.Time
	State   string // staging, staged, applied, failed
	Rows    int
	Persons int // of a list of debts
}

// Disclosure is that a debt was shown to whoever talked, by what the person was known; or that it was hidden again.
type Disclosure struct {
	ID      string
	Attempt dialer.CallID
	CaseRef string
	By      dialer.UserID
	At      time.Time
	Shown   bool
	Ticked  []casework.Identifier
	Party   casework.Party
}

// Act is that somebody did something: ID is of the log's row, About what it was done with.
type Act struct {
	ID    string
	About string
	By    dialer.UserID
	At    time.Time
}
