package sip

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// hunt is a line's desk leg: one phone, the first that answers of many that ring, or one after the other when the call is
// handed on (transfer.go). It implements dialer.Leg: to its owner it is one leg, which is gone when the phone that has the
// call is, or when none that rings is left. Each phone is a leg with a lane of its own, so what they tell meets here, under
// a lock that is never held over I/O.
type hunt struct {
	line   *line
	facts  chan dialer.LegFact
	spare  int  // room in facts for what must come
	awaits bool // phones come by ring: one that is out is not the end

	mu       sync.Mutex
	legs     []*leg // all there ever were
	live     []*leg // of them, those that are dialled and not gone
	summoned int    // of them, those that phones have begun
	winner   *leg   // the phone that has the call
	dialled  bool
	dropped  bool
	rang     bool
	gone     bool
	talk     talkState
	tape     taping
}

var _ dialer.Leg = (*hunt)(nil)

func newHunt(n *line) *hunt {
	desks := len(n.agent.cfg.Desks)
	return &hunt{line: n, spare: desks + 6, facts: make(chan dialer.LegFact, factsKept+desks)}
}

// Facts implements dialer.Leg.
func (h *hunt) Facts() <-chan dialer.LegFact { return h.facts }

// full reports whether notes must leave the room there is to facts that must come.
func (h *hunt) full() bool { return len(h.facts) >= cap(h.facts)-h.spare }

// Handle implements dialer.Leg: it ends all phones.
func (h *hunt) Handle() dialer.LegHandle {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.handle()
}

// handle needs h.mu. It names the phones that are not gone, since it is written anew with each fact of a call; where all are, or none is dialled yet, the first.
// That of one phone is its own. The Call-ID is that of the phone that has the call, or had it: by it the call is found in others' records.
func (h *hunt) handle() dialer.LegHandle {
	named := h.live
	if len(named) == 0 {
		named = h.legs[:min(1, len(h.legs))]
	}
	all := saved{Version: handleVersion, Leg: dialer.DeskLeg}
	made := dialer.LegHandle{Leg: dialer.DeskLeg}
	for _, l := range named {
		one := l.Handle()
		all.Phones = append(all.Phones, one.Data)
		made.SIPCallID = orElse(made.SIPCallID, one.SIPCallID)
	}
	if h.winner != nil {
		made.SIPCallID = h.winner.Handle().SIPCallID
	}
	if len(all.Phones) == 1 {
		made.Data = all.Phones[0]
		return made
	}
	made.Data, _ = json.Marshal(all) //nolint:errchkjson // texts, numbers and addresses, which always marshal
	return made
}

// phone makes a leg to a desk's phone.
func (h *hunt) phone(id dialer.DeskID, p phone, side media.Side) *leg {
	l := h.line.newLeg(dialer.DeskLeg, side, h.facts)
	l.hunt, l.desk = h, id
	l.remembered()
	l.toPhone(p)
	if !h.awaits { // else whoever answers says how (won)
		h.line.bridge.Secure(side, l.srtp)
	}
	l.changed()
	return l
}

// side is where the phone that has the call hears; as long as none has, where those do that ring.
func (h *hunt) side() media.Side {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.winner != nil {
		return h.winner.side
	}
	return media.Desk
}

// has reports whether a phone says where its side's sound goes: of those that ring together at one side it is the one that has the call.
func (h *hunt) has(l *leg) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return l == h.winner || !slices.ContainsFunc(h.live, func(other *leg) bool { return other != l && other.side == l.side })
}

// first is the phone of a call of ours, which Dial rings.
func (h *hunt) first(id dialer.DeskID, p phone) *leg {
	l := h.phone(id, p, media.Desk)
	h.legs = []*leg{l}
	return l
}

// Dial implements dialer.Leg. The caller of a call that came in hears that it rings.
func (h *hunt) Dial() {
	h.mu.Lock()
	again := h.dialled
	h.dialled = true
	var first *leg
	if !h.awaits && !again {
		first = h.legs[0]
		h.live = []*leg{first}
	}
	h.mu.Unlock()
	switch {
	case first != nil:
		first.Dial()
	case h.awaits:
		h.line.customer.lane.post(h.line.customer.ring)
	}
}

// ring rings one more desk's phone. Its operator lifts the handset: nothing asks the phone to answer by itself.
func (h *hunt) ring(id dialer.DeskID) {
	p, err := h.find(id)
	if err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tell(dialer.LegFact{Kind: dialer.LegDeclined, Desk: id, Evidence: dialer.Evidence{Event: dialer.EvNoAnswer, Reason: cannot(err)}})
		return
	}
	l := h.phone(id, p, media.Desk)
	h.mu.Lock()
	if h.dropped || h.winner != nil || h.gone {
		h.mu.Unlock()
		l.lane.release()
		return
	}
	dial := h.add(l)
	h.mu.Unlock()
	dial()
}

