package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

const (
	cameInWhy = "電話がかかってきました。どの案件か分かったら結び付けてください"
	namedWhy  = "別の案件の着信でした"

	notTheirsWhy  = "この案件の着信と思われた通話は別の案件のものでした。次の架電を決めてください"
	originInbound = "inbound" // of a case that is a caller's, and on no list
)

// Arrive opens the record of a call that came in, and says which case it is about. Told twice, it is the same record. When
// the database is away the answer is ErrLedgerDown, but the arrival waits in the spool: after a crash it is what hangs up. On a
// day that was closed it is a refusal: its end will bring it.
func (l *Ledger) Arrive(ctx context.Context, in dialer.Arrival) (t dialer.Target, err error) {
	if err = l.settle(ctx); err == nil {
		err = l.inTx(ctx, "open the record of a call that came in", func(ctx context.Context, q *db.Queries) error {
			id, err := l.arrive(ctx, q, in)
			if err == nil {
				err = l.refuseClosedDay(ctx, q, in.At)
			}
			if err != nil {
				return err
			}
			t, err = wholeTarget(ctx, q, id)
			return err
		})
	}
	if err != nil {
		if l.spool != nil && keepable(err) {
			err = errors.Join(err, l.keep(record{Arrival: &in}))
		}
		return dialer.Target{}, err
	}
	t.Number, t.NumberRef = in.Caller, in.NumberRef
	t.Sample = t.Sample || in.Caller.MadeUp()
	return t, nil
}

// arrive writes the row in the transaction of q, unless it is there, and returns its case. After the contract's end none is written:
// a caller's number would be somebody's.
func (l *Ledger) arrive(ctx context.Context, q *db.Queries, in dialer.Arrival) (dialer.CaseID, error) {
	if err := q.HoldAttempt(ctx, string(in.ID)); err != nil {
		return "", err
	}
	if id, err := q.CaseOfAttempt(ctx, string(in.ID)); !errors.Is(err, pgx.ErrNoRows) {
		return dialer.CaseID(id), err
	}
	if now, err := l.dayStands(ctx, q, in.At); err != nil || now.ended {
		return "", orElse(err, shut(false, now.ended))
	}
	c, err := l.custody()
	if err != nil {
		return "", err
	}
	id := in.Case
	if id == "" {
		if id, err = l.callersCase(ctx, q, c, in); err != nil {
			return "", err
		}
	}
	t, err := wholeTarget(ctx, q, id)
	if err != nil {
		return "", err
	}
	kind := string(in.Kind)
	if in.NumberRef == "" {
		kind = string(dialer.KindWithheld)
	}
	by, sample := l.self(), t.Sample || in.Caller.MadeUp()
	mark := l.markOfAttempt(db.Attempt{
		ID: string(in.ID), Direction: string(dialer.Inbound), NumberRef: in.NumberRef, Sample: sample, StartedAt: in.At, Node: string(by.Node), NodeEpoch: by.Epoch,
	})
	err = q.InsertArrival(ctx, db.InsertArrivalParams{
		ID: string(in.ID), CaseID: string(id), CaseRef: t.CaseRef, NumberRef: in.NumberRef, NumberKind: kind,
		Insurance: t.Insurance, Language: t.Language, BalanceBand: t.BalanceBand, Sample: sample,
		Trunk: plain(in.Trunk), SipCallID: plain(in.CustomerLeg.SIPCallID), StartedAt: in.At,
		Node: string(by.Node), NodeEpoch: by.Epoch, Mark: mark,
	})
	if err != nil {
		return "", err
	}
	if in.Caller != "" {
		sealed, err := c.seal(string(in.Caller), aboutCaller(string(in.ID)))
		if err != nil {
			return "", err
		}
		if err := q.InsertCaller(ctx, string(in.ID), c.day, sealed); err != nil {
			return "", err
		}
	}
	return id, l.putLeg(ctx, q, in.ID, in.CustomerLeg)
}

