package sip

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// replacing names the dialog that a peer made by answering invite with tag, as we know it.
func replacing(invite *sip.Request, tag string, more ...string) string {
	ours, _ := invite.From().Params.Get("tag")
	return fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=%s", value(invite, "Call-ID"), ours, tag) + strings.Join(more, "")
}

// ask sends a request in the dialog of a call that a peer placed, and waits for its answer.
func (d *dialIn) ask(t *testing.T, method sip.RequestMethod, cseq int, headers ...string) *sip.Response {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s sip:kakeru@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", method, d.agent.Addr(), d.addr, newBranch())
	fmt.Fprintf(&b, "From: <sip:%s@carrier.invalid>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", theCaller, d.tag, d.to, d.callID, cseq, method)
	writeRest(&b, headers, "")
	d.write(d.agent, b.String())
	return d.response(t, method)
}

func TestPhoneTakesItsTalkWithAnotherDialog(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.Hold(true)
	before := h.line.Desk().Handle()
	d := h.phone().dial(h.Agent, "kakeru", sdpAt(9), replacing(h.first, "p"))
	ok := d.status(t, 200)
	d.say("ACK", 1, "")
	if portIn(t, sdpOf(ok)) == portIn(t, sdpOf(h.first)) {
		t.Error("two dialogs are to send to one port")
	}
	if !strings.Contains(value(ok, "Supported"), "replaces") {
		t.Errorf("%s", ok)
	}
	if f := h.desk.untilEvent(t, dialer.EvChanged); f.Kind != dialer.LegNote || f.Desk != "desk1" || f.Handle == nil || string(f.Handle.Data) == string(before.Data) {
		t.Errorf("%+v", f)
	}
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200}) // of the old dialog
	// The hold of the panel stays, until it is taken back; then the new dialog is heard.
	n := h.line.(*line)
	if _, hears := n.bridge.HearsOf(media.Customer); hears {
		t.Error("the customer is on hold no more")
	}
	h.line.Hold(false)
	if to, _ := n.bridge.HearsOf(media.Customer); to != media.Other {
		t.Errorf("the customer is heard at %v", to)
	}
	if res := d.ask(t, sip.BYE, 2); res.StatusCode != 200 {
		t.Errorf("BYE got %d", res.StatusCode)
	}
	if f := h.desk.gone(t); !f.FarEnded {
		t.Errorf("%v", h.desk.kinds())
	}
	h.customer.Drop()
	h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 200})
	h.customer.gone(t)
}

// Nobody else takes a talk over, or learns that it is there.
func TestReplacesThatIsRefused(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	stranger, named := newPeer(t), replacing(h.first, "p")
	ofCustomer := replacing(h.outside, "c")
	for _, c := range []struct {
		name    string
		from    *peer
		headers []string
		sdp     string
		want    int
	}{
		{"no such dialog", h.phone(), []string{"Replaces: a;to-tag=b;from-tag=c"}, plainSDP, 481},
		{"tags the wrong way round", h.phone(), []string{strings.NewReplacer("to-tag", "from-tag", "from-tag", "to-tag").Replace(named)}, plainSDP, 481},
		{"only if it rings", h.phone(), []string{named + ";early-only"}, plainSDP, 486},
		{"two of them", h.phone(), []string{named, named}, plainSDP, 400},
		{"two in one", h.phone(), []string{named + ", a;to-tag=b;from-tag=c"}, plainSDP, 400},
		{"without tags", h.phone(), []string{"Replaces: a"}, plainSDP, 400},
		{"no Contact", h.phone(), []string{named, "Contact:"}, plainSDP, 400},
		{"no codec", h.phone(), []string{named}, strings.Replace(plainSDP, "RTP/AVP 0", "RTP/AVP 18", 1), 488},
		{"session too short", h.phone(), []string{named, "Supported: timer", "Session-Expires: 30"}, plainSDP, 422},
		{"who is nobody", stranger, []string{named}, plainSDP, 481},
		{"the customer's, by a phone", h.phone(), []string{ofCustomer}, plainSDP, 481},
		{"the customer's, by the carrier", h.trunk, []string{ofCustomer}, plainSDP, 403},
		{"the desk's, by the carrier", h.trunk, []string{named}, plainSDP, 481},
	} {
		d := c.from.dial(h.Agent, "kakeru", c.sdp, c.headers...)
		d.status(t, c.want)
		d.say("NACK", 1, "")
	}
	if got := h.phone().repeats("BYE") + h.trunk.repeats("BYE"); got > 0 {
		t.Errorf("%d BYE", got)
	}
	// An OPTIONS with it is nonsense (§3).
	h.phone().write(h.Agent, h.phone().outside("OPTIONS", newTag(), named))
	if res := h.phone().response(t, sip.OPTIONS); res.StatusCode != 400 {
		t.Errorf("OPTIONS got %d", res.StatusCode)
	}
	// Over, but remembered: what comes too late is declined (§3).
	h.hangUp(t)
	h.phone().dial(h.Agent, "kakeru", plainSDP, named).status(t, 603)
}

