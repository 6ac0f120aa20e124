package sip

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// asking is a talk at desk1 whose phone has put it on hold and calls desk2 by itself.
type asking struct {
	*handOn

	call *dialIn
	cseq int // of the first dialog
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	k := &asking{handOn: newHandOn(t)}
	k.hold(t, "a=sendonly")
	k.ask(t)
	return k
}

// hold sends the hold button's re-INVITE in the first dialog.
func (k *asking) hold(t *testing.T, how string) {
	t.Helper()
	k.cseq++
	k.phone().write(k.Agent, k.phone().within(k.first, "p", "INVITE", k.cseq, nil, sdpAt(9, how)))
	if res := k.phone().response(t, sip.INVITE); res.StatusCode != 200 {
		t.Errorf("the hold got %d", res.StatusCode)
	}
	k.phone().write(k.Agent, k.phone().within(k.first, "p", "ACK", k.cseq, nil, ""))
	k.desk.untilEvent(t, dialer.EvChanged)
}

// ask dials the other desk's extension.
func (k *asking) ask(t *testing.T) {
	t.Helper()
	k.call = k.phone().dial(k.Agent, "202", sdpAt(11))
	if f := k.desk.until(t, dialer.LegRefers); f.Desk != "desk2" || !f.Consult {
		t.Errorf("%+v", f)
	}
}

// talks has the colleague answer, and returns the INVITE to it.
func (k *asking) talks(t *testing.T) *sip.Request {
	t.Helper()
	k.line.Transfer("desk2", true)
	invite := k.second.request(t, sip.INVITE)
	k.second.reply(invite, say{status: 180, tag: "q"})
	k.call.status(t, 180)
	k.second.reply(invite, say{status: 200, tag: "q", sdp: plainSDP})
	k.call.status(t, 200)
	k.call.say("ACK", 1, "")
	k.second.request(t, sip.ACK)
	k.desk.untilEvent(t, dialer.EvConsulting)
	return invite
}

// hears checks who hears whom: what the customer says, what the colleague says.
func (k *asking) hears(t *testing.T, customer, colleague string) {
	t.Helper()
	h := k.line.(*line).desk
	heard := func(from media.Side) string {
		if to, ok := h.line.bridge.HearsOf(from); ok {
			return to.String()
		}
		return "nobody"
	}
	eventually(t, "the customer is heard by "+customer+", the colleague by "+colleague, func() bool {
		return heard(media.Customer) == customer && heard(media.Other) == colleague || heard(media.Aside) == colleague && heard(media.Customer) == customer
	})
}

// referTo is a Refer-To that names the second call, as who is called knows it.
func (d *dialIn) referTo(host string) string {
	_, tag, _ := strings.Cut(d.to, ";tag=")
	return fmt.Sprintf("<sip:kakeru@%s?Replaces=%s>", host, url.QueryEscape(fmt.Sprintf("%s;to-tag=%s;from-tag=%s", d.callID, tag, d.tag)))
}

// bothEnd answers what ends the phone's two dialogs, each told by its own: the words of the NOTIFYs that come first in the one
// that referred, and a BYE in each.
func (k *asking) bothEnd(t *testing.T, referred string, words ...string) {
	t.Helper()
	got := map[string][]string{}
	for range 2 + len(words) {
		req := k.phone().either(t, sip.BYE, sip.NOTIFY)
		k.phone().reply(req, say{status: 200})
		what := "BYE"
		if req.Method == sip.NOTIFY {
			what = strings.TrimSpace(string(req.Body())) + " " + value(req, "Subscription-State")
		}
		id := value(req, "Call-ID")
		got[id] = append(got[id], what)
	}
	for _, id := range []string{k.call.callID, value(k.first, "Call-ID")} {
		want := []string{"BYE"}
		if id == referred {
			want = append(slices.Clone(words), "BYE")
		}
		if !slices.Equal(got[id], want) {
			t.Errorf("%q, want %q", got[id], want)
		}
	}
}

// done is how the NOTIFYs tell of a transfer that is completed.
var done = []string{"SIP/2.0 100 Trying active;expires=60", "SIP/2.0 200 OK terminated;reason=noresource"}

