package sip

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// Phones place no calls here: Kakeru dials. But within a talk a phone of ours may send an INVITE of its own, by which another
// dialog takes the place of one that there is (replaces.go).

// caller is who sends an INVITE, as far as that is known by where it comes from.
type caller struct {
	desk dialer.DeskID // whose phone it is; empty where that is not known
	pbx  *uplink       // that it comes by; nil for a phone of ours
}

// callerOfInvite finds the desk's phone, or the PBX with desks of ours, that an INVITE comes from; false for everybody else. A
// phone is known by its address. Where several may be at one, behind a NAT or a proxy, its port or its name tells which.
func (a *Agent) callerOfInvite(req *sip.Request) (caller, bool) {
	source, user := sourceOf(req), req.From().Address.User
	var by caller
	for _, d := range a.cfg.Desks {
		switch u := a.uplink(d.Trunk); {
		case u != nil && u.speaks(source):
			if by.pbx == nil || d.Extension == user {
				by = caller{pbx: u}
			}
			if d.Extension == user {
				by.desk = d.ID
			}
		case u == nil && a.isPhone(d, source.AddrPort, user):
			return caller{desk: d.ID}, true
		}
	}
	return by, by.pbx != nil
}

// isPhone reports whether a source is a desk's phone.
func (a *Agent) isPhone(d Desk, source netip.AddrPort, user string) bool {
	if d.registers() {
		return a.register.isPhone(d.ID, source, user)
	}
	own, at, err := fixedAddress(d.URI)
	if err != nil || at.host != source.Addr().String() {
		return false
	}
	return at.port == source.Port() || own.User != "" && own.User == user
}

// isPhone reports whether a source is where a desk's phone has registered from.
func (r *registrar) isPhone(id dialer.DeskID, source netip.AddrPort, user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seats[id]
	return slices.ContainsFunc(s.bindings, func(b *binding) bool {
		return b.at.Addr() == source.Addr() && (s.desk.Account == user || len(b.path) == 0 && b.at.Port() == source.Port())
	})
}

// unproven is nil for an INVITE of a phone that shows its secret, where it has one, else how it is answered: an address alone
// can be forged, and an INVITE changes who talks with whom.
func (a *Agent) unproven(by caller, req *sip.Request) *answer {
	if s := a.register.seats[by.desk]; by.pbx == nil && s != nil && s.desk.registers() {
		return a.register.unproven(s, req)
	}
	return nil
}

// mostCalled is how many second calls, and calls in another's place, a talk's phones may begin: people need two or three. Each is a leg that the call's handle names to
// its end, with each of the call's facts, so routesMost is how long a route of one may be, in octets, or anything else that its handle repeats: a name or two and their
// parameters.
const (
	mostCalled = 16
	routesMost = 2048
)

// ofHandles are the headers of an INVITE that the handle of what it begins repeats.
var ofHandles = append([]string{"Via", "Contact", "Call-ID"}, copied...)

// tooLong refuses an INVITE that begins a dialog of which each fact of the call would have to name too much.
func tooLong(req *sip.Request) *answer {
	for _, name := range ofHandles {
		if len(strings.Join(values(req, name), ",")) > routesMost {
			return &answer{status: sip.StatusBadRequest, reason: "Bad Request: " + name + " is too long"}
		}
	}
	return nil
}

// called makes a leg of the hunt out of an INVITE of a desk's phone, at a side of its own, or says how the INVITE is answered instead. It belongs to the
// lane's functions. take is asked under h.mu whether there is a place for it.
func (h *hunt) called(at *lane, req *sip.Request, by caller, take func(l *leg) *answer) (*leg, *answer) {
	a := h.line.agent
	if req.Contact() == nil {
		return nil, &answer{status: sip.StatusBadRequest, reason: "Bad Request: Contact is missing"}
	}
	key, err := sip.ServerTxKeyMake(req)
	if err != nil {
		return nil, &answer{status: sip.StatusBadRequest}
	}
	if no := a.sessionRefusal(req); no != nil {
		return nil, no
	}
	if no := tooLong(req); no != nil {
		return nil, no
	}
	l := h.line.summoned(at, &summons{req: req, at: answerAddress(req)}, dialer.DeskLeg, h.facts)
	l.hunt, l.desk = h, by.desk
	if by.pbx != nil {
		l.trunk, l.signer = by.pbx.trunk.Name, by.pbx.signer()
	} else {
		l.behind = isElsewhere(req)
		l.dialog.Pinned = l.behind || l.dialog.First.flow
		l.dialog.never = a.notForPhones(l.dialog.First)
	}
	l.changed()
	at.hold() // until the line is closed
	if no := h.admit(l, take); no != nil {
		at.release()
		return nil, no
	}
	l.summons.tx = at.open(req, key)
	l.remembered()
	a.ladders.came(req, "") // nobody knew yet that it is of a call
	at.adopt(l)
	l.shown = saved{} // the call's handle has one more: the next fact brings it
	l.note(dialer.EvInviteReceived, "")
	return l, nil
}

// admit gives the leg its side, and the answer to its offer.
func (h *hunt) admit(l *leg, take func(l *leg) *answer) *answer {
	h.mu.Lock()
	defer h.mu.Unlock()
	side, ok := h.spareSide()
	if !ok || h.summoned >= mostCalled {
		return &answer{status: sip.StatusBusyHere}
	}
	l.side = side
	if no := take(l); no != nil {
		return no
	}
	h.summoned++
	b := h.line.bridge
	if seat := h.line.agent.register.seats[l.desk]; seat != nil {
		l.srtp = seat.desk.SRTP
	}
	b.Secure(l.side, l.srtp)
	if offer := sdpOf(l.summons.req); offer != nil {
		made, err := b.Answer(l.side, offer)
		if err != nil {
			no := sdpRefusal(err)
			return &no
		}
		l.summons.sdp = made
	}
	if l.behind {
		b.BehindNAT(l.side, l.dialog.First.Addr())
	}
	h.add(l)
	return nil
}

// isElsewhere reports whether a phone's Contact is not where its INVITE came from, though no proxy is between: there is a NAT.
func isElsewhere(req *sip.Request) bool {
	c, source := req.Contact().Address, sourceOf(req)
	return len(req.GetHeaders("Record-Route")) == 0 &&
		(bare(c.Host) != source.Addr().String() || orElse(uint16(c.Port), source.by.port()) != source.Port()) //nolint:gosec // only compared
}

// spareSide needs h.mu: a side that no phone of the call is at. A phone that was hung up keeps its own until it has said so.
func (h *hunt) spareSide() (media.Side, bool) {
	for _, side := range []media.Side{media.Desk, media.Other, media.Aside} {
		taken := func(l *leg) bool { return l.side == side }
		if !slices.ContainsFunc(h.live, taken) && h.line.bridge.Open(side) == nil {
			h.line.bridge.Renew(side)
			return side, true
		}
	}
	return 0, false
}
