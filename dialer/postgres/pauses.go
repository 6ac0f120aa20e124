package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

// SetPause implements dialer.Absences.
func (l *Ledger) SetPause(ctx context.Context, p dialer.DeskPause) error {
	return l.query(ctx, "write that a desk is paused", func(ctx context.Context, q *db.Queries) error {
		return q.SetPause(ctx, db.SetPauseParams{At: p.At, Desk: string(p.Desk), ByUser: string(p.By), Reason: p.Reason})
	})
}

// OpenPauses implements dialer.Absences.
func (l *Ledger) OpenPauses(ctx context.Context) (out []dialer.DeskPause, err error) {
	err = l.query(ctx, "read which desks are paused", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.OpenPauses(ctx)
		out = make([]dialer.DeskPause, len(rows))
		for i, r := range rows {
			out[i] = dialer.DeskPause{Desk: dialer.DeskID(r.Desk), By: dialer.UserID(r.ByUser), Reason: r.Reason, At: r.At}
		}
		return err
	})
	return out, err
}

// HalfHours are the half hours in [from, to) in which calls that count were dialled.
func (l *Ledger) HalfHours(ctx context.Context, from, to time.Time) (out []report.HalfHour, err error) {
	err = l.read(ctx, "sum a day's half hours", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.HalfHours(ctx, from, to)
		out = make([]report.HalfHour, len(rows))
		for i, r := range rows {
			out[i] = report.HalfHour{At: r.At.In(dialer.Tokyo), Attempts: int(r.Attempts), Answered: int(r.Answered)}
		}
		return err
	})
	return out, err
}
