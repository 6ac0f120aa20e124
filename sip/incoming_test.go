package sip

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// switchboard is an agent with two desks at fixed addresses, and a trunk by which calls come in.
type switchboard struct {
	*rig

	second *peer
	comes  chan dialer.Incoming
}

func newSwitchboard(t *testing.T, change ...func(*Config)) *switchboard {
	t.Helper()
	b := &switchboard{second: newPeer(t), comes: make(chan dialer.Incoming, 10)}
	b.rig = newRig(t, func(c *Config) {
		c.Desks = append(c.Desks, Desk{ID: "desk2", URI: "sip:202@" + b.second.addr.String(), Phone: "snom"})
		c.Trunks[0].Numbers = []string{"0300008888"}
		for _, f := range change {
			f(c)
		}
	})
	b.OnCall(func(in dialer.Incoming) { b.comes <- in })
	return b
}

// dialIn is a call that a peer places to us, as text.
type dialIn struct {
	*peer

	agent  *Agent
	callID string
	tag    string
	invite string
	to     string // with our tag, once known
}

const theCaller = "0300004321"

// dial sends an INVITE for a number.
func (p *peer) dial(a *Agent, number, sdp string, headers ...string) *dialIn {
	d := &dialIn{peer: p, agent: a, callID: newTag(), tag: newTag(), to: "<sip:" + number + "@127.0.0.1>"}
	if headers = slices.Clone(headers); !hasHeader(headers, "Contact") {
		headers = append(headers, fmt.Sprintf("Contact: <sip:caller@%s>", p.addr))
	}
	if !hasHeader(headers, "From") {
		headers = append(headers, fmt.Sprintf("From: <sip:%s@carrier.invalid>;tag=%s", theCaller, d.tag))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "INVITE sip:%s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", number, p.addr, newBranch())
	fmt.Fprintf(&b, "To: %s\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n", d.to, d.callID)
	writeRest(&b, slices.DeleteFunc(headers, func(h string) bool { return h == "Contact:" }), sdp)
	d.invite = b.String()
	p.write(a, d.invite)
	return d
}

// status waits for a response to the INVITE, a 100 apart.
func (d *dialIn) status(t *testing.T, want int) *sip.Response {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-d.got:
			res, ok := m.(*sip.Response)
			if !ok || res.StatusCode == 100 || res.CallID().Value() != d.callID || res.CSeq().MethodName != sip.INVITE {
				continue
			}
			if res.StatusCode != want {
				t.Fatalf("the caller got %d %s, want %d", res.StatusCode, res.Reason, want)
			}
			d.to = value(res, "To")
			return res
		case <-deadline:
			t.Fatalf("the INVITE got no answer, want %d", want)
		}
	}
}

// write sends a request of the caller within the call. ACKs of refusals and CANCEL repeat the INVITE's Via.
func (d *dialIn) say(method string, cseq int, sdp string) {
	var b strings.Builder
	first, rest, _ := strings.Cut(d.invite, "\r\n")
	via, _, _ := strings.Cut(rest, "\r\n")
	switch method {
	case "CANCEL", "NACK":
		fmt.Fprintf(&b, "%s %s SIP/2.0\r\n%s\r\n", strings.TrimPrefix(method, "N"), strings.Fields(first)[1], via)
	default:
		fmt.Fprintf(&b, "%s sip:kakeru@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\n", method, d.agent.Addr(), d.addr, newBranch())
	}
	method = strings.TrimPrefix(method, "N")
	to := d.to
	if method == "CANCEL" {
		to, _, _ = strings.Cut(to, ";tag=")
	}
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: <sip:%s@carrier.invalid>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		theCaller, d.tag, to, d.callID, cseq, method)
	writeRest(&b, nil, sdp)
	d.write(d.agent, b.String())
}

// cancels gives up with further headers, each with its CRLF.
func (d *dialIn) cancels(headers string) {
	first, rest, _ := strings.Cut(d.invite, "\r\n")
	via, _, _ := strings.Cut(rest, "\r\n")
	caller := fmt.Sprintf("From: <sip:%s@carrier.invalid>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\n", theCaller, d.tag, d.to, d.callID)
	d.write(d.agent, "CANCEL "+strings.Fields(first)[1]+" SIP/2.0\r\n"+via+"\r\nMax-Forwards: 70\r\n"+caller+"CSeq: 1 CANCEL\r\n"+headers+"Content-Length: 0\r\n\r\n")
}

