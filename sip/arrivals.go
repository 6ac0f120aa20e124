package sip

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// How many connections may come in a second, before anything is done for them. While a bound (guests.go) is reached, each that is taken has an older one give
// way: so the rates are such that who is taken stays long enough for a slow phone's TLS and its REGISTER, a quarter of a second for each flight.
const (
	comeOfOne     = 32 // of streamsOfOne: two seconds
	comeOfGuest   = 4  // of streamsOfGuest
	comeOfHome    = 48 // of streamsOfHome: they are older than giveWayAfter when they are the oldest
	comeStrangers = 96 // of streamsStrangers, alike
)

// giveWayAfter is how old a connection is, at least, that gives way to one of another address.
const giveWayAfter = 5 * time.Second

// arrivals are what is left of these rates. Each has twice as much at once as may be open: a whole office comes back together when we were away.
//
// Beyond, chance decides and not who comes first. Nothing tells a phone's connection from those of a flood behind the same NAT, and who floods could take each place
// the moment it is free, by keeping time with us. So the emptier a bucket is, below its half, the more of all that come are turned away at random: as many get in
// as the rate says, and each try of a phone is worth as much as any of the flood's. Among 400 in a second behind one address that is one in twelve.
type arrivals struct {
	one, guests, homes, strangers *buckets[netip.Addr] // only who was let in is remembered, so the last bounds all that strangers could make up
	chance                        func() float64       // from 0 to below 1
}

func newArrivals() arrivals {
	of := func(rate, most float64) *buckets[netip.Addr] { return newBuckets[netip.Addr](rate, 2*most) }
	return arrivals{
		one: of(comeOfOne, streamsOfOne), guests: of(comeOfGuest, streamsOfGuest), homes: of(comeOfHome, streamsOfHome), strangers: of(comeStrangers, streamsStrangers),
		chance: rand.Float64,
	}
}

// rate is a bucket of those that somebody's connections are counted by.
type rate struct {
	in *buckets[netip.Addr]
	of netip.Addr
}

func (a *arrivals) rates(g guest) []rate {
	all := []rate{{a.one, g.of}}
	if g.home.IsValid() {
		all = []rate{{a.guests, g.of}, {a.homes, g.home}}
	}
	if g.stranger {
		all = append(all, rate{a.strangers, netip.Addr{}}) // of all
	}
	return all
}

// lets reports whether somebody may come now. It needs streams.mu.
func (a *arrivals) lets(g guest, now time.Time) bool {
	all, likely := a.rates(g), 1.0
	for _, r := range all {
		likely *= min(1, max(0, 2*r.in.has(r.of, now)/r.in.burst))
	}
	if likely < 1 && a.chance() >= likely {
		return false
	}
	for _, r := range all {
		r.in.owe(r.of, now)
	}
	return true
}
