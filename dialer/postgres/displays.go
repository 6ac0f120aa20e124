package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

var _ dialer.Displays = (*Ledger)(nil)

// mostDisplays is how many screens are listed.
const mostDisplays = 200

// AddDisplay implements dialer.Displays.
func (l *Ledger) AddDisplay(ctx context.Context, d dialer.Display, codeHash []byte) error {
	return l.query(ctx, "keep a screen", func(ctx context.Context, q *db.Queries) error {
		return q.InsertDisplay(ctx, db.InsertDisplayParams{
			ID: d.ID, Name: d.Name, MadeBy: string(d.MadeBy), MadeAt: d.MadeAt, CodeHash: codeHash, CodeUntil: d.CodeUntil,
		})
	})
}

// Displays implements dialer.Displays.
func (l *Ledger) Displays(ctx context.Context) (out []dialer.Display, err error) {
	err = l.query(ctx, "list the screens", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Displays(ctx, mostDisplays)
		out = make([]dialer.Display, len(rows))
		for i, r := range rows {
			out[i] = displayOf(r)
		}
		return err
	})
	return out, err
}

// OpenDisplay implements dialer.Displays.
func (l *Ledger) OpenDisplay(ctx context.Context, codeHash, tokenHash []byte, at time.Time) (d dialer.Display, err error) {
	err = l.query(ctx, "let a screen in", func(ctx context.Context, q *db.Queries) error {
		r, err := q.OpenDisplay(ctx, tokenHash, at, codeHash)
		d = displayOf(db.DisplaysRow(r))
		return err
	})
	return d, err
}

// DisplayByToken implements dialer.Displays.
func (l *Ledger) DisplayByToken(ctx context.Context, tokenHash []byte) (d dialer.Display, err error) {
	err = l.query(ctx, "find a screen", func(ctx context.Context, q *db.Queries) error {
		r, err := q.DisplayByToken(ctx, tokenHash)
		d = displayOf(db.DisplaysRow(r))
		return err
	})
	return d, err
}

// RevokeDisplay implements dialer.Displays.
func (l *Ledger) RevokeDisplay(ctx context.Context, id string, by dialer.UserID, at time.Time) (d dialer.Display, err error) {
	err = l.query(ctx, "end a screen", func(ctx context.Context, q *db.Queries) error {
		r, err := q.RevokeDisplay(ctx, string(by), at, id)
		d = displayOf(db.DisplaysRow(r))
		return err
	})
	return d, err
}

func displayOf(r db.DisplaysRow) dialer.Display {
	d := dialer.Display{
		ID: r.ID, Name: r.Name, MadeBy: dialer.UserID(r.MadeBy), MadeAt: r.MadeAt, CodeUntil: r.CodeUntil, OpenedAt: timeOf(r.OpenedAt), RevokedAt: timeOf(r.RevokedAt),
	}
	if r.RevokedBy != nil {
		d.RevokedBy = dialer.UserID(*r.RevokedBy)
	}
	return d
}