// comesIn has a call come in to the ward's number, and takes it as the engine would.
func (b *switchboard) comesIn(t *testing.T, desks ...dialer.DeskID) (d *dialIn, line dialer.IncomingLine, desk, caller *watched) {
	t.Helper()
	d = b.trunk.dial(b.Agent, testCallerID, plainSDP)
	in := within(t, b.comes, "the call to come in")
	if in.Caller != theCaller || in.Line.Trunk() != "lab" || in.ID == "" || in.At.IsZero() {
		t.Errorf("%+v", in)
	}
	t.Cleanup(in.Line.Close)
	desk, caller = watch(in.Line.Desk()), watch(in.Line.Customer())
	desk.Dial()
	in.Line.Ring(desks...)
	d.status(t, 180)
	return d, in.Line, desk, caller
}

func TestCallComesInAndIsAnswered(t *testing.T) {
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t, "desk1")
	caller.untilEvent(t, dialer.EvInviteReceived)
	invite := b.desk.request(t, sip.INVITE)
	for _, name := range []string{"Call-Info", "Alert-Info", "Answer-Mode"} {
		if value(invite, name) != "" {
			t.Errorf("a phone that rings for a caller is asked to answer by itself: %s", name)
		}
	}
	if strings.Contains(invite.String(), theCaller) {
		t.Error("the caller's number is shown to the phone")
	}
	d.write(d.agent, d.invite) // repeated: our 180 again, and no second call
	b.desk.reply(invite, say{status: 180, tag: "p"})
	if f := desk.until(t, dialer.LegRinging); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	b.desk.reply(invite, say{status: 200, tag: "p", sdp: plainSDP})
	if f := desk.until(t, dialer.LegAnswered); f.Desk != "desk1" || f.Handle == nil {
		t.Errorf("%+v", f)
	}
	desk.Confirm()
	b.desk.request(t, sip.ACK)
	line.Answer()
	line.Answer()
	line.Join()
	ok := d.status(t, 200)
	if len(sdpOf(ok)) == 0 || value(ok, "Contact") == "" || value(ok, "Allow") == "" {
		t.Errorf("the answer is not whole: %s", ok)
	}
	d.say("ACK", 1, "")
	caller.untilEvent(t, dialer.EvAnswerSent)
	d.say("BYE", 2, "")
	if res := d.response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("their BYE got %d", res.StatusCode)
	}
	if f := caller.gone(t); !f.FarEnded {
		t.Error("the caller hung up")
	}
	desk.Drop()
	b.desk.reply(b.desk.request(t, sip.BYE), say{status: 200})
	if f := desk.gone(t); f.FarEnded {
		t.Error("the desk was hung up by us")
	}
	if len(b.comes) > 0 {
		t.Error("a repeated INVITE came in twice")
	}
}

func TestOfManyPhonesTheFirstThatAnswersIsTheLeg(t *testing.T) {
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t, "desk1", "desk2")
	one, two := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
	b.desk.reply(one, say{status: 180, tag: "p"})
	b.second.reply(two, say{status: 180, tag: "q"})
	desk.untilEvent(t, dialer.EvRinging)
	desk.untilEvent(t, dialer.EvRinging)
	// Both lift their handsets: the second is told at once that it was too late.
	b.second.reply(two, say{status: 200, tag: "q", sdp: plainSDP})
	if f := desk.until(t, dialer.LegAnswered); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	b.desk.request(t, sip.CANCEL)
	b.desk.reply(one, say{status: 200, tag: "p", sdp: sdpAt(11)})
	desk.untilEvent(t, dialer.EvCrossed)
	b.desk.request(t, sip.ACK)
	b.desk.reply(b.desk.request(t, sip.BYE), say{status: 200})
	desk.Confirm()
	b.second.request(t, sip.ACK)
	line.Answer()
	d.status(t, 200)
	d.say("ACK", 1, "")
	// The operator hangs up.
	b.second.write(b.Agent, b.second.within(two, "q", "BYE", 1, nil, ""))
	if f := desk.gone(t); !f.FarEnded || f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	caller.Drop()
	d.reply(d.request(t, sip.BYE), say{status: 200})
	caller.gone(t)
	if n := len(desk.all); desk.all[n-1].Kind != dialer.LegIsGone {
		t.Errorf("%v", desk.kinds())
	}
}

