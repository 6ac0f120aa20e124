package sip

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// slowTrunk is a first trunk whose connection opens, or does not, when the test says so; the second is at hand. How long the first took is by the
// agent's clock alone.
func slowTrunk(t *testing.T, now *clock) (r *rig, first *streamPeer, second *peer, begun chan struct{}, opens chan error) {
	t.Helper()
	begun, opens = make(chan struct{}, 1), make(chan error, 1)
	ca := newAuthority(t)
	secure := ca.config(t, ca.issue(t, identity{}, time.Hour, "carrier.invalid"))
	secure.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		begun <- struct{}{}
		return nil, <-opens
	}
	first = newStreamPeer(t, secure)
	r, second = twoTrunks(t, withTLS(t, ca), func(c *Config) {
		c.Now = now.Now
		c.Trunks[0].Address, c.Trunks[0].Transport = first.addr.String(), string(overTLS)
	})
	return r, first, second, begun, opens
}

// from is where the one connection that is open to a peer comes from.
func (p *streamPeer) from(t *testing.T) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for at := range p.conns {
		return at
	}
	t.Fatal("no connection is open")
	return ""
}

// A server that stood still while the connection to its first trunk was being opened calls nobody on waking: another may have ended the call. One whose
// first trunk is slow, or dead, calls all the same. It runs alone: timer B is short in tests, and a handshake beside many others is not.
func TestNobodyIsCalledByAConnectionThatWasSleptOver(t *testing.T) {
	honest := 2 * Config{}.withDefaults().ConnectWithin // TCP, and its TLS as long again
	for name, c := range map[string]struct {
		passes time.Duration
		fault  error
		called func(first, second *peer) *peer
		why    string
	}{
		"dead":                   {honest, errors.New("dead"), func(_, second *peer) *peer { return second }, ""},
		"slow":                   {honest, nil, func(first, _ *peer) *peer { return first }, ""},
		"dead, after a sleep":    {12 * time.Second, errors.New("dead"), nil, "could not be sent: it refuses our TLS, or our certificate"},
		"it opens after a sleep": {12 * time.Second, nil, nil, "could not be sent: it waited too long for its connection"},
	} {
		t.Run(name, func(t *testing.T) {
			now := newClock()
			r, first, second, begun, opens := slowTrunk(t, now)
			w := r.customer(t)
			callID := w.Handle().SIPCallID
			within(t, begun, "the first trunk to be connected to")
			now.pass(c.passes)
			opens <- c.fault
			if c.called != nil {
				p := c.called(first.peer, second)
				p.reply(p.request(t, sip.INVITE), say{status: 486, tag: "x"})
				w.gone(t)
				return
			}
			if f := w.gone(t); f.FarEnded {
				t.Error("it is told as a refusal")
			}
			if got := w.untilReason(t, dialer.EvNoAnswer); got != c.why {
				t.Errorf("evidence: %q", got)
			}
			second.quiet(t, r.Agent, sip.INVITE, callID)
			if c.fault == nil {
				first.quietBy(t, first.from(t), sip.INVITE)
			}
		})
	}
}

// How long a way may take is by how it is reached.
func TestWhatADeadWayMayTake(t *testing.T) {
	t.Parallel()
	a, now := unstarted(t)
	within := a.cfg.ConnectWithin
	for by, most := range map[transport]time.Duration{overUDP: within, overTCP: within, overTLS: 2 * within} {
		x := &exchange{lane: &lane{agent: a}, to: place{by: by}, rings: new(a.moment())}
		late := x.late()
		now.pass(most)
		if late() {
			t.Errorf("by %s: late after %s", by.token(), most)
		}
		now.pass(opensLate + time.Second)
		if !late() {
			t.Errorf("by %s: not late after %s more", by.token(), opensLate+time.Second)
		}
		if x.rings = nil; x.late() != nil {
			t.Errorf("by %s: what rings nobody is late", by.token())
		}
	}
}
