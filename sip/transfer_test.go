package sip

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// handOn is a talk at desk1 that may be handed on to desk2.
type handOn struct {
	*switchboard

	line     dialer.Line
	desk     *watched
	customer *watched
	first    *sip.Request // the INVITE to desk1
	outside  *sip.Request // the one to the customer
}

func newHandOn(t *testing.T, change ...func(*Config)) *handOn {
	t.Helper()
	h := &handOn{switchboard: newSwitchboard(t, change...)}
	h.line = h.rig.line(t)
	h.desk, h.customer = watch(h.line.Desk()), watch(h.line.Customer())
	h.desk.Dial()
	h.first, _ = h.switchboard.desk.answerCall(t, "p")
	h.desk.until(t, dialer.LegAnswered)
	h.customer.Dial()
	h.outside, _ = h.trunk.answerCall(t, "c")
	h.customer.until(t, dialer.LegAnswered)
	h.line.Join()
	return h
}

func (h *handOn) phone() *peer { return h.switchboard.desk }

// end hangs up what is left: the desk that has the call first.
func (h *handOn) end(t *testing.T, p *peer, invite *sip.Request, tag string) {
	t.Helper()
	p.write(h.Agent, p.within(invite, tag, "BYE", 90, nil, ""))
	if f := h.desk.gone(t); !f.FarEnded {
		t.Errorf("%v", h.desk.kinds())
	}
	h.customer.Drop()
	h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 200})
	h.customer.gone(t)
}

// next plays the phone that shall take over, up to its answer.
func (h *handOn) next(t *testing.T) *sip.Request {
	t.Helper()
	invite := h.second.request(t, sip.INVITE)
	if len(answersOf(invite)) > 0 || value(invite, "Allow-Events") != "" {
		t.Error("a phone that nobody has clicked for is asked to answer by itself")
	}
	if portIn(t, sdpOf(invite)) == portIn(t, sdpOf(h.first)) {
		t.Error("two phones are to send to one port")
	}
	h.second.reply(invite, say{status: 180, tag: "q"})
	h.second.reply(invite, say{status: 200, tag: "q", sdp: plainSDP})
	h.second.request(t, sip.ACK)
	return invite
}

func portIn(t *testing.T, sdp []byte) uint16 {
	t.Helper()
	said, err := media.Parse(sdp)
	if err != nil {
		t.Fatal(err)
	}
	return said.RTP.Port()
}

func TestTalkIsHandedOnAtOnce(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", false)
	invite := h.next(t)
	moved := h.desk.until(t, dialer.LegMoved)
	if moved.Desk != "desk2" || moved.Handle == nil || moved.Evidence.Event != dialer.EvTransferred {
		t.Errorf("%+v", moved)
	}
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	h.end(t, h.second, invite, "q")
	for _, want := range []dialer.EvidenceEvent{dialer.EvTransferAsked, dialer.EvTransferred} {
		if !h.desk.saw(want) {
			t.Errorf("no %s: %v", want, h.desk.kinds())
		}
	}
}

// Whoever has handed the call on and whose phone is dead delays nothing: the call is the other desk's.
func TestPhoneThatHandedOnAndDiedDelaysNothing(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", false)
	invite := h.next(t)
	h.desk.until(t, dialer.LegMoved)
	h.phone().request(t, sip.BYE) // never answered
	h.end(t, h.second, invite, "q")
}

func TestTalkIsHandedOnAfterAsking(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", true)
	invite := h.next(t)
	h.desk.untilEvent(t, dialer.EvConsulting)
	h.phone().quiet(t, h.Agent, sip.BYE, h.first.CallID().Value())
	h.line.CompleteTransfer()
	h.desk.until(t, dialer.LegMoved)
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	// And back again: the first desk's side is free.
	h.line.Transfer("desk1", true)
	back := h.phone().request(t, sip.INVITE)
	h.phone().reply(back, say{status: 200, tag: "r", sdp: plainSDP})
	h.phone().request(t, sip.ACK)
	h.desk.untilEvent(t, dialer.EvConsulting)
	// The second operator just hangs up: that completes it.
	h.second.write(h.Agent, h.second.within(invite, "q", "BYE", 2, nil, ""))
	if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	h.end(t, h.phone(), back, "r")
}