func TestPhonesThatDecline(t *testing.T) {
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t, "desk1")
	b.desk.reply(b.desk.request(t, sip.INVITE), say{status: 486, tag: "p"})
	b.desk.request(t, sip.ACK)
	if f := desk.until(t, dialer.LegDeclined); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	line.Ring("desk9") // there is none
	if f := desk.until(t, dialer.LegDeclined); f.Desk != "desk9" {
		t.Errorf("%+v", f)
	}
	line.Ring("desk2") // it goes on with another
	invite := b.second.request(t, sip.INVITE)
	caller.Drop()
	desk.Drop()
	d.status(t, 480)
	d.say("NACK", 1, "")
	if f := caller.gone(t); f.FarEnded || !caller.saw(dialer.EvRefusalSent) {
		t.Errorf("%v", caller.kinds())
	}
	b.second.reply(invite, say{status: 180, tag: "q"})
	b.second.reply(b.second.request(t, sip.CANCEL), say{status: 200})
	b.second.reply(invite, say{status: 487, tag: "q"})
	desk.gone(t)
}

func TestNoPhoneRingsAndTheCallerIsLetGo(t *testing.T) {
	b := newSwitchboard(t)
	d, _, desk, caller := b.comesIn(t)
	desk.Drop()
	desk.gone(t)
	caller.Drop()
	d.status(t, 480)
	d.say("NACK", 1, "")
	caller.gone(t)
}

func TestCallerGivesUp(t *testing.T) {
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t, "desk1")
	invite := b.desk.request(t, sip.INVITE)
	b.desk.reply(invite, say{status: 180, tag: "p"})
	desk.until(t, dialer.LegRinging)
	d.say("CANCEL", 1, "")
	d.status(t, 487)
	d.say("NACK", 1, "")
	f := caller.gone(t)
	if !f.FarEnded || !caller.saw(dialer.EvCancelReceived) {
		t.Errorf("%v", caller.kinds())
	}
	line.Answer() // somebody lifted in that moment: nobody is there
	desk.Drop()
	b.desk.reply(b.desk.request(t, sip.CANCEL), say{status: 200})
	b.desk.reply(invite, say{status: 487, tag: "p"})
	desk.gone(t)
	if d.repeats("SIP/2.0 200 OK\r\n") != 1 {
		t.Errorf("want one 200, to the CANCEL")
	}
}

func TestCancelAfterTheAnswerChangesNothing(t *testing.T) {
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t)
	line.Answer()
	d.status(t, 200)
	d.say("CANCEL", 1, "")
	if res := d.response(t, sip.CANCEL); res.StatusCode != 200 {
		t.Errorf("got %d", res.StatusCode)
	}
	d.say("ACK", 1, "")
	d.say("BYE", 2, "")
	caller.gone(t)
	if caller.saw(dialer.EvCancelReceived) {
		t.Error("a CANCEL that came too late ended the call")
	}
	desk.Drop()
	desk.gone(t)
}

func TestByeOfAnEarlyDialogEndsItsInvite(t *testing.T) {
	b := newSwitchboard(t)
	d, _, desk, caller := b.comesIn(t)
	d.say("BYE", 2, "")
	d.status(t, 487)
	d.say("NACK", 1, "")
	if f := caller.gone(t); !f.FarEnded {
		t.Error("the caller hung up")
	}
	desk.Drop()
	desk.gone(t)
}