// A ringing call is picked up at the desk's other phone.
func TestRingingPhoneIsReplaced(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	n := b.line(t)
	desk, customer := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	invite := b.desk.request(t, sip.INVITE)
	b.desk.reply(invite, say{status: 180, tag: "p"})
	desk.until(t, dialer.LegRinging)
	d := b.desk.dial(b.Agent, "kakeru", plainSDP, replacing(invite, "p", ";early-only"))
	d.status(t, 200)
	d.say("ACK", 1, "")
	if f := desk.until(t, dialer.LegAnswered); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	b.desk.reply(b.desk.request(t, sip.CANCEL), say{status: 200})
	b.desk.reply(invite, say{status: 487, tag: "p"})
	customer.Dial()
	b.trunk.answerCall(t, "c")
	customer.until(t, dialer.LegAnswered)
	n.Join()
	if to, _ := n.(*line).bridge.HearsOf(media.Customer); to != media.Other { // what only rang says nothing of where the other phone hears
		t.Errorf("the customer is heard at %v", to)
	}
	desk.Drop()
	b.desk.reply(b.desk.request(t, sip.BYE), say{status: 200})
	desk.gone(t)
	customer.Drop()
	b.trunk.reply(b.trunk.request(t, sip.BYE), say{status: 200})
	customer.gone(t)
}

// Another desk is asked for first: it may be busy, and nobody may sit there.
func TestAnotherDesksPhoneTakesTheTalk(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	named := replacing(h.first, "p")
	d := h.second.dial(h.Agent, "kakeru", plainSDP, named)
	if f := h.desk.until(t, dialer.LegRefers); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	h.second.dial(h.Agent, "kakeru", plainSDP, named).status(t, 491)
	h.desk.untilEvent(t, dialer.EvGone)
	h.line.RefuseTransfer()
	d.status(t, 603)
	d.say("NACK", 1, "")
	h.desk.untilEvent(t, dialer.EvGone)
	// It gives up as it is let in.
	d = h.second.dial(h.Agent, "kakeru", plainSDP, named)
	h.desk.until(t, dialer.LegRefers)
	d.say("CANCEL", 1, "")
	d.status(t, 487)
	h.desk.untilEvent(t, dialer.EvGone)
	d = h.second.dial(h.Agent, "kakeru", plainSDP, named)
	h.desk.until(t, dialer.LegRefers)
	h.line.Transfer("desk2", false)
	d.status(t, 200)
	d.say("ACK", 1, "")
	if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk2" || f.Handle == nil {
		t.Errorf("%+v", f)
	}
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	h.customer.Drop()
	h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 200})
	h.customer.gone(t)
	h.desk.Drop()
	h.second.reply(h.second.request(t, sip.BYE), say{status: 200})
	h.desk.gone(t)
}

// TestADialogTakesAnothersPlaceWhenItIsAcknowledged: before, nothing shows that whoever asks is where they say.
func TestADialogTakesAnothersPlaceWhenItIsAcknowledged(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	named, first := replacing(h.first, "p"), value(h.first, "Call-ID")
	isHungUp := func(p *peer, d *dialIn) {
		t.Helper()
		bye := p.request(t, sip.BYE)
		if value(bye, "Call-ID") != d.callID {
			t.Error("another dialog was ended")
		}
		p.reply(bye, say{status: 200})
		h.phone().quiet(t, h.Agent, sip.BYE, first)
		if to, _ := h.line.(*line).bridge.HearsOf(media.Customer); to != media.Desk {
			t.Errorf("the customer is heard at %v", to)
		}
	}
	d := h.phone().dial(h.Agent, "kakeru", sdpAt(9), named)
	d.status(t, 200)
	isHungUp(h.phone(), d)
	h.desk.untilEvent(t, dialer.EvGone)

	ask := func() *dialIn {
		t.Helper()
		d := h.second.dial(h.Agent, "kakeru", plainSDP, named)
		if f := h.desk.until(t, dialer.LegRefers); f.Desk != "desk2" {
			t.Errorf("%+v", f)
		}
		h.line.Transfer("desk2", false)
		d.status(t, 200)
		return d
	}
	isHungUp(h.second, ask())
	if f := h.desk.untilEvent(t, dialer.EvTransferFailed); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	d = ask() // whoever hangs up meanwhile has handed the talk on
	h.phone().write(h.Agent, h.phone().within(h.first, "p", "BYE", 90, nil, ""))
	if res := h.phone().response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("BYE got %d", res.StatusCode)
	}
	h.desk.untilEvent(t, dialer.EvByeReceived)
	d.say("ACK", 1, "")
	if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk2" || f.Handle == nil {
		t.Errorf("%+v", f)
	}
	if to, _ := h.line.(*line).bridge.HearsOf(media.Customer); to != media.Other {
		t.Errorf("the customer is heard at %v", to)
	}
	h.customer.Drop()
	h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 200})
	h.customer.gone(t)
	h.desk.Drop()
	h.second.reply(h.second.request(t, sip.BYE), say{status: 200})
	h.desk.gone(t)
}

