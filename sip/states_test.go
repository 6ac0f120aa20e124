package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// In each state of a dialog the far end may send any request, at any time, by mistake or not. What each is answered with stands here, one line for one request. "-" is
// no answer; what else we send because of it follows a plus.

// states are those of a leg of ours to a far end, by how it got there. Each returns our INVITE.
var states = []struct {
	name  string
	reach func(t *testing.T, r *rig, w *watched) *sip.Request
}{
	{"nothing heard", func(t *testing.T, r *rig, _ *watched) *sip.Request { return r.trunk.request(t, sip.INVITE) }},
	{"early", func(t *testing.T, r *rig, w *watched) *sip.Request {
		invite := r.trunk.request(t, sip.INVITE)
		r.trunk.reply(invite, say{status: 180, tag: "a"})
		w.until(t, dialer.LegRinging)
		return invite
	}},
	{"early media", func(t *testing.T, r *rig, w *watched) *sip.Request {
		invite := r.trunk.request(t, sip.INVITE)
		r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP})
		w.until(t, dialer.LegEarly)
		return invite
	}},
	{"cancelled", func(t *testing.T, r *rig, w *watched) *sip.Request {
		invite := r.trunk.request(t, sip.INVITE)
		r.trunk.reply(invite, say{status: 180, tag: "a"})
		w.until(t, dialer.LegRinging)
		w.Drop()
		r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200}) // and the 487 takes its time
		return invite
	}},
	{"up", func(t *testing.T, r *rig, _ *watched) *sip.Request {
		invite, _ := r.trunk.answerCall(t, "a")
		return invite
	}},
	{"our BYE on its way", func(t *testing.T, r *rig, w *watched) *sip.Request {
		invite, _ := r.trunk.answerCall(t, "a")
		w.Drop()
		r.trunk.request(t, sip.BYE)
		return invite
	}},
	{"over", func(t *testing.T, r *rig, w *watched) *sip.Request {
		invite, _ := r.trunk.answerCall(t, "a")
		w.Drop()
		r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
		w.gone(t)
		return invite
	}},
}

func TestEachRequestInEachState(t *testing.T) {
	t.Parallel()
	// As in states:              nothing  early         media         cancelled  up     BYE    over
	for method, want := range map[string][]string{
		"INVITE with an offer":   {"481", "491", "491", "481", "200", "481", "481"},
		"INVITE without":         {"481", "491", "491", "481", "200", "481", "481"},
		"UPDATE with an offer":   {"481", "491", "491", "481", "200", "481", "481"},
		"UPDATE without":         {"481", "200", "200", "481", "200", "481", "481"},
		"ACK":                    {"-", "-", "-", "-", "-", "-", "-"},
		"BYE":                    {"481", "200+CANCEL", "200+CANCEL", "200", "200", "200", "200"},
		"CANCEL":                 {"481", "481", "481", "481", "481", "481", "481"},
		"OPTIONS":                {"481", "200", "200", "200", "200", "200", "481"},
		"INFO":                   {"481", "200", "200", "200", "200", "200", "481"},
		"PRACK":                  {"481", "481", "481", "481", "481", "481", "481"},
		"NOTIFY":                 {"481", "489", "489", "489", "489", "489", "481"},
		"REFER":                  {"481", "403", "403", "403", "403", "403", "481"},
		"MESSAGE":                {"481", "405", "405", "405", "405", "405", "481"},
		"SUBSCRIBE":              {"481", "405", "405", "405", "405", "405", "481"},
		"PUBLISH":                {"481", "405", "405", "405", "405", "405", "481"},
		"REGISTER":               {"481", "405", "405", "405", "405", "405", "481"},
		"something nobody knows": {"481", "501", "501", "501", "501", "501", "481"},
	} {
		for i, state := range states {
			t.Run(method+", "+state.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				w := r.customer(t)
				invite := state.reach(t, r, w)
				r.trunk.write(r.Agent, r.trunk.anyRequest(invite, method))
				if got := r.trunk.comesOf(t, r.Agent, invite, theirCSeq); got != want[i] {
					t.Errorf("got %s, want %s", got, want[i])
				}
				r.trunk.answerAll(t, func(req *sip.Request) { r.trunk.reply(req, say{status: 481}) })
				r.trunk.reply(invite, say{status: 487, tag: "a"}) // of no use where it was answered
				for w.Drop(); ; {
					if _, more := w.next(t); !more {
						break
					}
				}
			})
		}
	}
}

const theirCSeq = 7

// anyRequest is a request within the dialog with what it needs to be a sound one of its kind.
func (p *peer) anyRequest(invite *sip.Request, kind string) string {
	method, _, _ := strings.Cut(kind, " ")
	sdp, headers := "", map[string][]string{
		"PRACK": {"RAck: 1 1 INVITE"}, "REFER": {"Refer-To: <sip:x@127.0.0.1>"}, "SUBSCRIBE": {"Event: dialog"},
		"NOTIFY": {"Event: dialog", "Subscription-State: active"},
	}[method]
	if strings.HasSuffix(kind, "with an offer") {
		sdp = plainSDP
	}
	if method == "something" {
		method = "FROBNICATE"
	}
	return p.within(invite, "a", method, theirCSeq, headers, sdp)
}

// comesOf is what comes of a request that was just sent: its final answer, and what we send besides but for the repetition of what was sent before. It asks by an
// OPTIONS with the same Call-ID, as quiet does.
func (p *peer) comesOf(t *testing.T, a *Agent, invite *sip.Request, cseq uint32) string {
	t.Helper()
	p.write(a, p.outside("OPTIONS", value(invite, "Call-ID")))
	status, sent := "-", []string{}
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.got:
			switch m := m.(type) {
			case *sip.Request:
				if m.Method != sip.INVITE && m.Method != sip.BYE && !slices.Contains(sent, "+"+string(m.Method)) {
					sent = append(sent, "+"+string(m.Method))
				}
			case *sip.Response:
				switch {
				case m.CSeq().SeqNo == cseq && !m.IsProvisional():
					status = fmt.Sprint(m.StatusCode)
				case m.CSeq().MethodName == sip.OPTIONS:
					return status + strings.Join(sent, "")
				}
			}
		case <-deadline:
			t.Fatal("our OPTIONS was not answered")
		}
	}
}
