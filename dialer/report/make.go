package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kakeru/dialer"
)

// Options are the definitions a report is made by.
type Options struct {
	Now   time.Time
	Hours dialer.Hours
	// Closed is the newest day that was closed (終業返却): nothing is dialled on it any more; zero for none.
	Closed dialer.Date
	Desks  []dialer.DeskID // the seats: what an hour of work is counted for
	// Named is how somebody of the staff is called; what is empty or unknown stands for itself.
	Named         func(dialer.UserID) string
	MachinesApart bool // voicemail and recorders are not among 不在件数
	// Contract says what a month is to come to, counted by Definition; Words are the ward's own on some months, the newest of each.
	Contract   Contract
	Words      []TargetWord
	Definition string
}

// maker makes one report of one period: it reads the ledger once, then has the report, and the rows behind the cell that was asked for.
type maker interface {
	read(ctx context.Context, l Ledger) error
	report() Report
	// want asks, before read, for the rows behind a cell; false when the report has none such.
	want(w Where) bool
	behind() []Ref
}

// newMaker is the maker of a period's kind.
func newMaker(o Options, p Period) maker {
	switch p.Kind {
	case Inspection:
		return newInspection(o, p)
	case Privacy:
		return newPrivacy(o, p)
	default:
		return newBuilder(o, p)
	}
}

// Make makes a period's report from the ledger: the same ledger gives the same report.
func Make(ctx context.Context, l Ledger, o Options, p Period) (Report, error) {
	m := newMaker(o, p)
	if err := m.read(ctx, l); err != nil {
		return Report{}, fmt.Errorf("read the ledger: %w", err)
	}
	return m.report(), nil
}

// ErrNoCell is a question for a cell that no report has.
var ErrNoCell = errors.New("there is no such cell")

// Behind returns the rows of the ledger that a cell of a period's report was made of. Those of a ratio are what it is a ratio of.
func Behind(ctx context.Context, l Ledger, o Options, p Period, w Where) ([]Ref, error) {
	m := newMaker(o, p)
	if !m.want(w) {
		return nil, ErrNoCell
	}
	if err := m.read(ctx, l); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return m.behind(), nil
}