// either waits for the next request of one of some methods.
func (p *peer) either(t *testing.T, methods ...sip.RequestMethod) *sip.Request {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.got:
			if req, ok := m.(*sip.Request); ok && slices.Contains(methods, req.Method) {
				return req
			}
		case <-deadline:
			t.Fatalf("none of %v came", methods)
		}
	}
}

func (k *asking) movedTo(t *testing.T) {
	t.Helper()
	if f := k.desk.until(t, dialer.LegMoved); f.Desk != "desk2" || f.Handle == nil || f.Evidence.Event != dialer.EvTransferred {
		t.Errorf("%+v", f)
	}
}

func TestPhoneHandsItsTalkOnAfterAsking(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	invite := k.talks(t)
	k.hears(t, "nobody", "other")
	if res := k.refer(t, 50, k.call.referTo(k.Addr().String())); res.StatusCode != 202 {
		t.Fatalf("REFER got %d %s", res.StatusCode, res.Reason)
	}
	k.movedTo(t)
	k.bothEnd(t, value(k.first, "Call-ID"), done...)
	k.hears(t, "aside", "customer")
	k.end(t, k.second, invite, "q")
}

// Some phones send the REFER in the call to the colleague, and name the talk.
func TestReferInTheSecondCallNamesTheFirst(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	invite := k.talks(t)
	ours, _ := k.first.From().Params.Get("tag")
	to := fmt.Sprintf("Refer-To: <sip:kakeru@%s?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3Dp&Require=replaces>", k.Addr(), value(k.first, "Call-ID"), ours)
	if res := k.call.ask(t, sip.REFER, 2, to); res.StatusCode != 202 {
		t.Fatalf("REFER got %d %s", res.StatusCode, res.Reason)
	}
	k.movedTo(t)
	k.bothEnd(t, k.call.callID, done...)
	k.end(t, k.second, invite, "q")
}

// The phone hands on while the colleague's still rings, and gives its own call up with that.
func TestPhoneHandsOnBeforeTheColleagueAnswers(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	k.line.Transfer("desk2", true)
	invite := k.second.request(t, sip.INVITE)
	k.second.reply(invite, say{status: 180, tag: "q"})
	k.call.status(t, 180)
	if res := k.refer(t, 50, k.call.referTo(k.Addr().String())); res.StatusCode != 202 {
		t.Fatalf("REFER got %d %s", res.StatusCode, res.Reason)
	}
	k.notified(t, 50)
	k.call.say("CANCEL", 1, "")
	k.call.status(t, 487)
	k.call.say("NACK", 1, "")
	k.second.reply(invite, say{status: 200, tag: "q", sdp: plainSDP})
	k.movedTo(t)
	if says, last := k.notified(t, 50); says != "SIP/2.0 200 OK" || !last {
		t.Errorf("%q %v", says, last)
	}
	k.phone().reply(k.phone().request(t, sip.BYE), say{status: 200})
	k.end(t, k.second, invite, "q")
}

// Whatever keeps the colleague from talking, the talk is as it was, and the phone is told why.
func TestAskingThatComesToNothing(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	k.line.RefuseTransfer() // the owner says that the desk is busy
	k.call.status(t, 486)
	k.call.say("NACK", 1, "")
	k.desk.untilEvent(t, dialer.EvGone)

	for said, want := range map[int]int{486: 486, 603: 603, 488: 480} {
		k.ask(t)
		k.line.Transfer("desk2", true)
		invite := k.second.request(t, sip.INVITE)
		k.second.reply(invite, say{status: said, tag: "q"})
		k.call.status(t, want)
		k.call.say("NACK", 1, "")
		k.desk.untilEvent(t, dialer.EvTransferFailed)
		k.desk.untilEvent(t, dialer.EvGone)
	}

	k.ask(t) // given up while it rings
	k.line.Transfer("desk2", true)
	invite := k.second.request(t, sip.INVITE)
	k.second.reply(invite, say{status: 180, tag: "r"})
	k.call.status(t, 180)
	k.call.say("CANCEL", 1, "")
	k.call.status(t, 487)
	k.call.say("NACK", 1, "")
	k.second.reply(k.second.request(t, sip.CANCEL), say{status: 200})
	k.second.reply(invite, say{status: 487, tag: "r"})
	k.desk.untilEvent(t, dialer.EvTransferFailed)
	k.desk.untilEvent(t, dialer.EvGone)

	k.ask(t) // and before the owner has said anything
	k.call.say("CANCEL", 1, "")
	k.call.status(t, 487)
	k.call.say("NACK", 1, "")
	k.desk.untilEvent(t, dialer.EvGone)
	k.line.Transfer("desk2", true)
	k.desk.untilEvent(t, dialer.EvTransferFailed)
	k.second.quiet(t, k.Agent, sip.INVITE, newTag())

	k.ask(t)
	k.phone().dial(k.Agent, "202", plainSDP).status(t, 486) // one after the other
	k.line.RefuseTransfer()
	k.call.status(t, 486)

	k.hold(t, "a=sendrecv")
	k.hears(t, "desk", "nobody")
	k.end(t, k.phone(), k.first, "p")
}

