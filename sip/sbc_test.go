package sip

import (
	"testing"

	"kakeru/dialer"
)

// newBorder is an agent that is registered with a Kamailio, which challenges all that it asks and stays in every dialog; behind
// it is a SIPp. The desk is a peer.
func newBorder(t *testing.T, scenario string, change func(*Config), more ...string) (*switchboard, *sipp) {
	t.Helper()
	// SIPp's address must be known to Kamailio, and Kamailio's to a SIPp that calls.
	carrier := localPort(t)
	border := startKamailio(t, "sbc.cfg", carrier, "disable_tcp=yes")
	b := newSwitchboard(t, func(c *Config) {
		registering(c)
		c.Trunks[0].Address = border.String()
		if change != nil {
			change(c)
		}
	})
	eventually(t, "we are registered", up(b.Agent, 0))
	if len(more) > 0 {
		more = append(more, border.String())
	}
	return b, startSippAt(t, carrier, scenario, more...)
}

// TestCallsLeaveByAChallengingBorder: every request of ours is challenged (407) and sent anew with credentials, the BYE and the
// refreshes too; all that follows the INVITE goes by the Record-Route, both ways.
func TestCallsLeaveByAChallengingBorder(t *testing.T) {
	t.Parallel()
	for _, c := range []calledBySipp{
		{scenario: "answer", drops: dialer.LegAnswered},
		{scenario: "called_reliably", drops: dialer.LegAnswered},
		{scenario: "called_holds", byThem: true},
		{scenario: "called_is_refreshed", change: shortSessions, byThem: true},
		{scenario: "called_crosses", drops: dialer.LegRinging},
		{scenario: "busy", status: 486, byThem: true},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			b, s := newBorder(t, c.scenario, c.change)
			w := b.customer(t)
			if c.drops != "" {
				w.until(t, c.drops)
				w.Confirm()
				w.Drop()
			}
			if f := w.gone(t); f.FarEnded != c.byThem || final(w).Status != c.status || w.saw(dialer.EvNoAnswer) || !w.saw(dialer.EvChallenged) {
				t.Errorf("ended by them: %v, %+v", f.FarEnded, w.all)
			}
			s.ok(t)
		})
	}
}

// TestCallsComeInByAChallengingBorder: to where we are registered; our BYE is challenged too.
func TestCallsComeInByAChallengingBorder(t *testing.T) {
	t.Parallel()
	for _, c := range []callingSipp{
		{scenario: "caller_is_hung_up", does: weHangUp},
		{scenario: "caller_moves", saw: dialer.EvChanged, keys: "5"},
		{scenario: "caller_is_turned_away", does: weTurnAway},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			b, s := newBorder(t, c.scenario, c.change, "-s", "300")
			c.take(t, b, s)
		})
	}
}
