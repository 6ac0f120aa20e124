package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// holding is an SDP by which a far end says that it sends no sound to us: where it is taken, the side is held.
func holding() string { return sdpAt(13, "a=inactive") }

// TestAPhoneThatWasTooLateSaysNothingOfTheSound: phones that ring together for a caller do so at one side. Who lost, or whose answer was none, and who does not
// answer our BYE, asks for another address in vain: the side is the other phone's.
func TestAPhoneThatWasTooLateSaysNothingOfTheSound(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]string{"too late": plainSDP, "no answer": strings.Replace(plainSDP, "RTP/AVP 0", "RTP/AVP 18", 1)} {
		for _, method := range []sip.RequestMethod{sip.UPDATE, sip.INVITE} {
			b := newSwitchboard(t)
			d, line, desk, _ := b.comesIn(t, "desk1", "desk2")
			one, two := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
			b.desk.reply(one, say{status: 180, tag: "p"})
			desk.untilEvent(t, dialer.EvRinging)
			loses := func() {
				b.desk.reply(one, say{status: 200, tag: "p", sdp: late})
				b.desk.request(t, sip.ACK)
				b.desk.request(t, sip.BYE)
			}
			if name == "no answer" {
				loses()
			}
			b.second.reply(two, say{status: 200, tag: "q", sdp: plainSDP})
			desk.until(t, dialer.LegAnswered)
			desk.Confirm()
			b.second.request(t, sip.ACK)
			if name == "too late" {
				b.desk.request(t, sip.CANCEL)
				loses()
			}
			line.Answer()
			line.Join()
			d.status(t, 200)
			d.say("ACK", 1, "")
			b.desk.write(b.Agent, b.desk.within(one, "p", string(method), 1, nil, holding()))
			if res := b.desk.response(t, method); res.StatusCode != 481 {
				t.Errorf("%s: its %s got %d", name, method, res.StatusCode)
			}
			if line.(*incomingLine).bridge.Held(media.Desk) {
				t.Errorf("%s: its %s changed the other phone's sound", name, method)
			}
		}
	}
}

// TestAPhoneThatTakesItsOwnRingingUpChangesNobodysSound: the INVITE with Replaces is at a side of its own until it has the call.
func TestAPhoneThatTakesItsOwnRingingUpChangesNobodysSound(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d, line, desk, _ := b.comesIn(t, "desk1", "desk2")
	one, two := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
	b.desk.reply(one, say{status: 180, tag: "p"})
	desk.untilEvent(t, dialer.EvRinging)
	b.desk.dial(b.Agent, "kakeru", holding(), replacing(one, "p", ";early-only")).status(t, 200) // and no ACK
	if line.(*incomingLine).bridge.Held(media.Desk) {
		t.Error("it changed the sound of all that ring")
	}
	b.second.reply(two, say{status: 200, tag: "q", sdp: plainSDP})
	if f := desk.until(t, dialer.LegAnswered); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	line.Answer()
	d.status(t, 200)
	if line.(*incomingLine).bridge.Held(media.Desk) {
		t.Error("it changed the other phone's sound")
	}
}

// TestASideIsRenewedForWhoIsNew: what a phone said of its sound, or where a NAT had it come from, does not hold for the next that is at its side.
func TestASideIsRenewedForWhoIsNew(t *testing.T) {
	t.Parallel()
	k := &asking{handOn: newHandOn(t)}
	k.call = k.phone().dial(k.Agent, "202", holding())
	k.desk.until(t, dialer.LegRefers)
	bridge := k.line.(*line).bridge
	if !bridge.Held(media.Other) {
		t.Fatal("its offer was not taken")
	}
	k.call.say("CANCEL", 1, "")
	k.call.status(t, 487)
	k.desk.untilEvent(t, dialer.EvGone)
	k.line.RefuseTransfer()
	k.line.Transfer("desk2", false)
	k.second.request(t, sip.INVITE)
	if bridge.Held(media.Other) {
		t.Error("who is rung there now has said nothing yet")
	}
}