// Either end of the second call hangs up: back to the talk. Between the two the operator may go to and fro.
func TestOperatorGoesBackToTheCustomer(t *testing.T) {
	t.Parallel()
	for _, byPhone := range []bool{true, false} {
		t.Run(fmt.Sprintf("by the phone %v", byPhone), func(t *testing.T) {
			t.Parallel()
			k := newAsking(t)
			invite := k.talks(t)
			k.hears(t, "nobody", "other")

			k.call.say("INVITE", 2, sdpAt(11, "a=sendonly"))
			k.call.status(t, 200)
			k.call.say("ACK", 2, "")
			k.hold(t, "a=sendrecv")
			k.hears(t, "desk", "nobody")
			k.hold(t, "a=sendonly")
			k.call.say("INVITE", 3, sdpAt(11))
			k.call.status(t, 200)
			k.call.say("ACK", 3, "")
			k.hears(t, "nobody", "other")

			if byPhone {
				k.call.ask(t, sip.BYE, 4)
				k.second.reply(k.second.request(t, sip.BYE), say{status: 200})
			} else {
				k.second.write(k.Agent, k.second.within(invite, "q", "BYE", 1, nil, ""))
				k.phone().reply(k.phone().request(t, sip.BYE), say{status: 200})
			}
			if f := k.desk.untilEvent(t, dialer.EvTransferFailed); f.Desk != "desk2" {
				t.Errorf("%+v", f)
			}
			k.hears(t, "nobody", "nobody")
			k.hold(t, "a=sendrecv")
			k.hears(t, "desk", "nobody")
			k.end(t, k.phone(), k.first, "p")
		})
	}
}

// Who hangs up the talk itself while the colleague is there has handed it on.
func TestOperatorHangsTheTalkUpWithTheColleagueThere(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	invite := k.talks(t)
	k.hears(t, "nobody", "other") // the ACK has come
	k.phone().write(k.Agent, k.phone().within(k.first, "p", "BYE", 90, nil, ""))
	k.movedTo(t)
	bye := k.phone().request(t, sip.BYE)
	if value(bye, "Call-ID") != k.call.callID {
		t.Errorf("%s", bye)
	}
	k.phone().reply(bye, say{status: 200})
	k.end(t, k.second, invite, "q")
}

// What the panel does meanwhile is the same transfer.
func TestPanelCompletesWhatThePhoneBegan(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	invite := k.talks(t)
	k.line.CompleteTransfer()
	k.movedTo(t)
	k.bothEnd(t, "")
	k.end(t, k.second, invite, "q")

	k = newAsking(t)
	k.talks(t)
	k.line.CancelTransfer()
	k.desk.untilEvent(t, dialer.EvTransferFailed)
	bye := k.phone().request(t, sip.BYE)
	if value(bye, "Call-ID") != k.call.callID {
		t.Errorf("%s", bye)
	}
	k.phone().reply(bye, say{status: 200})
	k.second.reply(k.second.request(t, sip.BYE), say{status: 200})
	k.end(t, k.phone(), k.first, "p")
}

