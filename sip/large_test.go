package sip

import (
	"net"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// long makes every INVITE to the trunk longer than may go by UDP.
func long(c *Config) {
	c.TCP = true
	c.Trunks[0].Domain = strings.Repeat("x", 300) + ".invalid"
}

// alsoUDP is a peer of UDP at a peer of TCP's port.
func alsoUDP(t *testing.T, p *streamPeer) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(p.addr))
	if err != nil {
		t.Fatal(err)
	}
	return servePeer(t, conn)
}

// What is too long for UDP goes by TCP, with all that belongs to it; what is not goes by UDP as ever (RFC 3261 §18.1.1).
func TestLargeRequestsGoByTCP(t *testing.T) {
	p := newStreamPeer(t, nil)
	u := alsoUDP(t, p)
	r := newRig(t, long, func(c *Config) { c.Trunks[0].Address = p.addr.String() })
	w := r.customer(t)
	invite := p.request(t, sip.INVITE)
	if n := len(invite.String()); n <= largestDatagram || invite.Via().Transport != "TCP" {
		t.Errorf("%d bytes, Via %s", n, invite.Via().Value())
	}
	p.reply(invite, say{status: 180, tag: "a"})
	if h := w.until(t, dialer.LegRinging).Handle; !strings.Contains(string(h.Data), `"first":"tcp://`+p.addr.String()) {
		t.Errorf("the handle does not say how it left: %s", h.Data)
	}
	w.Drop()
	cancel := p.request(t, sip.CANCEL)
	if cancel.Via().Value() != invite.Via().Value() {
		t.Errorf("CANCEL's Via %s", cancel.Via().Value())
	}
	p.reply(cancel, say{status: 200})
	p.reply(invite, say{status: 487, tag: "a"})
	if ack := p.request(t, sip.ACK); ack.Via().Transport != "TCP" {
		t.Errorf("ACK's Via %s", ack.Via().Value())
	}
	w.gone(t)
	if u.repeats("INVITE ") != 0 {
		t.Error("it went by UDP too")
	}
}

// A far end that takes no TCP gets it by UDP after all, and the next one without another try.
func TestLargeRequestsGoByUDPWhereTCPIsRefused(t *testing.T) {
	r := newRig(t, long)
	for range 2 {
		n := r.line(t)
		w := watch(n.Customer())
		w.Dial()
		invite := r.trunk.request(t, sip.INVITE)
		if len(invite.String()) <= largestDatagram || invite.Via().Transport != "UDP" {
			t.Errorf("Via %s", invite.Via().Value())
		}
		r.trunk.reply(invite, say{status: 180, tag: "a"})
		w.until(t, dialer.LegRinging)
		w.Drop()
		cancel := r.trunk.request(t, sip.CANCEL)
		if cancel.Via().Value() != invite.Via().Value() {
			t.Errorf("CANCEL's Via %s", cancel.Via().Value())
		}
		r.trunk.reply(cancel, say{status: 200})
		r.trunk.reply(invite, say{status: 487, tag: "a"})
		w.gone(t)
		n.Close()
	}
	if r.streams.fault(place{AddrPort: r.trunk.addr, by: overTCP}) == nil {
		t.Error("that it takes no TCP was not noted")
	}
}

func TestSmallRequestsGoByUDP(t *testing.T) {
	p := newStreamPeer(t, nil)
	u := alsoUDP(t, p)
	r := newRig(t, withTCP, func(c *Config) { c.Trunks[0].Address = p.addr.String() })
	w := r.customer(t)
	u.reply(u.request(t, sip.INVITE), say{status: 486})
	w.gone(t)
	if _, ever := p.connections(); ever != 0 {
		t.Error("a connection was opened")
	}
}
