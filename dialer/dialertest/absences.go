package dialertest

import (
	"context"
	"maps"
	"slices"
	"time"

	"kakeru/dialer"
)

var _ dialer.Absences = (*Ledger)(nil)

// BeginAbsence implements dialer.Absences.
func (l *Ledger) BeginAbsence(ctx context.Context, a dialer.Absence) error {
	return l.do(ctx, "BeginAbsence", func() error {
		l.away[a.Operator] = a
		return nil
	})
}

// EndAbsence implements dialer.Absences.
func (l *Ledger) EndAbsence(ctx context.Context, _ dialer.DeskID, operator dialer.UserID, _ time.Time) error {
	return l.do(ctx, "EndAbsence", func() error {
		delete(l.away, operator)
		return nil
	})
}

// SetPause implements dialer.Absences.
func (l *Ledger) SetPause(ctx context.Context, p dialer.DeskPause) error {
	return l.do(ctx, "SetPause", func() error {
		if l.paused == nil {
			l.paused = map[dialer.DeskID]dialer.DeskPause{}
		}
		l.paused[p.Desk] = p
		if p.Reason == "" {
			delete(l.paused, p.Desk)
		}
		return nil
	})
}

// OpenPauses implements dialer.Absences.
func (l *Ledger) OpenPauses(ctx context.Context) (open []dialer.DeskPause, err error) {
	err = l.do(ctx, "OpenPauses", func() error {
		for _, id := range slices.Sorted(maps.Keys(l.paused)) {
			open = append(open, l.paused[id])
		}
		return nil
	})
	return open, err
}

// OpenAbsences implements dialer.Absences.
func (l *Ledger) OpenAbsences(ctx context.Context) (open []dialer.Absence, err error) {
	err = l.do(ctx, "OpenAbsences", func() error {
		for _, who := range slices.Sorted(maps.Keys(l.away)) {
			open = append(open, l.away[who])
		}
		return nil
	})
	return open, err
}
