package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

func TestRequestsOutsideCalls(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name    string
		method  string
		headers []string
		want    int
	}{
		{"are you there", "OPTIONS", nil, 200},
		{"a call from the trunk", "INVITE", nil, 404},
		{"a call of a dialog we do not know", "INVITE", []string{"To: <sip:kakeru@127.0.0.1>;tag=x"}, 481},
		{"BYE for no call", "BYE", []string{"To: <sip:kakeru@127.0.0.1>;tag=x"}, 481},
		{"CANCEL of nothing", "CANCEL", nil, 481},
		{"UPDATE for no call", "UPDATE", nil, 481},
		{"INFO for no call", "INFO", nil, 481},
		{"PRACK for no call", "PRACK", nil, 481},
		{"a subscription", "SUBSCRIBE", nil, 405},
		{"a message", "MESSAGE", nil, 405},
		{"a method of no RFC", "BREW", nil, 501},
		{"CSeq of another method", "OPTIONS", []string{"CSeq: 1 INVITE"}, 400},
		{"two From", "OPTIONS", []string{"From: <sip:a@b>;tag=1", "From: <sip:a@b>;tag=2"}, 400},
		{"no From tag", "OPTIONS", []string{"From: <sip:a@b>"}, 400},
		{"two Max-Forwards", "OPTIONS", []string{"Max-Forwards: 5"}, 400},
		{"a registration without an account", "REGISTER", nil, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.trunk.write(r.Agent, r.trunk.outside(c.method, newTag(), c.headers...))
			deadline := sip.RequestMethod(c.method)
			if strings.Contains(strings.Join(c.headers, ""), "CSeq") {
				deadline = sip.INVITE
			}
			res := r.trunk.response(t, deadline)
			if res.StatusCode != c.want {
				t.Errorf("got %d %s, want %d", res.StatusCode, res.Reason, c.want)
			}
			if (c.want == 405 || c.want == 200) && value(res, "Allow") == "" {
				t.Error("no Allow")
			}
			if tagOf(res) == "" {
				t.Error("no To tag")
			}
		})
	}
}

func TestRequestsThatAreMalformedInTheirStartLine(t *testing.T) {
	r := newRig(t)
	text := r.trunk.outside("OPTIONS", newTag())
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"another version": {strings.Replace(text, "SIP/2.0\r\n", "SIP/7.0\r\n", 1), 505},
		"tel URI":         {strings.Replace(text, "sip:kakeru@127.0.0.1 SIP", "tel:+81300000000 SIP", 1), 416},
	} {
		r.trunk.write(r.Agent, c.text)
		if res := r.trunk.response(t, sip.OPTIONS); res.StatusCode != c.want || res.SipVersion != "SIP/2.0" {
			t.Errorf("%s: %s", name, res.StartLine())
		}
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Trunks[0].Address = "192.0.2.1:5060"
		c.Desks[0].URI = "sip:201@192.0.2.2"
	})
	r.trunk.write(r.Agent, r.trunk.outside("INVITE", newTag()))
	if res := r.trunk.response(t, sip.INVITE); res.StatusCode != 403 {
		t.Errorf("a stranger's call got %d", res.StatusCode)
	}
}

func TestAnswersGoWhereViaSays(t *testing.T) {
	r := newRig(t)
	elsewhere := newPeer(t)
	// Without rport the answer goes to the source's address and the port of the sent-by.
	text := strings.Replace(r.trunk.outside("OPTIONS", newTag()), ";rport", "", 1)
	r.trunk.write(r.Agent, strings.Replace(text, "UDP "+r.trunk.addr.String(), "UDP pc.invalid:"+portOf(elsewhere), 1))
	res := elsewhere.response(t, sip.OPTIONS)
	if got, _ := res.Via().Params.Get("received"); got != "127.0.0.1" {
		t.Errorf("Via %s lacks received", res.Via().Value())
	}
}

func portOf(p *peer) string {
	_, port, _ := strings.Cut(p.addr.String(), ":")
	return port
}

