package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

func TestAnsweredCallHungUpByUs(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 100})
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	if f := w.until(t, dialer.LegRinging); f.Evidence.Status != 180 || f.Handle == nil {
		t.Errorf("ringing: %+v", f)
	}
	if f := w.until(t, dialer.LegAnswered); f.Evidence.Status != 200 || f.Handle == nil {
		t.Errorf("answered: %+v", f)
	}
	w.Confirm()
	ack := r.trunk.request(t, sip.ACK)
	if ack.CSeq().SeqNo != invite.CSeq().SeqNo || ack.Via().Value() == invite.Via().Value() {
		t.Error("the ACK of a 2xx is a transaction of its own with the INVITE's CSeq number")
	}
	w.Drop()
	bye := r.trunk.request(t, sip.BYE)
	if bye.CSeq().SeqNo <= invite.CSeq().SeqNo {
		t.Errorf("BYE has CSeq %d after the INVITE's %d", bye.CSeq().SeqNo, invite.CSeq().SeqNo)
	}
	r.trunk.reply(bye, say{status: 200})
	if f := w.gone(t); f.FarEnded {
		t.Error("we hung up, not they")
	}
	for _, event := range []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvTrying, dialer.EvByeSent} {
		if !w.saw(event) {
			t.Errorf("no evidence %q: %v", event, w.kinds())
		}
	}
}

func TestAnsweredCallHungUpByThem(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a") // confirmed by itself: nobody called Confirm
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 5, []string{`Reason: SIP;cause=200, Q.850;cause=16;text="a, b;c"`}, ""))
	if res := r.trunk.response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("BYE got %d", res.StatusCode)
	}
	f := w.untilEvent(t, dialer.EvByeReceived)
	if f.Evidence.Cause != 16 {
		t.Errorf("cause %d, want 16", f.Evidence.Cause)
	}
	if f := w.gone(t); !f.FarEnded {
		t.Error("they hung up")
	}
}

func TestByeBeforeOurAckEndsTheCall(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ConfirmAfter = patience })
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 1, nil, ""))
	if f := w.gone(t); !f.FarEnded {
		t.Error("they hung up")
	}
	r.trunk.request(t, sip.ACK)
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		say   say
		cause int
	}{
		{say{status: 486, reason: "Busy Here", tag: "a"}, 0},
		{say{status: 404, reason: "Not Found", tag: "a", headers: []string{`Reason: Q.850;cause=1;text="Unallocated"`}}, 1},
		{say{status: 480, tag: "a", headers: []string{"Reason: SIP;cause=480", "Reason: Q.850;cause=20"}}, 20},
		{say{status: 503, tag: "a"}, 0},
		{say{status: 302, tag: "a"}, 0},
		{say{status: 603, tag: "a", reason: "Decline 0312345678"}, 0},
	} {
		r := newRig(t)
		w := r.customer(t)
		invite := r.trunk.request(t, sip.INVITE)
		r.trunk.reply(invite, c.say)
		f := w.untilEvent(t, dialer.EvFinal)
		if f.Evidence.Status != c.say.status || f.Evidence.Cause != c.cause {
			t.Errorf("%d: evidence %+v", c.say.status, f.Evidence)
		}
		if c.say.status == 603 && f.Evidence.Reason != "Decline ##########" {
			t.Errorf("a number stands in the evidence: %q", f.Evidence.Reason)
		}
		if f := w.gone(t); !f.FarEnded {
			t.Errorf("%d: a refusal is the far end's doing", c.say.status)
		}
		ack := r.trunk.request(t, sip.ACK)
		if ack.Via().Value() != invite.Via().Value() || value(ack, "To") != value(invite, "To")+";tag=a" {
			t.Errorf("%d: the ACK of a refusal belongs to the INVITE's transaction:\n%s", c.say.status, ack)
		}
	}
}

func TestRepeatedRefusalIsAcknowledgedAgain(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	busy := say{status: 486, tag: "a"}
	for range 5 {
		r.trunk.reply(invite, busy)
	}
	w.gone(t)
	eventually(t, "each 486 was acknowledged", func() bool { return r.trunk.repeats("ACK") == 5 })
}

func TestRepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	for range 4 {
		r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	}
	eventually(t, "each 200 was acknowledged", func() bool { return r.trunk.repeats("ACK") == 5 })
	w.until(t, dialer.LegAnswered)
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 1, nil, ""))
	w.gone(t)
	if n := countKind(w.all, dialer.LegAnswered); n != 1 {
		t.Errorf("%d answers told", n)
	}
}

func countKind(all []dialer.LegFact, kind dialer.LegFactKind) int {
	n := 0
	for _, f := range all {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

func TestNoAnswerAtAllEndsByTimerB(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	r.trunk.request(t, sip.INVITE)
	f := w.untilEvent(t, dialer.EvNoAnswer)
	if f.Evidence.Reason != "no answer within 64·T1" {
		t.Errorf("reason %q", f.Evidence.Reason)
	}
	if f := w.gone(t); f.FarEnded {
		t.Error("silence is nobody's doing")
	}
	if n := r.trunk.repeats("INVITE"); n < 5 {
		t.Errorf("the INVITE was sent %d times only", n)
	}
}

func TestDropWithoutAnyAnswerSendsNoCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	r.trunk.request(t, sip.INVITE)
	w.Drop()
	if f := w.gone(t); f.FarEnded {
		t.Error("we dropped it")
	}
	r.trunk.quiet(t, r.Agent, sip.CANCEL, w.Handle().SIPCallID)
}

func TestDropWaitsForProvisionalThenCancels(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	w.Drop()
	w.Drop()
	r.trunk.quiet(t, r.Agent, sip.CANCEL, w.Handle().SIPCallID)
	r.trunk.reply(invite, say{status: 183, tag: "a"})
	cancel := r.trunk.request(t, sip.CANCEL)
	r.trunk.reply(cancel, say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "a"})
	if f := w.gone(t); f.FarEnded {
		t.Error("we cancelled it")
	}
	r.trunk.request(t, sip.ACK)
}

func TestDropEndsInTimeWhateverThePeerDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	w.until(t, dialer.LegRinging)
	w.Drop() // the CANCEL is never answered
	r.trunk.request(t, sip.CANCEL)
	w.gone(t)
	if !w.saw(dialer.EvNoAnswer) {
		t.Errorf("nothing says that the far end did not answer: %v", w.kinds())
	}
	// A 2xx that comes after all is ended without anybody asking.
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	r.trunk.request(t, sip.ACK)
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
}

func TestByeThatIsRefusedEndsTheDialog(t *testing.T) {
	t.Parallel()
	for _, status := range []int{481, 408, 500} {
		r := newRig(t)
		w := r.customer(t)
		r.trunk.answerCall(t, "a")
		w.Drop()
		r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: status})
		if f := w.gone(t); f.FarEnded {
			t.Errorf("BYE answered %d: we hung up", status)
		}
	}
}

func TestForkedAnswerIsHungUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	r.trunk.reply(invite, say{status: 200, tag: "b", sdp: plainSDP})
	bye := r.trunk.request(t, sip.BYE)
	if got := tagOfTo(bye); got != "b" {
		t.Errorf("the BYE went to %q", got)
	}
	r.trunk.reply(bye, say{status: 200})
	r.trunk.reply(invite, say{status: 200, tag: "b", sdp: plainSDP}) // repeated: ACK, but no second BYE
	r.trunk.quiet(t, r.Agent, sip.BYE, w.Handle().SIPCallID)
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 1, nil, ""))
	if f := w.gone(t); !f.FarEnded {
		t.Error("the first answer's call went on until they hung up")
	}
	if w.saw(dialer.EvCrossed) {
		t.Error("the call was answered: nothing has crossed")
	}
}

func tagOfTo(req *sip.Request) string {
	tag, _ := req.To().Params.Get("tag")
	return tag
}

