package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// shortSessions last two seconds, and we agree to one.
func shortSessions(c *Config) { c.SessionExpires, c.MinSessionExpires = 2*time.Second, time.Second }

// newSessions is a rig of short sessions.
func newSessions(t *testing.T) *rig {
	t.Helper()
	return newRig(t, shortSessions)
}

func TestSessionIsAskedFor(t *testing.T) {
	r := newRig(t)
	r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	if value(invite, "Session-Expires") != "1800" || value(invite, "Min-SE") != "90" || value(invite, "Supported") != "100rel, timer, replaces" {
		t.Errorf("%s", invite)
	}
	r.trunk.reply(invite, say{status: 486, tag: "a"})
}

// Who refreshes, and how, is what the 2xx says.
func TestSessionIsRefreshed(t *testing.T) {
	for _, c := range []struct {
		name, allow string
		by          sip.RequestMethod
	}{
		{"by UPDATE", "Allow: INVITE, ACK, BYE, UPDATE", sip.UPDATE},
		{"by re-INVITE", "Allow: INVITE, ACK, BYE", sip.INVITE},
		{"by a re-INVITE, nothing being known", "X-Nothing: 1", sip.INVITE},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			r := newSessions(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{c.allow, "Session-Expires: 2;refresher=uac"}})
			r.trunk.request(t, sip.ACK)
			for range 2 { // twice: the answer arms it anew
				refresh := r.trunk.request(t, c.by)
				if value(refresh, "Session-Expires") != "2" || refresh.CSeq().SeqNo <= invite.CSeq().SeqNo {
					t.Errorf("%s", refresh)
				}
				if c.by == sip.INVITE && len(sdpOf(refresh)) == 0 || c.by == sip.UPDATE && len(refresh.Body()) > 0 {
					t.Errorf("%s", refresh)
				}
				ok := say{status: 200, headers: []string{c.allow, "Session-Expires: 2;refresher=uac"}}
				if c.by == sip.INVITE {
					ok.sdp = plainSDP
				}
				r.trunk.reply(refresh, ok)
				if c.by == sip.INVITE {
					ack := r.trunk.request(t, sip.ACK)
					if ack.CSeq().SeqNo != refresh.CSeq().SeqNo {
						t.Errorf("ACK of %d, want %d", ack.CSeq().SeqNo, refresh.CSeq().SeqNo)
					}
				}
			}
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			w.gone(t)
		})
	}
}

func TestSessionThatIsNotRefreshedEnds(t *testing.T) {
	t.Parallel()
	r := newSessions(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Session-Expires: 2;refresher=uas"}})
	r.trunk.request(t, sip.ACK)
	// They refresh once, and then never again.
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "UPDATE", 1, []string{"Supported: timer", "Session-Expires: 2;refresher=uac"}, ""))
	res := r.trunk.response(t, sip.UPDATE)
	if value(res, "Session-Expires") != "2;refresher=uac" || value(res, "Require") != "timer" {
		t.Errorf("%s", res)
	}
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	if f := w.gone(t); f.FarEnded {
		t.Error("we gave it up")
	}
}

func TestAnswersToARefresh(t *testing.T) {
	for _, c := range []struct {
		name  string
		say   say
		after sip.RequestMethod // what we send next
	}{
		{"it knows no such call", say{status: 481}, sip.BYE},
		{"it does not answer", say{}, sip.BYE},
		{"it asks too", say{status: 491}, sip.UPDATE},
		{"it wants a longer one", say{status: 422, headers: []string{"Min-SE: 3"}}, sip.UPDATE},
		{"it takes no UPDATE after all", say{status: 501}, sip.INVITE},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			r := newSessions(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Allow: UPDATE", "Session-Expires: 2;refresher=uac"}})
			r.trunk.request(t, sip.ACK)
			refresh := r.trunk.request(t, sip.UPDATE)
			if c.say.status != 0 {
				r.trunk.reply(refresh, c.say)
			}
			next := r.trunk.request(t, c.after)
			if c.say.status == 422 && value(next, "Session-Expires") != "3" {
				t.Errorf("%s", next)
			}
			if c.after != sip.BYE {
				r.trunk.reply(next, say{status: 405}) // and refuses whatever we try: it is there, and the talk goes on
				if c.after == sip.UPDATE {
					next = r.trunk.request(t, sip.INVITE)
					r.trunk.reply(next, say{status: 488})
				}
				w.untilEvent(t, dialer.EvFinal)
				w.Drop()
				next = r.trunk.request(t, sip.BYE)
			}
			r.trunk.reply(next, say{status: 200})
			w.gone(t)
		})
	}
}

