package sip

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

func reliable(rseq int) []string {
	return []string{"Require: 100rel", fmt.Sprintf("RSeq: %d", rseq)}
}

func TestReliableRingingIsAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP, headers: reliable(7)})
	prack := r.trunk.request(t, sip.PRACK)
	if value(prack, "RAck") != fmt.Sprintf("7 %d INVITE", invite.CSeq().SeqNo) || !strings.Contains(value(prack, "To"), "tag=a") {
		t.Errorf("%s", prack)
	}
	r.trunk.reply(prack, say{status: 200})
	w.until(t, dialer.LegEarly)
	r.trunk.reply(invite, say{status: 180, tag: "a", headers: reliable(9)}) // 8 was lost: it will be repeated
	r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP, headers: reliable(7)})
	r.trunk.reply(invite, say{status: 180, tag: "a", headers: reliable(8)})
	next := r.trunk.request(t, sip.PRACK)
	if !strings.HasPrefix(value(next, "RAck"), "8 ") || next.CSeq().SeqNo <= prack.CSeq().SeqNo {
		t.Errorf("%s", next)
	}
	r.trunk.reply(next, say{status: 200})
	// The answer stood in the reliable 183: the 2xx needs none (RFC 3262 §5).
	r.trunk.reply(invite, say{status: 200, tag: "a"})
	w.until(t, dialer.LegAnswered)
	ack := r.trunk.request(t, sip.ACK)
	if ack.CSeq().SeqNo != invite.CSeq().SeqNo {
		t.Errorf("ACK of %d", ack.CSeq().SeqNo)
	}
	w.Drop()
	bye := r.trunk.request(t, sip.BYE)
	if bye.CSeq().SeqNo <= next.CSeq().SeqNo {
		t.Errorf("BYE has CSeq %d", bye.CSeq().SeqNo)
	}
	r.trunk.reply(bye, say{status: 200})
	w.gone(t)
}

func TestPrackAnswersAChallenge(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a", headers: reliable(1)})
	prack := r.trunk.request(t, sip.PRACK)
	r.trunk.reply(prack, say{status: 401, headers: []string{challengeHeader("MD5", "n")}})
	again := r.trunk.request(t, sip.PRACK)
	checkDigest(t, again, "Authorization")
	if value(again, "RAck") != value(prack, "RAck") || again.CSeq().SeqNo <= prack.CSeq().SeqNo || value(again, "To") != value(prack, "To") {
		t.Errorf("%s", again)
	}
	r.trunk.reply(again, say{status: 200})
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "a"})
	w.gone(t)
}

func TestReliableRingingOfAForkIsAcknowledgedInEachDialog(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	for _, tag := range []string{"a", "b"} {
		r.trunk.reply(invite, say{status: 180, tag: tag, headers: reliable(1)})
		prack := r.trunk.request(t, sip.PRACK)
		if !strings.HasSuffix(value(prack, "To"), "tag="+tag) {
			t.Errorf("%s", prack)
		}
		r.trunk.reply(prack, say{status: 200})
	}
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "a"})
	w.gone(t)
}

func TestCallerWhoWantsReliableRinging(t *testing.T) {
	b := newSwitchboard(t)
	d := b.trunk.dial(b.Agent, testCallerID, plainSDP, "Require: 100rel")
	in := within(t, b.comes, "the call")
	defer in.Line.Close()
	in.Line.Desk().Dial()
	ringing := d.status(t, 180)
	rseq := value(ringing, "RSeq")
	if value(ringing, "Require") != "100rel" || rseq == "" || rseq == "0" {
		t.Fatalf("%s", ringing)
	}
	eventually(t, "it was repeated", func() bool { return d.repeats("SIP/2.0 180") > 2 })
	d.prack(t, 2, "0 1 INVITE", 481)
	d.prack(t, 3, rseq+" 1 INVITE", 200)
	in.Line.Answer()
	d.status(t, 200)
	d.say("ACK", 1, "")
	d.say("BYE", 4, "")
	watch(in.Line.Customer()).gone(t)
}

func TestCallerWhoNeverAcknowledgesReliableRinging(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d := b.trunk.dial(b.Agent, testCallerID, plainSDP, "Require: 100rel")
	in := within(t, b.comes, "the call")
	defer in.Line.Close()
	in.Line.Desk().Dial()
	d.status(t, 180)
	d.status(t, 504)
	d.say("NACK", 1, "")
	watch(in.Line.Customer()).gone(t)
}

// prack sends a PRACK and checks its answer.
func (d *dialIn) prack(t *testing.T, cseq int, rack string, want int) {
	t.Helper()
	text := fmt.Sprintf("PRACK sip:kakeru@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%s@carrier.invalid>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d PRACK\r\nRAck: %s\r\nContent-Length: 0\r\n\r\n",
		d.agent.Addr(), d.addr, newBranch(), theCaller, d.tag, d.to, d.callID, cseq, rack)
	d.write(d.agent, text)
	if res := d.response(t, sip.PRACK); res.StatusCode != want {
		t.Errorf("PRACK of %q got %d, want %d", rack, res.StatusCode, want)
	}
}
