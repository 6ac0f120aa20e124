package sip

import (
	"testing"

	"kakeru/dialer"
)

// callsIn has a SIPp scenario place a call to the centre's number, and takes it as the engine would.
func callsIn(t *testing.T, scenario string) (*switchboard, *sipp, dialer.Incoming) {
	t.Helper()
	b := newSwitchboard(t)
	s := startSipp(t, scenario, "-s", testCallerID, b.Addr().String())
	in := within(t, b.comes, "SIPp's call")
	t.Cleanup(in.Line.Close)
	if in.Caller != theCaller {
		t.Errorf("the caller has %d digits", len(in.Caller))
	}
	return b, s, in
}

func TestSippCallsInAndTalks(t *testing.T) {
	t.Parallel()
	b, s, in := callsIn(t, "caller_talks")
	desk, caller := watch(in.Line.Desk()), watch(in.Line.Customer())
	desk.Dial()
	in.Line.Ring("desk1")
	b.desk.answerCall(t, "p")
	desk.until(t, dialer.LegAnswered)
	in.Line.Answer()
	in.Line.Join()
	caller.untilEvent(t, dialer.EvChanged) // its hold
	if f := caller.gone(t); !f.FarEnded {
		t.Error("the caller hung up")
	}
	s.ok(t)
}

func TestSippCallsInAndGivesUp(t *testing.T) {
	_, s, in := callsIn(t, "caller_cancels")
	caller := watch(in.Line.Customer())
	in.Line.Desk().Dial()
	if f := caller.gone(t); !f.FarEnded || !caller.saw(dialer.EvCancelReceived) {
		t.Errorf("%v", caller.kinds())
	}
	s.ok(t)
}

func TestSippsTransferButton(t *testing.T) {
	t.Parallel()
	s := startSipp(t, "phone_transfers")
	second := newPeer(t)
	r := newRig(t, func(c *Config) {
		c.Desks[0].URI = "sip:201@" + s.at.String()
		c.Desks = append(c.Desks, Desk{ID: "desk2", URI: "sip:202@" + second.addr.String()})
	})
	n := r.line(t)
	desk, customer := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	desk.until(t, dialer.LegAnswered)
	desk.Confirm()
	customer.Dial()
	r.trunk.answerCall(t, "c")
	customer.until(t, dialer.LegAnswered)
	n.Join()
	if f := desk.until(t, dialer.LegRefers); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	n.Transfer("desk2", false)
	second.answerCall(t, "q")
	if f := desk.until(t, dialer.LegMoved); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	s.ok(t)
}
