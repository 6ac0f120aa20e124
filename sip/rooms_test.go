package sip

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// hoard takes connections at every address of this machine, and lets none go.
type hoard struct {
	port int

	mu    sync.Mutex
	conns []net.Conn
}

func newHoard(t *testing.T) *hoard {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	h, done := &hoard{port: l.Addr().(*net.TCPAddr).Port}, make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, conn)
			h.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
		for _, conn := range h.conns {
			_ = conn.Close()
		}
	})
	return h
}

func (h *hoard) taken() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// contact is one at the nth of the hoard's places.
func (h *hoard) contact(n int) string {
	return fmt.Sprintf("Contact: <sip:x@127.9.%d.1:%d;transport=tcp>", n, h.port)
}

func (r *rig) ours(in room) int {
	r.streams.mu.Lock()
	defer r.streams.mu.Unlock()
	return r.streams.ours[in]
}

// A far end that sends ever other reliable ringing, each of another dialog, has us acknowledge sixteen of them; and of one dialog no more than anybody has.
func TestReliableRingingHasABound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	for n := range 40 {
		r.trunk.reply(invite, say{status: 183, tag: fmt.Sprint("fork", n), headers: reliable(1)})
	}
	for range mostForks {
		r.trunk.reply(r.trunk.request(t, sip.PRACK), say{status: 200})
	}
	r.trunk.quiet(t, r.Agent, sip.PRACK, value(invite, "Call-ID"))
	for n := range 100 {
		r.trunk.reply(invite, say{status: 183, tag: "fork0", headers: reliable(2 + n)})
	}
	for range mostPracks - mostForks {
		r.trunk.reply(r.trunk.request(t, sip.PRACK), say{status: 200})
	}
	r.trunk.quiet(t, r.Agent, sip.PRACK, value(invite, "Call-ID"))
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "fork0"})
	w.gone(t)
}

// However many places a far end names, the trunks and phones are reached: what it can have us open is counted apart.
func TestFarEndsLeaveRoomForTrunksAndPhones(t *testing.T) {
	t.Parallel()
	now := newClock()
	r, far := newRig(t, withTCP, func(c *Config) { c.Now = now.Now }), newHoard(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	r.trunk.request(t, sip.ACK)
	for n := range 3 * dialBurst { // one other answer, that is somewhere else each time it comes
		r.trunk.reply(invite, say{status: 200, tag: "b", sdp: plainSDP, headers: []string{far.contact(n)}})
	}
	r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
	eventually(t, "what it may have at once is open", func() bool { return far.taken() >= dialBurst })
	if n := r.ours(roomFarEnds); n != dialBurst {
		t.Errorf("%d connections within no time to what one far end has named", n)
	}
	now.pass(time.Second)
	for n := range 3 {
		r.trunk.reply(invite, say{status: 200, tag: "b", sdp: plainSDP, headers: []string{far.contact(100 + n)}})
	}
	r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
	eventually(t, "there is another", func() bool { return far.taken() >= dialBurst+1 })
	if n := r.ours(roomFarEnds); n != dialBurst+1 {
		t.Errorf("%d connections a second later", n)
	}
	for n := range 2 * streamsOurs[roomFarEnds] { // as of many calls
		_, _ = r.streams.reach(place{AddrPort: netip.MustParseAddrPort(fmt.Sprintf("127.8.%d.1:%d", n, far.port)), by: overTCP}, namer{callID: fmt.Sprint(n)})
	}
	eventually(t, "its room is full", func() bool { return far.taken() >= streamsOurs[roomFarEnds] })
	if n := r.ours(roomFarEnds); n != streamsOurs[roomFarEnds] || far.taken() != n {
		t.Errorf("%d connections to a far end, %d of them taken", n, far.taken())
	}
	for _, p := range []*peer{r.trunk, r.desk} {
		to := place{AddrPort: p.addr, by: overTCP} // as for what is too large for a datagram
		if s, err := r.streams.reach(to, namer{}); err != nil || s.room != roomSettings {
			t.Errorf("%v: no room for it: %v", to, err)
		}
	}
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// Whatever else is at an address that we know, by another port or another name, is no trunk and no phone.
func TestWhoseRoomAConnectionIsIn(t *testing.T) {
	r := newRig(t, withTCP, func(c *Config) {
		c.Desks = append(c.Desks, Desk{ID: "desk2", Account: "phone1", Password: "desk secret"})
	})
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""))
	for _, desk := range []dialer.DeskID{"desk1", "desk2"} {
		if _, err := r.phoneOf(t.Context(), desk); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		at   place
		want room
	}{
		{place{AddrPort: r.trunk.addr}, roomSettings},
		{place{AddrPort: r.trunk.addr, by: overTCP}, roomSettings},
		{place{AddrPort: r.trunk.addr, by: overTLS, name: "another.invalid"}, roomFarEnds},
		{place{AddrPort: r.desk.addr, by: overTCP}, roomSettings},
		{place{AddrPort: p.addr, by: overTCP}, roomPhones},
		{place{AddrPort: newPeer(t).addr, by: overTCP}, roomFarEnds},
	} {
		if got := r.roomFor(c.at); got != c.want {
			t.Errorf("%v %s is in room %d, want %d", c.at, c.at.name, got, c.want)
		}
	}
}

// A connection that a far end has had us open is closed soon, though much comes by it.
func TestAConnectionToAFarEndIsNotKept(t *testing.T) {
	t.Parallel()
	r, far := newRig(t, withTCP, func(c *Config) { c.StreamIdle = 2 * time.Second }), newHoard(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 183, tag: "a", headers: append(reliable(1), far.contact(1))})
	eventually(t, "it is open", func() bool { return far.taken() == 1 })
	far.mu.Lock()
	conn := far.conns[0]
	far.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := conn.Write([]byte("\r\n\r\n")); err != nil {
				return
			}
		}
	}()
	eventually(t, "it is closed", func() bool { return r.ours(roomFarEnds) == 0 })
	within(t, done, "it to be seen there")
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "a"})
	w.gone(t)
}