// A REFER whose Replaces names nothing of ours says nothing of the talk: the refusal is the wanted INVITE's.
func TestReferThatNamesNoDialog(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	invite := k.talks(t)
	us := k.Addr().String()
	for i, c := range []struct {
		to   string
		want int
	}{
		{"<sip:kakeru@" + us + "?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 202},
		{"<sip:202@kakeru?Replaces=garbage>", 202},
		{"<sip:900@elsewhere.invalid?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 403},
	} {
		if res := k.refer(t, 50+i, c.to); res.StatusCode != c.want {
			t.Errorf("%s got %d", c.to, res.StatusCode)
		}
		if c.want != 202 {
			continue
		}
		if says, last := k.notified(t, 50+i); !strings.HasPrefix(says, "SIP/2.0 481 ") || !last {
			t.Errorf("%q %v", says, last)
		}
	}
	k.call.ask(t, sip.BYE, 2)
	k.second.reply(k.second.request(t, sip.BYE), say{status: 200})
	if res := k.refer(t, 60, k.call.referTo(us)); res.StatusCode != 202 {
		t.Errorf("got %d", res.StatusCode)
	}
	if says, _ := k.notified(t, 60); !strings.HasPrefix(says, "SIP/2.0 481 ") {
		t.Errorf("a second call that is over: %q", says)
	}
	_ = invite
	k.end(t, k.phone(), k.first, "p")
}

// TestAPhoneBeginsSoManySecondCalls: each is named to its end with all that is told of the call, so there is a bound, and one to what each says of its way.
func TestAPhoneBeginsSoManySecondCalls(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	k.line.RefuseTransfer()
	k.call.status(t, 486)
	k.call.say("NACK", 1, "")
	k.desk.untilEvent(t, dialer.EvGone)
	for _, header := range []string{"Record-Route: <sip:" + strings.Repeat("a", routesMost) + ".invalid;lr>", "Contact: <sip:" + strings.Repeat("a", routesMost) + "@192.0.2.1>"} {
		k.phone().dial(k.Agent, "202", sdpAt(11), header).status(t, 400)
	}
	for range mostCalled - 1 {
		k.ask(t)
		k.line.RefuseTransfer()
		k.call.status(t, 486)
		k.call.say("NACK", 1, "")
		k.desk.untilEvent(t, dialer.EvGone)
	}
	k.phone().dial(k.Agent, "202", sdpAt(11)).status(t, 486) // the owner is not asked any more
	k.hold(t, "a=sendrecv")
	k.end(t, k.phone(), k.first, "p")
}

// TestTheHandleNamesWhoIsNotGone: what is over needs nobody to end it, and would be written again with each fact of a long call.
func TestTheHandleNamesWhoIsNotGone(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	first := value(k.first, "Call-ID")
	names := func(callID string, want ...string) {
		t.Helper()
		h := k.line.Desk().Handle()
		got := []string{}
		s, err := parseHandle(h)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range s.Phones {
			one, err := parseHandle(dialer.LegHandle{Data: data})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, one.Dialog.CallID)
		}
		if len(s.Phones) == 0 && s.State != legClosed {
			got = append(got, s.Dialog.CallID)
		}
		if !slices.Equal(got, want) || h.SIPCallID != callID {
			t.Errorf("the handle of %q names %q, want %q of %q", h.SIPCallID, got, want, callID)
		}
	}
	for range 3 {
		names(first, first, k.call.callID)
		k.line.RefuseTransfer()
		k.call.status(t, 486)
		k.call.say("NACK", 1, "")
		k.desk.untilEvent(t, dialer.EvGone)
		names(first, first)
		k.ask(t)
	}
	invite := k.talks(t)
	next := value(invite, "Call-ID")
	names(first, first, k.call.callID, next)
	k.line.CompleteTransfer()
	k.movedTo(t)
	k.bothEnd(t, "")
	for range 2 {
		k.desk.untilEvent(t, dialer.EvGone)
	}
	names(next, next)
	k.end(t, k.second, invite, "q")
	names(next)
	if err := k.Terminate(t.Context(), k.line.Desk().Handle()); err != nil {
		t.Errorf("nothing is left to be ended: %v", err)
	}
}

// TestASecondCallIsHeardWhenItIsAcknowledged: a datagram can be forged in the name of a phone's address. Who has not got our answer talks with nobody.
func TestASecondCallIsHeardWhenItIsAcknowledged(t *testing.T) {
	t.Parallel()
	k := &asking{handOn: newHandOn(t)}
	goesOn := func(when string) {
		t.Helper()
		k.line.Mute(false) // what was done about the talk is done
		b := k.line.(*line).bridge
		for from, want := range map[media.Side]media.Side{media.Desk: media.Customer, media.Customer: media.Desk} {
			if to, ok := b.HearsOf(from); !ok || to != want {
				t.Errorf("%s %v is heard by %v, %v", when, from, to, ok)
			}
		}
		for _, from := range []media.Side{media.Other, media.Aside} {
			if to, ok := b.HearsOf(from); ok {
				t.Errorf("%s %v is heard by %v", when, from, to)
			}
		}
	}
	k.ask(t)
	goesOn("before anybody rings")
	k.line.Transfer("desk2", true)
	invite := k.second.request(t, sip.INVITE)
	k.second.reply(invite, say{status: 180, tag: "q"})
	k.call.status(t, 180)
	goesOn("while the colleague's phone rings")
	k.second.reply(invite, say{status: 200, tag: "q", sdp: plainSDP})
	k.call.status(t, 200)
	goesOn("after our answer")
	bye := k.phone().request(t, sip.BYE)
	if value(bye, "Call-ID") != k.call.callID {
		t.Error("the talk was hung up")
	}
	goesOn("when no ACK has come")
	k.phone().reply(bye, say{status: 200})
	k.second.reply(k.second.request(t, sip.BYE), say{status: 200})
	if f := k.desk.untilEvent(t, dialer.EvTransferFailed); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	k.desk.untilEvent(t, dialer.EvGone) // its place is free for another
	goesOn("in the end")

	k.ask(t) // a phone that holds nothing by itself
	invite = k.talks(t)
	k.hears(t, "nobody", "other")
	k.second.write(k.Agent, k.second.within(invite, "q", "BYE", 1, nil, ""))
	k.phone().reply(k.phone().request(t, sip.BYE), say{status: 200})
	k.desk.untilEvent(t, dialer.EvTransferFailed)
	goesOn("after it")
	k.end(t, k.phone(), k.first, "p")
}

// TestNobodyGetsTheTalkByACallThatIsNotAcknowledged: the operator's hanging up is the talk's end, whoever rang a colleague in the phone's name.
func TestNobodyGetsTheTalkByACallThatIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	k := &asking{handOn: newHandOn(t)}
	k.ask(t)
	k.line.Transfer("desk2", true)
	invite := k.second.request(t, sip.INVITE)
	k.second.reply(invite, say{status: 200, tag: "q", sdp: plainSDP})
	k.call.status(t, 200)
	k.phone().write(k.Agent, k.phone().within(k.first, "p", "BYE", k.cseq+1, nil, ""))
	if f := k.desk.until(t, dialer.LegIsGone); !f.FarEnded {
		t.Errorf("%+v", f)
	}
}

