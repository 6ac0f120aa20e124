package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Disclose writes down that a debt was shown, or hidden again; what the attempt's newest line says already is not written twice.
func (l *Ledger) Disclose(ctx context.Context, d casework.Disclosure) error {
	ticked := make([]string, len(d.Ticked))
	for i, t := range d.Ticked {
		ticked[i] = string(t)
	}
	return l.query(ctx, "write down who was shown a debt", func(ctx context.Context, q *db.Queries) error {
		return q.AddDisclosure(ctx, db.AddDisclosureParams{
			AttemptID: string(d.Attempt), CaseID: string(d.Case), ByUser: string(d.By), At: d.At, Shown: d.Shown, Ticked: ticked,
			Party: string(d.Party),
		})
	})
}

// Disclosures lists an attempt's, oldest first.
func (l *Ledger) Disclosures(ctx context.Context, attempt dialer.CallID) ([]casework.Disclosure, error) {
	var out []casework.Disclosure
	err := l.read(ctx, "read who was shown a debt", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Disclosures(ctx, string(attempt))
		for _, r := range rows {
			d := casework.Disclosure{
				Attempt: dialer.CallID(r.AttemptID), Case: dialer.CaseID(r.CaseID), By: dialer.UserID(r.ByUser), At: r.At, Shown: r.Shown,
				Party: casework.Party(r.Party),
			}
			for _, t := range r.Ticked {
				d.Ticked = append(d.Ticked, casework.Identifier(t))
			}
			out = append(out, d)
		}
		return err
	})
	return out, err
}

// CheckHistory writes down that a case's history was read; while that holds, saying it again writes nothing.
func (l *Ledger) CheckHistory(ctx context.Context, id dialer.CaseID, by dialer.UserID, at time.Time) error {
	return l.query(ctx, "write down that the history was read", func(ctx context.Context, q *db.Queries) error {
		return q.AddHistoryCheck(ctx, db.AddHistoryCheckParams{CaseID: string(id), ByUser: string(by), At: at, DayBegan: dialer.DateOf(at).At(0)})
	})
}

// HistoryChecked is when somebody read it for their next call.
func (l *Ledger) HistoryChecked(ctx context.Context, id dialer.CaseID, by dialer.UserID, at time.Time) (time.Time, error) {
	var checked time.Time
	err := l.query(ctx, "read whether the history was read", func(ctx context.Context, q *db.Queries) error {
		found, err := q.HistoryChecked(ctx, string(id), string(by), dialer.DateOf(at).At(0))
		if err == nil && found.Unix() != 0 {
			checked = found
		}
		return err
	})
	return checked, err
}