func TestLegThatWasNeverDialledYieldsNothing(t *testing.T) {
	r := newRig(t)
	n := r.line(t)
	n.Desk().Drop()
	n.Close()
	n.Close()
	select {
	case f := <-n.Customer().Facts():
		t.Errorf("a fact came: %+v", f)
	default:
	}
	r.trunk.quiet(t, r.Agent, sip.INVITE, n.Customer().Handle().SIPCallID)
	eventually(t, "the legs are forgotten", func() bool { return len(r.allLanes()) == 0 })
}

func TestDropBeforeDialSendsNothing(t *testing.T) {
	r := newRig(t)
	w := watch(r.line(t).Customer())
	w.Drop()
	w.Dial()
	if f := w.gone(t); f.FarEnded {
		t.Error("nobody else ended it")
	}
	r.trunk.quiet(t, r.Agent, sip.INVITE, w.Handle().SIPCallID)
}

func TestFinishedCallsAreForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	n := r.line(t)
	w := watch(n.Customer())
	w.Dial()
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 486, tag: "a"})
	w.gone(t)
	n.Close()
	eventually(t, "nothing is left of the call", func() bool { return len(r.allLanes()) == 0 })
	if n := r.pool.Free(); n != 2500 {
		t.Errorf("%d port pairs free", n)
	}
}

func TestAnswerWithoutUsableSDPIsHungUp(t *testing.T) {
	for name, sdp := range map[string]string{
		"none": "", "garbage": "nonsense", "no audio": noAudio, "port 0": portZero, "no codec": unknownCodec,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(invite, say{status: 200, tag: "a", sdp: sdp})
			w.untilEvent(t, dialer.EvAnswered) // somebody did answer, but no talk may come of it
			r.trunk.request(t, sip.ACK)
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			if f := w.gone(t); f.FarEnded {
				t.Error("we hung up")
			}
			if countKind(w.all, dialer.LegAnswered) != 0 {
				t.Error("the owner was told of an answer")
			}
		})
	}
}

func TestEarlyMediaIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP})
	if f := w.until(t, dialer.LegEarly); f.Evidence.Event != dialer.EvEarlyMedia {
		t.Errorf("%+v", f)
	}
	r.trunk.reply(invite, say{status: 200, tag: "a"}) // what the 183 said holds
	w.until(t, dialer.LegAnswered)
	r.trunk.request(t, sip.ACK)
	r.trunk.quiet(t, r.Agent, sip.BYE, w.Handle().SIPCallID)
}

// What one phone of a forked call said is no answer of another's: the operator would talk to whoever said it.
func TestEarlyMediaOfAnotherPhoneIsNoAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegEarly)
	r.trunk.reply(invite, say{status: 200, tag: "b"})
	r.trunk.request(t, sip.ACK)
	bye := r.trunk.request(t, sip.BYE)
	if tag, _ := bye.To().Params.Get("tag"); tag != "b" {
		t.Errorf("BYE for %q", tag)
	}
	r.trunk.reply(bye, say{status: 200})
	w.gone(t)
	if countKind(w.all, dialer.LegAnswered) != 0 {
		t.Error("the owner was told of an answer")
	}
}

// A 2xx need not repeat the answer of its own dialog, whatever other phones said since (RFC 6337 §3.1.1).
func TestAnAnswerOfItsOwnDialogStands(t *testing.T) {
	t.Parallel()
	for _, said := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "a"}} {
		r := newRig(t)
		w := r.customer(t)
		invite := r.trunk.request(t, sip.INVITE)
		for _, tag := range said {
			r.trunk.reply(invite, say{status: 183, tag: tag, sdp: plainSDP})
		}
		r.trunk.reply(invite, say{status: 200, tag: "a"})
		r.trunk.request(t, sip.ACK)
		w.until(t, dialer.LegAnswered)
	}
}