// Phones place no calls: without a talk, to another number, or to themselves.
func TestPhonePlacesNoCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Trunks[0].Address = "192.0.2.1:5060" // elsewhere: else its calls come from where the phone is
		c.Desks = append(c.Desks, Desk{ID: "desk2", URI: "sip:202@192.0.2.2"})
	})
	for _, to := range []string{"202", "201", string(testNumber), "0101202555", "0312345678", "0990500000", "1840312345678", "*67", "+12025550100"} {
		d := r.desk.dial(r.Agent, to, plainSDP)
		if res := d.status(t, 403); res.Reason != "Forbidden: calls are placed from the panel" {
			t.Errorf("%s got %q", to, res.Reason)
		}
	}
}

// Whoever takes over from a dead process ends the talk's three dialogs.
func TestAskingIsEndedAfterACrash(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	cfg := k.cfg
	cfg.Listen = "127.0.0.1:0"
	another := startAgent(t, cfg)
	var told dialer.LegHandle
	k.talks(t)
	k.call.ask(t, sip.OPTIONS, 2) // what was told by now is in the facts
	for _, f := range k.desk.all {
		if f.Handle != nil {
			told = *f.Handle
		}
	}
	if !strings.Contains(string(told.Data), k.call.callID) {
		t.Error("no fact has told of the second call's handle")
	}
	done := make(chan error, 1)
	go func() { done <- another.Terminate(t.Context(), k.line.Desk().Handle()) }()
	k.bothEnd(t, "")
	k.second.reply(k.second.request(t, sip.BYE), say{status: 200})
	if err := within(t, done, "all three to be ended"); err != nil {
		t.Error(err)
	}
}

