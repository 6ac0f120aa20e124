package sip

import (
	"testing"

	"github.com/emiago/sipgo/sip"

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

// sippAtTheDesk is a talk of SIPp's as the phone of desk1, with another desk and a customer that are played by hand.
func sippAtTheDesk(t *testing.T, scenario string) (h *handOn, s *sipp) {
	t.Helper()
	s = startSipp(t, scenario)
	h = &handOn{switchboard: newSwitchboard(t, func(c *Config) { c.Desks[0].URI = "sip:201@" + s.at.String() })}
	h.line = h.rig.line(t)
	h.desk, h.customer = watch(h.line.Desk()), watch(h.line.Customer())
	h.desk.Dial()
	h.desk.until(t, dialer.LegAnswered)
	h.desk.Confirm()
	h.customer.Dial()
	h.outside, _ = h.trunk.answerCall(t, "c")
	h.customer.until(t, dialer.LegAnswered)
	h.line.Join()
	return h, s
}

func TestSippsTransferButton(t *testing.T) {
	t.Parallel()
	h, s := sippAtTheDesk(t, "phone_transfers")
	if f := h.desk.until(t, dialer.LegRefers); f.Desk != "desk2" || f.Consult {
		t.Errorf("%+v", f)
	}
	h.line.Transfer("desk2", false)
	h.second.answerCall(t, "q")
	if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	s.ok(t)
}

func TestSippAsksBeforeItHandsOn(t *testing.T) {
	t.Parallel()
	h, s := sippAtTheDesk(t, "phone_asks_first")
	if f := h.desk.until(t, dialer.LegRefers); f.Desk != "desk2" || !f.Consult {
		t.Errorf("%+v", f)
	}
	h.line.Transfer("desk2", true)
	invite, _ := h.second.answerCall(t, "q")
	h.desk.untilEvent(t, dialer.EvConsulting)
	if f := h.desk.until(t, dialer.LegMoved); f.Desk != "desk2" {
		t.Errorf("%+v", f)
	}
	s.ok(t)
	h.end(t, h.second, invite, "q")
}

func TestSippMovesItsTalkToAnotherDialog(t *testing.T) {
	t.Parallel()
	h, s := sippAtTheDesk(t, "phone_replaces")
	if f := h.desk.untilEvent(t, dialer.EvChanged); f.Desk != "desk1" {
		t.Errorf("%+v", f)
	}
	if f := h.desk.gone(t); !f.FarEnded {
		t.Error("the phone hung up")
	}
	s.ok(t)
	h.customer.Drop()
	h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 200})
	h.customer.gone(t)
}
