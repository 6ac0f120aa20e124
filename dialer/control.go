package dialer

import (
	"context"
	"time"
)

// control is what somebody asks of a talk. It is done on the call's own goroutine, so that it meets no end.
type control struct {
	do   controlKind
	desk DeskID // with controlTransfer
	how  bool   // on, of hold, mute and a recording's pause; with consultation, of a transfer
	keys string // with controlDigits
	said Announcement
}

type controlKind int

const (
	controlHold controlKind = iota
	controlMute
	controlTransfer
	controlComplete
	controlTakeBack
	controlDigits
	controlPauseRecording
	controlAnnouncement
)

// Hold has the customer of a talk hear that somebody will come back, or takes that back. Asking twice changes nothing.
func (e *Engine) Hold(_ context.Context, a Asker, id CallID, on bool) error {
	return e.control(a, id, control{do: controlHold, how: on})
}

// Mute keeps the operator's sound from the customer.
func (e *Engine) Mute(_ context.Context, a Asker, id CallID, on bool) error {
	return e.control(a, id, control{do: controlMute, how: on})
}

// Transfer hands a talk on to another desk, where somebody must sit and be free: its phone rings. With consult the two desks
// talk first, until CompleteTransfer or CancelTransfer. The attempt stays one, whoever ends it.
func (e *Engine) Transfer(_ context.Context, a Asker, id CallID, to DeskID, consult bool) error {
	if err := e.seizeFor(a, id, to); err != nil {
		return err
	}
	err := e.control(a, id, control{do: controlTransfer, desk: to, how: consult})
	if err != nil {
		e.mu.Lock()
		e.unring(id, to)
		e.mu.Unlock()
	}
	return err
}

// CompleteTransfer gives the call to the desk that was asked, at once or when it answers.
func (e *Engine) CompleteTransfer(_ context.Context, a Asker, id CallID) error {
	return e.control(a, id, control{do: controlComplete})
}

// CancelTransfer takes the call back.
func (e *Engine) CancelTransfer(_ context.Context, a Asker, id CallID) error {
	return e.control(a, id, control{do: controlTakeBack})
}

func (e *Engine) control(a Asker, id CallID, ask control) error {
	c, err := e.talkOf(a, id)
	if err == nil {
		c.post(posted{control: &ask})
	}
	return err
}

// talkOf finds a talk that somebody may control: that of the desk they sit at, or any for a supervisor.
func (e *Engine) talkOf(a Asker, id CallID) (*call, error) {
	return e.callFor(a, id, func(v CallView) bool { return v.State == Talking }, NotTalking)
}

// callFor is talkOf for a call in which fit holds; else the rule forbids it.
func (e *Engine) callFor(a Asker, id CallID, fit func(CallView) bool, otherwise Rule) (*call, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.calls[id]
	if c == nil {
		return nil, ErrNotFound
	}
	d := e.desks[c.shown.Desk]
	switch {
	case !a.Supervises() && (d == nil || d.view.Operator != a.User):
		return nil, Refuse(NotYourDesk)
	case !fit(c.shown):
		return nil, Refuse(otherwise)
	}
	return c, nil
}

// MostTransfers bounds how often one talk is begun to be handed on: each time another phone is called, and what is known of that is kept until the talk's end.
const MostTransfers = 20

// TooManyTransfers refuses to hand a talk on that was begun to be handed on MostTransfers times.
const TooManyTransfers Rule = "too_many_transfers"

var handedOnTooOften = &Refusal{
	Rule: TooManyTransfers, JA: "この通話は、もう転送できません(1通話20回まで)。このまま応対を続けるか、担当者から折り返すことを伝えて終話してください",
	EN: "this talk was transferred 20 times, or begun to be, and is transferred no more; go on with it yourself, or say that a colleague will call back, and hang up",
}

// noSuchTarget: the desk cannot take the call now.
var noSuchTarget = &Refusal{
	Rule: DeskBusy, JA: "転送先の席は、いま電話を受けられません(離席・通話中・結果入力中・電話機の未登録・電話機の使用中)",
	EN: "the other desk cannot take a call now: nobody sits there, it is busy, or its phone is not registered or in use",
}

// targetRests: a desk that is rung takes no click, so whoever has it ring again and again would keep it from dialling.
var targetRests = &Refusal{
	Rule: DeskBusy, JA: "転送先の席は、続けて応答がなかったため、5秒ほど呼び出しません。少し待ってから転送するか、ほかの席へ転送してください",
	EN: "the other desk has not answered again and again, and is not rung for five seconds; wait a moment, or transfer to another desk",
}

// seizeFor keeps a desk for a call that is handed on to it.
func (e *Engine) seizeFor(a Asker, id CallID, to DeskID) error {
	c, err := e.talkOf(a, id)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch d := e.desks[to]; {
	case c.transfers >= MostTransfers:
		return handedOnTooOften
	case d == nil:
		return Refuse(UnknownDesk)
	case d.away:
		return otherServer
	case !e.isFree(to):
		return noSuchTarget
	case e.d.Now().Before(d.rest):
		return targetRests
	default:
		d.view.Ringing = id
		e.showDesk(to)
		return nil
	}
}

