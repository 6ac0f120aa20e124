package sip

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

// flooded is an office to which others connect at a steady rate, and let go only what they are made to.
type flooded struct {
	*office

	apart time.Duration
	from  func(i int) string
	n     int
	taken int
}

func newFlood(t *testing.T, perSecond int, from func(i int) string) *flooded {
	t.Helper()
	f := &flooded{office: newOffice(t, "fd00:77::2"), apart: time.Second / time.Duration(perSecond), from: from}
	f.register.seats["desk1"].remember(netip.MustParseAddr(ownPhone))
	f.streams.arrivals.chance = rand.New(rand.NewPCG(1, 2)).Float64
	return f
}

// run has the flood go on for a while.
func (f *flooded) run(d time.Duration) {
	for ; d > 0; d -= f.apart {
		f.now.pass(f.apart)
		if f.n++; f.comeBy(overTLS, f.from(f.n)) != nil {
			f.taken++
		}
	}
}

// TestAPhoneComesInThroughAFlood: a slow phone needs three quarters of a second for TLS and half a second to register, and tries again when that fails. Those
// who flood, from its address behind a NAT or from the network of IPv6 that it is in, are not told from it, and hold what they get.
func TestAPhoneComesInThroughAFlood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		perSecond int
		from      func(i int) string
		phone     string
		most      int // that can be taken in a second
	}{
		"one NAT":                 {400, func(int) string { return ownPhone }, ownPhone, comeOfOne},
		"a network of IPv6":       {600, func(i int) string { return fmt.Sprintf("fd00:77::1:%x", i%250) }, "fd00:77::4", comeOfHome},
		"a known phone of it":     {600, func(i int) string { return fmt.Sprintf("fd00:77::1:%x", i%250) }, "fd00:77::2", comeOfHome},
		"strangers from anywhere": {1000, func(i int) string { return fmt.Sprintf("198.51.100.%d", i%250) }, "fd00:77::4", comeStrangers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFlood(t, c.perSecond, c.from)
			f.run(20 * time.Second)
			f.taken = 0
			tries, in := 0, 0
			for ; tries < 60 && in < 2; tries++ {
				s := f.comeBy(overTLS, c.phone)
				f.run(750 * time.Millisecond)
				if s == nil {
					continue
				}
				if !f.stands(s) {
					t.Fatalf("try %d gave way before its TLS was done", tries)
				}
				s.stands.Store(true)
				f.run(500 * time.Millisecond)
				if !f.stands(s) {
					t.Fatalf("try %d gave way before it could register", tries)
				}
				f.registers(s)
				in++
			}
			if in < 2 {
				t.Errorf("%d of %d tries came in", in, tries)
			}
			if most := c.most * (tries*5/4 + 3); f.taken > most {
				t.Errorf("%d of the flood were taken, want %d at most", f.taken, most)
			}
			if n := len(f.streams.arrivals.one.left) + len(f.streams.arrivals.guests.left); n > 2*(streamsStrangers+comeStrangers) {
				t.Errorf("%d addresses are remembered", n)
			}
		})
	}
}

// TestNobodyGivesWayAtOnce: unless to another of the same address.
func TestNobodyGivesWayAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "fd00:77::2")
	var all []*stream
	for i := range streamsOfHome {
		all = append(all, o.comeBy(overTCP, fmt.Sprintf("fd00:77::1:%x", i)))
	}
	o.now.pass(giveWayAfter - time.Second)
	if o.comeBy(overTCP, "fd00:77::9") != nil {
		t.Error("one gave way in its first seconds")
	}
	if !o.stands(o.comeBy(overTCP, "fd00:77::1:7")) || o.stands(all[7]) {
		t.Error("none gave way to a newer one of its own address")
	}
	o.now.pass(time.Second)
	if !o.stands(o.comeBy(overTCP, "fd00:77::9")) || o.stands(all[0]) {
		t.Error("the oldest did not give way when it was old enough")
	}
}

// TestWhoDidTheHandshakeStays: as long as these are no more than half, or else none could come anew.
func TestWhoDidTheHandshakeStays(t *testing.T) {
	t.Parallel()
	for _, greeted := range []int{10, streamsOfOne/2 + 1, streamsOfOne} {
		o := newOffice(t, ownPhone)
		var all []*stream
		for i := range streamsOfOne {
			s := o.comeBy(overTLS, ownPhone)
			s.stands.Store(i < greeted)
			all = append(all, s)
		}
		o.comeBy(overTLS, ownPhone)
		if stays := o.stands(all[0]); stays != (greeted <= streamsOfOne/2) {
			t.Errorf("of %d that have done it the oldest stays: %v", greeted, stays)
		}
	}
}

// TestWhoComesTooFastIsClosedAtOnce: without TLS, and the settings' own alike.
func TestWhoComesTooFastIsClosedAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, ownPhone)
	o.streams.arrivals.chance = func() float64 { return 0.9 }
	for range 2 * streamsOfOne {
		o.comeBy(overTLS, ownPhone)
	}
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	o.streams.admit(visitor{far, &net.TCPAddr{IP: net.ParseIP(ownPhone), Port: 9}}, overTLS, &tls.Config{})
	if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("it was not closed: %v", err)
	}
	if n := o.streams.taken; n != streamsOfOne {
		t.Errorf("%d connections", n)
	}
}
