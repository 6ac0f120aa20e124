package sip

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// line is one call: two legs and the bridge between them. It implements dialer.Line.
type line struct {
	agent    *Agent
	id       dialer.CallID
	trunk    atomic.Pointer[string]
	bridge   *media.Bridge
	sound    *sound
	desk     *hunt
	customer *leg
	left     atomic.Bool // the customer's leg ended, and not because we dropped it
	closing  sync.Once
	callsIn  bool // it began with a caller
}

// Prepare implements dialer.Phone.
func (a *Agent) Prepare(ctx context.Context, order dialer.CallOrder) (dialer.Line, error) {
	gates, no := a.cfg.routes(order)
	if no != nil {
		return nil, no
	}
	phone, err := a.phoneOf(ctx, order.Desk)
	if err != nil {
		return nil, err
	}
	ways, err := a.ways(ctx, gates)
	if err != nil {
		return nil, err
	}
	if !a.running() {
		return nil, errNotRunning
	}
	phone.autoAnswer = a.picksUp(phone, order.Desk, order.Click.Use(order.Desk))
	bridge, err := a.pool.NewBridge()
	if errors.Is(err, media.ErrPortsExhausted) {
		a.log.Error("sip: no call can be made", "err", err)
		return nil, dialer.Refuse(dialer.CapReached)
	}
	if err != nil {
		return nil, err
	}
	n := &line{agent: a, id: order.ID, bridge: bridge, sound: newSound(a, bridge)}
	n.desk = newHunt(n)
	first := n.desk.first(order.Desk, phone)
	n.customer = n.newLeg(dialer.CustomerLeg, media.Customer, make(chan dialer.LegFact, factsKept))
	n.customer.remembered()
	n.customer.ways = ways
	n.customer.toTrunk()
	n.passKeys()
	a.metrics.opened(n)
	for _, l := range []*leg{first, n.customer} {
		l.changed()
		if !l.lane.post(func() { l.lane.adopt(l) }) {
			n.Close()
			return nil, errNotRunning
		}
	}
	return n, nil
}

// newLeg chooses what identifies a leg: Call-ID, tag, CSeq and branch are fixed before anything is sent.
func (n *line) newLeg(name dialer.LegName, side media.Side, told chan dialer.LegFact) *leg {
	l := &leg{
		line: n, name: name, side: side, told: told, state: legReady,
		invite: savedInvite{Branch: newBranch(), CSeq: 1},
	}
	callID := n.agent.newCallID()
	l.dialog = dialog{CallID: callID, LocalTag: n.agent.tags.make(callID), CSeq: 1, RemoteCSeq: -1, SentBy: n.agent.sentBy(overUDP)}
	l.lane = n.agent.lane(l.dialog.CallID)
	return l
}

// toPhone makes the leg one to an operator's phone.
func (l *leg) toPhone(p phone) {
	a := l.lane.agent
	l.invite.URI, l.invite.Routes = alongRoutes(p.uri, p.path)
	l.dialog.RemoteURI, l.dialog.Target = p.uri, p.uri
	l.dialog.First, l.dialog.Pinned, l.dialog.SentBy = p.at, p.behind || p.at.flow, a.sentBy(p.at.by)
	l.dialog.LocalURI = "sip:kakeru@" + l.dialog.SentBy
	if p.uplink == nil {
		l.dialog.never = a.notForPhones(p.at)
	}
	l.behind, l.srtp = p.behind, p.srtp
	if p.uplink != nil {
		t := p.uplink.trunk
		l.trunk, l.dialog.LocalURI = t.Name, t.uri(orElse(t.User, "kakeru"))
		l.signer = p.uplink.signer()
		l.signer.dialled = uriIn("<" + p.uri + ">").User
	}
	if p.autoAnswer {
		l.extras, l.talks = p.profile.extras(l.dialog.SentBy), p.profile.Talk
	}
	if l.talks {
		l.extras = append(l.extras, extra{"Allow-Events", talkEvent}) // what makes the subscription, with the call
	}
}

