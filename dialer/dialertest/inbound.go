package dialertest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
)

// OnCall implements dialer.Phone.
func (p *Phone) OnCall(f func(dialer.Incoming)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.comes = f
}

// Come has a call come in: its caller waits until somebody answers, and talks until we hang up, unless told otherwise. An
// empty number is withheld.
func (p *Phone) Come(number dialer.Number) *Caller {
	p.mu.Lock()
	id := fmt.Sprintf("incoming %d", len(p.callers)+1)
	c := &Caller{phone: p, id: dialer.CallID(dialer.NewID(time.Now())), rung: map[dialer.DeskID]bool{}}
	c.customer = &farLeg{caller: c, name: dialer.CustomerLeg, callID: id, facts: make(chan dialer.LegFact, 64), open: true}
	c.desk = &farLeg{caller: c, name: dialer.DeskLeg, callID: id + " desk", facts: make(chan dialer.LegFact, 64)}
	p.callers = append(p.callers, c)
	tell := p.comes
	p.mu.Unlock()
	c.mu.Lock()
	c.customer.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvInviteReceived}, "")
	c.mu.Unlock()
	tell(dialer.Incoming{ID: c.id, Line: c, Caller: number, At: time.Now()})
	return c
}

// Caller is a call that came in, as its far ends see it: the caller, and the phones that ring. It is the engine's line too.
type Caller struct {
	phone          *Phone
	id             dialer.CallID
	desk, customer *farLeg

	mu       sync.Mutex // guards what follows, and the legs' open
	order    []dialer.DeskID
	rung     map[dialer.DeskID]bool // those that ring now
	won      dialer.DeskID
	answered bool
	shut     bool
	closed   bool
}

var _ dialer.IncomingLine = (*Caller)(nil)

// Desk implements dialer.Line, as what follows does.
func (c *Caller) Desk() dialer.Leg { return c.desk }

// Customer is the caller's leg.
func (c *Caller) Customer() dialer.Leg { return c.customer }

// Trunk is the lab.
func (c *Caller) Trunk() string { return "lab" }

// HearEarly is not asked for.
func (c *Caller) HearEarly() {}

// Join connects the two.
func (c *Caller) Join() {}

// Hold does nothing, as what follows: these are tried on calls of ours.
func (c *Caller) Hold(bool) {}

// Mute does nothing.
func (c *Caller) Mute(bool) {}

// Transfer does nothing.
func (c *Caller) Transfer(dialer.DeskID, bool) {}

// CompleteTransfer does nothing.
func (c *Caller) CompleteTransfer() {}

// CancelTransfer does nothing.
func (c *Caller) CancelTransfer() {}

// RefuseTransfer does nothing.
func (c *Caller) RefuseTransfer() {}

// PauseRecording does nothing.
func (c *Caller) PauseRecording(bool) {}

// Recorded is nothing: recordings are tried on calls of ours.
func (c *Caller) Recorded() *dialer.Recording { return nil }

// SendDigits is tried on calls of ours too.
func (c *Caller) SendDigits(string) {}

// Close ends what is left.
func (c *Caller) Close() {
	c.customer.Drop()
	c.desk.Drop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}

// Ring has phones ring. One that is not registered is out at once.
func (c *Caller) Ring(desks ...dialer.DeskID) {
	for _, id := range desks {
		up := c.phone.Registered(id)
		out := up != nil && !*up
		c.mu.Lock()
		c.order = append(c.order, id)
		if !out {
			c.rung[id] = true
		}
		first := len(c.order) == 1
		switch {
		case !c.desk.open:
		case out:
			c.desk.tell(dialer.LegDeclined, dialer.Evidence{Event: dialer.EvNoAnswer}, id)
		case first:
			c.desk.tell(dialer.LegRinging, dialer.Evidence{Event: dialer.EvRinging, Status: 180}, id)
		default:
			c.desk.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvRinging, Status: 180}, id)
		}
		c.mu.Unlock()
	}
}

// Answer answers the caller.
func (c *Caller) Answer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.answered && c.customer.open {
		c.answered = true
		c.customer.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvAnswerSent, Status: 200}, "")
	}
}

// TurnAway tells the caller that nobody is here.
func (c *Caller) TurnAway() {
	c.mu.Lock()
	c.shut = true
	c.mu.Unlock()
	c.customer.over(dialer.Evidence{Event: dialer.EvRefusalSent, Status: 480}, false)
}