// callersCase finds the case of a caller's number, or opens one: for all the calls of one number the same, and for one whose
// number was withheld its own.
func (l *Ledger) callersCase(ctx context.Context, q *db.Queries, c custody, in dialer.Arrival) (dialer.CaseID, error) {
	if in.NumberRef != "" {
		id, err := q.CaseOfNumber(ctx, in.NumberRef)
		if err == nil {
			return dialer.CaseID(id), takeBack(ctx, q, c, id, in)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return "", err
		}
	}
	whose := in.NumberRef
	if whose == "" {
		whose = string(in.ID)
	}
	ref := l.refs.Case("inbound " + whose)
	id, err := q.InsertInboundCase(ctx, db.InsertInboundCaseParams{
		ID: string(in.NewCase), CaseRef: ref, Sample: in.Caller.MadeUp(), Why: cameInWhy, At: in.At,
		Custody: c.day,
	})
	if err != nil {
		return "", err
	}
	if in.Caller == "" {
		return dialer.CaseID(id), nil
	}
	return dialer.CaseID(id), c.insertPhone(ctx, q, phoneOf{id, ref}, in.Caller, in.NumberRef)
}

// takeBack takes a case up again that is the caller's alone, with the number to call back.
func takeBack(ctx context.Context, q *db.Queries, c custody, id string, in dialer.Arrival) error {
	n, err := q.TakeCallersCase(ctx, c.day, id)
	if err != nil || n == 0 || in.Caller == "" {
		return err
	}
	ref, err := q.RefOfCase(ctx, id)
	if err != nil {
		return err
	}
	return c.insertPhone(ctx, q, phoneOf{id, ref}, in.Caller, in.NumberRef)
}

// mostNamings is for how many cases one call is taken in turn: who looks for a caller's has found it by then, and each that is named may be read.
const mostNamings = 16

// NameCase says whose call it was that came in, as long as no result of it is recorded: a result belongs to the case that it
// was recorded for.
func (l *Ledger) NameCase(ctx context.Context, id dialer.CallID, to dialer.CaseID, by dialer.UserID) (t dialer.Target, err error) {
	if err := l.settle(ctx); err != nil {
		return dialer.Target{}, err
	}
	var was db.LockArrivalRow
	err = l.inTx(ctx, "say whose call it was", func(ctx context.Context, q *db.Queries) error {
		if was, err = q.LockArrival(ctx, string(id)); err != nil {
			return err
		}
		if t, err = mayName(ctx, q, id, to); err != nil {
			return err
		}
		t.NumberRef = was.NumberRef
		if was.CaseID == string(to) {
			return nil
		}
		return l.nameCase(ctx, q, id, t, was)
	})
	if err != nil {
		return dialer.Target{}, err
	}
	l.rank(ctx, dialer.CaseID(was.CaseID)) // it may wait again, and those that wait are ranked
	l.log.Info("a call that came in has its case", "call", id, "case", to, "by", by)
	return t, nil
}

// mayName returns the case that a call is said to be about, unless the call stays with the one it has.
func mayName(ctx context.Context, q *db.Queries, id dialer.CallID, to dialer.CaseID) (t dialer.Target, err error) {
	known, err := q.HasResult(ctx, string(id))
	if err != nil {
		return t, err
	}
	if known {
		return t, &dialer.Refusal{
			Rule: dialer.CaseBusy, JA: "結果が登録済みのため、案件を変更できません",
			EN: "the call has its result already, so it stays with its case",
		}
	}
	if t, err = wholeTarget(ctx, q, to); err != nil {
		return t, err
	}
	taken, err := q.TakenFor(ctx, t.CaseRef, string(id))
	if err == nil && !taken.Again && taken.Cases > mostNamings {
		err = dialer.Refuse(dialer.NamedTooOften)
	}
	return t, err
}

// nameCase gives a call to a case, and lets the one go that was taken for the caller's.
func (l *Ledger) nameCase(ctx context.Context, q *db.Queries, id dialer.CallID, t dialer.Target, was db.LockArrivalRow) error {
	err := q.NameArrival(ctx, db.NameArrivalParams{
		ID: string(id), CaseID: string(t.CaseID), CaseRef: t.CaseRef, Insurance: t.Insurance, Language: t.Language, BalanceBand: t.BalanceBand,
	})
	if err != nil {
		return err
	}
	if was.Result == string(dialer.Answered) {
		if err := moveCase(ctx, q, string(t.CaseID), dialer.ResultOwed, l.now()); err != nil {
			return err
		}
	}
	if err := q.CloseOpened(ctx, namedWhy, l.now(), was.CaseID); err != nil {
		return err
	}
	return letGo(ctx, q, was, l.now())
}

