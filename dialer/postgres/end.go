package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// End closes an attempt, once. When the database does not take it within ctx's deadline, it goes to the spool and End
// returns nil; it fails when neither could be written, or when the end contradicts itself.
func (l *Ledger) End(ctx context.Context, e dialer.AttemptEnd) error {
	if l.spool != nil && l.spool.holdsEnd(e.ID) {
		return nil
	}
	e.Quality = whole(e.Quality)
	r := record{End: &e}
	return l.writeOrKeep(r, func() error { return l.write(ctx, r) })
}

// unlessEnded is nil for what came after the contract's end, of which only the log tells: it may not be kept, and nobody would take it.
func (l *Ledger) unlessEnded(id dialer.CallID, err error) error {
	if no := (*dialer.Refusal)(nil); errors.As(err, &no) && no.Rule == dialer.ContractEnded {
		l.log.Warn("what came after the contract's end was not kept", "call", id)
		return nil
	}
	return err
}

// putEnd writes an end in the transaction of q, and opens the record of a call that came in while that could not be done.
func (l *Ledger) putEnd(ctx context.Context, q *db.Queries, e dialer.AttemptEnd) (ended bool, err error) {
	if e.Arrival != nil {
		if _, err := l.arrive(ctx, q, *e.Arrival); err != nil {
			return false, l.unlessEnded(e.ID, err)
		}
	}
	if ended, err = l.endAttempt(ctx, q, e); err != nil || !ended {
		return ended, err
	}
	if err := l.sealCall(ctx, q, e.ID); err != nil {
		return false, err
	}
	return true, l.reportNumber(ctx, q, e)
}

// endAttempt writes an end in the transaction of q. ended is false when there is nothing to end: it was ended before, or
// its reservation was never committed, or nobody here has begun it.
func (l *Ledger) endAttempt(ctx context.Context, q *db.Queries, e dialer.AttemptEnd) (ended bool, err error) {
	// A reservation that its caller gave up may be about to commit: wait for it, or it would stay open for ever.
	if err := q.HoldAttempt(ctx, string(e.ID)); err != nil {
		return false, err
	}
	open, err := q.LockOpenAttempt(ctx, string(e.ID))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case !l.begunHere(open):
		return false, l.endForeign(ctx, q, open.ID, e.EndedAt)
	}
	// The evidence goes first: nothing may change once the attempt has ended.
	if err := endEvidence(ctx, q, e); err != nil {
		return false, err
	}
	row, err := q.EndAttempt(ctx, db.EndAttemptParams{
		ID: string(e.ID), DialledAt: opt(e.DialledAt), RingingAt: opt(e.RingingAt), AnsweredAt: opt(e.AnsweredAt),
		EndedAt: e.EndedAt, EndedBy: string(e.EndedBy), Trunk: plain(e.Trunk), Result: string(e.Verdict.Result),
		Confidence: string(e.Verdict.Confidence), Rule: plain(e.Verdict.Rule), Why: plain(e.Verdict.Why), Counted: e.Verdict.Counted,
		Desk: string(e.Desk), Operator: string(e.Operator),
	})
	if err != nil {
		return false, err
	}
	if err := q.DeleteLegs(ctx, string(e.ID)); err != nil {
		return false, err
	}
	if err := endRecording(ctx, q, e.ID, e.Recording); err != nil {
		return false, err
	}
	if err := addQuality(ctx, q, e); err != nil {
		return false, err
	}
	if err := l.afterEnd(ctx, q, e, row); err != nil {
		return false, err
	}
	// A case in a call is held by no paid list, also where the end moves it nowhere.
	_, err = holdThePaid(ctx, q, []string{row.CaseID}, e.EndedAt)
	return true, err
}

// afterEnd moves the case on, unless an entry was recorded meanwhile that knows better, and spoils a number that proved
// wrong: moved, or unallocated for the second time.
func (l *Ledger) afterEnd(ctx context.Context, q *db.Queries, e dialer.AttemptEnd, row db.EndAttemptRow) error {
	if row.Direction == string(dialer.Inbound) {
		return afterArrival(ctx, q, e, row.CaseID)
	}
	known, err := q.HasResult(ctx, string(e.ID))
	if err != nil {
		return err
	}
	if !known && e.Next.State != "" {
		if err := moveOn(ctx, q, row.CaseID, e); err != nil {
			return err
		}
	}
	wrong := e.Spoilt || e.Verdict.Result == dialer.NumberChanged
	if e.Verdict.Result == dialer.Unallocated {
		n, err := q.CountResult(ctx, row.NumberRef, string(dialer.Unallocated))
		if err != nil {
			return err
		}
		wrong = n >= 2
	}
	if wrong {
		return l.spoil(ctx, q, row.CaseID, row.NumberRef)
	}
	return nil
}

// endEvidence writes the evidence of an end, whole. Notes may have been lost on the way, and a restart numbers on from
// what was left; so a piece whose number is taken by another goes to the end of the row.
func endEvidence(ctx context.Context, q *db.Queries, e dialer.AttemptEnd) error {
	have, err := q.EvidenceOf(ctx, []string{string(e.ID)})
	if err != nil {
		return err
	}
	return addEvidence(ctx, q, e.ID, missing(have, e.Evidence))
}

// missing numbers the pieces of all that the ledger does not have yet.
func missing(have []db.AttemptEvidence, all []dialer.Evidence) []nth {
	type mark struct {
		at     int64
		leg    dialer.LegName
		event  dialer.EvidenceEvent
		status int
	}
	markOf := func(e dialer.Evidence) mark { return mark{e.At.UnixMicro(), e.Leg, e.Event, e.Status} }
	known, taken, next := map[mark]int{}, map[int]bool{}, len(all)
	for _, r := range have {
		known[markOf(evidenceFrom(r))]++
		taken[int(r.N)] = true
		next = max(next, int(r.N)+1)
	}
	var out []nth
	for i, e := range all {
		if m := markOf(e); known[m] > 0 {
			known[m]--
			continue
		}
		n := i
		if taken[n] {
			n, next = next, next+1
		}
		out = append(out, nth{n, e})
	}
	return out
}

// moveCase writes where a case stands, and of one that is to wait for a talk's result how it stood. A case that waits without a time is due at once.
func moveCase(ctx context.Context, q *db.Queries, id string, next dialer.CaseNext, at time.Time) error {
	if next.State == dialer.CaseResultDue {
		if err := q.RememberHowItStood(ctx, id); err != nil {
			return err
		}
	}
	_, err := q.MoveCase(ctx, moveTo(id, next, at))
	return err
}

// moveTo are the columns of where a case stands.
func moveTo(id string, next dialer.CaseNext, at time.Time) db.MoveCaseParams {
	p := db.MoveCaseParams{
		ID: id, State: string(next.State), Why: plain(next.Why), WhyEn: plain(next.WhyEN), Cause: string(next.Cause), At: at,
	}
	if next.Mine != "" && next.State == dialer.CaseWaiting {
		p.Mine, p.MineUntil = string(next.Mine), opt(next.MineUntil)
	}
	if next.State == dialer.CaseWaiting {
		p.Due = opt(next.Due)
		if p.Due == nil {
			p.Due = &at
		}
	}
	return p
}