// While it rings, the dead process's INVITE is refused.
func TestAskingThatRingsIsEndedAfterACrash(t *testing.T) {
	t.Parallel()
	k := newAsking(t)
	cfg := k.cfg
	cfg.Listen = "127.0.0.1:0"
	another := startAgent(t, cfg)
	done := make(chan error, 1)
	go func() { done <- another.Terminate(t.Context(), k.line.Desk().Handle()) }()
	k.call.agent = another
	for refused, ended := false, false; !refused || !ended; { // in any order
		switch m := within(t, k.phone().got, "the end of both").(type) {
		case *sip.Request:
			if m.Method == sip.BYE {
				ended = true
				k.phone().reply(m, say{status: 200})
			}
		case *sip.Response:
			if m.StatusCode == 503 {
				refused = true
				k.call.to = value(m, "To")
				k.call.say("NACK", 1, "")
			}
		}
	}
	if err := within(t, done, "both to be ended"); err != nil {
		t.Error(err)
	}
}

// A phone with an account proves who it is before its INVITE changes who talks with whom.
func TestPhoneWithAnAccountIsChallenged(t *testing.T) {
	t.Parallel()
	second := newPeer(t)
	r := newRig(t, account, func(c *Config) {
		c.Desks = append(c.Desks, Desk{ID: "desk2", URI: "sip:202@" + second.addr.String()})
	})
	p := newPhoneSide(t, r.Agent)
	if res := p.login(t, p.contact("")); res.StatusCode != 200 {
		t.Fatalf("%d", res.StatusCode)
	}
	n := r.line(t)
	desk, customer := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	first, _ := p.answerCall(t, "p")
	desk.until(t, dialer.LegAnswered)
	customer.Dial()
	r.trunk.answerCall(t, "c")
	customer.until(t, dialer.LegAnswered)
	n.Join()
	proof := func(res *sip.Response, password string) string {
		by, err := digest.ParseChallenge(value(res, "WWW-Authenticate"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := digest.Digest(by, digest.Options{Method: "INVITE", URI: "sip:202@kakeru", Username: "phone1", Password: password, Count: 1})
		if err != nil {
			t.Fatal(err)
		}
		return "Authorization: " + c.String()
	}
	for _, c := range []struct {
		to      string
		headers []string
		want    int
	}{{"202", nil, 180}, {"kakeru", []string{replacing(first, "p")}, 200}} {
		asked := p.dial(r.Agent, c.to, plainSDP, c.headers...).status(t, 401)
		p.dial(r.Agent, c.to, plainSDP, append([]string{proof(asked, "a guess")}, c.headers...)...).status(t, 403)
		asked = p.dial(r.Agent, c.to, plainSDP, c.headers...).status(t, 401)
		d := p.dial(r.Agent, c.to, plainSDP, append([]string{proof(asked, "desk secret")}, c.headers...)...)
		if c.want == 180 {
			desk.until(t, dialer.LegRefers)
			n.RefuseTransfer()
			d.status(t, 486)
			d.say("NACK", 1, "")
			desk.untilEvent(t, dialer.EvGone)
			continue
		}
		d.status(t, 200)
		d.say("ACK", 1, "")
		p.reply(p.request(t, sip.BYE), say{status: 200})
		d.ask(t, sip.BYE, 2)
	}
	desk.gone(t)
	customer.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	customer.gone(t)
}
