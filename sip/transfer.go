package sip

import (
	"fmt"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// talkState is what may happen to a line's talk, besides its end: hold, mute, and that it is handed on to another desk. It is
// guarded by hunt.mu. The customer's dialog knows nothing of all that: a line to the public network need not understand a
// re-INVITE for it, and what the customer hears is ours to make (docs/decisions/0009-hold-and-transfer.md).
type talkState struct {
	joined    bool
	held      bool // by the panel
	phoneHeld bool // by the phone's own button: its SDP says so
	muted     bool

	next    *leg           // the phone that the call is to be handed on to
	nextUp  bool           // it has answered
	consult bool           // the operator talks with it first
	begun   int            // transfers whose phone is being looked up
	away    bool           // the operator has hung up meanwhile: the call waits for next
	left    dialer.LegFact // with away: how
	back    bool           // with away: next is the phone that the operator handed the call on from
	refers  *referral
	comes   *leg  // another desk's phone that has called for the talk (replaces.go)
	let     bool  // with comes: it may have it
	aside   aside // the operator's own second call, to ask by (aside.go)

	playing media.Tone // what the customer hears in place of the operator
	plays   bool
}

// join has both ends hear each other.
func (h *hunt) join() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.talk.joined = true
	if h.winner != nil {
		h.hush()
	}
	h.settle()
}

// change alters how the talk stands.
func (h *hunt) change(f func(*hunt)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
	h.settle()
}

// settle needs h.mu: it has everybody hear what they shall hear as things stand.
func (h *hunt) settle() {
	t := &h.talk
	if !t.joined || h.winner == nil || h.gone {
		return
	}
	b, operator := h.line.bridge, h.winner.side
	second, taken := h.asks(), h.taken()
	rests := taken || t.held || t.phoneHeld || t.away
	h.line.sound.stands(standing{operator: h.winner, rests: rests, muted: t.muted})
	b.Mute(operator, t.muted)
	switch {
	case taken && t.nextUp && second != nil:
		h.settleAside(second)
	case taken && t.nextUp:
		b.StopTone(operator)
		b.Link(operator, t.next.side)
		h.play(media.Hold)
	case rests:
		b.Unlink()
		h.play(media.Hold)
	case t.muted:
		b.Link(operator, media.Customer)
		h.play(media.Silence)
	default:
		h.together(operator)
	}
}

// together needs h.mu: operator and customer hear each other, and nothing else.
func (h *hunt) together(operator media.Side) {
	h.line.bridge.Link(operator, media.Customer)
	if h.talk.plays {
		h.talk.plays = false
		h.line.bridge.StopTone(media.Customer)
	}
	h.notify(operator)
}

// play needs h.mu: the customer hears a tone; one that plays already goes on.
func (h *hunt) play(tone media.Tone) {
	t := &h.talk
	if t.plays && t.playing == tone {
		return
	}
	t.plays, t.playing = true, tone
	h.unnotify()
	h.line.bridge.PlayTone(media.Customer, tone)
}

// transfer has the phone rung that the call is to be handed on to. It does not block: where the phone is may have to be
// looked up, and whoever hands the call on may hang up meanwhile.
func (h *hunt) transfer(to dialer.DeskID, consult bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(to, consult)
}

// begin needs h.mu.
func (h *hunt) begin(to dialer.DeskID, consult bool) {
	h.talk.begun++
	if !h.line.agent.crew.start(func() { h.handOn(to, consult) }) {
		h.talk.begun-- // we are stopping
	}
}

func (h *hunt) handOn(to dialer.DeskID, consult bool) {
	p, err := h.find(to)
	why := ""
	if err != nil {
		why = cannot(err)
	}
	h.mu.Lock()
	h.talk.begun--
	if l := h.talk.comes; l != nil && l.desk == to {
		h.letIn(l)
		h.mu.Unlock()
		return
	}
	var side media.Side
	if h.talk.aside.to == to && h.talk.aside.leg == nil {
		why = "taken back"
	}
	if why == "" {
		side, why = h.freeSide()
	}
	if why != "" {
		h.failed(to, why)
		h.mu.Unlock()
		return
	}
	l := h.phone(to, p, side)
	dial := h.add(l)
	h.talk.next, h.talk.nextUp, h.talk.consult = l, false, consult
	h.tell(dialer.LegFact{Kind: dialer.LegNote, Desk: to, Evidence: dialer.Evidence{Event: dialer.EvTransferAsked, Reason: string(to)}})
	h.settle()
	h.mu.Unlock()
	dial()
}

// freeSide needs h.mu: where the next phone's sound goes in and out, or why there is none.
func (h *hunt) freeSide() (media.Side, string) {
	switch {
	case h.gone || h.dropped || h.winner == nil || !h.talk.joined:
		return 0, "there is no talk to hand on"
	case h.talk.next != nil:
		return 0, "the call is being handed on already"
	}
	side, ok := h.spareSide()
	if !ok {
		return 0, "no media port is free"
	}
	return side, ""
}

// letIn needs h.mu: the owner lets the phone have the call that has asked for it.
func (h *hunt) letIn(l *leg) {
	was := h.winner
	h.talk.let = true
	l.lane.post(func() { l.stepIn(was) })
}

// comesOut needs h.mu: the phone that has asked for the call is gone, and the owner's answer finds nobody; unless it was let in already.
func (h *hunt) comesOut(f dialer.LegFact) {
	desk := h.talk.comes.desk
	h.talk.comes = nil
	f.Kind = dialer.LegNote
	h.tell(f)
	if h.talk.let && (!h.dropped || h.talk.away) {
		h.failed(desk, "it has given up")
	}
}

