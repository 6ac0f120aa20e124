package sip

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"kakeru/dialer"
)

// office is an agent one of whose phones has registered from an address, and what connects to it; no connection is there in earnest.
type office struct {
	*Agent

	ports uint16
	now   *clock // moved by a second before each that comes; nil to leave it
}

func newOffice(t *testing.T, phone string) *office {
	t.Helper()
	a, now := unstarted(t, account)
	a.register.seats["desk1"].remember(netip.MustParseAddr(phone))
	return &office{Agent: a, now: now}
}

// come connects from an address; nil is that there was no room.
func (o *office) come(from string) *stream {
	if o.now != nil {
		o.now.pass(time.Second)
	}
	return o.comeBy(overTCP, from)
}

func (o *office) comeBy(by transport, from string) *stream {
	o.ports++
	s := newStream(o.streams, place{AddrPort: netip.AddrPortFrom(netip.MustParseAddr(from), o.ports), by: by, flow: true})
	s.guest = o.guest(s.to.Addr())
	if !o.streams.take(s) {
		return nil
	}
	return s
}

// registers has a phone be registered by a connection.
func (o *office) registers(s *stream) {
	o.register.mu.Lock()
	defer o.register.mu.Unlock()
	seat := o.register.seats["desk1"]
	seat.bindings, seat.up = append(seat.bindings, &binding{at: s.to}), true
	seat.remember(s.to.Addr())
}

// stands reports whether a connection is still there.
func (o *office) stands(s *stream) bool { return s != nil && o.streams.find(s.to) == s }

// TestAStrangerInThePhonesNetworkKeepsNobodyOut: of IPv6 a whole office is one /64. Who holds connections open there, from one address or from very many, keeps out
// neither the phones that we know nor new ones.
func TestAStrangerInThePhonesNetworkKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "fd00:77::2")
	for range 2 * streamsOfOne {
		if o.come("fd00:77::3") == nil {
			t.Fatal("who is one too many does not even take the place of another of theirs")
		}
	}
	if n := o.streams.taken; n != streamsOfGuest {
		t.Errorf("one address of a home has %d connections", n)
	}
	for _, phone := range []string{"fd00:77::2", "fd00:77::4"} {
		if !o.stands(o.come(phone)) {
			t.Errorf("%s found no place", phone)
		}
	}
	for i := range 4 * streamsOfHome {
		o.come(fmt.Sprintf("fd00:77::1:%x", i))
	}
	if n := o.streams.homes[netip.MustParseAddr("fd00:77::")]; n != streamsOfHome || len(o.streams.theirs) > streamsOfHome+1 {
		t.Errorf("the home's strangers have %d connections, and %d are counted", n, len(o.streams.theirs))
	}
	known, fresh := o.come("fd00:77::2"), o.come("fd00:77::5")
	for i := range streamsOfHome - 1 {
		o.come(fmt.Sprintf("fd00:77::2:%x", i))
	}
	if !o.stands(known) || !o.stands(fresh) {
		t.Error("a phone gave way to what came after it, while there were older ones")
	}
}

// TestAPhoneComesAmongStrangersFromAnywhere: from a home a phone finds a place also where strangers have all that there are for them.
func TestAPhoneComesAmongStrangersFromAnywhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "fd00:77::2")
	for i := range streamsStrangers {
		o.come(fmt.Sprintf("198.51.100.%d", i/streamsOfOne))
	}
	if o.come("203.0.113.1") != nil {
		t.Error("a stranger from anywhere is one too many, and was taken")
	}
	if !o.stands(o.come("fd00:77::4")) || o.streams.strangers != streamsStrangers {
		t.Errorf("a new phone found no place among %d", o.streams.strangers)
	}
}

