package postgres

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres/internal/db"
)

var _ casework.HandStore = (*Ledger)(nil)

// NoteCall keeps a call that was made or taken without SIP, whole, in one transaction. It goes the way of every call: it is
// reserved, which is refused while the case or the number is in a call, ended, and its entry recorded. It does not wait in the spool: whoever
// notes it still has it before their eyes.
func (l *Ledger) NoteCall(ctx context.Context, n casework.HandCall) (kept casework.Recorded, err error) {
	if err := l.settle(ctx); err != nil {
		return kept, err
	}
	err = l.inTx(ctx, "note a call", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		if err := l.beginByHand(ctx, q, n); err != nil {
			return err
		}
		kept, err = l.endByHand(ctx, q, n)
		return err
	})
	if again := l.notedBefore(ctx, n, err); again != "" {
		return l.recordedOf(ctx, again)
	}
	if err == nil {
		l.recorded(ctx, kept)
	}
	return kept, err
}

// notedBefore finds what the same click made before, when that is why it was refused.
func (l *Ledger) notedBefore(ctx context.Context, n casework.HandCall, err error) dialer.CallID {
	var refusal *dialer.Refusal
	var f *failure
	if n.Key == "" || !errors.As(err, &refusal) && !errors.As(err, &f) {
		return ""
	}
	id, err := l.ByKey(ctx, n.By, n.Key)
	if err != nil {
		return ""
	}
	return id
}

// recordedOf is what was recorded of an attempt, if anything was, and what its case waits for now.
func (l *Ledger) recordedOf(ctx context.Context, id dialer.CallID) (kept casework.Recorded, err error) {
	a, err := l.Attempt(ctx, id)
	if err != nil {
		return kept, err
	}
	if a.Entry != nil {
		kept = *a.Entry
	}
	c, err := l.Case(ctx, a.CaseID)
	kept.Attempt, kept.Case, kept.Next = id, a.CaseID, c.Next
	return kept, err
}

// beginByHand opens its row in the transaction of q.
func (l *Ledger) beginByHand(ctx context.Context, q *db.Queries, n casework.HandCall) error {
	begin := l.reserveByHand
	if n.Direction == dialer.Inbound {
		begin = l.arriveByHand
	}
	if err := begin(ctx, q, n); err != nil {
		return err
	}
	return q.MarkByHand(ctx, plain(n.Key), string(n.ID))
}

func (l *Ledger) reserveByHand(ctx context.Context, q *db.Queries, n casework.HandCall) error {
	if err := l.refuseReturned(ctx, q, n.Case); err != nil {
		return err
	}
	inCall, err := q.CallOfCaseAt(ctx, string(n.Case), n.At)
	switch {
	case err != nil:
		return err
	case inCall:
		return &dialer.Refusal{
			Rule: dialer.CaseBusy, JA: "この案件はその時刻に通話中でした。時刻を確かめてください",
			EN: "the case was in a call at that time; see whether the time is right",
		}
	}
	t, err := wholeTarget(ctx, q, n.Case)
	if err != nil {
		return err
	}
	t.Number, t.NumberRef = n.Number, l.refs.Number(n.Number)
	t.Sample = t.Sample || n.Number.MadeUp()
	// No node's: no life of a node has to end what is ended with this transaction.
	return l.insertAttempt(ctx, q, dialer.Reservation{ID: n.ID, At: n.At, Target: t, Operator: n.By}, fleet.Life{})
}

func (l *Ledger) arriveByHand(ctx context.Context, q *db.Queries, n casework.HandCall) error {
	if err := l.refuseClosedDay(ctx, q, n.At); err != nil {
		return err
	}
	if n.Case != "" {
		if err := l.refuseReturned(ctx, q, n.Case); err != nil {
			return err
		}
	}
	in := dialer.Arrival{ID: n.ID, At: n.At, Caller: n.Number, NewCase: dialer.CaseID(dialer.NewID(n.Noted)), Case: n.Case}
	if n.Number != "" {
		in.NumberRef, in.Kind = l.refs.Number(n.Number), n.Number.Kind()
	}
	_, err := l.arrive(ctx, q, in)
	return err
}

// endByHand ends it, and has follow what follows from it.
func (l *Ledger) endByHand(ctx context.Context, q *db.Queries, n casework.HandCall) (kept casework.Recorded, err error) {
	end := dialer.AttemptEnd{
		ID: n.ID, StartedAt: n.At, EndedAt: n.At, EndedBy: dialer.ByOperator, Verdict: n.Verdict(), Operator: n.By, Spoilt: n.Spoilt,
	}
	if n.Direction == dialer.Outbound {
		end.DialledAt = n.At
	}
	// Whoever noted it heard it ring: the number rule asks.
	switch n.Result {
	case dialer.Answered:
		end.RingingAt, end.AnsweredAt = n.At, n.At
	case dialer.NoAnswer:
		end.RingingAt = n.At
	default:
	}
	if n.Entry == nil {
		if end.Next, err = nextByHand(ctx, q, n); err != nil {
			return kept, err
		}
	}
	if _, err := l.putEnd(ctx, q, end); err != nil {
		return kept, err
	}
	if n.Entry == nil {
		return casework.Recorded{Attempt: n.ID, Case: n.Case, Next: end.Next}, nil
	}
	r := casework.Recorded{Entry: *n.Entry, Attempt: n.ID, By: n.By, At: n.Noted, Next: n.Next, Spoilt: n.Spoilt, Stays: n.Stays, Decides: n.Decides}
	return l.putAndPassOn(ctx, q, r, true)
}

// nextByHand is what the case waits for after a call that reached nobody: nothing new when a later call has decided, or a talk
// still owes its result. What holds the case does so unless the later call was a talk. It is noted late, which no call that Kakeru ends is.
func nextByHand(ctx context.Context, q *db.Queries, n casework.HandCall) (dialer.CaseNext, error) {
	others, err := q.OthersOfCase(ctx, n.At, string(n.ID), string(n.Case))
	decided := others.Newer && (others.NewerTalk || n.Next.State != dialer.CaseHeld)
	if err != nil || decided || others.Owing || n.Stays {
		return dialer.CaseNext{}, err
	}
	return n.Next, nil
}

// RungBefore says when each case was last called at the number that a call came from, lately: nothing of a withheld one.
func (l *Ledger) RungBefore(ctx context.Context, id dialer.CallID, since time.Time) (map[dialer.CaseID]casework.Rung, error) {
	rung := map[dialer.CaseID]casework.Rung{}
	err := l.query(ctx, "find who rang the caller", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.RungBefore(ctx, since, string(id))
		for _, r := range rows {
			of := casework.Rung{
				At: r.At, By: dialer.UserID(r.Operator), Result: dialer.Result(r.Result), Origin: casework.Origin(r.Origin),
				Party: casework.Party(r.Party),
			}
			for _, b := range r.Business {
				of.Business = append(of.Business, casework.Business(b))
			}
			rung[dialer.CaseID(r.CaseID)] = of
		}
		return err
	})
	return rung, err
}
