package dialer

import (
	"context"
	"strings"
	"time"
)

// AwayPaused is why nobody works at a desk that a supervisor has paused. Nobody chooses it for themselves: it is not among AwayReasons.
const AwayPaused AwayReason = "paused"

// DeskPause is a supervisor's word that a desk is paused, or, without a reason, that it no longer is. It belongs to the desk, whoever sits there.
type DeskPause struct {
	Desk   DeskID
	By     UserID
	Reason string // no personal data
	At     time.Time
}

// What is refused around a pause, each with what to do.
var (
	pauseNotYours = &Refusal{Rule: NotYourDesk, JA: "席を一時停止・解除できるのはスーパーバイザーです", EN: "only a supervisor pauses a desk or ends its pause"}
	pauseNoReason = &Refusal{Rule: SeatAway, JA: "一時停止の理由を入力してください", EN: "say why the desk is paused"}
	paused        = &Refusal{
		Rule: SeatAway, JA: "この席はスーパーバイザーが一時停止しています。解除されるまでお待ちください", EN: "a supervisor has paused this desk; wait until they release it",
	}
)

// Pause has a desk be given no case and rung for no call, from now on, or after the call it is in and its result. It may be given anew with
// another reason. Kept in the ledger first: what it says is how it is after a restart too.
func (e *Engine) Pause(ctx context.Context, a Asker, id DeskID, reason string) (DeskView, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case !a.Supervises():
		return DeskView{}, pauseNotYours
	case reason == "":
		return DeskView{}, pauseNoReason
	}
	return e.setPause(ctx, DeskPause{Desk: id, By: a.User, Reason: reason, At: e.d.Now()})
}

// Unpause has work go on at a desk: the next case comes to stand there. At a desk that is not paused it changes nothing.
func (e *Engine) Unpause(ctx context.Context, a Asker, id DeskID) (DeskView, error) {
	if !a.Supervises() {
		return DeskView{}, pauseNotYours
	}
	return e.setPause(ctx, DeskPause{Desk: id, By: a.User, At: e.d.Now()})
}

func (e *Engine) setPause(ctx context.Context, p DeskPause) (DeskView, error) {
	var claim *Claim
	err := turn(ctx, func() (wait <-chan struct{}, err error) {
		claim, wait, err = e.pausable(p.Desk)
		return wait, err
	})
	if err != nil {
		return DeskView{}, err
	}
	ctx = context.WithoutCancel(ctx) // a browser that goes away takes nothing back
	wctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
	err = e.d.Absences.SetPause(wctx, p)
	cancel()
	if err != nil {
		e.unholdDesk(p.Desk)
		return DeskView{}, ledgerRefusal(err)
	}
	e.mu.Lock()
	d := e.desks[p.Desk]
	d.pause(p)
	freed := d.view.State == DeskReady && p.Reason == ""
	kept := claim
	if d.view.State == DeskAway && d.claim != nil {
		d.claim, d.view.CaseID, kept = nil, "", nil
	}
	d.unhold()
	v := e.showDesk(p.Desk)
	if freed && d.claim == nil {
		e.followLocked(func(ctx context.Context) { e.presentNext(ctx, p.Desk) })
	}
	e.mu.Unlock()
	e.releaseOther(ctx, claim, kept)
	return v, nil
}

// pausable holds a desk, unless something else is being worked on there: then wait.
func (e *Engine) pausable(id DeskID) (presented *Claim, wait <-chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	switch {
	case d == nil:
		return nil, nil, Refuse(UnknownDesk)
	case d.away:
		return nil, nil, ErrElsewhere
	case d.testing:
		return nil, nil, testGoesOn
	case d.held != nil:
		return nil, d.held, nil
	}
	d.held = make(chan struct{})
	return d.claim, nil, nil
}

// pause needs Engine.mu: takes a supervisor's word.
func (d *desk) pause(p DeskPause) {
	if p.Reason == "" {
		d.view.PausedBy, d.view.PauseReason, d.view.PausedAt = "", "", time.Time{}
		if d.view.State == DeskAway && d.view.Away == AwayPaused {
			d.view.State, d.view.Away, d.view.Since = DeskReady, "", p.At
		}
		return
	}
	d.view.PausedBy, d.view.PauseReason, d.view.PausedAt = p.By, p.Reason, p.At
	d.stillPaused(p.At)
}

// awayRefusal needs Engine.mu: why nothing is called from a desk whose person does not work there.
func (d *desk) awayRefusal() *Refusal {
	if d.view.Away == AwayPaused {
		return seatPaused
	}
	return Refuse(SeatAway)
}

var seatPaused = &Refusal{
	Rule: SeatAway, JA: "スーパーバイザーがこの席を一時停止しています。解除されるまで発信できません", EN: "the supervisor has paused this desk; nothing is called from it until that is lifted",
}

// stillPaused needs Engine.mu: a desk that would be ready is not, while it is paused.
func (d *desk) stillPaused(now time.Time) {
	if d.view.PausedBy != "" && d.view.State == DeskReady {
		d.view.State, d.view.Away, d.view.Since = DeskAway, AwayPaused, now
	}
}