// add needs h.mu: the phone is one of the call's, and its lane knows before anybody can drop it. What it returns has it rung.
func (h *hunt) add(l *leg) (dial func()) {
	h.legs, h.live = append(h.legs, l), append(h.live, l)
	lives := l.lane.post(func() {
		l.lane.adopt(l)
		l.shown = saved{} // the call's handle has one more: its first fact brings it
	})
	if !lives { // we are stopping
		return func() { l.never.Do(func() { l.tellGone(false) }) }
	}
	return l.Dial
}

// find looks up a desk's phone, to be answered by hand.
func (h *hunt) find(id dialer.DeskID) (phone, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupLimit)
	defer cancel()
	return h.line.agent.phoneOf(ctx, id)
}

// cannot says why a phone cannot be rung.
func cannot(err error) string {
	if no := (*dialer.Refusal)(nil); errors.As(err, &no) {
		return no.EN
	}
	return "the phone cannot be reached"
}

// won is asked by a phone that answers: true for the one that has the call, or shall have it next. What rings beside the
// first is cancelled.
func (h *hunt) won(l *leg) bool {
	h.mu.Lock()
	wins := !h.dropped && (l == h.talk.next || h.winner == nil)
	var others []*leg
	if wins && l != h.talk.next {
		h.winner = l
		others = slices.DeleteFunc(slices.Clone(h.legs), func(other *leg) bool { return other == l })
	}
	h.mu.Unlock()
	if wins {
		h.line.bridge.Secure(l.side, l.srtp)
	}
	if wins && l.behind {
		h.line.bridge.BehindNAT(l.side, l.dialog.First.Addr())
	}
	for _, other := range others {
		other.Drop()
	}
	return wins
}

// heard passes on what a phone tells, as what it means for the leg that all of them are.
func (h *hunt) heard(l *leg, f dialer.LegFact) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.Desk = l.desk
	if f.Handle != nil {
		all := h.handle()
		f.Handle = &all
	}
	if len(h.legs) > 1 {
		f.Evidence.Reason = strings.TrimSuffix(string(l.desk)+": "+f.Evidence.Reason, ": ")
	}
	switch {
	case f.Kind == dialer.LegIsGone:
		h.out(l, f)
		return
	case l == h.talk.next:
		h.nextHeard(l, f)
		return
	case l != h.winner && h.winner != nil:
		f.Kind = dialer.LegNote
	case f.Kind == dialer.LegRinging && h.rang, f.Kind == dialer.LegEarly && h.awaits:
		f.Kind = dialer.LegNote
	case f.Kind == dialer.LegRinging || f.Kind == dialer.LegEarly:
		h.rang = true
	}
	h.tell(f)
}

// out needs h.mu: a phone is gone. What that is to the owner depends on which one it was.
func (h *hunt) out(l *leg, f dialer.LegFact) {
	h.live = slices.DeleteFunc(h.live, func(other *leg) bool { return other == l })
	switch {
	case l == h.talk.aside.leg:
		h.asideOut(f)
	case l == h.talk.next:
		h.nextOut(f)
	case l == h.winner && h.handingOn() && !h.dropped:
		h.handedOn(f)
	case l == h.winner, len(h.live) == 0 && h.winner == nil && (h.dropped || !h.awaits):
		h.over(f)
	case l == h.talk.comes:
		h.comesOut(f)
	case h.winner == nil && !h.dropped:
		f.Kind = dialer.LegDeclined
		h.tell(f)
	default: // one that was too late, or has handed the call on, or has not acknowledged our answer
		f.Kind = dialer.LegNote
		h.tell(f)
	}
}

// over needs h.mu: the leg's last word.
func (h *hunt) over(f dialer.LegFact) {
	h.cutRecording()
	f.Kind = dialer.LegIsGone
	h.tell(f)
	if !h.gone {
		h.gone = true
		h.line.sound.ends()
		close(h.facts)
	}
}

// tell needs h.mu. After the last word nothing is told.
func (h *hunt) tell(f dialer.LegFact) {
	if h.gone {
		return
	}
	if f.Evidence.At.IsZero() {
		f.Evidence.At, f.Evidence.Leg = h.line.agent.cfg.Now(), dialer.DeskLeg
	}
	h.facts <- f
}

// Confirm implements dialer.Leg.
func (h *hunt) Confirm() {
	h.mu.Lock()
	l := h.winner
	h.mu.Unlock()
	if l != nil {
		l.Confirm()
	}
}

// Drop implements dialer.Leg.
func (h *hunt) Drop() {
	h.line.sound.ends()
	h.mu.Lock()
	h.dropped = true
	all := slices.Clone(h.legs)
	if h.dialled && len(h.live) == 0 {
		h.over(dialer.LegFact{Evidence: dialer.Evidence{Event: dialer.EvGone}})
	}
	h.mu.Unlock()
	for _, l := range all {
		l.Drop()
	}
}

// close ends what is left of the phones, and lets their lanes go.
func (h *hunt) close() {
	h.Drop()
	h.mu.Lock()
	all := h.legs
	h.legs = nil
	h.mu.Unlock()
	for _, l := range all {
		l.letGo()
	}
}