func TestRequestsWithinACall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	cseq := 0
	for _, c := range []struct {
		name, tag, method string
		headers           []string
		sdp               string
		want              int
	}{
		{"key press", "a", "INFO", []string{"Content-Type: application/dtmf-relay"}, "", 200},
		{"unknown INFO", "a", "INFO", []string{"Content-Type: text/x-poem"}, "", 415},
		{"are you there", "a", "OPTIONS", nil, "", 200},
		{"transfer", "a", "REFER", []string{"Refer-To: <sip:x@y>"}, "", 403},
		{"PRACK", "a", "PRACK", nil, "", 481},
		{"an extension we lack", "a", "INFO", []string{"Require: 100rel, telepathy"}, "", 420},
		{"another dialog", "b", "BYE", nil, "", 481},
		{"UPDATE that only refreshes", "a", "UPDATE", nil, "", 200},
		{"UPDATE with an offer", "a", "UPDATE", nil, plainSDP, 200},
		{"UPDATE with video only", "a", "UPDATE", nil, strings.Replace(plainSDP, "m=audio", "m=video", 1), 488},
		{"UPDATE with garbage", "a", "UPDATE", nil, "garbage", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			cseq++
			r.trunk.write(r.Agent, r.trunk.within(invite, c.tag, c.method, cseq, c.headers, c.sdp))
			if res := r.trunk.response(t, sip.RequestMethod(c.method)); res.StatusCode != c.want {
				t.Errorf("got %d %s, want %d", res.StatusCode, res.Reason, c.want)
			}
		})
	}
	r.trunk.quiet(t, r.Agent, sip.BYE, w.Handle().SIPCallID) // nothing of that has ended the call
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// reinvite sends an offer within the call and returns the answer.
func (r *rig) reinvite(t *testing.T, invite *sip.Request, cseq int, sdp string) *sip.Response {
	t.Helper()
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "INVITE", cseq, nil, sdp))
	return r.trunk.response(t, sip.INVITE)
}

func TestHoldResumeAndMove(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	n := r.line(t)
	w := watch(n.Customer())
	w.Dial()
	invite, _ := r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	bridge := n.(*line).bridge
	for i, c := range []struct {
		sdp  string
		want string
		held bool
	}{
		{sdpAt(9, "a=sendonly"), "a=recvonly", true},
		{sdpAt(9, "a=sendrecv"), "a=sendrecv", false},
		{sdpAt(11), "a=sendrecv", false},
	} {
		res := r.reinvite(t, invite, 2*i+1, c.sdp)
		if res.StatusCode != 200 || !strings.Contains(string(res.Body()), c.want) || value(res, "Contact") == "" {
			t.Errorf("%q got %s", c.sdp, res)
		}
		r.trunk.write(r.Agent, r.trunk.within(invite, "a", "ACK", 2*i+1, nil, ""))
		f := w.untilEvent(t, dialer.EvChanged)
		if f.Kind != dialer.LegNote {
			t.Errorf("%+v", f)
		}
		if bridge.Held(1) != c.held {
			t.Errorf("held is %v after %q", bridge.Held(1), c.sdp)
		}
	}
	// The call goes on as it was when an offer cannot be used.
	if res := r.reinvite(t, invite, 20, strings.Replace(plainSDP, "AVP 0", "AVP 18", 1)); res.StatusCode != 488 || value(res, "Warning") == "" {
		t.Errorf("got %s", res.StartLine())
	}
	// An INVITE without SDP asks for our offer; its ACK answers.
	res := r.reinvite(t, invite, 21, "")
	if res.StatusCode != 200 || !strings.Contains(string(res.Body()), "m=audio") {
		t.Errorf("got %s", res)
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "ACK", 21, nil, sdpAt(13)))
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 22, nil, ""))
	if f := w.gone(t); !f.FarEnded {
		t.Error("they hung up")
	}
}