func TestTransferThatIsDeclinedLeavesTheTalk(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", false)
	invite := h.second.request(t, sip.INVITE)
	h.second.reply(invite, say{status: 486, tag: "q"})
	if f := h.desk.untilEvent(t, dialer.EvTransferFailed); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	h.line.Transfer("desk9", false)
	if f := h.desk.untilEvent(t, dialer.EvTransferFailed); f.Desk != "desk9" {
		t.Errorf("%+v", f)
	}
	// Taken back while it rings.
	h.line.Transfer("desk2", true)
	invite = h.second.request(t, sip.INVITE)
	h.second.reply(invite, say{status: 180, tag: "r"})
	h.desk.untilEvent(t, dialer.EvTransferAsked)
	h.line.Transfer("desk2", true) // a second one meanwhile
	h.desk.untilEvent(t, dialer.EvTransferFailed)
	h.line.CancelTransfer()
	h.second.reply(h.second.request(t, sip.CANCEL), say{status: 200})
	h.second.reply(invite, say{status: 487, tag: "r"})
	h.desk.untilEvent(t, dialer.EvTransferFailed)
	h.end(t, h.phone(), h.first, "p")
}

func TestOperatorHangsUpWhileTheNextPhoneRings(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", false)
	invite := h.second.request(t, sip.INVITE)
	h.second.reply(invite, say{status: 180, tag: "q"})
	h.desk.untilEvent(t, dialer.EvTransferAsked)
	h.phone().write(h.Agent, h.phone().within(h.first, "p", "BYE", 1, nil, ""))
	h.phone().response(t, sip.BYE)
	h.second.reply(invite, say{status: 200, tag: "q", sdp: plainSDP})
	if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	h.end(t, h.second, invite, "q")

	h = newHandOn(t)
	h.line.Transfer("desk2", false)
	invite = h.second.request(t, sip.INVITE)
	h.second.reply(invite, say{status: 180, tag: "q"})
	h.desk.untilEvent(t, dialer.EvTransferAsked)
	h.phone().write(h.Agent, h.phone().within(h.first, "p", "BYE", 1, nil, ""))
	h.phone().response(t, sip.BYE)
	h.desk.untilEvent(t, dialer.EvGone) // two phones, two lanes: a refusal that is heard before the BYE leaves nobody to ring
	h.second.reply(invite, say{status: 480, tag: "q"})
	back := h.phone().request(t, sip.INVITE) // the customer waits: it rings where it was
	h.phone().reply(back, say{status: 486, tag: "r"})
	h.nobodyIsLeft(t)
}

// nobodyIsLeft is the end of a talk whose customer nobody takes.
func (h *handOn) nobodyIsLeft(t *testing.T) {
	t.Helper()
	if f := h.desk.gone(t); !f.FarEnded {
		t.Errorf("%v", h.desk.kinds())
	}
	h.customer.Drop()
	h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 200})
	h.customer.gone(t)
}

// Nobody lifts at the other desk, and its phone never says so: whoever bounds that takes it back, and the customer's call rings
// at the operator's who has hung up.
func TestTransferThatNobodyTakesComesBack(t *testing.T) {
	t.Parallel()
	for _, lifts := range []bool{true, false} {
		h := newHandOn(t)
		h.line.Transfer("desk2", false)
		invite := h.second.request(t, sip.INVITE)
		h.second.reply(invite, say{status: 180, tag: "q"})
		h.desk.untilEvent(t, dialer.EvTransferAsked)
		h.phone().write(h.Agent, h.phone().within(h.first, "p", "BYE", 1, nil, ""))
		h.phone().response(t, sip.BYE)
		h.desk.untilEvent(t, dialer.EvGone)
		h.line.CancelTransfer()
		cancel := h.second.request(t, sip.CANCEL)
		h.second.reply(cancel, say{status: 200})
		h.second.reply(invite, say{status: 487, tag: "q"})
		back := h.phone().request(t, sip.INVITE)
		if back.CallID().Value() == h.first.CallID().Value() {
			t.Error("it rings by the call that is over")
		}
		if !lifts {
			h.phone().reply(back, say{status: 180, tag: "r"})
			h.desk.untilEvent(t, dialer.EvRinging)
			h.line.CancelTransfer()
			h.phone().reply(h.phone().request(t, sip.CANCEL), say{status: 200})
			h.phone().reply(back, say{status: 487, tag: "r"})
			h.nobodyIsLeft(t)
			continue
		}
		h.phone().reply(back, say{status: 200, tag: "r", sdp: plainSDP})
		h.phone().request(t, sip.ACK)
		if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk1" {
			t.Errorf("%+v", f)
		}
		h.end(t, h.phone(), back, "r")
	}
}

