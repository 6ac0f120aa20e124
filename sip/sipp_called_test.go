package sip

import (
	"testing"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// SIPp is called: as the carrier, by UDP, and as a desk phone at a fixed address, by TCP. Each scenario says at its top what it
// shows.

// calledBySipp is one call to a scenario.
type calledBySipp struct {
	scenario string
	change   func(*Config)
	drops    dialer.LegFactKind     // the fact upon which we drop the leg; empty if we do not
	status   int                    // of the final answer; 0 for none
	saw      []dialer.EvidenceEvent // what else the evidence holds
	byThem   bool                   // who ended it
	cause    int                    // in their BYE
	offers   bool                   // it sends a re-INVITE: our 200 may come again before its ACK is here
	only     dialer.LegName         // the one role that it is for; empty for both
}

var calledScenarios = []calledBySipp{
	{scenario: "called_reliably", drops: dialer.LegAnswered},
	{scenario: "called_wants_longer_session", drops: dialer.LegAnswered, saw: []dialer.EvidenceEvent{dialer.EvAskedAgain}},
	{scenario: "called_refreshes", offers: true, saw: []dialer.EvidenceEvent{dialer.EvChanged}, byThem: true},
	{scenario: "called_is_refreshed", change: shortSessions, byThem: true},
	{scenario: "called_holds", offers: true, saw: []dialer.EvidenceEvent{dialer.EvChanged, dialer.EvByeReceived}, byThem: true},
	{scenario: "called_meets_us", change: shortSessions, byThem: true},
	{scenario: "called_forks", saw: []dialer.EvidenceEvent{dialer.EvByeSent, dialer.EvByeReceived}, byThem: true},
	{scenario: "called_moved", status: 302, byThem: true},
	{scenario: "called_crosses", drops: dialer.LegRinging, saw: []dialer.EvidenceEvent{dialer.EvCrossed}},
	{scenario: "called_has_forgotten", drops: dialer.LegAnswered},
	{scenario: "called_answers_no_more", drops: dialer.LegAnswered},
	{scenario: "called_protects", change: protectedLegs, drops: dialer.LegAnswered},
	{scenario: "called_does_not_protect", change: protectedLegs},
	{scenario: "called_gives_a_reason", saw: []dialer.EvidenceEvent{dialer.EvByeReceived}, byThem: true, cause: 31},
	{scenario: "called_checks_identity", only: dialer.CustomerLeg, status: 486, byThem: true},
}

func protectedLegs(c *Config) {
	c.Desks[0].SRTP, c.Trunks[0].SRTP = media.SRTPRequired, media.SRTPRequired
}

func TestSippIsCalled(t *testing.T) {
	t.Parallel()
	for _, role := range []dialer.LegName{dialer.CustomerLeg, dialer.DeskLeg} {
		for _, c := range calledScenarios {
			if c.only != "" && c.only != role {
				continue
			}
			t.Run(string(role)+"/"+c.scenario, func(t *testing.T) {
				t.Parallel()
				c.play(t, role)
			})
		}
	}
}

func (c calledBySipp) play(t *testing.T, role dialer.LegName) {
	t.Helper()
	var by []string
	if role == dialer.DeskLeg {
		by = []string{"-t", "t1"}
		if c.offers {
			by = append(by, passesOver...)
		}
	}
	s := startSipp(t, c.scenario, by...)
	r := newRig(t, withTCP, func(cfg *Config) {
		if c.change != nil {
			c.change(cfg)
		}
		if role == dialer.CustomerLeg {
			cfg.Trunks[0].Address = s.at.String()
		} else {
			cfg.Desks[0].URI = "sip:201@" + s.at.String() + ";transport=tcp"
		}
	})
	n := r.line(t)
	w := watch(n.Customer())
	if role == dialer.DeskLeg {
		w = watch(n.Desk())
	}
	w.Dial()
	if c.drops != "" {
		w.until(t, c.drops)
		w.Confirm()
		w.Drop()
	}
	if f := w.gone(t); f.FarEnded != c.byThem || final(w).Status != c.status || w.saw(dialer.EvNoAnswer) {
		t.Errorf("ended by them: %v, %+v", f.FarEnded, w.all)
	}
	for _, f := range w.all {
		if f.Evidence.Event == dialer.EvByeReceived && f.Evidence.Cause != c.cause {
			t.Errorf("the BYE's cause is %d", f.Evidence.Cause)
		}
	}
	for _, want := range c.saw {
		if !w.saw(want) {
			t.Errorf("no %s: %v", want, w.kinds())
		}
	}
	s.ok(t)
}

// TestSippIsOutOfService: the call goes on by the next trunk, another SIPp.
func TestSippIsOutOfService(t *testing.T) {
	t.Parallel()
	out, backup := startSipp(t, "called_is_out_of_service"), startSipp(t, "answer")
	r := newRig(t, func(c *Config) {
		second := labTrunk(backup.at)
		second.Name = "backup"
		c.Trunks[0].Address = out.at.String()
		c.Trunks = append(c.Trunks, second)
	})
	n := r.line(t)
	w := watch(n.Customer())
	w.Dial()
	if f := w.untilEvent(t, dialer.EvRerouted); f.Evidence.Status != 503 {
		t.Errorf("%+v", f)
	}
	w.until(t, dialer.LegAnswered)
	if n.Trunk() != "backup" {
		t.Errorf("it left by %s", n.Trunk())
	}
	w.Confirm()
	w.Drop()
	w.gone(t)
	out.ok(t)
	backup.ok(t)
}

// TestSippsPressKeys: two SIPps, a phone and a carrier, neither of which has telephone-event. Either presses first.
func TestSippsPressKeys(t *testing.T) {
	t.Parallel()
	for _, first := range []dialer.LegName{dialer.CustomerLeg, dialer.DeskLeg} {
		t.Run(string(first), func(t *testing.T) {
			t.Parallel()
			one, other := startSipp(t, "called_presses_first"), startSipp(t, "called_presses_back")
			carrier, phone := one, other
			if first == dialer.DeskLeg {
				carrier, phone = other, one
			}
			r := newRig(t, func(c *Config) {
				c.Trunks[0].Address, c.Desks[0].URI = carrier.at.String(), "sip:201@"+phone.at.String()
			})
			n := r.line(t)
			back, presses := watch(n.Desk()), watch(n.Customer())
			if first == dialer.DeskLeg {
				back, presses = presses, back
			}
			for _, w := range []*watched{back, presses} {
				w.Dial()
				w.until(t, dialer.LegAnswered)
			}
			back.Confirm()
			n.Join()
			presses.Confirm() // the key comes after our ACK: now somebody hears it
			if f := presses.gone(t); !f.FarEnded {
				t.Errorf("%v", presses.kinds())
			}
			back.Drop()
			back.gone(t)
			one.ok(t)
			other.ok(t)
		})
	}
}
