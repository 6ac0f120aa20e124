package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
)

// Ordinary is the priority of a case that no row speaks for; smaller is sooner. PriorityFirst and PriorityLast bound what rows
// make of it: a case that a supervisor pinned stands before all of them (PinnedPriority).
const (
	Ordinary       = 50
	PriorityFirst  = 1
	PriorityLast   = 99
	PinnedPriority = 0
)

// PriorityRow is one reason why a case comes sooner, or with negative points later. Empty conditions match anything. The points
// of all rows that match are added up.
type PriorityRow struct {
	Name   string         `json:"name"`
	Causes []dialer.Cause `json:"causes,omitempty"` // what the case waits for
	// Promise is how the newest promise stands.
	Promise []PromiseState `json:"promise,omitempty"`
	// YenAtLeast and YenBelow bound what is owed in all, OverdueDaysAtLeast how long the oldest term has been due, and
	// TriesAtLeast and TriesBelow how often the case was called.
	YenAtLeast         int64 `json:"yen_at_least,omitempty"`
	YenBelow           int64 `json:"yen_below,omitempty"`
	OverdueDaysAtLeast int   `json:"overdue_days_at_least,omitempty"`
	TriesAtLeast       int   `json:"tries_at_least,omitempty"`
	TriesBelow         int   `json:"tries_below,omitempty"`

	Points int `json:"points"`
	dialer.Reason
}

// PromiseState is how a promise stands.
type PromiseState string

// How a promise can stand. Due is made of open when its day and the grace are over.
const (
	PromiseNone   PromiseState = ""
	PromiseOpen   PromiseState = "open"
	PromiseDue    PromiseState = "due"
	PromiseKept   PromiseState = "kept"
	PromisePartly PromiseState = "partly"
	PromiseBroken PromiseState = "broken"
	// PromiseReplaced is one whose entry was corrected since: it counts for nothing.
	PromiseReplaced PromiseState = "replaced"
)

// PromiseStates lists those that a row may name.
var PromiseStates = []PromiseState{PromiseOpen, PromiseDue, PromiseKept, PromisePartly, PromiseBroken}

// Facts are what a case's priority is made of.
type Facts struct {
	Cause     dialer.Cause
	Yen       int64
	OldestDue time.Time // of the terms; zero when none is known
	Tries     int       // counted or by hand, over all
	Promise   PromiseState
	PromiseOn time.Time // the day it falls due
}

// Rank is a case's place among those that are due, and why.
type Rank struct {
	Priority int
	Why      dialer.Reason
}

// Rank says how soon a case comes on the day of now.
func (r Rules) Rank(f Facts, now time.Time) Rank {
	if f.Promise == PromiseOpen && !f.PromiseOn.IsZero() && !now.Before(f.PromiseOn.AddDate(0, 0, r.Promises.GraceDays)) {
		f.Promise = PromiseDue
	}
	points := 0
	var ja, en []string
	for _, row := range r.Priorities {
		if row.matches(f, now) {
			points += row.Points
			ja, en = append(ja, row.JA), append(en, row.EN)
		}
	}
	return Rank{
		Priority: min(max(Ordinary-points, PriorityFirst), PriorityLast),
		Why:      dialer.Reason{JA: strings.Join(ja, "・"), EN: strings.Join(en, ", ")},
	}
}

func (p PriorityRow) matches(f Facts, now time.Time) bool {
	overdue := 0
	if !f.OldestDue.IsZero() {
		overdue = int(now.Sub(f.OldestDue).Hours() / 24)
	}
	return (len(p.Causes) == 0 || slices.Contains(p.Causes, f.Cause)) && (len(p.Promise) == 0 || slices.Contains(p.Promise, f.Promise)) &&
		f.Yen >= p.YenAtLeast && (p.YenBelow == 0 || f.Yen < p.YenBelow) &&
		(p.OverdueDaysAtLeast == 0 || overdue >= p.OverdueDaysAtLeast) &&
		f.Tries >= p.TriesAtLeast && (p.TriesBelow == 0 || f.Tries < p.TriesBelow)
}

func checkPriorities(p *ruleProblems, table []PriorityRow) {
	names := map[string]bool{}
	for i, row := range table {
		key := fmt.Sprintf("priorities[%d]", i)
		p.named(key, row.Name, names, row.Reason)
		unknown(p, key+".causes", row.Causes, dialer.Causes)
		unknown(p, key+".promise", row.Promise, PromiseStates)
		for _, n := range []struct {
			name string
			n    int64
		}{
			{"yen_at_least", row.YenAtLeast}, {"yen_below", row.YenBelow}, {"overdue_days_at_least", int64(row.OverdueDaysAtLeast)},
			{"tries_at_least", int64(row.TriesAtLeast)}, {"tries_below", int64(row.TriesBelow)},
		} {
			if n.n < 0 {
				p.addf(key+"."+n.name, "%d is negative; write 0 or more", n.n)
			}
		}
		switch {
		case row.Points == 0:
			p.addf(key+".points", "0 changes nothing; write how much sooner such a case comes, or leave the row out")
		case row.Points <= -Ordinary || row.Points >= Ordinary:
			p.addf(key+".points", "%d is out of range; write %d to %d", row.Points, 1-Ordinary, Ordinary-1)
		case row.YenBelow > 0 && row.YenBelow <= row.YenAtLeast:
			p.addf(key+".yen_below", "nobody owes %d or more and less than %d; the row is never reached", row.YenAtLeast, row.YenBelow)
		case row.TriesBelow > 0 && row.TriesBelow <= row.TriesAtLeast:
			p.addf(key+".tries_below", "no case was called %d times or more and fewer than %d; the row is never reached", row.TriesAtLeast, row.TriesBelow)
		}
	}
}
