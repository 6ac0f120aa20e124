package dialer

import (
	"context"
	"errors"
	"time"
)

// Present makes a case stand at a desk, ready to be read and dialled, and claims it there. With no id it keeps the one
// that stands there, or takes the first in the line; with skip it takes the next and puts the present one off for a while.
// It never dials.
func (e *Engine) Present(ctx context.Context, a Asker, id DeskID, want CaseID, skip bool) (CaseID, error) {
	var claim *Claim
	err := turn(ctx, func() (wait <-chan struct{}, err error) {
		claim, wait, err = e.presentable(a, id)
		return wait, err
	})
	if err != nil {
		return "", err
	}
	defer e.unholdDesk(id)
	ctx = context.WithoutCancel(ctx) // a browser that goes away is no queue that went away
	if claim != nil && !skip && (want == "" || want == claim.Case) {
		return claim.Case, nil
	}
	next, stood, err := e.claimFor(ctx, DialRequest{Asker: a, Desk: id, Case: want, Next: want == ""})
	if err != nil {
		return "", err
	}
	if !e.setPresented(id, next, stood) {
		e.release(ctx, *next)
		return "", Refuse(DeskBusy)
	}
	if skip && claim != nil && claim.Token != next.Token {
		e.setAside(ctx, *claim)
	} else {
		e.releaseOther(ctx, claim, next)
	}
	return next.Case, nil
}

// asideFor is how long a skipped case stays away. Where it stood it would only come up again, whatever its priority.
const asideFor = 15 * time.Minute

// setAside puts a skipped case off for a while.
func (e *Engine) setAside(ctx context.Context, c Claim) {
	e.putOff(ctx, c, CaseNext{
		State: CaseWaiting, Due: e.d.Hours().NextOpen(e.d.Now().Add(asideFor)), Cause: CauseAside, Why: "後回しにしたため、15分後にふたたび出ます",
		WhyEN: "put off by an operator; it comes again after 15 minutes",
	})
}

// presentable holds a desk for a change of the case presented there, unless something else is being worked on: then wait.
func (e *Engine) presentable(a Asker, id DeskID) (presented *Claim, wait <-chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	switch {
	case d == nil:
		return nil, nil, Refuse(UnknownDesk)
	case d.away:
		return nil, nil, ErrElsewhere
	case e.draining:
		return nil, nil, Refuse(Draining)
	case d.view.Operator != a.User:
		return nil, nil, Refuse(NotYourDesk)
	case d.testing:
		return nil, nil, testGoesOn
	case d.held != nil:
		return nil, d.held, nil
	case d.view.State == DeskInCall:
		return nil, nil, Refuse(DeskBusy)
	case d.view.State == DeskWrapUp:
		return nil, nil, Refuse(ResultIsDue)
	case d.view.State == DeskAway:
		return nil, nil, d.awayRefusal()
	}
	d.held = make(chan struct{})
	return d.claim, nil, nil
}

// claimFor claims the case asked for, or the first that every rule lets be called now, and says where it stood before that.
func (e *Engine) claimFor(ctx context.Context, r DialRequest) (*Claim, *Waiting, error) {
	if r.Next {
		p, err := e.pickNext(ctx, r)
		return p.claim, p.stood, err
	}
	if e.elsewhere(r.Desk, r.Case) { // in the line it may still be this desk's: a talk that it has handed on
		return nil, nil, Refuse(CaseBusy)
	}
	stood, err := e.placeOf(ctx, r.Case)
	if err != nil {
		return nil, nil, ledgerRefusal(err)
	}
	claim, err := e.d.Queue.Claim(ctx, r.Desk, r.Case, nil, e.d.Limits.Lease)
	if err != nil {
		return nil, nil, e.claimRefusal(err)
	}
	return &claim, stood, nil
}

// setPresented is false when a call that came in was answered there meanwhile.
func (e *Engine) setPresented(id DeskID, c *Claim, stood *Waiting) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	if d.view.State == DeskInCall {
		return false
	}
	d.claim, d.stood = c, stood
	d.view.CaseID = ""
	if c != nil {
		d.view.CaseID = c.Case
	}
	e.showDesk(id)
	return true
}

// asPresented refuses a case that has moved since it came to stand at the desk: whoever stands there may have called us, and said at another desk when to be
// called. Who reads it again and names it may still call it. It returns where the case stands; nil when it does not wait.
func (e *Engine) asPresented(ctx context.Context, r DialRequest, c Claim) (*Waiting, error) {
	now, err := e.placeOf(ctx, c.Case)
	if err != nil {
		return nil, ledgerRefusal(err)
	}
	e.mu.Lock()
	stood := e.desks[r.Desk].stood
	e.mu.Unlock()
	switch {
	case now == nil && (stood == nil || !r.Asker.Supervises()): // mayBeCalled says why an operator may not
		return nil, nil //nolint:nilnil // it does not wait
	case now != nil && (stood != nil && now.Due.Equal(stood.Due) && now.Lane == stood.Lane || e.isDue(*now) && serves(e.lanesOf(r.Desk), now.Lane)):
		return now, nil
	}
	if err := e.d.Queue.Done(ctx, c, now); err != nil {
		e.lineMissed("done", c.Case, err)
	}
	e.clearPresented(r.Desk, c)
	return nil, hasMoved(now)
}

// ErrMoved is told of a case that has moved while the desk's phone rang.
var ErrMoved = &Refusal{
	Rule: CaseBusy, JA: "席の電話を呼び出している間に、この案件は保留・完了になったか、次の架電の予定が変わりました",
	EN: "while the desk rang the case was held, closed, or put to another time",
}

// hasMoved is told of a case that stands elsewhere than when it was presented.
func hasMoved(now *Waiting) *Refusal {
	no := &Refusal{
		Rule: CaseBusy, JA: "この案件は、表示された後に保留または完了になりました。案件を開き直して確かめてください",
		EN: "the case was held or closed after it was presented; open it again and look",
	}
	if now != nil {
		due := InWords(now.Due)
		no.JA = "この案件は、表示された後に次の架電が" + due.JA + "に変わりました。案件を開き直して確かめてください"
		no.EN = "after the case was presented its next call was put to " + due.EN + "; open it again and look"
	}
	return no
}

// clearPresented forgets a claim that is no longer the desk's.
func (e *Engine) clearPresented(id DeskID, c Claim) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.desks[id]; d.claim != nil && d.claim.Token == c.Token {
		d.claim, d.stood, d.view.CaseID = nil, nil, ""
		e.showDesk(id)
	}
}

// presentNext makes the next case stand at a desk by itself, after a call that nobody answered or a result saved. An
// empty line or a queue that is away leaves the desk without one; the operator sees why when asking.
func (e *Engine) presentNext(ctx context.Context, id DeskID) {
	e.mu.Lock()
	who := e.desks[id].view.Operator
	e.mu.Unlock()
	if who == "" {
		return
	}
	_, err := e.Present(ctx, Asker{User: who, Role: RoleOperator}, id, "", false)
	var no *Refusal
	if err != nil && !errors.As(err, &no) {
		e.d.Log.Warn("no next case could be presented", "desk", id, "err", err)
	}
}