// busy needs h.mu: something is being done about handing the call on.
func (h *hunt) busy() bool {
	t := &h.talk
	return t.next != nil || t.refers != nil || t.comes != nil || t.aside.to != ""
}

// nextHeard needs h.mu: what the phone tells that shall take over. Its ringing is heard by who hands the call on.
func (h *hunt) nextHeard(l *leg, f dialer.LegFact) {
	kind, second := f.Kind, h.asks()
	f.Kind = dialer.LegNote
	h.tell(f)
	if f.Evidence.Event == dialer.EvFinal {
		h.talk.aside.refusal = f.Evidence.Status
	}
	switch kind {
	case dialer.LegRinging:
		if second != nil {
			second.lane.post(second.ring)
			return
		}
		if !h.talk.away && !h.dropped {
			h.line.bridge.PlayTone(h.winner.side, media.Ringback)
		}
	case dialer.LegAnswered:
		h.talk.nextUp = true
		l.Confirm()
		if h.talk.consult && !h.talk.away {
			h.tell(dialer.LegFact{Kind: dialer.LegNote, Desk: l.desk, Evidence: dialer.Evidence{Event: dialer.EvConsulting, Reason: string(l.desk)}})
			if second != nil {
				second.lane.post(second.pickUp)
			}
			h.settle()
			return
		}
		h.moved()
	default:
	}
}

// moved needs h.mu: the next phone has the call. The one that had it is let go.
func (h *hunt) moved() {
	was, now := h.winner, h.talk.next
	h.hush()
	h.winner = now
	h.talk.next, h.talk.nextUp, h.talk.held, h.talk.phoneHeld, h.talk.muted = nil, false, false, false, false
	h.talk.away, h.talk.back = false, false
	h.line.bridge.Mute(was.side, false)
	if h.talk.aside.waits {
		h.line.bridge.StopTone(now.side)
	}
	h.settle()
	all := h.handle()
	h.tell(dialer.LegFact{
		Kind: dialer.LegMoved, Desk: now.desk, Handle: &all,
		Evidence: dialer.Evidence{Event: dialer.EvTransferred, Reason: string(now.desk)},
	})
	h.referOver(sip.StatusOK)
	h.asideOver(sip.StatusTemporarilyUnavailable)
	was.Drop()
}

// complete hands the call on at last: to who was asked, or to whoever will answer.
func (h *hunt) complete() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.talk.next == nil || h.dropped:
	case h.talk.nextUp:
		h.moved()
	default:
		h.talk.consult = false
	}
}

// cancelTransfer takes the call back; where the operator has hung up, it rings there again.
func (h *hunt) cancelTransfer() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.talk.next != nil {
		h.takeBack()
	}
}

// takeBack needs h.mu, and a phone that is to take over.
func (h *hunt) takeBack() {
	l := h.talk.next
	h.talk.next, h.talk.nextUp = nil, false
	h.failed(l.desk, "taken back")
	l.Drop()
}

// failed needs h.mu: the call is as it was.
func (h *hunt) failed(to dialer.DeskID, why string) {
	h.tell(dialer.LegFact{Kind: dialer.LegNote, Desk: to, Evidence: dialer.Evidence{
		Event: dialer.EvTransferFailed, Reason: fmt.Sprintf("%s: %s", to, why),
	}})
	if h.winner != nil && !h.dropped {
		h.hush()
	}
	h.asideFailed(to)
	h.settle()
	h.referOver(sip.StatusTemporarilyUnavailable)
	h.comeBack()
}

// nextOut needs h.mu: the phone that should take over is gone.
func (h *hunt) nextOut(f dialer.LegFact) {
	desk := h.talk.next.desk
	h.talk.next, h.talk.nextUp = nil, false
	if h.dropped && h.winner != nil && !h.talk.away {
		f.Kind = dialer.LegNote
		h.tell(f)
		return
	}
	h.failed(desk, "declined, or not answered")
}

// taken needs h.mu: a phone is there that the call is handed on to. A second call that nobody has acknowledged may be forged: for all it does, the talk goes on, and
// ends when the operator hangs up.
func (h *hunt) taken() bool {
	second := h.asks()
	return h.talk.next != nil && (second == nil || second.proven.Load())
}

// handingOn needs h.mu: somebody is to take the call over.
func (h *hunt) handingOn() bool {
	t := &h.talk
	return h.taken() || t.begun > 0 || t.refers != nil || t.comes != nil
}

// handedOn needs h.mu: whoever hands the call on has hung up. It is the next phone's, or waits for it. Many phones hang up as
// soon as their REFER is accepted (RFC 5589 §6.1), before anybody could be rung.
func (h *hunt) handedOn(f dialer.LegFact) {
	h.talk.left = dialer.LegFact{FarEnded: f.FarEnded}
	f.Kind = dialer.LegNote
	h.tell(f)
	if h.talk.nextUp {
		h.moved()
		return
	}
	h.talk.away = true
	h.settle()
}

// comeBack needs h.mu: nobody takes the call over from an operator who has hung up. The customer still waits, so it rings
// where the call was, once; if nobody lifts there either, that is the end.
func (h *hunt) comeBack() {
	t := &h.talk
	switch {
	case !t.away || h.gone || h.handingOn():
	case h.dropped || t.back:
		h.over(t.left)
	default:
		t.back = true
		h.begin(h.winner.desk, false)
	}
}

// phoneHeld: the far end of a leg has said by its SDP whether it holds us.
func (l *leg) phoneHeld() {
	if h := l.hunt; h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		if l == h.winner {
			h.talk.phoneHeld = h.line.bridge.Held(l.side)
		}
		h.settle()
	}
}
