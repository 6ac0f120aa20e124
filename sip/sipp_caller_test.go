package sip

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// SIPp calls the centre, by UDP and by TCP. Each scenario says at its top what it shows.

// callingSipp is one call of a scenario's, and what becomes of it here.
type callingSipp struct {
	scenario string
	change   func(*Config)
	does     whatWeDo
	withheld bool                 // its number
	note     string               // what the evidence of its INVITE says besides
	saw      dialer.EvidenceEvent // what else the evidence holds
	keys     string               // what the desk's phone gets by INFO
}

type whatWeDo int

const (
	weAnswer   whatWeDo = iota // and it hangs up
	weHangUp                   // after the answer
	weTurnAway                 // nobody is to be rung
	weRefuse                   // no call comes in
)

var callingScenarios = []callingSipp{
	{scenario: "caller_is_hung_up", does: weHangUp},
	{scenario: "caller_has_forgotten", does: weHangUp},
	{scenario: "caller_refreshes", saw: dialer.EvChanged},
	{scenario: "caller_is_refreshed", change: shortSessions},
	{scenario: "caller_asks_again"},
	{scenario: "caller_moves", saw: dialer.EvChanged, keys: "5"},
	{scenario: "caller_comes_too_late"},
	{scenario: "caller_is_anonymous", does: weTurnAway, withheld: true, note: "number withheld"},
	{scenario: "caller_was_forwarded", does: weTurnAway, note: "forwarded"},
	{scenario: "caller_is_turned_away", does: weTurnAway},
	{scenario: "caller_protects", change: securely(media.SRTPAllowed)},
	{scenario: "caller_protects_in_vain", does: weRefuse},
}

func TestSippCalls(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"u1", "t1"} {
		for _, c := range callingScenarios {
			t.Run(by+"/"+c.scenario, func(t *testing.T) {
				t.Parallel()
				c.play(t, by)
			})
		}
	}
}

func (c callingSipp) play(t *testing.T, by string) {
	t.Helper()
	b := newSwitchboard(t, withTCP, func(cfg *Config) {
		if c.change != nil {
			c.change(cfg)
		}
	})
	s := startSipp(t, c.scenario, append([]string{"-t", by, "-s", testCallerID, b.Addr().String()}, passesOver...)...)
	if c.does == weRefuse {
		s.ok(t)
		if len(b.comes) > 0 {
			t.Error("the call came in")
		}
		return
	}
	c.take(t, b, s)
}

// take takes the call as the engine would, to its end.
func (c callingSipp) take(t *testing.T, b *switchboard, s *sipp) {
	t.Helper()
	in := within(t, b.comes, "SIPp's call")
	defer in.Line.Close()
	desk, caller := watch(in.Line.Desk()), watch(in.Line.Customer())
	if f := caller.untilEvent(t, dialer.EvInviteReceived); (in.Caller == theCaller) == c.withheld || f.Evidence.Reason != c.note {
		t.Errorf("the number is known: %v; %q", in.Caller == theCaller, f.Evidence.Reason)
	}
	desk.Dial()
	if c.does == weTurnAway {
		in.Line.TurnAway()
	} else {
		c.talk(t, b, in, desk)
	}
	if c.does == weHangUp {
		caller.untilEvent(t, dialer.EvAnswerSent)
		caller.Drop()
	}
	f := caller.gone(t)
	if f.FarEnded != (c.does == weAnswer) || caller.saw(dialer.EvNoAnswer) || caller.saw(dialer.EvCancelReceived) || c.saw != "" && !caller.saw(c.saw) {
		t.Errorf("ended by the caller: %v, %+v", f.FarEnded, caller.all)
	}
	desk.Drop()
	if c.does != weTurnAway {
		b.desk.reply(b.desk.request(t, sip.BYE), say{status: 200})
	}
	desk.gone(t)
	s.ok(t)
}

// talk has the desk's phone lifted and both ends hear each other.
func (c callingSipp) talk(t *testing.T, b *switchboard, in dialer.Incoming, desk *watched) {
	t.Helper()
	in.Line.Ring("desk1")
	b.desk.answerCall(t, "p")
	desk.until(t, dialer.LegAnswered)
	in.Line.Join()
	in.Line.Answer()
	if got := b.desk.keysBy(t, len(c.keys)); got != c.keys {
		t.Errorf("the desk gets %q", got)
	}
}