func TestInviteWithoutOffer(t *testing.T) {
	b := newSwitchboard(t)
	d := b.trunk.dial(b.Agent, testCallerID, "")
	in := within(t, b.comes, "the call")
	defer in.Line.Close()
	caller := watch(in.Line.Customer())
	in.Line.Desk().Dial()
	d.status(t, 180)
	in.Line.Answer()
	if offer := sdpOf(d.status(t, 200)); len(offer) == 0 {
		t.Error("our 2xx offers nothing")
	}
	d.say("ACK", 1, sdpAt(15))
	d.say("INFO", 2, "")
	d.response(t, sip.INFO) // the ACK was taken before
	heard := make(chan bool, 1)
	leg := in.Line.(*incomingLine).customer
	leg.lane.post(func() { heard <- leg.applied != nil })
	if !within(t, heard, "the lane") {
		t.Error("their answer in the ACK was not taken")
	}
	d.say("BYE", 3, "")
	caller.gone(t)
	in.Line.Desk().Drop()
}

// A 2xx is repeated until its ACK comes; without one the call ends, and nobody sends BYE before (RFC 3261 §13.3.1.4, §15).
func TestAnswerThatIsNeverAcknowledged(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t)
	line.Answer()
	d.status(t, 200)
	eventually(t, "the answer was repeated", func() bool { return d.repeats("SIP/2.0 200") > 2 })
	if d.repeats("BYE") > 0 {
		t.Error("BYE before the ACK")
	}
	d.reply(d.request(t, sip.BYE), say{status: 200})
	caller.gone(t)
	desk.Drop()
	desk.gone(t)
}

func TestByeWaitsForTheAck(t *testing.T) {
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t)
	line.Answer()
	caller.Drop()
	d.status(t, 200)
	caller.untilEvent(t, dialer.EvAnswerSent)
	b.trunk.quiet(t, b.Agent, sip.BYE, d.callID)
	d.say("ACK", 1, "")
	d.reply(d.request(t, sip.BYE), say{status: 200})
	if f := caller.gone(t); f.FarEnded {
		t.Error("we hung up")
	}
	desk.Drop()
	desk.gone(t)
}

func TestCallsThatMayNotComeIn(t *testing.T) {
	b := newSwitchboard(t)
	for _, c := range []struct {
		name, number, sdp string
		headers           []string
		want              int
	}{
		{"another number", "0300007777", plainSDP, nil, 404},
		{"no number", "reception", plainSDP, nil, 404},
		{"an extension we lack", testCallerID, plainSDP, []string{"Require: telepathy"}, 420},
		{"no Contact", testCallerID, plainSDP, []string{"Contact:"}, 400},
		{"garbage for SDP", testCallerID, "garbage", nil, 400},
		{"no codec of ours", testCallerID, strings.Replace(plainSDP, "AVP 0", "AVP 18", 1), nil, 488},
		{"no audio", testCallerID, strings.Replace(plainSDP, "m=audio", "m=video", 1), nil, 488},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := b.trunk.dial(b.Agent, c.number, c.sdp, c.headers...)
			res := d.status(t, c.want)
			if c.want == 420 && value(res, "Unsupported") != "telepathy" {
				t.Errorf("Unsupported: %q", value(res, "Unsupported"))
			}
		})
	}
	t.Run("by a number in other clothes", func(t *testing.T) {
		for _, number := range []string{"+81300009999", "03-0000-8888"} {
			d := b.trunk.dial(b.Agent, number, plainSDP)
			in := within(t, b.comes, "the call to "+number)
			in.Line.Close()
			d.status(t, 480)
		}
	})
	t.Run("nobody takes calls", func(t *testing.T) {
		r := newRig(t)
		r.trunk.dial(r.Agent, testCallerID, plainSDP).status(t, 480)
	})
	if n := b.pool.Free(); n != newRig(t).pool.Free() {
		t.Errorf("ports of refused calls are not free: %d", n)
	}
}

