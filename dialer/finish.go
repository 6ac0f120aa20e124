package dialer

import (
	"context"
	"errors"
	"slices"
	"time"
)

// finish decides the result of a call whose legs are gone and has its end written, then shown. It runs on the call's
// goroutine, the last thing that does; what follows is the scribe's.
func (e *Engine) finish(c *call) {
	verdict, rule := e.d.Results(c.view.Trunk).Decide(c.finished())
	verdict = verdict.apart(c.target.Unlisted)
	if c.caller != nil {
		verdict = c.inboundVerdict()
		e.mu.Lock()
		if d := e.desks[c.view.Desk]; d != nil {
			c.claim = d.claim
		}
		e.mu.Unlock()
	}
	if verdict.Result == NotDialled && c.withheld != nil {
		verdict.Why = c.withheld.JA
	}
	next, spoilt := e.nextFor(c, verdict, rule)
	end := AttemptEnd{
		ID: c.view.ID, StartedAt: c.view.StartedAt, DialledAt: c.view.DialledAt, RingingAt: c.view.RingingAt,
		AnsweredAt: c.view.AnsweredAt, EndedAt: c.view.EndedAt, EndedBy: c.endedBy, Trunk: c.view.Trunk, Verdict: verdict,
		Evidence: c.evidence, CaseID: c.view.CaseID, Next: next, Spoilt: spoilt,
		Desk: c.view.Desk, Operator: c.view.Operator, Quality: c.view.Quality, Recording: c.recording,
	}
	if c.caller != nil {
		end.Arrival, end.Stranger = &c.caller.arrival, e.ofStranger(c, next)
	}
	c.log.Info("call ended", "result", verdict.Result, "rule", verdict.Rule, "by", c.endedBy, "counted", verdict.Counted)
	c.scribe.last(e.d.Limits.Save+endGrace, func(context.Context, Ledger) error {
		e.writeEnd(c, end)
		return nil
	})
}

// endGrace is what the ledger's adapter may take to write its spool once the database has had its deadline.
const endGrace = 2 * time.Second

// ResultOwed is what the case of a talk waits for.
var ResultOwed = CaseNext{State: CaseResultDue, Why: "通話の業務結果が未入力です", WhyEN: "the result of the talk is owed"}

// nextFor says what the case waits for. A talk waits for its result; a case that was not dialled stays where it stood,
// which need not be in the line.
func (e *Engine) nextFor(c *call, v Verdict, rule *NextRule) (next CaseNext, spoilt bool) {
	switch {
	case v.Result == Answered:
		return ResultOwed, false
	case v.Result == NotDialled:
		return CaseNext{}, false
	case c.caller != nil && v.Result == Cancelled:
		return c.takenElsewhere(), false
	case c.caller != nil && c.target.Unlisted && c.target.Stood.State != CaseWaiting:
		return e.callStrangerBack(c.view.CaseID, c.target.Number, c.view.StartedAt), false
	case c.caller != nil:
		return e.callBack(c.target.Number, c.view.StartedAt), false
	}
	return e.rules().NextFor(v, rule, Situation{
		Now: e.d.Now(), Hours: e.d.Hours(), Tries: c.tries, Kind: c.target.Number.Kind(), OtherNumber: c.target.hasOther(), Stood: c.target.Stood,
	})
}

// hasOther reports whether the case has another number that may be dialled.
func (t Target) hasOther() bool {
	return slices.ContainsFunc(t.Numbers, func(n CaseNumber) bool { return n.Ref != t.NumberRef && !n.DoNotCall })
}

// showFinished frees the desk, or has it wait for the result of a talk, and shows both: after the end was written, so that
// what the panel shows is what the ledger has.
func (e *Engine) showFinished(c *call, v Verdict) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.view.State, c.view.EndedBy, c.view.Verdict = Ended, c.endedBy, &v
	delete(e.calls, c.view.ID)
	view := c.view
	e.d.Board.Show(Change{Type: ChangeCall, At: view.EndedAt, Call: &view})
	for id := range e.desks {
		e.unring(view.ID, id) // the call may have ended in the moment in which it was to be handed on
	}
	d := e.desks[c.view.Desk]
	if d == nil { // nobody answered a call that came in
		return
	}
	d.claim = nil
	if v.Result == Answered {
		d.view.State, d.view.Since = DeskWrapUp, view.EndedAt
	} else {
		d.free(view.EndedAt)
	}
	e.showDesk(c.view.Desk)
}