// Many phones hang up as soon as their REFER is accepted (RFC 5589 §6.1): the talk waits for what comes of it.
func TestPhoneThatHangsUpWithItsRefer(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{true, false} {
		h := newHandOn(t)
		if res := h.refer(t, 600, "<sip:202@kakeru>"); res.StatusCode != 202 {
			t.Fatalf("got %d", res.StatusCode)
		}
		h.notified(t, 600)
		h.phone().write(h.Agent, h.phone().within(h.first, "p", "BYE", 601, nil, ""))
		h.phone().response(t, sip.BYE)
		h.desk.until(t, dialer.LegRefers)
		h.desk.untilEvent(t, dialer.EvGone) // of the phone, not of the leg
		if !allowed {
			h.line.RefuseTransfer()
			h.phone().reply(h.phone().request(t, sip.INVITE), say{status: 486, tag: "r"})
			h.nobodyIsLeft(t)
			continue
		}
		h.line.Transfer("desk2", false)
		invite, _ := h.second.answerCall(t, "q")
		if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk2" {
			t.Errorf("%+v", f)
		}
		h.end(t, h.second, invite, "q")
	}
}

// talkAndEnd answers the caller, who hangs up, and then the phone that has the call.
func (b *switchboard) talkAndEnd(t *testing.T, d *dialIn, line dialer.IncomingLine, desk, caller *watched, phone *peer) {
	t.Helper()
	line.Answer()
	d.status(t, 200)
	d.say("ACK", 1, "")
	d.say("BYE", 2, "")
	caller.gone(t)
	desk.Drop()
	phone.reply(phone.request(t, sip.BYE), say{status: 200})
	desk.gone(t)
}

// A phone that answers with what nobody can use leaves the call to the others that ring.
func TestPhoneWhoseAnswerCannotBeUsed(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t)
	line.Ring("desk1", "desk2")
	bad, good := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
	b.second.reply(good, say{status: 180, tag: "q"})
	b.desk.reply(bad, say{status: 200, tag: "p", sdp: strings.Replace(plainSDP, "RTP/AVP 0", "RTP/AVP 18", 1)})
	b.desk.request(t, sip.ACK)
	b.desk.reply(b.desk.request(t, sip.BYE), say{status: 200})
	if f := desk.until(t, dialer.LegDeclined); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	b.second.reply(good, say{status: 200, tag: "q", sdp: plainSDP})
	b.second.request(t, sip.ACK)
	if f := desk.until(t, dialer.LegAnswered); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	if b.second.repeats("CANCEL") > 0 {
		t.Error("the other phone was cancelled")
	}
	b.talkAndEnd(t, d, line, desk, caller, b.second)
}

// A phone may give its answer with its ringing, and none with its 200.
func TestPhoneThatAnsweredWithItsRinging(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d, line, desk, caller := b.comesIn(t)
	line.Ring("desk1", "desk2")
	first, second := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
	b.desk.reply(first, say{status: 183, tag: "p", sdp: plainSDP})
	b.second.reply(second, say{status: 180, tag: "q"})
	b.desk.reply(first, say{status: 200, tag: "p"})
	b.desk.request(t, sip.ACK)
	if f := desk.until(t, dialer.LegAnswered); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	b.second.reply(b.second.request(t, sip.CANCEL), say{status: 200})
	b.second.reply(second, say{status: 487, tag: "q"})
	b.talkAndEnd(t, d, line, desk, caller, b.desk)
}

// A phone that is rung is named by the handle before it says anything: a crash leaves none ringing.
func TestEveryPhoneThatIsRungIsInTheHandle(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", false)
	invite := h.second.request(t, sip.INVITE)
	f := h.desk.untilEvent(t, dialer.EvInvite)
	if f.Desk != "desk2" || f.Handle == nil || !strings.Contains(string(f.Handle.Data), invite.CallID().Value()) {
		t.Errorf("%+v", f)
	}
	h.line.CancelTransfer()
	h.second.reply(invite, say{status: 486, tag: "q"})
	h.desk.untilEvent(t, dialer.EvTransferFailed)
	h.hangUp(t)
}

func TestCustomerHangsUpWhileTheTalkIsHandedOn(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Transfer("desk2", true)
	h.next(t)
	h.desk.untilEvent(t, dialer.EvConsulting)
	h.trunk.write(h.Agent, h.trunk.within(h.outside, "c", "BYE", 1, nil, ""))
	h.customer.gone(t)
	h.desk.Drop()
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	h.second.reply(h.second.request(t, sip.BYE), say{status: 200})
	h.desk.gone(t)
}

