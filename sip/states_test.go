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
				if got := r.trunk.comesOf(t, r.Agent, value(invite, "Call-ID"), theirCSeq); got != want[i] {
					t.Errorf("got %s, want %s", got, want[i])
				}
				r.trunk.answerAll(t, func(req *sip.Request) { r.trunk.reply(req, say{status: 481}) })
				r.trunk.reply(invite, say{status: 487, tag: "a"}) // of no use where it was answered
				w.toTheEnd(t)
			})
		}
	}
}

// toTheEnd drops a leg and waits until it is gone.
func (w *watched) toTheEnd(t *testing.T) {
	t.Helper()
	w.Drop()
	for {
		if _, more := w.next(t); !more {
			return
		}
	}
}

const theirCSeq = 7

// anyRequest is a request within the dialog with what it needs to be a sound one of its kind.
func (p *peer) anyRequest(invite *sip.Request, kind string) string {
	method, headers, sdp := soundly(kind)
	return p.within(invite, "a", method, theirCSeq, headers, sdp)
}

func soundly(kind string) (method string, headers []string, sdp string) {
	method, _, _ = strings.Cut(kind, " ")
	headers = map[string][]string{
		"PRACK": {"RAck: 1 1 INVITE"}, "REFER": {"Refer-To: <sip:x@127.0.0.1>"}, "SUBSCRIBE": {"Event: dialog"},
		"NOTIFY": {"Event: dialog", "Subscription-State: active"},
	}[method]
	if strings.HasSuffix(kind, "with an offer") {
		sdp = plainSDP
	}
	if method == "something" {
		method = "FROBNICATE"
	}
	return method, headers, sdp
}

// comesOf is what comes of a request that was just sent: its final answer, and what we send besides but for the repetition of what was sent before. It asks by an
// OPTIONS with the same Call-ID, as quiet does.
func (p *peer) comesOf(t *testing.T, a *Agent, callID string, cseq uint32) string {
	t.Helper()
	p.write(a, p.outside("OPTIONS", callID))
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
				switch of := m.CSeq(); {
				case of.MethodName == sip.OPTIONS && of.SeqNo == 1: // ours
					return status + strings.Join(sent, "")
				case of.SeqNo == 1 && of.MethodName == sip.INVITE && m.StatusCode >= 300:
					sent = append(sent, fmt.Sprintf("+%d", m.StatusCode))
				case of.SeqNo == cseq && of.MethodName != sip.INVITE && !m.IsProvisional(), of.SeqNo == theirCSeq && !m.IsProvisional():
					status = fmt.Sprint(m.StatusCode)
				}
			}
		case <-deadline:
			t.Fatal("our OPTIONS was not answered")
		}
	}
}

// comingStates are those of a leg to whoever calls us.
var comingStates = []struct {
	name  string
	reach func(t *testing.T, c *comes)
}{
	{"ringing", func(*testing.T, *comes) {}},
	{"answered, no ACK yet", func(t *testing.T, c *comes) { c.lift(t) }},
	{"up", func(t *testing.T, c *comes) { c.talk(t) }},
	{"our BYE on its way", func(t *testing.T, c *comes) {
		c.talk(t)
		c.caller.Drop()
		c.request(t, sip.BYE)
	}},
	{"over", func(t *testing.T, c *comes) {
		c.talk(t)
		c.caller.Drop()
		c.reply(c.request(t, sip.BYE), say{status: 200})
		c.caller.gone(t)
	}},
	{"refused", func(t *testing.T, c *comes) {
		c.caller.Drop()
		c.status(t, 480)
	}},
}

// comes is a call that has come in, and rings at the desk.
type comes struct {
	*dialIn

	phone        *peer
	line         dialer.IncomingLine
	desk, caller *watched
	rung         *sip.Request
}

// lift answers at the desk.
func (c *comes) lift(t *testing.T) {
	t.Helper()
	c.phone.reply(c.rung, say{status: 200, tag: "p", sdp: plainSDP})
	c.desk.until(t, dialer.LegAnswered)
	c.desk.Confirm()
	c.line.Answer()
	c.status(t, 200)
}

func (c *comes) talk(t *testing.T) {
	t.Helper()
	c.lift(t)
	c.say("ACK", 1, "")
	c.caller.untilEvent(t, dialer.EvAnswerSent)
}

func TestEachRequestOfACallerInEachState(t *testing.T) {
	t.Parallel()
	// As in comingStates:        ringing  no ACK  up     BYE    over   refused
	for method, want := range map[string][]string{
		"INVITE with an offer":   {"500", "491", "200", "481", "481", "481"},
		"INVITE without":         {"500", "491", "200", "481", "481", "481"},
		"UPDATE with an offer":   {"500", "491", "200", "481", "481", "481"},
		"UPDATE without":         {"200", "200", "200", "481", "481", "481"},
		"BYE":                    {"200+487", "200", "200", "200", "200", "200"},
		"CANCEL":                 {"200+487", "200", "200", "200", "200", "200"},
		"OPTIONS":                {"200", "200", "200", "200", "481", "481"},
		"INFO":                   {"200", "200", "200", "200", "481", "481"},
		"PRACK":                  {"481", "481", "481", "481", "481", "481"},
		"NOTIFY":                 {"489", "489", "489", "489", "481", "481"},
		"REFER":                  {"403", "403", "403", "403", "481", "481"},
		"MESSAGE":                {"405", "405", "405", "405", "481", "481"},
		"SUBSCRIBE":              {"405", "405", "405", "405", "481", "481"},
		"something nobody knows": {"501", "501", "501", "501", "481", "481"},
	} {
		for i, state := range comingStates {
			t.Run(method+", "+state.name, func(t *testing.T) {
				t.Parallel()
				b := newSwitchboard(t)
				c := &comes{phone: b.desk}
				c.dialIn, c.line, c.desk, c.caller = b.comesIn(t, "desk1")
				c.rung = b.desk.request(t, sip.INVITE)
				state.reach(t, c)
				cseq := uint32(theirCSeq)
				if method == "CANCEL" { // of the INVITE itself: there is no other
					cseq = 1
					c.cancels("")
				} else {
					c.write(b.Agent, c.anyRequest(method))
				}
				if got := c.comesOf(t, b.Agent, c.callID, cseq); got != want[i] {
					t.Errorf("got %s, want %s", got, want[i])
				}
				c.phone.answerAll(t, func(req *sip.Request) { c.phone.reply(req, say{status: 481}) })
				c.answerAll(t, func(req *sip.Request) { c.reply(req, say{status: 481}) })
				c.phone.reply(c.rung, say{status: 487, tag: "p"}) // of no use where it was answered
				c.desk.toTheEnd(t)
				c.caller.toTheEnd(t)
			})
		}
	}
}

// anyRequest is a request of the caller's within the call.
func (d *dialIn) anyRequest(kind string) string {
	method, headers, sdp := soundly(kind)
	var b strings.Builder
	fmt.Fprintf(&b, "%s sip:kakeru@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", method, d.agent.Addr(), d.addr, newBranch())
	fmt.Fprintf(&b, "From: <sip:%s@carrier.invalid>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", theCaller, d.tag, d.to, d.callID, theirCSeq, method)
	fmt.Fprintf(&b, "Contact: <sip:caller@%s>\r\n", d.addr)
	writeRest(&b, headers, sdp)
	return b.String()
}
