package postgres

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// The last looks before a call, in the transaction that lets it be made: what was true at the click may not be any more.

// mustWait refuses to call a case that was held or closed since the click, where who clicks does not decide about that.
func mustWait(ctx context.Context, q *db.Queries, r dialer.Reservation) error {
	if !r.MustWait {
		return nil
	}
	state, err := q.StateToReserve(ctx, string(r.Target.CaseID))
	if err == nil && state != string(dialer.CaseWaiting) {
		err = dialer.ErrNotWaiting
	}
	return err
}

// mayRing is the last look before a desk is rung: at the do-not-call list, and at how many calls went out. What is noted by hand was rung already.
func (l *Ledger) mayRing(ctx context.Context, q *db.Queries, r dialer.Reservation) error {
	if r.Desk == "" {
		return nil
	}
	if err := l.notForbidden(ctx, q, r.Target.NumberRef); err != nil {
		return err
	}
	return l.underCeiling(ctx, q, r)
}

// stillAllowed looks once more, for the desk's phone has rung since: at the do-not-call list, for whoever put the number there was told that it is dialled no
// more; at what a talk at another desk has decided of the case meanwhile (also that the number is wrong); and at who calls us.
func (l *Ledger) stillAllowed(ctx context.Context, q *db.Queries, id dialer.CallID) error {
	a, err := q.LastLook(ctx, l.now(), string(id))
	if err != nil {
		return err
	}
	if err := l.notForbidden(ctx, q, a.NumberRef); err != nil {
		return err
	}
	switch {
	case a.Moved:
		return dialer.ErrMoved
	case a.CallsUs:
		return dialer.ErrCallsUs
	}
	return nil
}

// notForbidden refuses a number that is on the do-not-call list.
func (l *Ledger) notForbidden(ctx context.Context, q *db.Queries, ref string) error {
	no, err := l.isForbidden(ctx, q, ref)
	if err == nil && no {
		err = dialer.Refuse(dialer.DoNotCall)
	}
	return err
}
