package postgres

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Order carries out what a supervisor orders of a case, and keeps who ordered it, when and why.
func (l *Ledger) Order(ctx context.Context, id dialer.CaseID, o casework.Order) (next dialer.CaseNext, err error) {
	// An end in the spool moves the case too, and is older.
	if err := l.settle(ctx); err != nil {
		return next, err
	}
	err = l.inTx(ctx, "carry out an order", func(ctx context.Context, q *db.Queries) error {
		row, err := q.LockCase(ctx, string(id))
		if err != nil {
			return err
		}
		stands := casework.Stands{
			Next: dialer.CaseNext{
				State: dialer.CaseState(row.State), Due: timeOf(row.Due), Cause: dialer.Cause(row.Cause), Why: row.Why, WhyEN: row.WhyEn,
				Mine: dialer.UserID(row.Mine), MineUntil: timeOf(row.MineUntil),
			},
			Pinned: row.Pinned, InCall: row.InCall,
		}
		o.Reason = dialer.MaskDigits(plain(o.Reason))
		after, refusal := o.Apply(stands, l.hours)
		if refusal != nil {
			return refusal
		}
		next = after.Next
		if err := moveCase(ctx, q, string(id), next, o.At); err != nil {
			return err
		}
		if err := q.PinCase(ctx, after.Pinned, string(id)); err != nil {
			return err
		}
		return q.InsertOrder(ctx, db.InsertOrderParams{
			CaseID: string(id), At: o.At, ByUser: string(o.By), Act: string(o.Act), Until: opt(o.Until), Reason: o.Reason,
		})
	})
	if err != nil {
		return dialer.CaseNext{}, err
	}
	l.log.Info("a supervisor's order", "case", id, "act", o.Act, "by", o.By)
	l.rank(ctx, id)
	return next, nil
}

// ordersOf reads the newest order on each of some cases.
func ordersOf(ctx context.Context, q *db.Queries, ids []string) (map[string]*casework.Order, error) {
	rows, err := q.NewestOrders(ctx, ids)
	out := map[string]*casework.Order{}
	for _, r := range rows {
		out[r.CaseID] = &casework.Order{
			Act: casework.Act(r.Act), By: dialer.UserID(r.ByUser), At: r.At, Until: timeOf(r.Until), Reason: r.Reason,
		}
	}
	return out, err
}

// TriesAt lists the tries at every usable number of some cases, oldest first.
func (l *Ledger) TriesAt(ctx context.Context, ids []dialer.CaseID) (casework.TriesAt, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	out := casework.TriesAt{}
	err := l.query(ctx, "list the tries at cases", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.TriesAtCases(ctx, texts, l.now().Add(-dialer.TriesKept))
		for _, r := range rows {
			t := dialer.Try{
				At: r.TriedAt, Result: dialer.Result(r.Result), Party: r.Party, MayHaveRung: r.MayHaveRung, CalledUs: r.CalledUs,
			}
			if r.AskedFor.Unix() != 0 {
				t.AskedFor = r.AskedFor
			}
			number, err := l.unseal(r.Custody, r.Sealed, aboutPhone(r.NumberRef))
			if err != nil {
				return err
			}
			at := casework.At{Case: dialer.CaseID(r.CaseID), Number: dialer.Number(number)}
			out[at] = append(out[at], t)
		}
		return err
	})
	return out, err
}

// Counts says how many cases wait, and for what.
func (l *Ledger) Counts(ctx context.Context) (c casework.Counts, err error) {
	err = l.query(ctx, "count what waits", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.CountWaiting(ctx, l.now())
		if err != nil {
			return err
		}
		for _, r := range rows {
			c.Waiting = append(c.Waiting, casework.Count{
				Due: r.IsDue, Cause: dialer.Cause(r.Cause), Language: r.Language, Mine: r.Mine, N: int(r.N), First: r.FirstDue,
			})
		}
		held, err := q.CountHeld(ctx)
		c.Held, c.ResultDue = int(held.Held), int(held.ResultDue)
		return err
	})
	return c, err
}
