package postgres

import (
	"context"
	"time"

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
		row, err := lockCase(ctx, q, id)
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
		after, refusal := o.Apply(stands, l.hours())
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
		return keepOrder(ctx, q, id, o)
	})
	if err != nil {
		return dialer.CaseNext{}, err
	}
	l.log.Info("a supervisor's order", "case", id, "act", o.Act, "by", o.By)
	l.rank(ctx, id)
	return next, nil
}

// lockCase locks a case, and then looks where it stands: a call that was opened while the lock was waited for is seen.
func lockCase(ctx context.Context, q *db.Queries, id dialer.CaseID) (db.LockCaseRow, error) {
	if _, err := q.LockCasePlace(ctx, string(id)); err != nil {
		return db.LockCaseRow{}, err
	}
	return q.LockCase(ctx, string(id))
}

func keepOrder(ctx context.Context, q *db.Queries, id dialer.CaseID, o casework.Order) error {
	p := db.InsertOrderParams{CaseID: string(id), At: o.At, ByUser: string(o.By), Act: string(o.Act), Until: opt(o.Until), Reason: o.Reason}
	if o.Act == casework.Move {
		p.PlaceBefore, p.PlaceAfter = new(int32(o.From)), new(int32(o.To)) //nolint:gosec // places of a line that is shown
	}
	return q.InsertOrder(ctx, p)
}

// Move puts a case where a supervisor wants it, and keeps who did, when, and from which place to which.
func (l *Ledger) Move(ctx context.Context, p casework.Placed, o casework.Order) (all []dialer.Waiting, err error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	ids, dues := []string{}, []time.Time{}
	for _, r := range p.Respaced {
		ids, dues = append(ids, string(r.Case)), append(dues, r.Due)
	}
	err = l.inTx(ctx, "put a case elsewhere in the line", func(ctx context.Context, q *db.Queries) error {
		row, err := lockCase(ctx, q, p.Case)
		if err != nil {
			return err
		}
		stands := casework.Stands{
			Next: dialer.CaseNext{State: dialer.CaseState(row.State), Due: timeOf(row.Due)}, Pinned: row.Pinned, InCall: row.InCall,
		}
		if refusal := stands.MayMove(o.At); refusal != nil {
			return refusal
		}
		if err := q.PlaceCase(ctx, int32(p.Priority), p.Due, string(p.Case)); err != nil { //nolint:gosec // a priority of the line
			return err
		}
		if err := q.RespaceCases(ctx, o.At, ids, dues); err != nil {
			return err
		}
		o.Act, o.From, o.To, o.Reason = casework.Move, p.From, p.To, dialer.MaskDigits(plain(o.Reason))
		return keepOrder(ctx, q, p.Case, o)
	})
	if err != nil {
		return nil, err
	}
	l.log.Info("a supervisor's order", "case", p.Case, "act", casework.Move, "by", o.By, "from", p.From, "to", p.To)
	return l.placesOf(ctx, append(ids, string(p.Case)))
}

// ordersOf reads the newest order on each of some cases.
func ordersOf(ctx context.Context, q *db.Queries, ids []string) (map[string]*casework.Order, error) {
	rows, err := q.NewestOrders(ctx, ids)
	out := map[string]*casework.Order{}
	for _, r := range rows {
		out[r.CaseID] = &casework.Order{
			Act: casework.Act(r.Act), By: dialer.UserID(r.ByUser), At: r.At, Until: timeOf(r.Until), Reason: r.Reason,
			From: placeIn(r.PlaceBefore), To: placeIn(r.PlaceAfter),
		}
	}
	return out, err
}

// placeIn is 0 for none.
func placeIn(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

// TriesAt lists the tries at every usable number of some cases, oldest first.
func (l *Ledger) TriesAt(ctx context.Context, ids []dialer.CaseID) (casework.TriesAt, error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	out := casework.TriesAt{}
	err := l.read(ctx, "list the tries at cases", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.TriesAtCases(ctx, texts, l.now().Add(-dialer.TriesKept))
		for _, r := range rows {
			t := dialer.Try{
				At: r.TriedAt, Result: dialer.Result(r.Result), Party: r.Party, MayHaveRung: r.MayHaveRung, CalledUs: r.CalledUs,
			}
			if r.AskedFor.Unix() != 0 {
				t.AskedFor = r.AskedFor
			}
			number, err := l.openPhone(r.Custody, r.Sealed, r.NumberRef, r.CaseRef)
			if err != nil {
				return err
			}
			at := casework.At{Case: dialer.CaseID(r.CaseID), Number: number}
			out[at] = append(out[at], t)
		}
		return err
	})
	return out, err
}

// Counts says how many cases wait, and for what.
func (l *Ledger) Counts(ctx context.Context) (c casework.Counts, err error) {
	err = l.read(ctx, "count what waits", func(ctx context.Context, q *db.Queries) error {
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