// toTrunk makes the leg one to the debtor by the first of its ways, which is then no longer one of them. The ward's number
// is asserted (RFC 3325) and never withheld; a trunk that knows us as its user asserts it itself.
func (l *leg) toTrunk() {
	w := l.ways[0]
	l.ways = l.ways[1:]
	t := w.gate.trunk
	l.gate, l.trunk, l.invite = &w.gate, t.Name, w.invite
	l.srtp = t.SRTP
	l.line.bridge.Secure(l.side, l.srtp)
	l.line.bridge.Wideband(t.Wideband && l.lane.agent.cfg.Recorder == nil)
	l.dialog.Target, l.dialog.RemoteURI, l.dialog.LocalURI = w.invite.URI, w.invite.URI, t.uri(t.from())
	l.dialog.RemoteTag, l.dialog.Routes, l.begunAt = "", nil, moment{}
	l.dialog.First, l.dialog.CSeq, l.dialog.SentBy = w.to, w.invite.CSeq, l.lane.agent.sentBy(w.to.by)
	l.extras = nil
	if !t.FromUser {
		l.extras = []extra{{"P-Asserted-Identity", "<" + l.dialog.LocalURI + ">"}}
	}
	l.signer = l.lane.agent.signerOf(t.Name)
	l.signer.dialled = uriIn("<" + w.invite.URI + ">").User
	l.line.trunk.Store(&t.Name)
}

// newCallID says nothing of us or of the call (RFC 3261 §8.1.1.4).
func (a *Agent) newCallID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Desk implements dialer.Line.
func (n *line) Desk() dialer.Leg { return n.desk }

// Customer implements dialer.Line.
func (n *line) Customer() dialer.Leg { return n.customer }

// Trunk implements dialer.Line.
func (n *line) Trunk() string { return *n.trunk.Load() }

// HearEarly implements dialer.Line. A ringback of ours ends with the first packet that comes.
func (n *line) HearEarly() { n.bridge.Link(n.desk.side(), media.Customer) }

// Join implements dialer.Line.
func (n *line) Join() { n.desk.join() }

// Hold implements dialer.Line.
func (n *line) Hold(on bool) { n.desk.change(func(h *hunt) { h.talk.held = on }) }

// Mute implements dialer.Line.
func (n *line) Mute(on bool) { n.desk.change(func(h *hunt) { h.talk.muted = on }) }

// Transfer implements dialer.Line.
func (n *line) Transfer(to dialer.DeskID, consult bool) { n.desk.transfer(to, consult) }

// CompleteTransfer implements dialer.Line.
func (n *line) CompleteTransfer() { n.desk.complete() }

// CancelTransfer implements dialer.Line.
func (n *line) CancelTransfer() { n.desk.cancelTransfer() }

// RefuseTransfer implements dialer.Line.
func (n *line) RefuseTransfer() { n.desk.refuse() }

// ringing lets the operator hear the Japanese ringback while the network sends none.
func (n *line) ringing(side media.Side) {
	if side == media.Customer && n.customer.summons == nil {
		n.bridge.PlayTone(n.desk.side(), media.Ringback)
	}
}

func (n *line) legGone(side media.Side) {
	if side == media.Customer {
		n.sound.ends()
		n.bridge.StopTone(n.desk.side())
		n.desk.mu.Lock()
		defer n.desk.mu.Unlock()
		n.desk.cutRecording()
	}
}

// letGo ends the leg for its line. One that was never dialled is forgotten.
func (l *leg) letGo() {
	l.lane.post(func() {
		l.drop()
		if !l.dialled {
			l.lane.abandon()
		}
	})
	l.lane.release()
}

// Close implements dialer.Line. A leg that is up all the same is hung up; one that was never dialled is forgotten.
func (n *line) Close() {
	n.closing.Do(func() {
		if n.desk != nil {
			n.desk.close()
		}
		if n.customer != nil {
			n.customer.letGo()
		}
		n.agent.metrics.closed(n)
		if n.desk != nil {
			n.desk.endRecording()
		}
		n.bridge.Close()
	})
}