// A PBX speaks for its extensions.
func TestReplacesByThePBX(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Desks = []Desk{{ID: "desk1", Trunk: "lab", Extension: "201"}, {ID: "desk2", Trunk: "lab", Extension: "202"}}
	})
	n := r.line(t)
	desk, customer := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	invite, _ := r.trunk.answerCall(t, "p")
	desk.until(t, dialer.LegAnswered)
	customer.Dial()
	r.trunk.answerCall(t, "c")
	customer.until(t, dialer.LegAnswered)
	n.Join()
	// Whose phone it is cannot be told: it is the same desk's.
	d := r.trunk.dial(r.Agent, "kakeru", plainSDP, replacing(invite, "p"))
	d.status(t, 200)
	d.say("ACK", 1, "")
	bye := r.trunk.request(t, sip.BYE)
	if value(bye, "Call-ID") != value(invite, "Call-ID") {
		t.Error("another dialog was ended")
	}
	r.trunk.reply(bye, say{status: 200})
	if f := desk.untilEvent(t, dialer.EvChanged); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	ours, _ := sip.ParseMessage([]byte("OPTIONS sip:a@b SIP/2.0\r\nTo: " + d.to + "\r\n\r\n"))
	tag, _ := ours.To().Params.Get("tag")
	again := r.trunk.dial(r.Agent, "kakeru", plainSDP, fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=%s", d.callID, tag, d.tag),
		"From: <sip:202@carrier.invalid>;tag="+newTag())
	if f := desk.until(t, dialer.LegRefers); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	n.RefuseTransfer()
	again.status(t, 603)
	d.ask(t, sip.BYE, 2)
	desk.gone(t)
	customer.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	customer.gone(t)
}

func TestReplacesIsRead(t *testing.T) {
	whole := replaces{callID: "a@b", toTag: "x", fromTag: "y"}
	for text, want := range map[string]replaces{
		"a@b;to-tag=x;from-tag=y":                whole,
		"a@b ; From-Tag = y ; to-tag=x ;other=z": whole,
		"a@b;to-tag=x;from-tag=y;early-only":     {"a@b", "x", "y", true},
		"a@b;to-tag=x":                           {callID: "a@b", toTag: "x"},
		"":                                       {},
		";to-tag=x;from-tag=y":                   {toTag: "x", fromTag: "y"},
		"a@b;to-tag;from-tag=":                   {callID: "a@b"},
	} {
		got, ok := readReplaces(text)
		if got != want || ok != (want.callID != "" && want.toTag != "" && want.fromTag != "") {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
	for to, want := range map[string]bool{
		"<sip:202@us?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy>":                               true,
		"\"a?b\" <sip:202@us;user=phone?Require=replaces&replaces=a@b%3Bto-tag=x%3bfrom-tag=y>": true,
		"<sip:202@us>?Replaces=a": false,
		"sip:202@us":              false,
	} {
		if got, has := replacesIn(to); has != want || has && got != whole {
			t.Errorf("%s: %+v, %v", to, got, has)
		}
	}
}

func FuzzReplaces(f *testing.F) {
	for _, s := range []string{"a;to-tag=b;from-tag=c", "<sip:a@b?Replaces=c%3Bto-tag%3Dd%3Bfrom-tag%3De>", "<?Replaces=%", ";;=;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) (replaces, bool){readReplaces, replacesIn} {
			if r, ok := read(text); !ok && r.names(&leg{dialog: dialog{CallID: r.callID, LocalTag: r.toTag, RemoteTag: r.fromTag}}) &&
				r.callID != "" && r.toTag != "" {
				t.Errorf("%q names a dialog, and is not read", text)
			}
		}
	})
}