// What the call's handle repeats of its INVITE is bounded: it is written anew with facts of the call, and kept.
func TestLongHeadersBeginNoCall(t *testing.T) {
	b := newSwitchboard(t)
	d := b.trunk.dial(b.Agent, testCallerID, plainSDP)
	within(t, b.comes, "the call").Line.Close()
	d.status(t, 480)
	long, sound := strings.Repeat("y", routesMost), *d
	for name, c := range map[string]struct{ before, after string }{
		"Via":          {"\r\nMax-Forwards", "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK" + long + "\r\nMax-Forwards"},
		"To":           {"@127.0.0.1>\r\n", "@127.0.0.1;p=" + long + ">\r\n"},
		"From":         {"@carrier.invalid>", "@carrier.invalid;p=" + long + ">"},
		"Contact":      {"<sip:caller@", "<sip:" + long + "@"},
		"Record-Route": {"\r\nMax-Forwards", "\r\nRecord-Route: <sip:h;lr>\r\nRecord-Route: <sip:h;lr;p=" + long + ">\r\nMax-Forwards"},
		"Call-ID":      {sound.callID, newTag() + long},
	} {
		t.Run(name, func(t *testing.T) {
			d.callID = newTag()
			d.invite = strings.Replace(strings.Replace(sound.invite, c.before, c.after, 1), sound.callID, d.callID, 1)
			if name == "Call-ID" {
				d.callID = c.after
			}
			d.write(b.Agent, d.invite)
			if res := d.status(t, 400); !strings.Contains(res.Reason, name) {
				t.Errorf("%s", res.Reason)
			}
			d.say("NACK", 1, "")
		})
	}
}

func TestExtensionsOfThePBXDoNotComeIn(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Desks = append(c.Desks, Desk{ID: "desk2", Trunk: "lab", Extension: "202"})
	})
	r.OnCall(func(in dialer.Incoming) { in.Line.Close() })
	r.trunk.dial(r.Agent, testCallerID, plainSDP, "From: <sip:202@carrier.invalid>;tag=x").status(t, 403)
}