// refer sends the phone's own transfer button.
func (h *handOn) refer(t *testing.T, cseq int, to string) *sip.Response {
	t.Helper()
	h.phone().write(h.Agent, h.phone().within(h.first, "p", "REFER", cseq, []string{"Refer-To: " + to}, ""))
	return h.phone().response(t, sip.REFER)
}

// notified waits for a NOTIFY of the transfer and gives what it says.
func (h *handOn) notified(t *testing.T, id int) (says string, last bool) {
	t.Helper()
	n := h.phone().request(t, sip.NOTIFY)
	h.phone().reply(n, say{status: 200})
	if value(n, "Event") != fmt.Sprintf("refer;id=%d", id) || !strings.HasPrefix(value(n, "Content-Type"), "message/sipfrag") {
		t.Errorf("%s", n)
	}
	return strings.TrimSpace(string(n.Body())), strings.HasPrefix(value(n, "Subscription-State"), "terminated")
}

func TestPhonesOwnTransferButton(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	for i, c := range []struct {
		to   string
		want int
	}{
		{"<sip:900@elsewhere.invalid>", 404}, {"<sip:201@kakeru>", 404},
		{"<sip:900@elsewhere.invalid?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 403},
	} {
		if res := h.refer(t, 1+i, c.to); res.StatusCode != c.want {
			t.Errorf("%s got %d, want %d", c.to, res.StatusCode, c.want)
		}
	}
	if res := h.refer(t, 600, "<sip:202@kakeru>"); res.StatusCode != 202 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if says, last := h.notified(t, 600); says != "SIP/2.0 100 Trying" || last {
		t.Errorf("%q %v", says, last)
	}
	if f := h.desk.until(t, dialer.LegRefers); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	if res := h.refer(t, 601, "<sip:202@kakeru>"); res.StatusCode != 491 {
		t.Errorf("a second one got %d", res.StatusCode)
	}
	h.line.RefuseTransfer() // the engine says no
	if says, last := h.notified(t, 600); says != "SIP/2.0 603 Decline" || !last {
		t.Errorf("%q %v", says, last)
	}
	h.refer(t, 700, "\"Desk 2\" <sip:202@kakeru;user=phone>")
	h.notified(t, 700)
	h.desk.until(t, dialer.LegRefers)
	h.line.Transfer("desk2", false)
	invite := h.next(t)
	h.desk.until(t, dialer.LegMoved)
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	h.end(t, h.second, invite, "q")
}

func TestHoldByThePanelAndByThePhone(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	n := h.line.(*line)
	plays := func() bool {
		n.desk.mu.Lock()
		defer n.desk.mu.Unlock()
		return n.desk.talk.plays && n.desk.talk.playing == media.Hold
	}
	h.line.Hold(true)
	if !plays() {
		t.Error("a customer on hold hears nothing")
	}
	h.line.Hold(false)
	if plays() {
		t.Error("the hold tone goes on")
	}
	for i, c := range []struct {
		sdp  string
		held bool
	}{{sdpAt(9, "a=sendonly"), true}, {sdpAt(9, "a=sendrecv"), false}, {sdpAt(9, "a=inactive"), true}, {sdpAt(9), false}} {
		h.phone().write(h.Agent, h.phone().within(h.first, "p", "INVITE", 2*i+1, nil, c.sdp))
		if res := h.phone().response(t, sip.INVITE); res.StatusCode != 200 {
			t.Errorf("%q got %d", c.sdp, res.StatusCode)
		}
		h.phone().write(h.Agent, h.phone().within(h.first, "p", "ACK", 2*i+1, nil, ""))
		h.desk.untilEvent(t, dialer.EvChanged)
		eventually(t, "the customer hears what the phone's button says", func() bool { return plays() == c.held })
	}
	h.end(t, h.phone(), h.first, "p")
}

// A process that takes over ends both phones of a transfer that was under way.
func TestTransferIsEndedAfterACrash(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	cfg := h.cfg
	cfg.Listen = "127.0.0.1:0"
	another := startAgent(t, cfg)
	h.line.Transfer("desk2", true)
	h.next(t)
	h.desk.untilEvent(t, dialer.EvConsulting)
	done := make(chan error, 1)
	go func() { done <- another.Terminate(t.Context(), h.line.Desk().Handle()) }()
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	h.second.reply(h.second.request(t, sip.BYE), say{status: 200})
	if err := within(t, done, "both phones to be ended"); err != nil {
		t.Error(err)
	}
}
