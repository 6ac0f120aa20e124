package sip

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// factsKept is the room of a leg's channel. Notes leave the last places to the facts that must come, so that telling
// never waits for whoever listens.
const (
	factsKept  = 64
	notesTaken = factsKept - 6
)

// leg is one call leg of ours: a dialog from before its INVITE until it is gone; what remains is looked after for another
// 64·T1 (remains.go). All fields below the line belong to the functions posted to its lane.
type leg struct {
	lane  *lane
	line  *line
	name  dialer.LegName
	side  media.Side
	told  chan dialer.LegFact
	now   atomic.Pointer[dialer.LegHandle]
	never sync.Once // a Dial that found the agent stopped

	hunt    *hunt         // of a desk leg that is one of many phones
	desk    dialer.DeskID // with hunt: whose
	summons *summons      // of a caller's leg: the INVITE it came by
	proven  atomic.Bool   // with summons: our answer was acknowledged, so that what we say reaches whoever asks
	behind  bool          // its phone is behind a NAT

	// ---
	gate   *gate // of the customer leg
	ways   []way // of the customer leg: where its INVITE can still go
	extras []extra
	signer signer
	trunk  string
	talks  bool           // of a phone's leg: if it rings, it is asked to pick up by NOTIFY
	srtp   media.Security // of the INVITE's offer

	state      legState
	dialled    bool
	dropped    bool   // Drop was called, or we give up by ourselves
	toned      bool   // the operator hears, or has heard, that the other side is gone
	why        string // why we give up by ourselves
	cancelled  bool   // CANCEL was sent
	confirmed  bool   // the 2xx was ACKed
	hungUp     bool   // BYE was sent
	owesBye    bool   // BYE waits for the ACK of our 2xx
	over       bool   // gone was told
	ranAlready bool   // a ringing was told
	earlyToo   bool   // early media was told
	tried      bool   // a 100 was told
	applied    []byte // the answer that media was told last; nil while it does not know the far end
	unusable   bool   // the 2xx's SDP cannot be used
	dialog     dialog
	invite     savedInvite
	sentAt     moment    // when the INVITE that counts left
	begunAt    moment    // when the first left by this way; an answer to a challenge is as old as what it answers
	rangAt     time.Time // when it first rang, or was heard
	ear        *listener // of the customer's leg
	current    *exchange // the INVITE that counts; an earlier one was challenged
	ackSent    *sip.Request
	ended      []string // To tags of forks and late answers that got our BYE
	session    session
	asking     *ask              // our latest refresh of the session
	early      map[string][]byte // the answers in provisional responses, by To tag
	rseqs      map[string]uint32 // the last reliable provisional response of each early dialog
	pracks     int               // how many of them were acknowledged
	reoffer    *reoffer          // a re-INVITE of theirs that still lacks its ACK
	informs    informer
	timers     map[*time.Timer]bool // those that have neither fired nor been stopped: each keeps what it is for
	uponGone   []func()
	shown      saved                        // what the handle last published was made from
	saidOf     map[dialer.EvidenceEvent]int // how many of its facts were logged
}

// Handle implements dialer.Leg.
func (l *leg) Handle() dialer.LegHandle { return *l.now.Load() }

// Facts implements dialer.Leg.
func (l *leg) Facts() <-chan dialer.LegFact { return l.told }

// Dial implements dialer.Leg.
func (l *leg) Dial() {
	if !l.lane.post(l.dial) {
		l.never.Do(func() { l.tellGone(false) }) // the agent has stopped: nothing was sent
	}
}

// Confirm implements dialer.Leg.
func (l *leg) Confirm() { l.lane.post(l.confirm) }

// Drop implements dialer.Leg.
func (l *leg) Drop() { l.lane.post(l.drop) }

// contact is our Contact in the leg's dialog: a sips: URI where theirs is one (RFC 3261 §8.1.1.8).
func (l *leg) contact() string {
	if isSecure(l.invite.URI) {
		return "<sips:kakeru@" + l.lane.agent.sentBy(overTLS) + ">"
	}
	return l.lane.agent.contact(l.dialog.First.by)
}

// saved is the leg as a Handle keeps it.
func (l *leg) saved() saved {
	state := l.state
	if l.over {
		state = legClosed
	}
	s := saved{Version: handleVersion, Leg: l.name, State: state, Trunk: l.trunk, Invite: l.invite, Dialog: l.dialog}
	if s.Called = l.summons != nil; s.Called && !l.summons.done {
		s.Asked = l.summons.saved()
	}
	if l.current != nil {
		s.Dialog.First = l.current.to // it may have left by another transport, for its size
	}
	if state == legReady || state == legEarly {
		for _, w := range l.ways {
			s.Others = append(s.Others, savedWay{Invite: w.invite, From: w.gate.trunk.uri(w.gate.trunk.from()), First: w.to, SentBy: l.lane.agent.sentBy(w.to.by)})
		}
	}
	return s
}