// TestPhonesOfOneNetworkAllFit: what phones are registered by counts for no bound but the last, and gives way to nobody: in a network of IPv6 as behind one NAT.
func TestPhonesOfOneNetworkAllFit(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(i int) string{
		"a network of IPv6": func(i int) string { return fmt.Sprintf("fd00:77::1:%x", i) },
		"one address of it": func(int) string { return "fd00:77::4" },
		"one NAT":           func(int) string { return "192.0.2.1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "fd00:77::2")
			var phones []*stream
			for i := range streamsOfHome + 50 {
				s := o.come(address(i))
				if s == nil {
					t.Fatalf("phone %d found no place", i)
				}
				o.registers(s)
				phones = append(phones, s)
			}
			var others []*stream
			for range 2 * streamsOfOne {
				others = append(others, o.come(address(0)))
			}
			for i, s := range phones {
				if !o.stands(s) {
					t.Fatalf("phone %d gave way", i)
				}
			}
			if last := others[len(others)-1]; !o.stands(last) || o.stands(others[0]) {
				t.Error("it is not the oldest that gives way")
			}
			seat := o.register.seats["desk1"]
			seat.bindings, seat.up = nil, false // nothing is to be told of them
			for _, s := range append(phones, others...) {
				s.close(errNoFlow)
			}
			if c := o.streams; c.taken != 0 || c.strangers != 0 || len(c.theirs)+len(c.homes)+len(c.open)+len(c.all) != 0 {
				t.Errorf("what is over is counted: %+v", c.theirs)
			}
		})
	}
}

// crowded is an office with a second phone that registers, one at a fixed address, and a log.
func crowded(t *testing.T) (*office, *clock, *logged) {
	t.Helper()
	text := &logged{}
	a, now := unstarted(t, func(c *Config) {
		account(c)
		c.Desks = append(c.Desks, Desk{ID: "desk2", Account: "phone2", Password: "another secret"}, Desk{ID: "desk3", URI: "sip:203@" + fixedPhone + ":5060"})
		c.Log = slog.New(slog.NewTextHandler(text, nil))
	})
	a.register.seats["desk1"].remember(netip.MustParseAddr(ownPhone))
	return &office{Agent: a, now: now}, now, text
}

const ownPhone, fixedPhone = "192.0.2.1", "192.0.2.3"

// hoards has phones be registered from an address and be gone again, and as many connections come from there as may.
func (o *office) hoards(from string, phones ...dialer.DeskID) {
	for _, desk := range phones {
		o.register.seats[desk].remember(netip.MustParseAddr(from))
	}
	for range streamsOfOne {
		o.come(from)
	}
}

// hasRoom fails unless a phone of ours, one at a fixed address and a stranger find a place.
func (o *office) hasRoom(t *testing.T) {
	t.Helper()
	for _, from := range []string{ownPhone, fixedPhone, "203.0.113.1"} {
		if !o.stands(o.come(from)) {
			t.Errorf("%s found no place", from)
		}
	}
}

// TestOneAccountTakesFewConnections: an account comes from as many addresses as it likes; what it holds open from all of them, also from those that are
// forgotten since, has one bound.
func TestOneAccountTakesFewConnections(t *testing.T) {
	t.Parallel()
	o, _, _ := crowded(t)
	for i := range 20 {
		o.hoards(fmt.Sprintf("198.51.100.%d", i), "desk2")
	}
	if n := o.streams.taken; n != streamsOfAccount || o.streams.accounts["desk2"] != n {
		t.Errorf("one account has %d connections", n)
	}
	o.hasRoom(t)
}

// TestConnectionsWithoutAPhoneLeaveRoom: where several accounts share each address there is a bound too, and the oldest gives way, whoever has it.
func TestConnectionsWithoutAPhoneLeaveRoom(t *testing.T) {
	t.Parallel()
	o, _, _ := crowded(t)
	first := o.come("198.51.100.0")
	for i := range 20 {
		o.hoards(fmt.Sprintf("198.51.100.%d", i), "desk1", "desk2")
	}
	if n := o.streams.taken; n != streamsLoose || o.stands(first) {
		t.Errorf("%d connections without a phone", n)
	}
	o.hasRoom(t)
}

// TestLackOfRoomIsSaidOnceAMinute: how many, and never who.
func TestLackOfRoomIsSaidOnceAMinute(t *testing.T) {
	t.Parallel()
	o, now, text := crowded(t)
	o.now = nil
	o.streams.arrivals.chance = func() float64 { return 0 }
	for range streamsOfOne + 11 {
		o.come(ownPhone)
	}
	const said = "there is no room for all"
	if text.count(said) != 1 || text.count(ownPhone) != 0 {
		t.Errorf("it was not said once, or of whom: %s", text.text.String())
	}
	now.pass(lackSaid)
	o.come(ownPhone)
	if text.count(said) != 2 || text.count("gave_way=11") != 1 {
		t.Errorf("not told how many: %s", text.text.String())
	}
}

