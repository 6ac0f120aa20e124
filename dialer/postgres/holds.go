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

// A case that is held is called again once a supervisor has decided so, and by nothing else: no end of a call lifts the hold, and no result that somebody else
// records, of a talk that came in or of a call noted by hand. Who was wrong when they recorded what it is held for may correct that.

// hold is what a case is held for.
type hold struct {
	since time.Time
	next  dialer.CaseNext
}

// noDecision are cases that nobody has to decide about: what came in, as long as it is up, and a number by itself.
func noDecision(why string) bool { return why == cameInWhy || why == adHocWhy }

// standsAt is what a case waits for by its row.
func standsAt(p db.LockCasePlaceRow) dialer.CaseNext {
	return dialer.CaseNext{State: dialer.CaseState(p.State), Due: timeOf(p.Due), Cause: dialer.Cause(p.Cause), Why: p.Why, WhyEN: p.WhyEn}
}

// holdOf is what a case is held for, or was when the talk began whose result it waits for; nil for nothing.
func holdOf(p db.LockCasePlaceRow) *hold {
	h := hold{p.MovedAt, standsAt(p)}
	if p.State == string(dialer.CaseResultDue) && p.StoodAt != nil {
		h = hold{*p.StoodAt, dialer.CaseNext{State: dialer.CaseState(p.StoodState), Cause: dialer.Cause(p.StoodCause), Why: p.StoodWhy, WhyEN: p.StoodWhyEn}}
	}
	if h.next.State != dialer.CaseHeld || noDecision(h.next.Why) {
		return nil
	}
	return &h
}

// staysHeld reports whether a case is held whatever an entry says, and has it stand as it did before its talk.
func staysHeld(ctx context.Context, q *db.Queries, r casework.Recorded, a db.LockAttemptRow, place db.LockCasePlaceRow) (*hold, error) {
	h := holdOf(place)
	if h == nil || r.Decides {
		return nil, nil //nolint:nilnil // it is not, and that is no mistake
	}
	byEnd := h.next.Cause == dialer.CauseResult || h.next.Cause == dialer.CausePaid
	if byEnd && a.Origin == string(casework.BySIP) && a.EndedAt != nil && a.EndedAt.Equal(h.since) {
		return nil, nil //nolint:nilnil // this very call's end holds it, until its result is known
	}
	if h.next.Cause == dialer.CausePaid && outweighsPaid(r.Next) {
		return nil, nil //nolint:nilnil // the next list would lift the hold, and nothing of what was said would be left
	}
	its, err := q.HeldByEntry(ctx, string(r.Attempt), h.since)
	if err != nil || its {
		return nil, err
	}
	if place.State == string(dialer.CaseResultDue) {
		err = standAgain(ctx, q, a.CaseID, r.At)
	}
	if err == nil && h.next.Cause == dialer.CausePaid && r.Next.State == dialer.CaseWaiting {
		err = q.KeepForUnpaid(ctx, db.KeepForUnpaidParams{
			ID: a.CaseID, Due: r.Next.Due, Cause: string(r.Next.Cause), Why: r.Next.Why, WhyEn: r.Next.WhyEN,
		})
	}
	return h, err
}

// outweighsPaid reports whether an entry decides of a case that is held because it is perhaps paid, which lifts by itself: what keeps a case from being called at
// all, and the time that the debtor asked for, as in HoldMaybePaid.
func outweighsPaid(next dialer.CaseNext) bool {
	return next.State != dialer.CaseWaiting || next.Cause == dialer.CauseAsked
}

// standAgain has a case that waits for a talk's result stand as it did before the talk, unless a paid list came meanwhile that says it is perhaps paid.
func standAgain(ctx context.Context, q *db.Queries, id string, at time.Time) error {
	if err := q.StandAgain(ctx, at, id); err != nil {
		return err
	}
	if err := q.StandInOrder(ctx, id); err != nil {
		return err
	}
	_, err := holdThePaid(ctx, q, []string{id}, at)
	return err
}

// moveOn moves a case on after a call of ours. One that is held or closed stays so, and of one that moved while the call was made, that it reached nobody says nothing
// new: who called us meanwhile, or a supervisor, has decided. A talk is waited for in any case.
func moveOn(ctx context.Context, q *db.Queries, id string, e dialer.AttemptEnd) error {
	next, at := e.Next, e.EndedAt
	if next.State == dialer.CaseResultDue {
		return moveCase(ctx, q, id, next, at)
	}
	place, err := q.LockCasePlace(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // there is none to be moved
	}
	if err != nil || place.State == string(dialer.CaseClosed) || place.State == string(dialer.CaseHeld) && !noDecision(place.Why) {
		return err
	}
	if next.State == dialer.CaseWaiting {
		if moved, err := q.MovedSince(ctx, string(e.ID)); err != nil || moved {
			return err
		}
	}
	return moveCase(ctx, q, id, next, at)
}
