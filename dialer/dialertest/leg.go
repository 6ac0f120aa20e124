package dialertest

import (
	"fmt"
	"sync"
	"time"

	"kakeru/dialer"
)

// leg is a dialer.Leg that lives by a script. What follows mu of its phone is guarded by that.
type leg struct {
	line   *phoneLine
	name   dialer.LegName
	far    Far
	callID string
	facts  chan dialer.LegFact
	drop   chan struct{} // closed by the first Drop
	once   sync.Once

	saying sync.Mutex
	silent bool // guarded by saying: it is gone, and tells nothing any more

	dialled, gone bool // guarded by Phone.mu
	version       int  // guarded by Phone.mu: of the handle
}

func newLeg(n *phoneLine, name dialer.LegName, far Far) *leg {
	return &leg{
		line: n, name: name, far: far, callID: fmt.Sprintf("%s-%s", name, n.order.ID),
		facts: make(chan dialer.LegFact, 64), drop: make(chan struct{}),
	}
}

func (l *leg) Facts() <-chan dialer.LegFact { return l.facts }
func (l *leg) Confirm()                     { l.line.phone.did(l.line.order.ID, l.name, "confirm") }

func (l *leg) Handle() dialer.LegHandle {
	p := l.line.phone
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.handle()
}

// handle needs Phone.mu.
func (l *leg) handle() dialer.LegHandle {
	return dialer.LegHandle{Leg: l.name, SIPCallID: l.callID, Data: fmt.Appendf(nil, "%s version %d", l.callID, l.version)}
}

func (l *leg) Dial() {
	p := l.line.phone
	p.did(l.line.order.ID, l.name, "dial")
	p.mu.Lock()
	again := l.dialled
	l.dialled = true
	if again {
		p.broken = append(p.broken, fmt.Sprintf("the %s leg of %s was dialled twice", l.name, l.line.order.ID))
	}
	p.mu.Unlock()
	if !again {
		go l.live()
	}
}

func (l *leg) Drop() {
	l.line.phone.did(l.line.order.ID, l.name, "drop")
	l.dropNow()
}

func (l *leg) dropNow() { l.once.Do(func() { close(l.drop) }) }

// tell yields a fact. An answer changes the handle: the far end's tag is known.
func (l *leg) tell(kind dialer.LegFactKind, ev dialer.Evidence) {
	ev.At, ev.Leg = time.Now(), l.name
	f := dialer.LegFact{Kind: kind, Evidence: ev}
	if kind == dialer.LegAnswered || ev.Event == dialer.EvRinging {
		f.Handle = l.changed()
	}
	l.say(f)
}

// changed is another handle.
func (l *leg) changed() *dialer.LegHandle {
	p := l.line.phone
	p.mu.Lock()
	defer p.mu.Unlock()
	l.version++
	h := l.handle()
	return &h
}

// say yields a fact unless the leg is gone: somebody may ask something of it in that very moment.
func (l *leg) say(f dialer.LegFact) {
	l.saying.Lock()
	defer l.saying.Unlock()
	if l.silent {
		return
	}
	l.facts <- f
	if f.Kind == dialer.LegIsGone {
		l.silent = true
		close(l.facts)
	}
}

// tellOf yields a fact about another desk's phone.
func (l *leg) tellOf(desk dialer.DeskID, kind dialer.LegFactKind, event dialer.EvidenceEvent) {
	ev := dialer.Evidence{At: time.Now(), Leg: l.name, Event: event, Reason: string(desk)}
	l.say(dialer.LegFact{Kind: kind, Evidence: ev, Desk: desk})
}

// over ends the leg. It is gone before anybody hears so, who may then look at once for what is left (Broken).
func (l *leg) over(farEnded bool) {
	l.line.phone.mu.Lock()
	l.gone = true
	l.line.phone.mu.Unlock()
	if l.far.Kind != FarLies {
		ev := dialer.Evidence{At: time.Now(), Leg: l.name, Event: dialer.EvGone}
		l.say(dialer.LegFact{Kind: dialer.LegIsGone, Evidence: ev, FarEnded: farEnded})
	}
}