// Open reports whether the call is up at the caller's side.
func (c *Caller) Open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.customer.open
}

// HangUp ends the call from the caller's side.
func (c *Caller) HangUp() {
	c.mu.Lock()
	event := dialer.EvCancelReceived
	if c.answered {
		event = dialer.EvByeReceived
	}
	c.mu.Unlock()
	c.customer.over(dialer.Evidence{Event: event}, true)
}

// TakenElsewhere ends the call since it was answered at another place.
func (c *Caller) TakenElsewhere() { c.customer.over(dialer.Evidence{Event: dialer.EvElsewhere}, true) }

// Lift answers at a desk that rings; whoever comes second gets nobody.
func (c *Caller) Lift(id dialer.DeskID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.won == "" && c.rung[id] && c.desk.open {
		c.won = id
		clear(c.rung)
		c.desk.tell(dialer.LegAnswered, dialer.Evidence{Event: dialer.EvAnswered, Status: 200}, id)
	}
}

// Decline refuses at a desk that rings.
func (c *Caller) Decline(id dialer.DeskID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rung[id] && c.desk.open {
		delete(c.rung, id)
		c.desk.tell(dialer.LegDeclined, dialer.Evidence{Event: dialer.EvFinal, Status: 486}, id)
	}
}

// PutDown hangs up at the desk that talks.
func (c *Caller) PutDown() { c.desk.over(dialer.Evidence{Event: dialer.EvByeReceived}, true) }

// Rung returns the desks that were rung, in order.
func (c *Caller) Rung() []dialer.DeskID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.order)
}

// Answered reports whether the caller was answered by a person.
func (c *Caller) Answered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered
}

// TurnedAway reports whether the caller was told that nobody is here.
func (c *Caller) TurnedAway() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shut
}

// left is what was not ended.
func (c *Caller) left() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, l := range []*farLeg{c.desk, c.customer} {
		if l.open {
			out = append(out, fmt.Sprintf("the leg %q is still there", l.callID))
		}
	}
	if !c.closed {
		out = append(out, fmt.Sprintf("the line of %q was never closed", c.customer.callID))
	}
	return out
}

// farLeg is a leg of a call that came in.
type farLeg struct {
	caller *Caller
	name   dialer.LegName
	callID string
	facts  chan dialer.LegFact
	open   bool // guarded by Caller.mu
	gone   bool // guarded by Caller.mu
}

// Facts implements dialer.Leg, as what follows does.
func (l *farLeg) Facts() <-chan dialer.LegFact { return l.facts }

// Handle names the leg.
func (l *farLeg) Handle() dialer.LegHandle {
	return dialer.LegHandle{Leg: l.name, SIPCallID: l.callID, Data: []byte(l.callID)}
}

// Dial begins the desk leg; the customer's is there.
func (l *farLeg) Dial() {
	l.caller.mu.Lock()
	defer l.caller.mu.Unlock()
	l.open = l.open || !l.gone && l.name == dialer.DeskLeg
}

// Confirm has nothing to do.
func (l *farLeg) Confirm() {}

// Drop ends the leg from our side.
func (l *farLeg) Drop() {
	event := dialer.EvByeSent
	if l.name == dialer.CustomerLeg && !l.caller.Answered() {
		event = dialer.EvRefusalSent
	}
	l.over(dialer.Evidence{Event: event}, false)
}

// tell needs Caller.mu: nothing is told after the end.
func (l *farLeg) tell(kind dialer.LegFactKind, ev dialer.Evidence, desk dialer.DeskID) {
	ev.At, ev.Leg = time.Now(), l.name
	h := l.Handle()
	l.facts <- dialer.LegFact{Kind: kind, Evidence: ev, Desk: desk, Handle: &h}
}

func (l *farLeg) over(ev dialer.Evidence, farEnded bool) {
	l.caller.mu.Lock()
	defer l.caller.mu.Unlock()
	was := l.open
	l.open, l.gone = false, true
	if !was {
		return
	}
	l.tell(dialer.LegNote, ev, "")
	gone := dialer.Evidence{At: time.Now(), Leg: l.name, Event: dialer.EvGone}
	l.facts <- dialer.LegFact{Kind: dialer.LegIsGone, Evidence: gone, FarEnded: farEnded}
	close(l.facts)
}
