package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var _ dialer.Absences = (*Ledger)(nil)

// BeginAbsence implements dialer.Absences.
func (l *Ledger) BeginAbsence(ctx context.Context, a dialer.Absence) error {
	return l.query(ctx, "write that somebody is away", func(ctx context.Context, q *db.Queries) error {
		return q.BeginAbsence(ctx, db.BeginAbsenceParams{At: a.From, Desk: string(a.Desk), Operator: string(a.Operator), Reason: string(a.Reason)})
	})
}

// EndAbsence implements dialer.Absences.
func (l *Ledger) EndAbsence(ctx context.Context, desk dialer.DeskID, operator dialer.UserID, at time.Time) error {
	return l.query(ctx, "write that somebody is back", func(ctx context.Context, q *db.Queries) error {
		return q.EndAbsence(ctx, at, string(desk), string(operator))
	})
}

// OpenAbsences implements dialer.Absences.
func (l *Ledger) OpenAbsences(ctx context.Context) (out []dialer.Absence, err error) {
	err = l.query(ctx, "read who is away", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.OpenAbsences(ctx)
		out = make([]dialer.Absence, len(rows))
		for i, r := range rows {
			out[i] = dialer.Absence{Desk: dialer.DeskID(r.Desk), Operator: dialer.UserID(r.Operator), Reason: dialer.AwayReason(r.Reason), From: r.At}
		}
		return err
	})
	return out, err
}

// OwnFigures are an operator's own calls that were dialled in [from, to), counted as Figures counts the centre's.
func (l *Ledger) OwnFigures(ctx context.Context, who dialer.UserID, from, to time.Time) (f report.Own, err error) {
	err = l.read(ctx, "sum an operator's figures", func(ctx context.Context, q *db.Queries) error {
		r, err := q.OwnFigures(ctx, from, to, string(who))
		f = report.Own{Attempts: int(r.Attempts), Answered: int(r.Answered)}
		return err
	})
	return f, err
}