func TestWhoCalls(t *testing.T) {
	from := func(user string) string { return "From: <sip:" + user + "@carrier.invalid>;tag=x" }
	for _, c := range []struct {
		name    string
		headers []string
		want    dialer.Number
		odd     string
	}{
		{"national", []string{from("0300001111")}, "0300001111", ""},
		{"E.164", []string{from("+81-3-0000-1111")}, "0300001111", ""},
		{"asserted", []string{from("100"), "P-Asserted-Identity: \"X\" <sip:0300002222@c.invalid>"}, "0300002222", ""},
		{"asserted as tel", []string{from("100"), "P-Asserted-Identity: <tel:+81300002222;phone-context=x>"}, "0300002222", ""},
		{"withheld", []string{from("anonymous"), "P-Asserted-Identity: <sip:0300002222@c.invalid>", "Privacy: id"}, "", "number withheld"},
		{"withheld in a list", []string{from("0300001111"), "Privacy: critical;user"}, "", "number withheld"},
		{"not withheld", []string{from("0300001111"), "Privacy: none"}, "0300001111", ""},
		{"anonymous host", []string{"From: \"Anonymous\" <sip:x@anonymous.invalid>;tag=x"}, "", "number withheld"},
		{"at which callers pay by the minute", []string{from("0570000000")}, "", ""},
		{"from abroad", []string{from("+442071838750")}, "", ""},
		{"no number", []string{from("reception")}, "", ""},
		{"forwarded", []string{from("0300001111"), "Diversion: <sip:0300003333@c.invalid>;reason=unconditional"}, "0300001111", "forwarded"},
	} {
		var b strings.Builder
		b.WriteString("INVITE sip:x@y.invalid SIP/2.0\r\nVia: SIP/2.0/UDP z.invalid;branch=z9hG4bK1\r\nTo: <sip:x@y.invalid>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n")
		writeRest(&b, c.headers, "")
		m, err := sip.ParseMessage([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		req := m.(*sip.Request)
		if got := callerOf(req); got != c.want || oddities(req) != c.odd {
			t.Errorf("%s: a caller of %d digits, %q", c.name, len(got), oddities(req))
		}
	}
}

// Whoever takes over from a dead process ends both sides, whatever they were doing.
func TestCallsThatCameInAreEndedAfterACrash(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	cfg := b.cfg
	cfg.Listen = "127.0.0.1:0"
	another := startAgent(t, cfg)

	t.Run("while it rang", func(t *testing.T) {
		d, _, desk, caller := b.comesIn(t, "desk1", "desk2")
		one, two := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
		b.desk.reply(one, say{status: 180, tag: "p"})
		b.second.reply(two, say{status: 180, tag: "q"})
		desk.untilEvent(t, dialer.EvRinging)
		f := desk.untilEvent(t, dialer.EvRinging)
		phones := make(chan error, 1)
		go func() { phones <- another.Terminate(t.Context(), *f.Handle) }()
		b.desk.reply(b.desk.request(t, sip.CANCEL), say{status: 481})
		b.second.reply(b.second.request(t, sip.CANCEL), say{status: 481})
		for _, p := range []struct {
			*peer
			tag string
		}{{b.desk, "p"}, {b.second, "q"}} {
			p.reply(p.request(t, sip.BYE), say{status: 481})
		}
		if err := within(t, phones, "the phones to be ended"); err != nil {
			t.Error(err)
		}
		callers := make(chan error, 1)
		go func() { callers <- another.Terminate(t.Context(), caller.Handle()) }()
		d.status(t, 503)
		d.agent = another
		d.say("NACK", 1, "")
		if err := within(t, callers, "the caller to be ended"); err != nil {
			t.Error(err)
		}
	})
	t.Run("just after the answer", func(t *testing.T) {
		for _, acked := range []bool{true, false} {
			d, line, _, caller := b.comesIn(t)
			early := caller.Handle() // what the ledger has when the process dies
			line.Answer()
			d.status(t, 200)
			callers := make(chan error, 1)
			go func() { callers <- another.Terminate(t.Context(), early) }()
			d.status(t, 503) // which it ignores: it has had its answer
			if acked {
				d.agent = another
				d.say("ACK", 1, "")
			}
			d.reply(d.request(t, sip.BYE), say{status: 200})
			if err := within(t, callers, "the caller to be ended"); err != nil {
				t.Error(err)
			}
			caller.Drop()
		}
	})
	t.Run("whose To cannot be read twice", func(t *testing.T) {
		_, _, _, caller := b.comesIn(t)
		h := caller.Handle()
		h.Data = []byte(strings.ReplaceAll(string(h.Data), "To: ", "To: <sip:03 0000"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*testTimers.T1)
		defer cancel()
		_ = another.Terminate(ctx, h) // it may fail, and does not take the process with it
		caller.Drop()
	})
	t.Run("in a talk", func(t *testing.T) {
		d, line, _, caller := b.comesIn(t)
		line.Answer()
		d.status(t, 200)
		d.say("ACK", 1, "")
		caller.untilEvent(t, dialer.EvAnswerSent)
		callers := make(chan error, 1)
		go func() { callers <- another.Terminate(t.Context(), caller.Handle()) }()
		bye := d.request(t, sip.BYE)
		if got := value(bye, "To"); !strings.Contains(got, d.tag) {
			t.Errorf("BYE to %s", got)
		}
		d.reply(bye, say{status: 200})
		if err := within(t, callers, "the caller to be ended"); err != nil {
			t.Error(err)
		}
	})
}

func TestCallerHearsTheAnnouncement(t *testing.T) {
	path := filepath.Join(t.TempDir(), "closed.wav")
	raw := []byte("RIFF....WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x80\x0c\x00\x00")
	if err := os.WriteFile(path, append(raw, make([]byte, 3200)...), 0o600); err != nil { // 0.2 s
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Announcement = path })
	comes := make(chan dialer.Incoming, 1)
	r.OnCall(func(in dialer.Incoming) { comes <- in })
	d := r.trunk.dial(r.Agent, testCallerID, plainSDP)
	in := within(t, comes, "the call")
	defer in.Line.Close()
	in.Line.TurnAway()
	in.Line.TurnAway()
	d.status(t, 200)
	eventually(t, "the answer is repeated", func() bool { return d.repeats("SIP/2.0 200") > 1 })
	if out := in.Line.(*incomingLine).bridge.Stats(media.Customer).PacketsOut; out != 0 {
		t.Errorf("%d packets before the ACK: the caller's address may be forged", out)
	}
	d.say("ACK", 1, "")
	d.reply(d.request(t, sip.BYE), say{status: 200})
	caller := watch(in.Line.Customer())
	caller.gone(t)
	if !caller.saw(dialer.EvAnnounced) || in.Line.(*incomingLine).bridge.Stats(media.Customer).PacketsOut < 10 {
		t.Errorf("%v", caller.kinds())
	}
	if _, err := New(Config{Announcement: path + "x"}); err == nil || !strings.Contains(err.Error(), "sip.announcement") {
		t.Errorf("an announcement that is not there: %v", err)
	}
}