// live is the leg's life, from its INVITE until it is gone.
func (l *leg) live() {
	l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvInvite})
	var ring, final <-chan time.Time
	if l.far.Ring >= 0 && l.far.Kind != FarSilent {
		ring = time.After(l.far.Ring)
	}
	switch l.far.Kind {
	case "", FarAnswers, FarRejects, FarMute, FarDies, FarLies:
		final = time.After(max(l.far.After, l.far.Ring))
	case FarSilent:
		final = time.After(l.line.phone.Timer64)
	default:
	}
	for {
		select {
		case <-ring:
			ring = nil
			l.rings()
		case <-final:
			l.final()
			return
		case <-l.drop:
			l.cancelled()
			return
		}
	}
}

func (l *leg) rings() {
	if l.far.Early {
		l.tell(dialer.LegEarly, dialer.Evidence{Event: dialer.EvEarlyMedia, Status: 183, Reason: "Session Progress"})
		return
	}
	l.tell(dialer.LegRinging, dialer.Evidence{Event: dialer.EvRinging, Status: 180, Reason: "Ringing"})
}

// final is the far end's answer, or that there is none.
func (l *leg) final() {
	switch l.far.Kind {
	case FarRejects:
		status := l.far.Status
		if status == 0 {
			status = 486
		}
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvFinal, Status: status, Reason: "No", Cause: l.far.Cause})
		l.over(true)
	case FarSilent:
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvNoAnswer})
		l.over(false)
	case FarMute:
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvAnswered, Status: 200, Reason: "OK"})
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvByeSent})
		time.Sleep(Hop)
		l.over(false)
	default:
		l.tell(dialer.LegAnswered, dialer.Evidence{Event: dialer.EvAnswered, Status: 200, Reason: "OK"})
		l.talks()
	}
}

func (l *leg) talks() {
	var bye <-chan time.Time
	if l.far.Talk > 0 {
		bye = time.After(l.far.Talk)
	}
	select {
	case <-bye:
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvByeReceived})
		l.over(true)
	case <-l.drop:
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvByeSent})
		if l.far.Kind == FarDies {
			time.Sleep(l.line.phone.Timer64)
		} else {
			time.Sleep(Hop)
		}
		l.over(false)
	}
}

// cancelled is a leg that was dropped before it was answered.
func (l *leg) cancelled() {
	l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvCancelSent})
	switch l.far.Kind {
	case FarSilent:
		time.Sleep(l.line.phone.Timer64)
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvNoAnswer})
	case FarCrosses:
		time.Sleep(Hop)
		kind, event := dialer.LegNote, dialer.EvCrossed
		if l.far.Late {
			kind, event = dialer.LegAnswered, dialer.EvAnswered
		}
		l.tell(kind, dialer.Evidence{Event: event, Status: 200, Reason: "OK"})
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvByeSent})
		time.Sleep(Hop)
	default:
		time.Sleep(Hop)
		l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvFinal, Status: 487, Reason: "Request Terminated"})
	}
	l.over(false)
}

// Retag has a call's far end say something that changes how its leg is ended, and returns the handle.
func (p *Phone) Retag(id dialer.CallID, leg dialer.LegName, event dialer.EvidenceEvent) dialer.LegHandle {
	of := p.leg(id, leg)
	h := of.changed()
	of.say(dialer.LegFact{Kind: dialer.LegNote, Evidence: dialer.Evidence{At: time.Now(), Leg: leg, Event: event}, Handle: h})
	return *h
}

func (p *Phone) leg(id dialer.CallID, name dialer.LegName) *leg {
	n := p.line(id)
	if name == dialer.CustomerLeg {
		return n.customer
	}
	return n.desk
}
