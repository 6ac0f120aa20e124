package sip

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// hunt makes one desk leg of the many phones that ring for a call that came in: the first that answers is the leg, the
// others are cancelled, and it is gone when all of them are. It implements dialer.Leg. Each phone has a lane of its own, so
// what they tell meets here, under a lock that is never held over I/O.
type hunt struct {
	line  *line
	facts chan dialer.LegFact
	spare int // room for what must come

	mu       sync.Mutex
	legs     []*leg
	winner   *leg
	dialled  bool
	dropped  bool
	rang     bool
	gone     bool
	open     int  // phones that are not gone
	farEnded bool // the winner's far end hung up
}

var _ dialer.Leg = (*hunt)(nil)

func newHunt(n *line) *hunt {
	desks := len(n.agent.cfg.Desks)
	return &hunt{line: n, spare: 2*desks + 6, facts: make(chan dialer.LegFact, factsKept+8*desks)}
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

// handle needs h.mu.
func (h *hunt) handle() dialer.LegHandle {
	all := saved{Version: handleVersion, Leg: dialer.DeskLeg}
	made := dialer.LegHandle{Leg: dialer.DeskLeg}
	for _, l := range h.legs {
		one := l.Handle()
		all.Phones = append(all.Phones, one.Data)
		if l == h.winner || made.SIPCallID == "" {
			made.SIPCallID = one.SIPCallID
		}
	}
	made.Data, _ = json.Marshal(all) //nolint:errchkjson // texts, numbers and addresses, which always marshal
	return made
}

// Dial implements dialer.Leg: the caller hears that it rings.
func (h *hunt) Dial() {
	h.mu.Lock()
	h.dialled = true
	h.mu.Unlock()
	h.line.customer.lane.post(h.line.customer.ring)
}

// ring rings one desk's phone. What its operator must do is lift the handset: nothing asks the phone to answer by itself.
func (h *hunt) ring(id dialer.DeskID) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupLimit)
	defer cancel()
	p, err := h.line.agent.phoneOf(ctx, id)
	if err != nil {
		h.cannot(id, err)
		return
	}
	p.autoAnswer = false
	l := h.line.newLeg(dialer.DeskLeg, media.Desk)
	l.hunt, l.desk, l.told = h, id, h.facts
	l.toPhone(p)
	l.changed()
	h.mu.Lock()
	late := h.dropped || h.winner != nil || h.gone
	if !late {
		h.legs = append(h.legs, l)
		h.open++
	}
	h.mu.Unlock()
	if late || !l.lane.post(func() { l.lane.adopt(l); l.dial() }) {
		l.lane.release()
	}
}

// cannot tells that a phone cannot be rung.
func (h *hunt) cannot(id dialer.DeskID, err error) {
	why := "the phone cannot be reached"
	if no := (*dialer.Refusal)(nil); errors.As(err, &no) {
		why = no.EN
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return
	}
	h.facts <- dialer.LegFact{Kind: dialer.LegDeclined, Desk: id, Evidence: dialer.Evidence{
		At: h.line.agent.cfg.Now(), Leg: dialer.DeskLeg, Event: dialer.EvNoAnswer, Reason: string(id) + ": " + why,
	}}
}

// won is true for the first phone that answers; the others are cancelled.
func (h *hunt) won(l *leg) bool {
	h.mu.Lock()
	if h.winner != nil || h.dropped {
		h.mu.Unlock()
		return h.winner == l
	}
	h.winner = l
	others := append([]*leg(nil), h.legs...)
	h.mu.Unlock()
	if l.dialog.Pinned {
		h.line.bridge.BehindNAT(media.Desk, l.dialog.First.Addr())
	}
	for _, other := range others {
		if other != l {
			other.Drop()
		}
	}
	return true
}

// heard passes on what a phone tells, as what it means for the leg that all of them are.
func (h *hunt) heard(l *leg, f dialer.LegFact) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.Desk = l.desk
	f.Evidence.Reason = strings.TrimSuffix(string(l.desk)+": "+f.Evidence.Reason, ": ")
	if f.Handle != nil {
		all := h.handle()
		f.Handle = &all
	}
	switch {
	case f.Kind == dialer.LegIsGone:
		h.out(l, f)
		return
	case f.Kind == dialer.LegRinging && h.rang, f.Kind == dialer.LegEarly:
		f.Kind = dialer.LegNote
	case f.Kind == dialer.LegRinging:
		h.rang = true
	}
	h.facts <- f
}

// out needs h.mu: a phone is gone. With the last one the leg is, if nobody can come after it.
func (h *hunt) out(l *leg, f dialer.LegFact) {
	h.open--
	if l == h.winner {
		h.farEnded = f.FarEnded
	}
	switch {
	case h.open == 0 && (h.dropped || h.winner != nil):
		h.over(f)
	case h.winner == nil && !h.dropped:
		f.Kind = dialer.LegDeclined
		h.facts <- f
	default:
		f.Kind = dialer.LegNote
		h.facts <- f
	}
}

// over needs h.mu: the leg's last word. Who ended it is who ended the phone that had answered.
func (h *hunt) over(f dialer.LegFact) {
	if h.gone {
		return
	}
	h.gone = true
	f.Kind = dialer.LegIsGone
	if h.winner != nil {
		f.Desk, f.FarEnded = h.winner.desk, h.farEnded
	}
	h.facts <- f
	close(h.facts)
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
	h.mu.Lock()
	h.dropped = true
	all := append([]*leg(nil), h.legs...)
	if h.dialled && h.open == 0 {
		h.over(dialer.LegFact{Evidence: dialer.Evidence{At: h.line.agent.cfg.Now(), Leg: dialer.DeskLeg, Event: dialer.EvGone}})
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
		l.lane.release()
	}
}
