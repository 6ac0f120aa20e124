package sip

import (
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// replaces names a dialog (RFC 3891 §6.1): as the one who gets the header knows it, to-tag is its own tag.
type replaces struct {
	callID, toTag, fromTag string
	earlyOnly              bool
}

// readReplaces reads a header's value; false where it names no dialog.
func readReplaces(text string) (replaces, bool) {
	parts := strings.Split(text, ";")
	r := replaces{callID: strings.TrimSpace(parts[0])}
	for _, p := range parts[1:] {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		v = strings.TrimSpace(v)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			r.toTag = v
		case "from-tag":
			r.fromTag = v
		case "early-only":
			r.earlyOnly = true
		}
	}
	return r, r.callID != "" && r.toTag != "" && r.fromTag != ""
}

// replacesIn is the Replaces in the headers of a URI, as a Refer-To has it (RFC 3261 §19.1.1): escaped.
func replacesIn(nameAddr string) (r replaces, has bool) {
	_, headers, _ := strings.Cut(inBrackets(nameAddr), "?")
	for h := range strings.SplitSeq(headers, "&") {
		name, v, _ := strings.Cut(h, "=")
		if !strings.EqualFold(name, "Replaces") {
			continue
		}
		if plain, err := url.PathUnescape(v); err == nil {
			r, _ = readReplaces(plain)
		}
		return r, true
	}
	return r, false
}

// names reports whether it is a leg's dialog.
func (r replaces) names(l *leg) bool {
	d := &l.dialog
	return d.RemoteTag != "" && r.callID == d.CallID && r.toTag == d.LocalTag && r.fromTag == d.RemoteTag
}

// takeReplacing takes an INVITE that begins a dialog in the place of another (§3). Only the phone of a desk that is in the
// talk may do that, or the PBX that has it. To everybody else there is no such dialog, whatever they have found out about it:
// who talks here is not told, and no talk is taken over.
func (l *lane) takeReplacing(req *sip.Request) {
	a := l.agent
	r, ok := readReplaces(value(req, "Replaces"))
	if !ok {
		a.refuse(req, answer{status: sip.StatusBadRequest, reason: "Bad Request: Replaces names no dialog"})
		return
	}
	by, ok := a.callerOfInvite(req)
	if !ok && !a.knows(sourceOf(req).Addr()) || r.callID == l.callID {
		a.refuse(req, answer{status: sip.StatusCallTransactionDoesNotExists})
		return
	}
	if no := a.unproven(by, req); no != nil {
		a.refuse(req, *no)
		return
	}
	old := a.lane(r.callID)
	l.hold()
	asked := old.post(func() {
		defer old.release()
		at, no := old.replaceable(r, by, req)
		if !l.post(func() { defer l.release(); l.replaceBy(req, by, at, no) }) {
			l.release()
		}
	})
	if !asked {
		old.release()
		l.release()
	}
}

// replaceable is the leg whose dialog an INVITE names, if the INVITE may take its place, or how it is answered.
func (l *lane) replaceable(r replaces, by caller, req *sip.Request) (*leg, *answer) {
	none := &answer{status: sip.StatusCallTransactionDoesNotExists}
	if was, ok := l.who.(*remains); ok && was.ofDesk && r.toTag == was.localTag && r.fromTag == was.remoteTag && by.isOf(was.trunk) {
		return nil, &answer{status: sip.StatusGlobalDecline}
	}
	is, ok := l.who.(*leg)
	switch {
	case !ok || !r.names(is):
		return nil, none
	case is.hunt == nil:
		// Whom a call goes to was decided before it was dialled, by what may be called and is counted: no carrier may put
		// somebody else in the customer's place. It has the dialog, so that much it may know (docs/decisions/0009).
		if u := l.agent.uplink(is.trunk); u != nil && u.isAt(sourceOf(req).Addr()) && by.desk == "" {
			return nil, &answer{status: sip.StatusForbidden, reason: "Forbidden: nobody takes the place of who was called"}
		}
		return nil, none
	case !by.isOf(is.trunk):
		return nil, none
	case is.over || is.dropped || is.hungUp:
		return nil, &answer{status: sip.StatusGlobalDecline}
	case is.state == legUp && r.earlyOnly:
		return nil, &answer{status: sip.StatusBusyHere}
	}
	return is, nil
}

