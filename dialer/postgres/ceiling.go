package postgres

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// ceilingNear is how far below a bound reservations are counted one after the other, so that many at once do not pass it
// together: more than there can be under way side by side.
const ceilingNear = 64

// OnCeiling has f called when the ceiling of outgoing calls is reached: once an hour or a day, at one node. Call it before the
// first Reserve; f must not block.
func (l *Ledger) OnCeiling(f func(dialer.CeilingSpan)) { l.onCeiling = f }

// underCeiling refuses a reservation beyond the ceiling.
func (l *Ledger) underCeiling(ctx context.Context, q *db.Queries, r dialer.Reservation) error {
	if l.ceiling == (dialer.Ceiling{}) {
		return nil
	}
	hour, today, err := wentOut(ctx, q, r.At)
	if err != nil {
		return err
	}
	if _, near := l.ceiling.Refusal(hour+ceilingNear, today+ceilingNear); near == nil {
		return nil
	}
	if err := q.HoldCeiling(ctx); err != nil {
		return err
	}
	if hour, today, err = wentOut(ctx, q, r.At); err != nil {
		return err
	}
	if _, no := l.ceiling.Refusal(hour, today); no != nil {
		return no
	}
	return nil
}

func wentOut(ctx context.Context, q *db.Queries, at time.Time) (lastHour, today int, err error) {
	n, err := q.WentOut(ctx, dialer.CeilingHour.Began(at), dialer.CeilingDay.Began(at))
	return int(n.LastHour), int(n.Today), err
}

// tellCeiling tells that a reservation was refused for the ceiling, unless that was told. When it cannot be written down, it is
// told all the same: twice is better than never.
func (l *Ledger) tellCeiling(ctx context.Context, at time.Time, err error) {
	no := (*dialer.Refusal)(nil)
	if !errors.As(err, &no) || no.Rule != dialer.CeilingReached {
		return
	}
	hour, today := 0, 0
	err = l.query(ctx, "count what went out", func(ctx context.Context, q *db.Queries) (err error) {
		hour, today, err = wentOut(ctx, q, at)
		return err
	})
	span, _ := l.ceiling.Refusal(hour, today)
	if err != nil || span == "" {
		span = dialer.CeilingHour
	}
	began := at.Truncate(time.Hour)
	if span == dialer.CeilingDay {
		began = span.Began(at)
	}
	first := true
	_ = l.query(ctx, "note that the ceiling is reached", func(ctx context.Context, q *db.Queries) error {
		n, err := q.TellCeiling(ctx, string(span), began, at)
		first = err != nil || n > 0
		return err
	})
	if first {
		l.log.Warn("the ceiling of outgoing calls is reached: no more go out", "span", span, "last_hour", hour, "today", today)
		l.onCeiling(span)
	}
}
