package sip

import (
	"errors"
	"net/netip"
)

// How many connections of others there may be: in all, of those whom we do not know, and of one address. For ours they leave room (rooms.go).
// Strangers leave room for those whom we know: a phone that has lost its connection must find a place.
const (
	streamsKept      = 1024
	streamsStrangers = 512
	streamsOfOne     = 64
	// In a home (homes.go) all its strangers, and one address: sixteen of them together fill it, and no home takes all there is for strangers.
	streamsOfHome  = 256
	streamsOfGuest = 16
)

// guest is how somebody who has connected to us is counted.
type guest struct {
	of       netip.Addr // the address, or the /64 of IPv6 where no phone of ours is
	home     netip.Addr // of a stranger where phones of ours are: their /64
	stranger bool       // nobody that we knew when they came
	settled  bool       // known by the settings alone
}

func (a *Agent) guest(addr netip.Addr) guest {
	if a.knows(addr) {
		return guest{of: addr, settled: !a.register.knows(addr)}
	}
	by, home := a.counted(addr)
	return guest{of: by, home: home, stranger: true}
}

// crowd is a bound on connections: how many there are at most, and which.
type crowd struct {
	have, most int
	has        func(*stream) bool
	firm       bool // who is one too many is turned away
}

// crowds are those that somebody belongs to, the narrowest first. It needs c.mu.
func (c *streams) crowds(g guest) []crowd {
	own := crowd{c.theirs[g.of], streamsOfOne, func(s *stream) bool { return s.guest.of == g.of }, g.settled}
	if !g.stranger {
		return []crowd{own}
	}
	all := crowd{c.strangers, streamsStrangers, func(s *stream) bool { return s.guest.stranger }, !g.home.IsValid()}
	if !g.home.IsValid() {
		return []crowd{own, all}
	}
	own.most = streamsOfGuest
	return []crowd{own, {c.homes[g.home], streamsOfHome, func(s *stream) bool { return s.guest.home == g.home }, false}, all}
}

// errGaveWay ends a connection for a newer one.
var errGaveWay = errors.New("another came, and no phone was registered by it")

// enter finds room for a connection of somebody else's, and the one that gives way for it, if there must be one. No bound but the last counts a connection that
// a phone of ours is registered by: an account has four of those at most. Of the others the oldest gives way, whatever it sends: who holds connections open, or
// opens them again and again, would keep out the phones that share an address or a network with them, and a phone is registered a second after it has
// come. Whom the settings name are turned away instead, since they need not register; so is who comes from anywhere, if there are too many strangers.
func (c *streams) enter(s *stream) (gives *stream, ok bool) {
	phones := c.agent.register.flows()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.taken >= streamsKept {
		return nil, false
	}
	for _, of := range c.crowds(s.guest) {
		if of.have < of.most {
			continue
		}
		n, oldest := c.without(phones, of.has)
		if n < of.most {
			continue
		}
		if of.firm {
			return nil, false
		}
		c.leave(oldest) // which is in the wider crowds too
		gives = oldest
		break
	}
	c.count(s, 1)
	c.open[s.to] = s
	return gives, true
}

// without counts the connections of a crowd that no phone is registered by, and finds the oldest. It needs c.mu.
func (c *streams) without(phones map[place]bool, has func(*stream) bool) (n int, oldest *stream) {
	for at, s := range c.open {
		if !s.to.flow || phones[at] || !has(s) {
			continue
		}
		if n++; oldest == nil || s.since.Before(oldest.since) {
			oldest = s
		}
	}
	return n, oldest
}

// leave takes a connection of somebody else's out of the count, once. It needs c.mu.
func (c *streams) leave(s *stream) {
	if s.left {
		return
	}
	s.left = true
	if c.open[s.to] == s {
		delete(c.open, s.to)
	}
	c.count(s, -1)
}

// count needs c.mu.
func (c *streams) count(s *stream, by int) {
	c.taken += by
	tally(c.theirs, s.guest.of, by)
	if s.guest.home.IsValid() {
		tally(c.homes, s.guest.home, by)
	}
	if s.guest.stranger {
		c.strangers += by
	}
}

func tally(all map[netip.Addr]int, of netip.Addr, by int) {
	if all[of] += by; all[of] == 0 {
		delete(all, of)
	}
}
