package dialer

import (
	"context"
	"slices"
	"time"
)

// AwayReason is why a seat is not worked for a while.
type AwayReason string

// The reasons to be away.
const (
	AwayBreak    AwayReason = "break"    // 休憩
	AwayErrand   AwayReason = "errand"   // 離席
	AwayPaper    AwayReason = "paper"    // 後処理: what a talk left to do beside the telephone
	AwayTraining AwayReason = "training" // 研修
	AwayMeeting  AwayReason = "meeting"  // 打合せ
	AwayTrouble  AwayReason = "trouble"  // 機器不調
)

// AwayReasons lists them in the order in which they are offered.
var AwayReasons = []AwayReason{AwayBreak, AwayErrand, AwayPaper, AwayTraining, AwayMeeting, AwayTrouble}

// Absence is a time for which somebody's seat was not worked.
type Absence struct {
	Desk     DeskID
	Operator UserID
	Reason   AwayReason
	From     time.Time
}

// Absences is where it is kept who was away, why, and from when to when. The ledger implements it. Nothing in it is ever changed: an
// absence is what is written between its beginning and the next entry of its operator.
type Absences interface {
	// BeginAbsence writes that an absence begins; one of the same operator that is open ends with it.
	BeginAbsence(ctx context.Context, a Absence) error
	// EndAbsence ends an operator's open absence. Where there is none it changes nothing.
	EndAbsence(ctx context.Context, desk DeskID, operator UserID, at time.Time) error
	// OpenAbsences lists those that have not ended, each operator's once.
	OpenAbsences(ctx context.Context) ([]Absence, error)
	// SetPause writes that a desk is paused, or goes on. OpenPauses lists those that are.
	SetPause(ctx context.Context, p DeskPause) error
	OpenPauses(ctx context.Context) ([]DeskPause, error)
}

// unkept is where absences are kept when nobody keeps them.
type unkept struct{}

func (unkept) BeginAbsence(context.Context, Absence) error                 { return nil }
func (unkept) EndAbsence(context.Context, DeskID, UserID, time.Time) error { return nil }
func (unkept) SetPause(context.Context, DeskPause) error                   { return nil }
func (unkept) OpenPauses(context.Context) ([]DeskPause, error)             { return []DeskPause{}, nil }
func (unkept) OpenAbsences(context.Context) ([]Absence, error)             { return []Absence{}, nil }

// What is refused around an absence, each with what to do.
var (
	awayInCall = &Refusal{
		Rule: DeskBusy, JA: "通話中は離席にできません。終話して結果を登録してから離席してください",
		EN: "in a call nobody can be away; hang up and record the result first",
	}
	awayOwing = &Refusal{
		Rule: ResultIsDue, JA: "前の通話の結果が未入力です。結果を登録してから離席してください",
		EN: "the last talk's result is missing; record it before you go",
	}
	badReason = &Refusal{
		Rule: SeatAway, JA: "離席の理由がありません。一覧から選んでください", EN: "there is no such reason to be away; choose one of the list",
	}
)

// Away says that whoever sits at a desk does not work there for a while: nothing is presented or rung there, and the case that stood
// there goes back into the line. Another reason may be given while away. It is refused in a call, while one rings, while a result is
// owed, and without the ledger, where it is kept.
func (e *Engine) Away(ctx context.Context, a Asker, id DeskID, reason AwayReason) (DeskView, error) {
	if !slices.Contains(AwayReasons, reason) {
		return DeskView{}, badReason
	}
	var claim *Claim
	err := turn(ctx, func() (wait <-chan struct{}, err error) {
		claim, wait, err = e.leavable(a, id)
		return wait, err
	})
	if err != nil {
		return DeskView{}, err
	}
	ctx = context.WithoutCancel(ctx) // a browser that goes away takes nothing back
	now := e.d.Now()
	wctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
	err = e.d.Absences.BeginAbsence(wctx, Absence{Desk: id, Operator: a.User, Reason: reason, From: now})
	cancel()
	if err != nil {
		e.unholdDesk(id)
		return DeskView{}, ledgerRefusal(err)
	}
	e.mu.Lock()
	d := e.desks[id]
	d.claim = nil
	d.view.State, d.view.Away, d.view.CaseID, d.view.Since = DeskAway, reason, "", now
	d.unhold()
	v := e.showDesk(id)
	e.mu.Unlock()
	e.releaseOther(ctx, claim, nil)
	return v, nil
}

