package sip

import (
	"context"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// notice is a NOTIFY within a leg's dialog (RFC 6665 §4.2.2), with its answers to challenges. The subscription it belongs
// to was never asked for by SUBSCRIBE: a REFER makes one (RFC 3515 §2.4.4), and the event talk comes with the call.
type notice struct {
	leg         *leg
	event       string
	state       string // Subscription-State
	body        []byte
	kind        string // the body's type
	signer      signer
	refusedWith func(status int) // told a refusal; nil where none matters
}

// notify sends a NOTIFY.
func (l *leg) notify(n notice) {
	n.leg, n.signer = l, signer{with: l.signer.with}
	n.send()
}

func (n *notice) send() {
	l := n.leg
	if l.over || l.hungUp || l.lane.who != party(l) {
		return
	}
	l.dialog.CSeq++
	r := l.dialog.request(sip.NOTIFY, l.dialog.CSeq)
	r.extras = []extra{
		{"Event", n.event}, {"Subscription-State", n.state}, {"Contact", l.contact()},
	}
	r.sdp, r.kind = n.body, n.kind
	req, err := r.build()
	if err == nil {
		err = n.signer.sign(req)
	}
	if err != nil {
		return // the far end's Contact cannot be used: nothing can be told to it
	}
	l.changed()
	l.lane.begin(req, l.dialog.next(context.Background()), n.heard, func(error) {})
}

func (n *notice) heard(res *sip.Response) {
	switch {
	case res.IsProvisional():
	case isChallenge(res) && n.signer.take(res):
		n.send()
	case !res.IsSuccess() && n.refusedWith != nil:
		n.refusedWith(res.StatusCode)
	}
}

// talkEvent is the event by which phones are told from afar to pick up. No RFC has it; makers have agreed on it: its NOTIFY
// comes in the dialog of the call that rings, and has no body.
const talkEvent = "talk"

// askToTalk asks a phone that rings, though its INVITE asked it to pick up by itself, to do so now. A phone that lists the
// events it takes, and not this one, is left alone (RFC 6665 §8.2.2).
func (l *leg) askToTalk(ringing *sip.Response) {
	takes := optionTags(ringing, "Allow-Events")
	if !l.talks || l.dropped || l.over || tagOf(ringing) == "" || len(takes) > 0 && !hasTag(takes, talkEvent) {
		return
	}
	l.talks = false
	l.note(dialer.EvTalkAsked, "")
	l.notify(notice{event: talkEvent, state: "active", refusedWith: func(status int) {
		l.lane.agent.log.Info("sip: a phone does not take the event talk; another profile may fit it", "desk", l.desk, "status", status)
	}})
}
