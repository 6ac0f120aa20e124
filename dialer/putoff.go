package dialer

import (
	"context"
	"errors"
)

// putOff ends a claim on a case that a rule keeps from being called now, in the line and in the ledger. A case that was
// named, and does not wait or is to wait longer (a promise runs, a supervisor holds it), stays where it stands.
func (e *Engine) putOff(ctx context.Context, c Claim, next CaseNext) {
	w, err := e.d.Cases.Place(ctx, c.Case)
	if err != nil || w == nil || next.State == CaseWaiting && w.Due.After(next.Due) {
		e.release(ctx, c)
		return
	}
	err = e.d.Cases.Defer(ctx, c.Case, next)
	if errors.Is(err, ErrNotFound) {
		next = CaseNext{State: CaseHeld} // somebody has held it meanwhile: it leaves the line
	} else if err != nil {
		e.d.Log.Warn("case could not be put off in the ledger", "case", c.Case, "err", err)
	}
	switch err := e.d.Queue.Done(ctx, c, next.from(*w)); {
	case errors.Is(err, ErrClaimLost): // whoever has it now puts it where it belongs
	case err != nil:
		e.lineMissed("done", c.Case, err)
	}
}

// from is the place in the line that n means for a case that stood at w; nil when the case leaves it.
func (n CaseNext) from(w Waiting) *Waiting {
	if n.State != CaseWaiting {
		return nil
	}
	w.Due = n.Due
	return &w
}

func (e *Engine) release(ctx context.Context, c Claim) {
	if err := e.d.Queue.Release(ctx, c); err != nil {
		e.lineMissed("release", c.Case, err)
	}
}

// releaseOther gives a claim back unless it is also the one that is kept.
func (e *Engine) releaseOther(ctx context.Context, c, kept *Claim) {
	if c != nil && (kept == nil || kept.Token != c.Token) {
		e.release(ctx, *c)
	}
}