// TestAnAnswerWithoutContactIsHungUpWhereItCameFrom: it must have one (§13.3.1.4), and whoever sends none would hear neither our ACK nor our BYE at the port that a name
// without one stands for.
func TestAnAnswerWithoutContactIsHungUpWhereItCameFrom(t *testing.T) {
	t.Parallel()
	for _, contact := range []string{"", "Contact: *\r\n"} {
		r := newRig(t, func(c *Config) { c.Trunks[0].Domain = "127.0.0.1" })
		w := r.customer(t)
		invite := r.trunk.request(t, sip.INVITE)
		ok := r.trunk.responseText(invite, say{status: 200, tag: "a", sdp: plainSDP})
		r.trunk.send(invite.Source(), strings.Replace(ok, "Contact: <sip:far@"+r.trunk.addr.String()+">\r\n", contact, 1))
		w.until(t, dialer.LegAnswered)
		w.Confirm()
		r.trunk.request(t, sip.ACK)
		w.Drop()
		r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
		w.gone(t)
	}
}

func TestRouteSetIsFollowed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	proxy := newPeer(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	routes := []string{"Record-Route: <sip:far.invalid;lr>, <sip:" + proxy.addr.String() + ";lr>"}
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: append(routes, "Contact: <sip:callee@192.0.2.9:5070;x=y>")})
	w.Confirm()
	w.until(t, dialer.LegAnswered)
	ack := proxy.request(t, sip.ACK)
	w.Drop()
	bye := proxy.request(t, sip.BYE)
	for _, req := range []*sip.Request{ack, bye} {
		if req.Recipient.String() != "sip:callee@192.0.2.9:5070;x=y" {
			t.Errorf("%s went to %s", req.Method, req.Recipient.String())
		}
		got := values(req, "Route")
		if len(got) != 2 || got[0] != "<sip:"+proxy.addr.String()+";lr>" || got[1] != "<sip:far.invalid;lr>" {
			t.Errorf("%s has Route %v", req.Method, got)
		}
	}
	proxy.reply(bye, say{status: 200})
	w.gone(t)
}

func TestRingingAfterTheEndIsCancelled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	w.Drop()
	w.gone(t) // nothing had come by then
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "a"})
	r.trunk.request(t, sip.ACK)
}

func TestStrictRouterIsFollowed(t *testing.T) {
	d := dialog{Target: "sip:callee@192.0.2.9", Routes: []string{"<sip:old@192.0.2.1>", "<sip:192.0.2.2;lr>"}}
	r := d.request(sip.BYE, 2)
	if r.uri != "sip:old@192.0.2.1" || len(r.routes) != 2 || r.routes[0] != "<sip:192.0.2.2;lr>" || r.routes[1] != "<sip:callee@192.0.2.9>" {
		t.Errorf("%s %v", r.uri, r.routes)
	}
	if to := d.next(t.Context()); to.String() != "192.0.2.1:5060" {
		t.Errorf("it goes to %v", to)
	}
}

func TestWhatCannotBeResolvedGoesWhereTheInviteWent(t *testing.T) {
	first := place{AddrPort: netipLocal}
	for _, d := range []dialog{
		{Target: "sip:callee@no-such-host.invalid", First: first}, {Target: "tel:0300001234", First: first}, {Target: ":", First: first},
		{Target: "sip:callee@192.0.2.9", First: first, Pinned: true},
	} {
		if to := d.next(t.Context()); to != first {
			t.Errorf("%s goes to %v", d.Target, to)
		}
	}
}

func TestLegDialledAfterItsLineWasClosedIsGone(t *testing.T) {
	r := newRig(t)
	n := r.line(t)
	w := watch(n.Customer())
	n.Close()
	w.Dial()
	w.gone(t)
	r.trunk.quiet(t, r.Agent, sip.INVITE, w.Handle().SIPCallID)
}

func TestEvidenceIsFitToBeKept(t *testing.T) {
	for said, want := range map[string]string{
		"Busy Here": "Busy Here", "call 0312345678 later": "call ########## later", "a\rb\x00c": "a b c", "\xff": "?",
		strings.Repeat("長", 200): strings.Repeat("長", 100),
	} {
		if got := phrase(said); got != want {
			t.Errorf("%q became %q", said, got)
		}
	}
}
