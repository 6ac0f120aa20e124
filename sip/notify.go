package sip

import (
	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// notice is a NOTIFY within a leg's dialog (RFC 6665 §4.2.2). The subscription it belongs to was never asked for by
// SUBSCRIBE: a REFER makes one (RFC 3515 §2.4.4), and the event talk comes with the call. It is a usage of its own: who knows
// nothing of it may know the call all the same (RFC 5057 §5.1).
type notice struct {
	event       string
	state       string // Subscription-State
	body        []byte
	kind        string           // the body's type
	refusedWith func(status int) // told a refusal; nil where none matters
}

// notify sends a NOTIFY.
func (l *leg) notify(n notice) {
	l.ask(ask{
		method: sip.NOTIFY, body: n.body, kind: n.kind,
		extras: []extra{{"Event", n.event}, {"Subscription-State", n.state}, {"Contact", l.contact()}},
		heard: func(res *sip.Response) {
			if !res.IsSuccess() && n.refusedWith != nil {
				n.refusedWith(res.StatusCode)
			}
		},
	})
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
