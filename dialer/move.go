package dialer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Seat is a desk and who sits there; nobody when Operator is empty.
type Seat struct {
	Desk     DeskID
	Operator UserID
}

// otherServer: a talk is carried by one server, and that one can ring its own desks alone.
var otherServer = &Refusal{
	Rule: DeskBusy, JA: "転送先の席は別のサーバーにつながっているため、この通話は転送できません。同じサーバーの席を選んでください",
	EN: "the other desk is connected to another server, so this talk cannot be handed on to it; choose a desk of the same server",
}

// Adopt makes desks this engine's: from now on they are sat at, dialled from and rung here. Whoever sat at one still does; one
// whose talk owes its result waits for it. It fails without the ledger, and then nothing changed.
func (e *Engine) Adopt(ctx context.Context, seats []Seat) error {
	all, err := e.d.Ledger.ResultsDue(ctx)
	if err != nil {
		return fmt.Errorf("results still owed could not be read: %w", err)
	}
	due := map[DeskID]ResultDue{}
	for _, r := range all {
		due[r.Desk] = r
	}
	away, err := e.stillAway(ctx)
	if err != nil {
		return fmt.Errorf("who is away could not be read: %w", err)
	}
	stopped, err := e.d.Absences.OpenPauses(ctx)
	if err != nil {
		return fmt.Errorf("which desks are paused could not be read: %w", err)
	}
	pauses := map[DeskID]DeskPause{}
	for _, p := range stopped {
		pauses[p.Desk] = p
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.absent = away
	for _, s := range seats {
		d := e.desks[s.Desk]
		if d == nil || !d.away {
			continue
		}
		d.away = false
		if s.Operator != "" && !e.sits(s.Operator) {
			d.view.Operator, d.view.State = s.Operator, DeskReady
			if a, is := away[s.Operator]; is && a.Desk == s.Desk && due[s.Desk].ID == "" {
				d.view.State, d.view.Away, d.view.Since = DeskAway, a.Reason, a.From
				delete(e.absent, s.Operator)
			}
		}
		if p, is := pauses[s.Desk]; is {
			d.pause(p)
		}
		if r, owed := due[s.Desk]; owed {
			sitting := d.view.Operator
			d.owes(r, e.d.Now())
			if sitting != "" {
				d.view.Operator = sitting
			}
		}
		e.showDesk(s.Desk)
		if d.view.State == DeskReady {
			e.followLocked(func(ctx context.Context) { e.presentNext(ctx, s.Desk) })
		}
	}
	return nil
}

// sits needs mu: whether somebody sits at a desk of this engine.
func (e *Engine) sits(u UserID) bool {
	for _, d := range e.desks {
		if d.view.Operator == u {
			return true
		}
	}
	return false
}

// GiveUp makes a desk another's: who sits there goes with it. ok is false for a desk that has a call, is being dialled from or
// rung, or waits for a result while owing is false; then nothing changed.
func (e *Engine) GiveUp(ctx context.Context, id DeskID, owing bool) (who UserID, ok bool) {
	e.mu.Lock()
	d := e.desks[id]
	if d == nil || d.away || d.busy() || d.view.State == DeskWrapUp && !owing {
		e.mu.Unlock()
		return "", false
	}
	who, claim := d.view.Operator, d.claim
	d.away, d.claim, d.key = true, nil, ""
	d.view = DeskView{ID: d.view.ID, Name: d.view.Name, State: DeskEmpty, Since: e.d.Now()}
	e.mu.Unlock()
	e.releaseOther(context.WithoutCancel(ctx), claim, nil)
	return who, true
}

// TakeOver closes honestly what another process left when it died, as Recover does for an earlier life of this one, and lets
// the cases go that it held.
func (e *Engine) TakeOver(ctx context.Context, open []OpenAttempt) {
	var all sync.WaitGroup
	for _, a := range open {
		all.Go(func() {
			e.closeInterrupted(ctx, a)
			// Whoever claims a case for the desk that holds it gets the same lease, and may end it.
			if claim, err := e.d.Queue.Claim(ctx, a.Desk, a.CaseID, nil, e.d.Limits.Lease); err == nil {
				e.release(ctx, claim)
			}
			e.place(ctx, a.CaseID)
		})
	}
	all.Wait()
	if len(open) > 0 {
		e.d.Board.Show(Change{Type: ChangeProgress, At: e.d.Now()})
		e.d.Board.Show(Change{Type: ChangeQueue, At: e.d.Now()})
	}
}

// HangUpAll ends every call, because another process answers for them now, and returns when all have ended or ctx is done.
func (e *Engine) HangUpAll(ctx context.Context) error {
	for {
		e.mu.Lock()
		left := make([]*call, 0, len(e.calls))
		for _, c := range e.calls {
			left = append(left, c)
		}
		e.mu.Unlock()
		if len(left) == 0 {
			return nil
		}
		for _, c := range left {
			c.post(posted{fact: HangupAsked, by: BySystem})
		}
		select {
		case <-time.After(hangUpAgain):
		case <-ctx.Done():
			return errors.New("calls were still ending when the time for it was over")
		}
	}
}

// hangUpAgain is how soon HangUpAll looks again: a click that was being worked on may have become a call meanwhile.
const hangUpAgain = 100 * time.Millisecond

// Settle frees the desks whose result was recorded by way of another process that could not tell us, by the list of the results
// that were owed at an instant.
func (e *Engine) Settle(ctx context.Context, owed []ResultDue, at time.Time) {
	waits := map[CallID]bool{}
	for _, r := range owed {
		waits[r.ID] = true
	}
	var done []DeskView
	e.mu.Lock()
	for _, d := range e.desks {
		if d.view.State == DeskWrapUp && d.view.Since.Before(at) && !waits[d.view.CallID] {
			done = append(done, d.view)
		}
	}
	e.mu.Unlock()
	for _, v := range done {
		_ = e.ResultRecorded(ctx, v.CallID, v.CaseID) // it only logs
	}
}