// leavable holds a desk for its person to go away from it, unless something else is being worked on: then wait.
func (e *Engine) leavable(a Asker, id DeskID) (presented *Claim, wait <-chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	switch {
	case d == nil:
		return nil, nil, Refuse(UnknownDesk)
	case d.away:
		return nil, nil, ErrElsewhere
	case d.view.Operator != a.User:
		return nil, nil, Refuse(NotYourDesk)
	case d.testing:
		return nil, nil, testGoesOn
	case d.held != nil:
		return nil, d.held, nil
	case d.view.Ringing != "":
		return nil, nil, deskRings
	case d.view.State == DeskInCall:
		return nil, nil, awayInCall
	case d.view.State == DeskWrapUp:
		return nil, nil, awayOwing
	}
	d.held = make(chan struct{})
	return d.claim, nil, nil
}

// Back says that work goes on at a desk: the next case comes to stand there. Whoever sits there may say so, or a supervisor. It waits for
// no store; that they are back is written as soon as it can be. At a desk whose person is not away it changes nothing.
func (e *Engine) Back(_ context.Context, a Asker, id DeskID) (DeskView, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	switch {
	case d == nil:
		return DeskView{}, Refuse(UnknownDesk)
	case d.away:
		return DeskView{}, ErrElsewhere
	case d.view.Operator == "" || d.view.Operator != a.User && !a.Supervises():
		return DeskView{}, Refuse(NotYourDesk)
	case d.view.State != DeskAway:
		return e.seen(id), nil
	case d.view.Away == AwayPaused:
		return DeskView{}, paused
	}
	e.cameBack(id)
	d.view.State, d.view.Since = DeskReady, e.d.Now()
	d.stillPaused(e.d.Now())
	v := e.showDesk(id)
	e.followLocked(func(ctx context.Context) { e.presentNext(ctx, id) })
	return v, nil
}

// cameBack needs mu: ends the absence of whoever sits at a desk, if there is one.
func (e *Engine) cameBack(id DeskID) {
	d := e.desks[id]
	if d.view.State != DeskAway {
		return
	}
	if d.view.Away == AwayPaused {
		d.view.Away = ""
		return
	}
	d.view.Away = ""
	who, at := d.view.Operator, e.d.Now()
	e.followLocked(func(context.Context) { e.writeBack(id, who, at) })
}

// backAgain is how often the end of an absence is tried to be written, and the wait before the second time.
const (
	backAgain = 6
	backWait  = 500 * time.Millisecond
)

// writeBack writes that somebody is back. What cannot be written leaves the absence open until their next one, or until they are back
// again.
func (e *Engine) writeBack(id DeskID, who UserID, at time.Time) {
	var err error
	for n, wait := 0, backWait; n < backAgain; n++ {
		if n > 0 {
			time.Sleep(wait)
			wait *= 2
		}
		ctx, cancel := context.WithTimeout(context.Background(), e.d.Limits.Reserve)
		err = e.d.Absences.EndAbsence(ctx, id, who, at)
		cancel()
		if err == nil {
			return
		}
	}
	e.d.Log.Error("the end of an absence could not be written", "desk", id, "operator", who, "err", err)
}

// stillAway are the open absences by who is away.
func (e *Engine) stillAway(ctx context.Context) (map[UserID]Absence, error) {
	open, err := e.d.Absences.OpenAbsences(ctx)
	away := make(map[UserID]Absence, len(open))
	for _, a := range open {
		away[a.Operator] = a
	}
	return away, err
}

// awayStill needs mu: who sits down again where they were away when this process began, today, is still away. Any other absence of theirs
// is over.
func (e *Engine) awayStill(id DeskID) {
	v := &e.desks[id].view
	a, was := e.absent[v.Operator]
	if !was {
		return
	}
	delete(e.absent, v.Operator)
	now := e.d.Now()
	if a.Desk == id && v.State == DeskReady && DateOf(a.From) == DateOf(now) {
		v.State, v.Away, v.Since = DeskAway, a.Reason, a.From
		return
	}
	who := v.Operator
	e.followLocked(func(context.Context) { e.writeBack(id, who, now) })
}

// Touched notes when whoever sits at a desk last touched key or mouse there: ago before now. Of anybody else it is not heard.
func (e *Engine) Touched(_ context.Context, a Asker, id DeskID, ago time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	switch {
	case d == nil:
		return Refuse(UnknownDesk)
	case d.away:
		return ErrElsewhere
	case d.view.Operator != a.User:
		return Refuse(NotYourDesk)
	}
	if at := e.d.Now().Add(-max(ago, 0)); at.After(d.view.TouchedAt) {
		d.view.TouchedAt = at
		v := e.seen(id)
		e.d.Board.Show(Change{Type: ChangeDesk, At: e.d.Now(), Desk: &v})
	}
	return nil
}
