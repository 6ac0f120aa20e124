package sip

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// aside is the operator's own second call: the phone's transfer button, with a word before (RFC 5589 §7). The phone holds the
// talk, calls another desk by an INVITE of its own, and hands the talk on by a REFER whose Replaces names this second dialog.
// To us it is a consulting transfer as from the panel, with the operator heard by the second dialog in place of the first.
type aside struct {
	leg *leg          // nil when the phone has given it up before the owner has said anything
	to  dialer.DeskID // whom it called; "" when there is none
	// What the phone is told of the desk that was called.
	refusal int
	waits   bool // the colleague hears the tone of hold: the operator is back with the customer for a moment
}

// calleeSays are the refusals of a colleague's phone that the operator's is told as they are. The rest speak of our INVITE.
var calleeSays = []int{
	sip.StatusNotFound, sip.StatusTemporarilyUnavailable, sip.StatusBusyHere, sip.StatusGlobalBusyEverywhere, sip.StatusGlobalDecline,
}

// takeAside takes an INVITE of a phone whose operator talks, to another desk. False for every other: phones place no calls.
func (l *lane) takeAside(req *sip.Request) bool {
	a := l.agent
	by, ok := a.callerOfInvite(req)
	to := a.deskOf(req.Recipient)
	if !ok || by.pbx != nil || to == "" || to == by.desk {
		return false
	}
	h := a.talkAt(by.desk)
	if h == nil {
		return false
	}
	if no := a.unproven(by, req); no != nil {
		a.refuse(req, *no)
		return true
	}
	made, no := h.called(l, req, by, func(*leg) *answer { return h.mayAsk(by.desk) })
	if no != nil {
		a.refuse(req, *no)
		return true
	}
	if !h.askAside(made, to) {
		made.refuseCaller(answer{status: sip.StatusRequestPending})
	}
	return true
}

// talkAt is the side of a call whose talk is at a desk's phone; nil for none.
func (a *Agent) talkAt(desk dialer.DeskID) *hunt {
	for _, n := range a.metrics.lines() {
		if n.desk.talksAt(desk) {
			return n.desk
		}
	}
	return nil
}

func (h *hunt) talksAt(desk dialer.DeskID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.talk.joined && !h.dropped && !h.gone && h.winner != nil && h.winner.desk == desk
}

// mayAsk needs h.mu.
func (h *hunt) mayAsk(desk dialer.DeskID) *answer {
	switch {
	case h.dropped || h.gone || h.winner.desk != desk:
		return &answer{status: sip.StatusTemporarilyUnavailable}
	case h.busy():
		return &answer{status: sip.StatusBusyHere}
	}
	return nil
}

// askAside asks the owner whether the desk may be rung.
func (h *hunt) askAside(l *leg, to dialer.DeskID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy() {
		return false
	}
	h.talk.aside = aside{leg: l, to: to}
	h.tell(dialer.LegFact{
		Kind: dialer.LegRefers, Desk: to, Consult: true, Evidence: dialer.Evidence{Event: dialer.EvTransferAsked, Reason: string(to)},
	})
	return true
}

// asks needs h.mu: the second call that the phone which shall take over was rung for; nil for none.
func (h *hunt) asks() *leg {
	if t := &h.talk; t.next != nil && t.next.desk == t.aside.to {
		return t.aside.leg
	}
	return nil
}

// settleAside needs h.mu: the operator talks by the second call, which has shown that it is theirs, unless the phone has put that on hold and taken up the first.
func (h *hunt) settleAside(second *leg) {
	t, b := &h.talk, h.line.bridge
	b.Mute(second.side, t.muted)
	if b.Held(second.side) && !t.phoneHeld && !t.held {
		h.together(h.winner.side)
		if !t.aside.waits {
			b.PlayTone(t.next.side, media.Hold)
		}
		t.aside.waits = true
		return
	}
	if t.aside.waits {
		b.StopTone(t.next.side)
	}
	t.aside.waits = false
	b.Link(second.side, t.next.side)
	h.play(media.Hold)
}

// asideOver needs h.mu: there is no second call any more. One that was not answered gets the status.
func (h *hunt) asideOver(status int) {
	second := h.talk.aside.leg
	h.talk.aside = aside{}
	if second != nil {
		h.line.bridge.Mute(second.side, false)
		second.turnDown(status)
	}
}

// asideFailed needs h.mu: the desk that it called is not there, or no more.
func (h *hunt) asideFailed(to dialer.DeskID) {
	if to != h.talk.aside.to {
		return
	}
	status := h.talk.aside.refusal
	if !slices.Contains(calleeSays, status) {
		status = sip.StatusTemporarilyUnavailable
	}
	h.asideOver(status)
}

// asideOut needs h.mu: the phone has given its second call up, and the operator is back with the customer; unless it has
// handed the talk on in the meantime.
func (h *hunt) asideOut(f dialer.LegFact) {
	t := &h.talk
	f.Kind = dialer.LegNote
	h.tell(f)
	h.line.bridge.Mute(t.aside.leg.side, false)
	t.aside.leg = nil
	switch {
	case t.next == nil: // the owner has not said yet whether it may be: its answer finds nobody
	case h.dropped || t.away || !t.consult || t.refers != nil: // its REFER may have been accepted and not yet carried out
		t.aside = aside{}
	default:
		h.takeBack()
	}
}

// completedBy notes a phone's wish to hand the talk on to whom it talks with: a REFER within one of its two dialogs that names
// the other. It is 0, or the status that the wish is refused with.
func (h *hunt) completedBy(l *leg, named replaces, id uint32) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	second := h.asks()
	pair := second != nil && (l == h.winner && named.names(second) || l == second && named.names(h.winner))
	switch {
	case !pair:
		return sip.StatusCallTransactionDoesNotExists
	case h.talk.refers != nil || h.talk.comes != nil || h.dropped:
		return sip.StatusRequestPending
	}
	h.talk.refers = &referral{l, id}
	return 0
}