// A border that gives each request a nonce of its own does not call the old one stale.
func TestARefreshIsChallengedAsTheInviteWas(t *testing.T) {
	t.Parallel()
	r := newRig(t, withAuth, shortSessions)
	w := r.customer(t)
	challenge := func(req *sip.Request, nonce string) *sip.Request {
		r.trunk.reply(req, say{status: 401, tag: "a", headers: []string{challengeHeader("MD5", nonce)}})
		again := r.trunk.request(t, req.Method)
		if !strings.Contains(value(again, "Authorization"), nonce) {
			t.Errorf("%s", again)
		}
		return again
	}
	invite := challenge(r.trunk.request(t, sip.INVITE), "one")
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Allow: UPDATE", "Session-Expires: 2;refresher=uac"}})
	r.trunk.request(t, sip.ACK)
	r.trunk.reply(challenge(r.trunk.request(t, sip.UPDATE), "two"), say{status: 501})
	refresh := challenge(r.trunk.request(t, sip.INVITE), "three")
	r.trunk.reply(refresh, say{status: 200, sdp: plainSDP})
	r.trunk.request(t, sip.ACK)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

func TestLongerSessionIsAskedForAgain(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 422, tag: "a", headers: []string{"Min-SE: 3600"}})
	again := r.trunk.request(t, sip.INVITE)
	if value(again, "Session-Expires") != "3600" || again.CSeq().SeqNo != invite.CSeq().SeqNo+1 || value(again, "Call-ID") != value(invite, "Call-ID") {
		t.Errorf("%s", again)
	}
	if f := w.untilEvent(t, dialer.EvAskedAgain); f.Evidence.Status != 422 {
		t.Errorf("%+v", f)
	}
	r.trunk.reply(again, say{status: 422, tag: "b", headers: []string{"Min-SE: 3600"}}) // nonsense: it has that
	if f := w.gone(t); !f.FarEnded {
		t.Error("they refused")
	}
}

// A far end that wants a second more each time would have us send INVITEs without end.
func TestLongerSessionsHaveAnEnd(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	for i := range mostLonger + 1 {
		r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 422, tag: "a", headers: []string{fmt.Sprintf("Min-SE: %d", 3600+i)}})
	}
	if f := w.gone(t); !f.FarEnded {
		t.Error("they refused")
	}
}

func TestSessionsOfCallsThatComeIn(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		expires string
	}{
		{"they refresh", []string{"Supported: timer", "Session-Expires: 600;refresher=uac"}, "600;refresher=uac"},
		{"nobody is named", []string{"Require: timer", "Session-Expires: 600"}, "600;refresher=uac"},
		{"we refresh", []string{"Supported: timer", "Session-Expires: 600;refresher=uas"}, "600;refresher=uas"},
		{"a proxy asks", []string{"Session-Expires: 600"}, "600;refresher=uas"},
		{"nobody asks", []string{"Supported: timer"}, ""},
		{"garbage", []string{"Session-Expires: soon"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newSwitchboard(t)
			d := b.trunk.dial(b.Agent, testCallerID, plainSDP, c.headers...)
			in := within(t, b.comes, "the call")
			defer in.Line.Close()
			in.Line.Answer()
			res := d.status(t, 200)
			if got := value(res, "Session-Expires"); got != c.expires {
				t.Errorf("Session-Expires: %q", got)
			}
			if needs := value(res, "Require") == "timer"; needs != strings.HasSuffix(c.expires, "=uac") {
				t.Errorf("Require: %q", value(res, "Require"))
			}
			d.say("ACK", 1, "")
			d.say("BYE", 2, "")
			watch(in.Line.Customer()).gone(t)
		})
	}
}

// A caller whose session is too short is told so at once, and comes again as the same call (RFC 4028 §7.4): nobody was rung.
func TestCallerAsksAnewForALongerSession(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d := b.trunk.dial(b.Agent, testCallerID, plainSDP, "Supported: timer", "Session-Expires: 30")
	if res := d.status(t, 422); value(res, "Min-SE") != "90" {
		t.Errorf("Min-SE: %q", value(res, "Min-SE"))
	}
	d.say("NACK", 1, "")
	d.to, _, _ = strings.Cut(d.to, ";tag=")
	d.invite = strings.NewReplacer("CSeq: 1 ", "CSeq: 2 ", "branch=z9hG4bK", "branch=z9hG4bKagain", "Expires: 30", "Expires: 90").Replace(d.invite)
	d.write(b.Agent, d.invite)
	in := within(t, b.comes, "the call")
	defer in.Line.Close()
	caller := watch(in.Line.Customer())
	in.Line.Answer()
	if res := d.status(t, 200); value(res, "Session-Expires") != "90;refresher=uac" {
		t.Errorf("Session-Expires: %q", value(res, "Session-Expires"))
	}
	d.say("ACK", 2, "")
	d.say("BYE", 3, "")
	caller.gone(t)
}