// writeEnd writes the end until it is written, then moves the queue on and presents the next case.
func (e *Engine) writeEnd(c *call, end AttemptEnd) {
	moved := e.leaveLine(c, end)
	e.insist(end, func() { e.showFinished(c, end.Verdict) })
	ctx, cancel := context.WithTimeout(context.Background(), e.d.Limits.Reserve)
	defer cancel()
	if !moved {
		e.moveOn(ctx, c, end)
	}
	e.d.Board.Show(Change{Type: ChangeProgress, At: e.d.Now()})
	e.d.Board.Show(Change{Type: ChangeQueue, At: e.d.Now()})
	if end.Verdict.Result != Answered && c.view.Desk != "" {
		e.presentNext(ctx, c.view.Desk)
	}
}

// insist writes an end, however often that must be tried: an attempt that stays open locks its case and its number. tried
// runs once, after the first try.
func (e *Engine) insist(end AttemptEnd, tried func()) {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		ctx, cancel := context.WithTimeout(context.Background(), e.d.Limits.Save)
		err := e.d.Ledger.End(ctx, end)
		cancel()
		if tried != nil {
			tried()
		}
		if err == nil {
			return
		}
		e.d.Log.Error("the end of a call could be written neither to the database nor to the spool", "call", end.ID, "err", err)
		if tried != nil {
			e.alert(Alert{
				Kind: "spool_full", CallID: end.ID, Text: "通話の記録を保存できません。ディスクの空きを確かめてください",
				TextEN: "a call's record cannot be saved; check the disk",
			})
			tried = nil
		}
		time.Sleep(wait)
	}
}

// leaveLine takes the case of a talk out of the line before its end is written: from then on its result may be recorded,
// and that moves the case too.
func (e *Engine) leaveLine(c *call, end AttemptEnd) bool {
	if end.Verdict.Result != Answered || c.claim == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.d.Limits.Save)
	defer cancel()
	err := e.d.Queue.Done(ctx, *c.claim, nil)
	if err != nil && !errors.Is(err, ErrClaimLost) {
		e.lineMissed("done", end.CaseID, err) // it may still be done, when nobody expects it any more
	}
	return err == nil
}

// stands is the case's place as the ledger has it now, nil where it does not wait; while the ledger is away, what the call knows of it.
func (e *Engine) stands(ctx context.Context, c *call, id CaseID) *Waiting {
	ctx, cancel := context.WithTimeout(ctx, e.d.Limits.Save) // the line is told all the same
	defer cancel()
	w, err := e.d.Cases.Place(ctx, id)
	if err != nil {
		return &Waiting{Case: id, Priority: c.target.Priority, Lane: LaneOf("", c.target.Language, c.target.Number.Kind())}
	}
	return w
}

// backToLine ends the claim of a call that was no talk. What a list that came during the call says is paid leaves the line.
func (e *Engine) backToLine(ctx context.Context, c *call, end AttemptEnd) error {
	stands := e.stands(ctx, c, end.CaseID)
	switch {
	case stands == nil:
		return e.d.Queue.Done(ctx, *c.claim, nil)
	case end.Next.State == "":
		return e.d.Queue.Release(ctx, *c.claim)
	}
	return e.d.Queue.Done(ctx, *c.claim, end.Next.from(*stands))
}

// moveOn ends the claim in the queue: the case stands where it stood, waits again, or leaves the line.
func (e *Engine) moveOn(ctx context.Context, c *call, end AttemptEnd) {
	if c.claim == nil {
		e.place(ctx, end.CaseID)
		return
	}
	var err error
	if end.Verdict.Result == Answered {
		// leaveLine could not take it out before the end was written. Its result may have been recorded since, which moves it too: the
		// line does as the ledger says, and only then is the case let go.
		e.place(ctx, end.CaseID)
		err = e.d.Queue.Release(ctx, *c.claim)
	} else {
		err = e.backToLine(ctx, c, end)
	}
	switch {
	case err == nil:
	case errors.Is(err, ErrClaimLost):
		e.place(ctx, end.CaseID)
	default:
		e.lineMissed("done", end.CaseID, err)
	}
}
