package casework

import (
	"context"
	"time"

	"kakeru/dialer"
)

// PromiseStage is how far a promise has come on a day: finer than its state, for lists and figures.
type PromiseStage string

// The stages.
const (
	StageAhead  PromiseStage = "ahead"  // open, and its day has not come
	StageToday  PromiseStage = "today"  // open, and due today
	StageGrace  PromiseStage = "grace"  // its day is over, the grace is not
	StageUnread PromiseStage = "unread" // the grace is over, and no paid list that was read reaches its end
	StageKept   PromiseStage = "kept"
	StagePartly PromiseStage = "partly"
	StageBroken PromiseStage = "broken"
)

// PromiseStages lists them in the order of the panel.
var PromiseStages = []PromiseStage{StageToday, StageGrace, StageUnread, StageBroken, StagePartly, StageAhead, StageKept}

// Stage says how far a promise has come that stands in state and falls due on a day, graceDays being its grace.
func Stage(state PromiseState, due, today dialer.Date, graceDays int) PromiseStage {
	switch state {
	case PromiseKept:
		return StageKept
	case PromisePartly:
		return StagePartly
	case PromiseBroken:
		return StageBroken
	default:
	}
	switch last := (Books{GraceDays: graceDays}).lastDay(due); {
	case today == due:
		return StageToday
	case earlier(today, due):
		return StageAhead
	case !earlier(last, today):
		return StageGrace
	default:
		return StageUnread
	}
}

// Sum is how many promises, and how many yen.
type Sum struct {
	N   int   `json:"n"`
	Yen int64 `json:"yen"`
}

// Add counts one more.
func (s *Sum) Add(n int, yen int64) { s.N, s.Yen = s.N+n, s.Yen+yen }

// PromiseFigures are the promises that were made in a month, and the payments of that month that count for any promise.
// Promised is the sum of Kept, Partly, Broken and Open, in number and in yen.
type PromiseFigures struct {
	Month    string `json:"month"`
	Promised Sum    `json:"promised"`
	Kept     Sum    `json:"kept"`
	Partly   Sum    `json:"partly"`
	Broken   Sum    `json:"broken"`
	Open     Sum    `json:"open"`   // of these, Grace and Unread
	Grace    Sum    `json:"grace"`  // their day is over, the grace is not
	Unread   Sum    `json:"unread"` // no paid list reaches them yet
	// PaidYen is what was paid of the month's promises, in whatever month.
	PaidYen int64 `json:"paid_yen"`
	// KeptInMonth are the promises that a payment of this month made whole, whenever they were made; PaidInMonthYen is what
	// this month's payments count for promises, whole or not.
	KeptInMonth    Sum   `json:"kept_in_month"`
	PaidInMonthYen int64 `json:"paid_in_month_yen"`
}

// Add counts promises of the month that stand at one stage.
func (f *PromiseFigures) Add(stage PromiseStage, n int, yen, paid int64) {
	f.Promised.Add(n, yen)
	f.PaidYen += paid
	switch stage {
	case StageKept:
		f.Kept.Add(n, yen)
		return
	case StagePartly:
		f.Partly.Add(n, yen)
		return
	case StageBroken:
		f.Broken.Add(n, yen)
		return
	case StageGrace:
		f.Grace.Add(n, yen)
	case StageUnread:
		f.Unread.Add(n, yen)
	case StageAhead, StageToday:
	}
	f.Open.Add(n, yen)
}

// PromiseLine is a promise in the list of them: whose it is only by its case.
type PromiseLine struct {
	Attempt dialer.CallID
	Case    dialer.CaseID
	MadeAt  time.Time
	Yen     int64
	PaidYen int64
	DueOn   dialer.Date
	Means   string
	Stage   PromiseStage
	KeptOn  string // YYYY-MM-DD, or empty
	Why     dialer.Reason
}

// PaidToCase is what paid lists say was paid for a case since the ward last said what it owes.
type PaidToCase struct {
	Yen    int64
	Newest string    // the newest day of payment, YYYY-MM-DD
	ReadAt time.Time // when the newest of them was taken in
}

// PromiseStore reads how promises stand. The ledger implements it.
type PromiseStore interface {
	// Promises lists the promises that were made in a month (YYYY-MM), and those made earlier that are still open, the
	// most urgent first; at most limit.
	Promises(ctx context.Context, month string, limit int) ([]PromiseLine, error)
	// PromiseFigures sums a month's.
	PromiseFigures(ctx context.Context, month string) (PromiseFigures, error)
	// PromisesOf are the promises of a case that were not replaced, newest first.
	PromisesOf(ctx context.Context, id dialer.CaseID) ([]PromiseLine, error)
	// PaidTo is what was paid for a case since the ward last said what it owes.
	PaidTo(ctx context.Context, id dialer.CaseID) (PaidToCase, error)
	// ReadTo is the last day that the paid lists reach which were taken in; empty for none.
	ReadTo(ctx context.Context) (string, error)
}