// changed publishes the handle; it is nil when nothing that ends the leg has changed.
func (l *leg) changed() *dialer.LegHandle {
	s := l.saved()
	if s.same(l.shown) {
		return nil
	}
	h := s.handle()
	l.shown = s
	l.now.Store(&h)
	return &h
}

// tell reports a fact. Notes of a far end that never stops repeating itself are left out in the end.
func (l *leg) tell(kind dialer.LegFactKind, ev dialer.Evidence) {
	if l.over {
		return
	}
	ev.At, ev.Leg = l.lane.agent.cfg.Now(), l.name
	fact := dialer.LegFact{Kind: kind, Evidence: ev, Handle: l.changed()}
	left := kind == dialer.LegNote && l.full()
	if left {
		l.shown = saved{} // the next fact that is told brings the handle
	} else {
		l.publish(fact)
	}
	if l.saidOf[ev.Event] == factsLogged {
		return // the far end repeats itself: whoever is told counts
	}
	if l.saidOf == nil {
		l.saidOf = map[dialer.EvidenceEvent]int{}
	}
	l.saidOf[ev.Event]++
	if left {
		l.lane.agent.log.Warn("leg: evidence left out, nobody takes it", "leg", l.name, "event", ev.Event)
		return
	}
	l.lane.agent.log.Info("leg", "call", l.line.id, "leg", l.name, "fact", kind, "event", ev.Event,
		"status", ev.Status, "cause", ev.Cause)
}

// factsLogged is how many facts of one event of a leg are logged.
const factsLogged = 50

// full reports whether notes must leave the room there is to facts that must come.
func (l *leg) full() bool {
	if l.hunt != nil {
		return l.hunt.full()
	}
	return len(l.told) >= notesTaken
}

// publish hands a fact to whoever listens: the owner, or the hunt that makes one leg of many phones.
func (l *leg) publish(f dialer.LegFact) {
	if l.hunt != nil {
		l.hunt.heard(l, f)
		return
	}
	l.told <- f
	if f.Kind == dialer.LegIsGone {
		close(l.told)
	}
}

// note is tell for what changes nothing.
func (l *leg) note(event dialer.EvidenceEvent, reason string) {
	l.tell(dialer.LegNote, dialer.Evidence{Event: event, Reason: reason})
}

// gone ends the leg for its owner. For 64·T1 more its lane ends what answers late.
func (l *leg) gone(farEnded bool) {
	if l.over {
		return
	}
	l.stopTimers()
	l.deaf()
	l.arm(0, false)
	if l.asking != nil && l.asking.sent != nil {
		l.asking.sent.end()
	}
	if l.current != nil {
		l.current.end()
	}
	l.over = true
	l.changed()
	l.line.legGone(l.side)
	if l.name == dialer.CustomerLeg && !l.dropped {
		l.line.left.Store(true) // from now on a drop of the desk has a tone, which nothing stops
	}
	l.tellGone(farEnded)
	for _, f := range l.uponGone {
		f()
	}
	l.leave()
	l.lane.agent.fade.add(l.lane)
}

func (l *leg) tellGone(farEnded bool) {
	ev := dialer.Evidence{At: l.lane.agent.cfg.Now(), Leg: l.name, Event: dialer.EvGone}
	l.publish(dialer.LegFact{Kind: dialer.LegIsGone, Evidence: ev, FarEnded: farEnded})
	l.lane.agent.log.Info("leg", "call", l.line.id, "leg", l.name, "fact", dialer.LegIsGone, "far_ended", farEnded)
}

// later posts f when d has passed, unless the leg is gone before, or stop is called.
func (l *leg) later(d time.Duration, f func()) (stop func()) {
	var t *time.Timer
	t = l.lane.after(d, func() {
		delete(l.timers, t)
		f()
	})
	if l.timers == nil {
		l.timers = map[*time.Timer]bool{}
	}
	l.timers[t] = true
	return func() {
		t.Stop()
		delete(l.timers, t)
	}
}

func (l *leg) stopTimers() {
	for t := range l.timers {
		t.Stop()
	}
	l.timers = nil
}

// evidence is what a message says, as it is kept.
func evidence(event dialer.EvidenceEvent, m headed) dialer.Evidence {
	ev := dialer.Evidence{Event: event, Cause: q850(values(m, "Reason"))}
	if res, ok := m.(*sip.Response); ok {
		ev.Status, ev.Reason = res.StatusCode, phrase(res.Reason)
	}
	return ev
}

// phrase makes a far end's words fit to be kept: no number, no control characters, not endless.
func phrase(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if runes := []rune(s); len(runes) > 100 {
		s = string(runes[:100])
	}
	return dialer.MaskDigits(s)
}

// failure is a transaction's error without what may identify anybody.
func failure(err error) string {
	if isTimeout(err) {
		return "no answer within 64·T1"
	}
	if link, ok := errors.AsType[linkError](err); ok {
		return "could not be sent: " + link.Error()
	}
	if none, ok := errors.AsType[noStream](err); ok {
		return "could not be sent: " + none.Error()
	}
	return fmt.Sprintf("could not be sent (%T)", err)
}
