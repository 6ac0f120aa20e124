package lab

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// TestACutWireIsSilentBothWays: what is sent to it is lost, and so is what it says; joined again, both go on.
func TestACutWireIsSilentBothWays(t *testing.T) {
	carrier := runCarrier(t)
	c := newCaller(t, carrier.Addr(), prefix+"40")
	carrier.Silence(true)
	c.invite()
	if m := c.next(200 * time.Millisecond); m != nil || len(carrier.Calls()) != 0 {
		t.Fatalf("a carrier that is cut off said %v, and saw %d calls", m, len(carrier.Calls()))
	}
	carrier.Silence(false)
	c.invite()
	c.expect(180, sip.INVITE)
	c.cancel()
	c.expect(200, sip.CANCEL)
	c.refused(487)
}

// TestAnUnpluggedPhoneFallsSilent in the middle of a talk, and does not hear that it is over.
func TestAnUnpluggedPhoneFallsSilent(t *testing.T) {
	p := runPhone(t)
	c := ringPhone(t, p, "Call-Info: <sip:kakeru>;answer-after=0")
	c.ringsThenAnswers()
	c.hears("the operator")
	p.Unplug(true)
	// What was under way may still come; then there is nothing.
	until(t, "silence", func() bool {
		before := c.ear.Packets()
		time.Sleep(100 * time.Millisecond)
		return c.ear.Packets() == before
	})
	c.send("BYE", sip.GenerateBranch(), c.cseq+1, "")
	if m := c.next(200 * time.Millisecond); m != nil {
		t.Errorf("it answered %v", m)
	}
	if l := p.Calls()[0]; !l.Up || l.ByesSeen != 0 {
		t.Errorf("log: %+v", l)
	}
}

// TestCallsToOneNumberAreKnownAsSuch, though no number stands in the log.
func TestCallsToOneNumberAreKnownAsSuch(t *testing.T) {
	carrier := runCarrier(t)
	var who []int
	for _, number := range []string{prefix + "41", "1" + prefix + "41", prefix + "41"} {
		c := newCaller(t, carrier.Addr(), number)
		c.invite()
		c.refused(486)
		who = append(who, logOf(t, carrier.Calls, c.callID, "the end", ended).Callee)
	}
	if who[0] != who[2] || who[0] == who[1] || who[0] == 0 || who[1] == 0 {
		t.Errorf("the three calls went to %v", who)
	}
}

// TestStoppedBeforeItsInviteIsRead: the lab closes between the datagram and the call that is to read it.
func TestStoppedBeforeItsInviteIsRead(t *testing.T) {
	carrier := runCarrier(t)
	invite := sip.NewRequest(sip.INVITE, sip.Uri{User: prefix + "40", Host: "127.0.0.1"})
	id := sip.CallIDHeader("still in the inbox")
	invite.AppendHeader(&id)
	c := newCall(carrier.end, carrier.options.Media, carrier.journal, invite)
	c.stop()
	if l := carrier.Calls()[0]; l.Up || l.EndedBy != EndedStopped || l.Status != 0 {
		t.Errorf("log: %+v", l)
	}
}
