package sip

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// referral is a REFER of the phone that has the call (RFC 3515): its own transfer button. The phone is told by NOTIFY what
// came of it.
type referral struct {
	leg *leg
	id  uint32 // the REFER's CSeq
}

// referred is a phone's REFER within a call. Only a desk's phone may hand a call on, and only to another desk: where else a
// debtor's call may go is not for a phone to say.
func (l *leg) referred(req *sip.Request, tx *sip.ServerTx) {
	to := values(req, "Refer-To")
	if len(to) != 1 {
		l.reply(req, tx, answer{status: sip.StatusBadRequest, reason: "Bad Request: one Refer-To is wanted"}) // §2.4.2
		return
	}
	desk := l.lane.agent.deskOf(uriIn(to[0]))
	named, attended := replacesIn(to[0])
	switch h := l.hunt; {
	case h == nil:
		l.reply(req, tx, answer{status: sip.StatusForbidden})
	case l.lane.unanswered() >= mostOpen: // each is another NOTIFY, or two
		l.reply(req, tx, busy())
	case attended:
		l.referredToOther(req, tx, to[0], named)
	case desk == "" || desk == l.desk:
		l.reply(req, tx, answer{status: sip.StatusNotFound})
	case !h.mayRefer(l, req.CSeq().SeqNo):
		l.reply(req, tx, answer{status: sip.StatusRequestPending})
	default:
		l.reply(req, tx, answer{status: sip.StatusAccepted, extras: []extra{{"Contact", l.contact()}}})
		l.notifyRefer(req.CSeq().SeqNo, sip.StatusTrying, false)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tell(dialer.LegFact{Kind: dialer.LegRefers, Desk: desk, Evidence: dialer.Evidence{Event: dialer.EvTransferAsked, Reason: string(desk)}})
	}
}

// referredToOther is a REFER to whom the phone talks with by its other dialog (RFC 5589 §7.1): that is what Replaces names, from
// the side of the one who is called. Both dialogs are ours, so what the phone wants sent as an INVITE is done here. That there
// is no such dialog is said of that INVITE, by NOTIFY: as an answer to the REFER it would speak of the talk itself.
func (l *leg) referredToOther(req *sip.Request, tx *sip.ServerTx, to string, named replaces) {
	id := req.CSeq().SeqNo
	status := l.hunt.completedBy(l, named, id)
	switch {
	case status == sip.StatusRequestPending:
		l.reply(req, tx, answer{status: status})
		return
	case status != 0 && !l.lane.agent.isUs(to):
		l.reply(req, tx, answer{status: sip.StatusForbidden, reason: "Forbidden: the other call is not one of this centre's"})
		return
	}
	l.reply(req, tx, answer{status: sip.StatusAccepted, extras: []extra{{"Contact", l.contact()}}})
	if status != 0 {
		l.notifyRefer(id, status, true)
		return
	}
	l.notifyRefer(id, sip.StatusTrying, false)
	l.hunt.complete()
}

// isUs reports whether a URI is ours, or a desk's.
func (a *Agent) isUs(nameAddr string) bool {
	uri := uriIn(nameAddr)
	if a.deskOf(uri) != "" {
		return true
	}
	return slices.ContainsFunc([]string{a.us, a.usTLS}, func(us string) bool {
		host, port := sentBy(us)
		return strings.EqualFold(bare(uri.Host), bare(host)) && (uri.Port == 0 || uri.Port == port)
	})
}

// mayRefer notes a phone's wish, unless the call is being handed on already.
func (h *hunt) mayRefer(l *leg, id uint32) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l != h.winner || h.busy() || !h.talk.joined || h.dropped {
		return false
	}
	h.talk.refers = &referral{l, id}
	return true
}

// refuse answers a phone that has asked to hand the call on, or to have it.
func (h *hunt) refuse() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.referOver(sip.StatusGlobalDecline)
	if l := h.talk.comes; l != nil {
		h.talk.comes = nil
		l.turnDown(sip.StatusGlobalDecline)
	}
	if h.asks() == nil {
		h.asideOver(sip.StatusBusyHere)
	}
	h.comeBack()
}

// referOver needs h.mu.
func (h *hunt) referOver(status int) {
	r := h.talk.refers
	h.talk.refers = nil
	if r != nil {
		r.leg.lane.post(func() { r.leg.notifyRefer(r.id, status, true) })
	}
}

// notifyRefer sends a NOTIFY of a REFER's progress (§2.4.4, §2.4.5).
func (l *leg) notifyRefer(id uint32, status int, last bool) {
	if l.state != legUp {
		return
	}
	n := notice{event: fmt.Sprintf("refer;id=%d", id), state: "active;expires=60", kind: "message/sipfrag;version=2.0"}
	if last {
		n.state = "terminated;reason=noresource"
	}
	n.body = fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", status, orElse(phrases[status], "Answered"))
	l.notify(n)
}

// deskOf is the desk whose phone a URI means: by its account, its extension, its own user part, or its name; "" for none.
func (a *Agent) deskOf(uri sip.Uri) dialer.DeskID {
	for _, d := range a.cfg.Desks {
		own := ""
		if fixed, _, err := fixedAddress(d.URI); err == nil {
			own = fixed.User
		}
		if u := uri.User; u != "" && (u == d.Account || u == d.Extension || u == own || u == string(d.ID)) {
			return d.ID
		}
	}
	return ""
}