// heardControl does what was asked, if the talk still goes on.
func (c *call) heardControl(ask control) {
	if c.m.State != Talking && ask.do != controlDigits && ask.do != controlAnnouncement {
		if ask.do == controlTransfer {
			c.unring(ask.desk)
		}
		return
	}
	now := c.e.d.Now()
	switch ask.do {
	case controlHold:
		if c.view.Held == ask.how {
			return
		}
		c.view.Held = ask.how
		event := EvResumed
		if ask.how {
			event = EvHeld
		}
		c.keep(Evidence{At: now, Leg: CustomerLeg, Event: event})
		c.line.Hold(ask.how)
	case controlMute:
		c.view.Muted = ask.how
		c.line.Mute(ask.how)
	case controlTransfer:
		if c.view.TransferTo != "" || !c.countTransfer() {
			c.unring(ask.desk)
			return
		}
		c.view.TransferTo = ask.desk
		c.line.Transfer(ask.desk, ask.how)
	case controlComplete:
		c.line.CompleteTransfer()
	case controlTakeBack:
		c.line.CancelTransfer()
	case controlDigits:
		c.sendDigits(ask.keys)
		return
	case controlPauseRecording:
		c.pauseRecording(ask.how)
		return
	case controlAnnouncement:
		c.announcementHeard(ask.said)
		return
	}
	c.note(nil)
	c.show(now)
}

// countTransfer counts one more time that the talk is begun to be handed on, unless there were as many as it has: many may have asked at once.
func (c *call) countTransfer() bool {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	if c.transfers >= MostTransfers {
		return false
	}
	c.transfers++
	return true
}

func (c *call) unring(id DeskID) {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.e.unring(c.view.ID, id)
}

// heardTransfer takes what the desk leg tells of a transfer.
func (c *call) heardTransfer(f LegFact) {
	c.timeTransfer(f)
	switch {
	case f.Kind == LegMoved:
		if c.m.State == Talking { // else it is over, and the one who talked owes the result
			c.movedTo(f.Desk)
		}
	case f.Kind == LegRefers:
		// The phone's own button: whoever sits there asks.
		err := c.e.seizeFor(Asker{User: c.view.Operator, Role: RoleOperator}, c.view.ID, f.Desk)
		if err != nil || c.m.State != Talking || c.view.TransferTo != "" {
			c.log.Info("a transfer that the phone asked for is refused", "to", f.Desk, "err", err)
			if err == nil {
				c.unring(f.Desk)
			}
			c.line.RefuseTransfer()
			return
		}
		c.heardControl(control{do: controlTransfer, desk: f.Desk, how: f.Consult})
	case f.Evidence.Event == EvConsulting:
		c.view.Consulting = true
		c.show(f.Evidence.At)
	case f.Evidence.Event == EvTransferFailed && f.Desk == c.view.TransferTo:
		c.view.TransferTo, c.view.Consulting = "", false
		c.unring(f.Desk)
		c.show(f.Evidence.At)
	}
}

// timeTransfer bounds how long a call rings at the desk that is to take it over: no phone may keep the customer waiting, and
// two desks busy, for longer than one desk rings for anything else.
func (c *call) timeTransfer(f LegFact) {
	switch {
	case f.Kind == LegNote && f.Evidence.Event == EvTransferAsked:
		c.handing = time.NewTimer(c.e.d.Rings().Desk)
	case f.Kind == LegMoved, f.Evidence.Event == EvConsulting, f.Evidence.Event == EvTransferFailed:
		if c.handing != nil {
			c.handing.Stop()
			c.handing = nil
		}
	}
}

// handingLate is when nobody has taken over in time; nil, which blocks, while nothing is handed on.
func (c *call) handingLate() <-chan time.Time {
	if c.handing == nil {
		return nil
	}
	return c.handing.C
}

// movedTo gives a talk to the desk that took it over: its case, its claim, and the result that will be owed. The desk that
// handed it on is free.
func (c *call) movedTo(id DeskID) {
	e := c.e
	e.mu.Lock()
	was, now := e.desks[c.view.Desk], e.desks[id]
	if now == nil || was == nil || now == was {
		e.mu.Unlock()
		if now == was { // nobody took it over, and it came back
			c.view.TransferTo, c.view.Consulting, c.view.Held, c.view.Muted = "", false, false, false
			c.show(e.d.Now())
		}
		return
	}
	from := c.view.Desk
	stood, claim := now.claim, was.claim
	if claim != nil { // what is done about it later is done for the desk that has it
		moved := *claim
		moved.Desk = id
		claim = &moved
	}
	now.claim = claim
	now.take(c.view, e.d.Now(), "")
	c.view.Desk, c.view.Operator = id, now.view.Operator
	c.view.TransferTo, c.view.Consulting, c.view.Held, c.view.Muted = "", false, false, false
	was.free(e.d.Now())
	e.showDesk(from)
	e.showDesk(id)
	e.mu.Unlock()
	c.log.Info("call handed on", "from", from, "to", id)
	c.log = e.d.Log.With("call", c.view.ID, "desk", id)
	c.show(e.d.Now())
	e.follow(func(ctx context.Context) {
		e.releaseOther(ctx, stood, claim)
		e.presentNext(ctx, from)
	})
}
