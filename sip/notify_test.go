package sip

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// ringDesk has a desk of a make dialled, and its phone ring; headers go into the 180.
func ringDesk(t *testing.T, phone string, headers ...string) (*rig, *watched, *sip.Request) {
	t.Helper()
	r := newRig(t, func(c *Config) { c.Desks[0].Phone = phone })
	w := watch(r.line(t).Desk())
	w.Dial()
	invite := r.desk.request(t, sip.INVITE)
	r.desk.reply(invite, say{status: 180, tag: "a", headers: append(headers, "Contact: <sip:far@"+r.desk.addr.String()+">")})
	w.until(t, dialer.LegRinging)
	return r, w, invite
}

// A phone that rings is told to talk, within the dialog that its 180 made, and once.
func TestPhoneThatRingsIsAskedToTalk(t *testing.T) {
	r, w, invite := ringDesk(t, "yealink")
	if value(invite, "Allow-Events") != "talk" {
		t.Error("the INVITE does not say that talk may come")
	}
	n := r.desk.request(t, sip.NOTIFY)
	tag, _ := n.To().Params.Get("tag")
	if value(n, "Event") != "talk" || value(n, "Subscription-State") != "active" || len(n.Body()) > 0 || tag != "a" ||
		value(n, "Call-ID") != value(invite, "Call-ID") || n.CSeq().SeqNo != invite.CSeq().SeqNo+1 || n.Recipient.User != "far" {
		t.Errorf("the NOTIFY is\n%s", n)
	}
	r.desk.reply(n, say{status: 200})
	w.untilEvent(t, dialer.EvTalkAsked)
	r.desk.reply(invite, say{status: 180, tag: "a"})
	r.desk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	ack := r.desk.request(t, sip.ACK)
	if ack.CSeq().SeqNo != invite.CSeq().SeqNo {
		t.Errorf("the ACK has CSeq %d, the INVITE %d", ack.CSeq().SeqNo, invite.CSeq().SeqNo)
	}
	w.Drop()
	bye := r.desk.request(t, sip.BYE)
	if bye.CSeq().SeqNo <= n.CSeq().SeqNo {
		t.Error("the BYE's CSeq does not go on from the NOTIFY's")
	}
	r.desk.reply(bye, say{status: 200})
	w.gone(t)
	if got := r.desk.repeats("NOTIFY "); got != 1 {
		t.Errorf("%d NOTIFYs", got)
	}
}

// Who may not be asked, is not: nothing goes to the phone but the INVITE.
func TestPhoneIsNotAskedToTalk(t *testing.T) {
	for _, c := range []struct{ name, phone, header string }{
		{"its profile has no talk", "grandstream", "X-None: 0"},
		{"the handset is lifted", "lift", "X-None: 0"},
		{"it lists other events", "snom", "Allow-Events: dialog, hold"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w, invite := ringDesk(t, c.phone, c.header)
			r.desk.quiet(t, r.Agent, sip.NOTIFY, w.Handle().SIPCallID)
			r.desk.reply(invite, say{status: 486, tag: "a"})
			w.gone(t)
			if w.saw(dialer.EvTalkAsked) {
				t.Error("it is told all the same")
			}
		})
	}
}

// A phone that does not know the event goes on ringing, and its operator lifts the handset.
func TestPhoneThatRefusesTalkRingsOn(t *testing.T) {
	r, w, invite := ringDesk(t, "polycom")
	r.desk.reply(r.desk.request(t, sip.NOTIFY), say{status: 489})
	r.desk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Drop()
	r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// A PBX's phone may have the NOTIFY challenged, as the INVITE may be.
func TestNotifyAnswersAChallenge(t *testing.T) {
	r := newRig(t, withAuth, func(c *Config) {
		c.Desks = []Desk{{ID: "desk1", Trunk: "lab", Extension: "201", Phone: "yealink"}}
	})
	w := watch(r.line(t).Desk())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	first := r.trunk.request(t, sip.NOTIFY)
	r.trunk.reply(first, say{status: 407, headers: []string{`Proxy-Authenticate: Digest realm="pbx", nonce="n", algorithm=MD5, qop="auth"`}})
	second := r.trunk.request(t, sip.NOTIFY)
	if value(second, "Proxy-Authorization") == "" || second.CSeq().SeqNo != first.CSeq().SeqNo+1 {
		t.Errorf("the second NOTIFY is\n%s", second)
	}
	r.trunk.reply(second, say{status: 200})
	r.trunk.reply(invite, say{status: 486, tag: "a"})
	w.gone(t)
}

func TestSippPicksUpWhenToldToTalk(t *testing.T) {
	s := startSipp(t, "talk")
	r := newRig(t, func(c *Config) {
		c.Desks[0] = Desk{ID: "desk1", URI: "sip:201@" + s.at.String(), Phone: "yealink"}
	})
	w := watch(r.line(t).Desk())
	w.Dial()
	w.untilEvent(t, dialer.EvTalkAsked)
	w.until(t, dialer.LegAnswered)
	w.Drop()
	w.gone(t)
	s.ok(t)
}

// A phone that rings for a caller is answered by hand, whatever its make could be asked.
func TestPhoneThatRingsForACallerIsNotAskedToTalk(t *testing.T) {
	b := newSwitchboard(t)
	d, _, desk, caller := b.comesIn(t, "desk2")
	invite := b.second.request(t, sip.INVITE)
	if got := answersOf(invite); len(got) > 0 || value(invite, "Allow-Events") != "" {
		t.Errorf("it is asked by %q", got)
	}
	b.second.reply(invite, say{status: 180, tag: "q"})
	desk.until(t, dialer.LegRinging)
	b.second.quiet(t, b.Agent, sip.NOTIFY, value(invite, "Call-ID"))
	b.second.reply(invite, say{status: 486, tag: "q"})
	desk.until(t, dialer.LegDeclined)
	caller.Drop()
	d.status(t, 480)
	caller.gone(t)
	desk.Drop()
	desk.gone(t)
}