// TestTrunksAndFixedPhonesHaveTheLastPlaces: however many phones there are, and nobody is refused who can have the place of one by which no phone is registered.
func TestTrunksAndFixedPhonesHaveTheLastPlaces(t *testing.T) {
	t.Parallel()
	o, _, text := crowded(t)
	var loose *stream
	for i := range streamsKept - streamsSettled {
		s := o.come("192.0.2.200")
		if s == nil {
			t.Fatalf("phone %d found no place", i)
		}
		if i == 0 {
			loose = s
			continue
		}
		o.registers(s)
	}
	last := o.come(ownPhone)
	if !o.stands(last) || o.stands(loose) {
		t.Error("a phone was refused while there was a connection that no phone needs")
	}
	o.registers(last)
	if o.come(ownPhone) != nil || text.count("refused=1") != 0 {
		t.Error("a phone has a place that is kept for trunks")
	}
	for i := range streamsSettled {
		if o.come(fixedPhone) == nil {
			t.Fatalf("connection %d of a fixed address found no place", i)
		}
	}
	if n := o.streams.taken; n != streamsKept || o.come(fixedPhone) != nil || !o.stands(last) {
		t.Errorf("%d connections in all", n)
	}
}

// TestWhoGivesWayIsClosed: by the way that connections come.
func TestWhoGivesWayIsClosed(t *testing.T) {
	r := newRig(t, account, withTCP)
	r.register.mu.Lock()
	r.register.seats["desk1"].remember(netip.MustParseAddr("fd00:77::2"))
	r.register.mu.Unlock()
	var held []net.Conn
	for port := range streamsOfGuest + 1 {
		near, far := net.Pipe()
		t.Cleanup(func() { _ = near.Close() })
		_ = near.SetDeadline(time.Now().Add(patience))
		r.streams.admit(visitor{far, &net.TCPAddr{IP: net.ParseIP("fd00:77::3"), Port: port + 1}}, overTCP, nil)
		write(t, near, tcpText("OPTIONS", ""))
		if line, err := bufio.NewReader(near).ReadString('\n'); err != nil || line != "SIP/2.0 200 OK\r\n" {
			t.Fatalf("connection %d: %q, %v", port, line, err)
		}
		held = append(held, near)
	}
	untilClosed(t, held[0])
	if n := r.streams.counts()[overTCP]; n != streamsOfGuest {
		t.Errorf("%d connections", n)
	}
}

// visitor is a connection from an address that this machine has not.
type visitor struct {
	net.Conn

	from *net.TCPAddr
}

func (v visitor) RemoteAddr() net.Addr { return v.from }

// TestAStrangerInThePhonesNetworkIsBannedAlone: a flood from one address, forged or not, has nobody else in the network banned.
func TestAStrangerInThePhonesNetworkIsBannedAlone(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(*Config){
		"registered": account,
		"fixed":      func(c *Config) { c.Desks[0].URI = "sip:201@[fd00:77::9]:5060" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, now := unstarted(t, settle)
			known, noisy, fresh := netip.MustParseAddr("fd00:77::2"), netip.MustParseAddr("fd00:77::3"), netip.MustParseAddr("fd00:77::4")
			if name == "registered" {
				a.register.seats["desk1"].remember(known)
			}
			for range strangerBurst + bannedAfter + 1 {
				a.admits(noisy, nil)
			}
			if !a.strange.shuns(noisy) || a.strange.shuns(fresh) || !a.admits(fresh, nil) {
				t.Error("a phone that is new in the network is banned for another, or the other is not")
			}
			at := netip.MustParseAddr("fd00:77::1:0")
			let := 0
			for range 50_000 {
				if at = at.Next(); a.admits(at, nil) {
					let++
					a.strange.guessed(at)
				}
			}
			if most := homeCrowd * strangerBurst / (1 + guessCost); let > most || let < most/2 {
				t.Errorf("%d guesses from made-up addresses were judged, want some %d", let, most)
			}
			if n := len(a.strange.young) + len(a.strange.old); n > homeCrowd*strangerBurst+2 {
				t.Errorf("%d addresses are remembered", n)
			}
			if name == "registered" && (!a.admits(known, nil) || a.strange.shuns(known)) {
				t.Error("a phone that we know is not heard")
			}
			if !a.strange.shuns(noisy) {
				t.Error("made-up addresses had a ban forgotten")
			}
			now.pass(time.Second)
			if !a.admits(netip.MustParseAddr("fd00:77::5"), nil) {
				t.Error("a second later a phone that is new is not heard")
			}
		})
	}
}
