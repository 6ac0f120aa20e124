package casework

import (
	"time"

	"kakeru/dialer"
)

const (
	// AskedAhead is how long before its time a call that was asked for is told: panels count down by themselves.
	AskedAhead = 15 * time.Minute
	// AskedLate is how long after its time it is the supervisor's matter too that nobody has made it.
	AskedLate = 10 * time.Minute
)

// AskedFor is a call that somebody asked for at a time and that nobody has made yet.
type AskedFor struct {
	Case dialer.CaseID
	At   time.Time
	Mine dialer.UserID // who promised to make it; empty for anyone
}

// Late reports whether it should have been made by now.
func (a AskedFor) Late(now time.Time) bool { return !now.Before(a.At.Add(AskedLate)) }

// Concerns reports whether it is a person's to make.
func (a AskedFor) Concerns(who dialer.UserID) bool { return a.Mine == "" || a.Mine == who }