// letGo frees a case that was taken for the caller's and waits for the result of that talk: it stands as it did before. Where that is not known, or something was
// entered meanwhile that the wait kept from moving it, a supervisor decides. What owes another talk's result owes it still.
func letGo(ctx context.Context, q *db.Queries, was db.LockArrivalRow, at time.Time) error {
	place, err := q.LockCasePlace(ctx, was.CaseID)
	if err != nil || was.Result != string(dialer.Answered) || place.State != string(dialer.CaseResultDue) {
		return err
	}
	waits, err := q.WhatIsWaitedFor(ctx, place.MovedAt, was.CaseID)
	switch {
	case err != nil || waits.Owing:
		return err
	case holdOf(place) == nil && (place.StoodAt == nil || waits.Entered):
		return moveCase(ctx, q, was.CaseID, dialer.CaseNext{State: dialer.CaseHeld, Why: notTheirsWhy}, at)
	}
	return standAgain(ctx, q, was.CaseID, at)
}

// afterArrival moves the case of a call that came in: where its end says, but for a case that waits for another talk's result,
// and for one that has no number to call back.
func afterArrival(ctx context.Context, q *db.Queries, e dialer.AttemptEnd, id string) error {
	known, err := q.HasResult(ctx, string(e.ID))
	if err != nil || known || e.Next.State == "" {
		return err
	}
	// Who holds it at this moment is waited for: what they commit is not to be written over.
	place, err := q.LockCasePlace(ctx, id)
	if err != nil {
		return err
	}
	next := e.Next
	if e.Stranger != nil && place.Origin == originInbound && place.State != string(dialer.CaseWaiting) {
		next = *e.Stranger
	}
	if next.State != dialer.CaseResultDue && place.State == string(dialer.CaseResultDue) {
		return nil
	}
	if next.State == dialer.CaseWaiting {
		if _, err := q.NextNumber(ctx, id); errors.Is(err, pgx.ErrNoRows) {
			next = dialer.CaseNext{State: dialer.CaseClosed, Why: "折り返せる番号のない不在着信がありました"}
		} else if err != nil {
			return err
		}
	}
	if place.State == string(dialer.CaseHeld) && place.Why != cameInWhy && next.State != dialer.CaseResultDue {
		next = next.StaysHeld(place.Why) // somebody decides about it, and shall know
	}
	if next.State == dialer.CaseWaiting {
		others, err := q.OthersOfCase(ctx, e.StartedAt, string(e.ID), id)
		if err != nil || others.NewerTalk {
			return err // they have been talked with since, and what was said then stands
		}
	}
	if next.State == dialer.CaseClosed && place.State != string(dialer.CaseHeld) {
		return nil // a caller who withheld the number ends nothing but the case of that one call
	}
	return moveCase(ctx, q, id, next, e.EndedAt)
}

// Caller returns who called, as far as that is known, and the cases that have the number: the one it counts for first.
func (l *Ledger) Caller(ctx context.Context, id dialer.CallID) (number dialer.Number, cases []dialer.CaseID, err error) {
	err = l.query(ctx, "find who called", func(ctx context.Context, q *db.Queries) error {
		row, err := q.CallerOf(ctx, string(id))
		if err != nil {
			return err
		}
		text, err := l.unseal(row.Custody, row.Sealed, aboutCaller(string(id)))
		if err != nil {
			return err
		}
		number, cases = dialer.Number(text), []dialer.CaseID{dialer.CaseID(row.CaseID)}
		if row.NumberRef == "" {
			return nil
		}
		others, err := q.CasesOfNumber(ctx, row.NumberRef)
		for _, other := range others {
			if other != row.CaseID {
				cases = append(cases, dialer.CaseID(other))
			}
		}
		return err
	})
	return number, cases, err
}

// wholeTarget is what an attempt keeps of a case, whichever number it is about.
func wholeTarget(ctx context.Context, q *db.Queries, id dialer.CaseID) (dialer.Target, error) {
	row, err := q.TargetOf(ctx, string(id))
	if err != nil {
		return dialer.Target{}, err
	}
	return dialer.Target{
		CaseID: id, CaseRef: row.CaseRef, Unlisted: row.Unlisted, Sample: row.Sample, Insurance: insurance(row.Kokuho, row.Kouki), Language: row.Language,
		BalanceBand: casework.BalanceBand(row.Yen), Priority: int(row.Priority),
		Stood: dialer.CaseNext{
			State: dialer.CaseState(row.State), Due: timeOf(row.Due), Why: row.Why, WhyEN: row.WhyEn, Cause: dialer.Cause(row.Cause),
			Mine: dialer.UserID(row.Mine), MineUntil: timeOf(row.MineUntil),
		},
	}, nil
}