// isOf reports whether a caller may speak for a leg by its trunk, if it has one: a phone of ours for one to such a phone, a PBX
// for one by itself.
func (c caller) isOf(trunk string) bool {
	if c.pbx != nil {
		return trunk == c.pbx.trunk.Name
	}
	return c.desk != "" && trunk == ""
}

// replaceBy goes on at the INVITE's own lane. Meanwhile the INVITE may have been repeated.
func (l *lane) replaceBy(req *sip.Request, by caller, old *leg, no *answer) {
	if l.who != nil {
		return
	}
	var made *leg
	if no == nil {
		by.desk = orElse(by.desk, old.desk)
		made, no = old.hunt.called(l, req, by, func(l *leg) *answer { return old.hunt.mayReplace(old, l) })
	}
	switch {
	case no != nil:
		l.agent.refuse(req, *no)
	case made.desk == old.desk:
		made.stepIn(old)
	case !old.hunt.askFor(made):
		made.refuseCaller(answer{status: sip.StatusRequestPending})
	}
}

// mayReplace needs h.mu. What only rings may be picked up at the same desk's other phone.
func (h *hunt) mayReplace(old, l *leg) *answer {
	switch {
	case h.gone || h.dropped:
		return &answer{status: sip.StatusGlobalDecline}
	case h.winner == nil && l.desk == old.desk:
	case old != h.winner || !h.talk.joined:
		return &answer{status: sip.StatusBusyHere}
	}
	return nil
}

// askFor asks the owner whether the talk may go to the desk whose phone has called for it: it may be busy, and nobody may sit
// there. The INVITE waits for that, as a REFER does (refer.go).
func (h *hunt) askFor(l *leg) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy() {
		return false
	}
	h.talk.comes, h.talk.let = l, false
	h.tell(dialer.LegFact{Kind: dialer.LegRefers, Desk: l.desk, Evidence: dialer.Evidence{Event: dialer.EvTransferAsked, Reason: string(l.desk)}})
	return true
}

// stepIn answers the INVITE. Not before the ACK does it take the old dialog's place: the address that it comes from may be forged, and speaks for a phone
// without a secret. Without one nothing has happened to the talk.
func (l *leg) stepIn(old *leg) {
	l.pickUp()
	if l.reoffer != nil {
		l.reoffer.acked = func() { l.takePlace(old) }
	}
}

// takePlace has the dialog have the call in place of the old one, which is hung up, or cancelled while it rings (§3).
func (l *leg) takePlace(old *leg) {
	switch {
	case l.hunt.won(l):
		l.tell(dialer.LegAnswered, dialer.Evidence{Event: dialer.EvAnswered, Status: sip.StatusOK})
	case !l.hunt.replace(old, l):
		l.drop()
	}
}

// replace has a new dialog have the call in place of another.
func (h *hunt) replace(old, l *leg) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &h.talk
	switch {
	case h.gone || h.dropped || h.winner != old:
		return false
	case l.desk != old.desk:
		t.comes, t.next = nil, l
		h.moved()
		return true
	}
	b := h.line.bridge
	h.hush()
	h.winner, t.phoneHeld = l, b.Held(l.side)
	b.Mute(old.side, false)
	h.settle()
	all := h.handle()
	h.tell(dialer.LegFact{
		Kind: dialer.LegNote, Desk: l.desk, Handle: &all,
		Evidence: dialer.Evidence{Event: dialer.EvChanged, Reason: "another phone or line of the desk"},
	})
	old.Drop()
	return true
}