// TestAReinviteIsForgottenWithItsACK: each is as long as a message may be, and a call may have thousands.
func TestAReinviteIsForgottenWithItsACK(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	const times = 30
	for i := range times {
		if res := r.reinvite(t, invite, i+1, sdpAt(9)); res.StatusCode != 200 {
			t.Fatalf("got %s", res.StartLine())
		}
		r.trunk.write(r.Agent, r.trunk.within(invite, "a", "ACK", i+1, nil, ""))
		w.untilEvent(t, dialer.EvChanged)
	}
	l := w.Leg.(*leg)
	held := make(chan int, 1)
	eventually(t, "all are forgotten", func() bool { return l.lane.post(func() { held <- len(l.timers) }) && <-held <= 1 }) // that of Config.ConfirmAfter
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", times+1, nil, ""))
	w.gone(t)
}

func TestOffersThatMeetGet491(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	w.until(t, dialer.LegRinging)
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "UPDATE", 1, nil, plainSDP)) // ours is not answered yet
	if res := r.trunk.response(t, sip.UPDATE); res.StatusCode != 491 {
		t.Errorf("an offer before the answer got %d", res.StatusCode)
	}
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	if res := r.reinvite(t, invite, 2, plainSDP); res.StatusCode != 200 {
		t.Errorf("got %d", res.StatusCode)
	}
	if res := r.reinvite(t, invite, 3, plainSDP); res.StatusCode != 491 { // the first still lacks its ACK
		t.Errorf("the second offer got %d", res.StatusCode)
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "ACK", 2, nil, ""))
	if res := r.reinvite(t, invite, 4, plainSDP); res.StatusCode != 200 {
		t.Errorf("after the ACK: %d", res.StatusCode)
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 5, nil, ""))
	w.gone(t)
}

func TestRepeatedRequestGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	info := r.trunk.within(invite, "a", "INFO", 1, nil, "")
	for range 5 {
		r.trunk.write(r.Agent, info)
	}
	eventually(t, "each was answered alike", func() bool { return r.trunk.repeats("SIP/2.0 200 OK") == 5 })
	bye := r.trunk.within(invite, "a", "BYE", 2, nil, "")
	r.trunk.write(r.Agent, bye)
	w.gone(t)
	r.trunk.write(r.Agent, bye) // our 200 was lost
	eventually(t, "the BYE was answered again", func() bool { return r.trunk.repeats("SIP/2.0 200 OK") == 7 })
}

func TestOurOwnCallComingBackIsALoop(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.write(r.Agent, r.trunk.outside("INVITE", value(invite, "Call-ID")))
	if res := r.trunk.response(t, sip.INVITE); res.StatusCode != 482 {
		t.Errorf("got %d", res.StatusCode)
	}
	r.trunk.write(r.Agent, r.trunk.outside("CANCEL", value(invite, "Call-ID")))
	if res := r.trunk.response(t, sip.CANCEL); res.StatusCode != 481 {
		t.Errorf("got %d", res.StatusCode)
	}
	r.trunk.reply(invite, say{status: 486, tag: "a"})
	w.gone(t)
}

func FuzzQ850(f *testing.F) {
	for _, seed := range []string{"Q.850;cause=16", `SIP;cause=200, Q.850 ; cause="17" ;text="a;b,\"c"`, ";;,,", `"`, "q.850;cause=999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c := q850([]string{s}); c < 0 || c > 127 {
			t.Errorf("cause %d", c)
		}
	})
}

func TestQ850(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{nil, 0},
		{[]string{"Q.850;cause=16"}, 16},
		{[]string{`Q.850 ;text="User busy, try; later" ; cause = 17`}, 17},
		{[]string{"SIP;cause=486"}, 0},
		{[]string{`SIP;cause=487;text="a, Q.850;cause=3"`, "q.850;CAUSE=31"}, 31},
		{[]string{`SIP;cause=200;text="x\"", Q.850;cause=1`}, 1},
		{[]string{"Q.850;cause=128"}, 0},
		{[]string{"Q.850;cause=-1, Q.850;cause=20"}, 20},
		{[]string{"Q.850"}, 0},
	} {
		if got := q850(c.headers); got != c.want {
			t.Errorf("%q: %d, want %d", c.headers, got, c.want)
		}
	}
}
