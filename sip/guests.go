package sip

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"kakeru/dialer"
)

// How many connections of others there may be: in all, of those whom we do not know, and of one address. For ours they leave room (rooms.go).
// Strangers leave room for those whom we know: a phone that has lost its connection must find a place. So do those whom we know, as long as no phone
// is registered by their connection: one account comes from as many addresses as it likes, and each of them is known from then on.
const (
	streamsKept      = 1024
	streamsSettled   = 64  // of them, the last are kept for trunks and phones at fixed addresses
	streamsLoose     = 768 // by which no phone is registered, of all but these
	streamsStrangers = 512
	streamsOfOne     = 64
	streamsOfAccount = 64 // by which no phone is registered, from all addresses that are this account's alone
	// In a home (homes.go) all its strangers, and one address: sixteen of them together fill it, and no home takes all there is for strangers.
	streamsOfHome  = 256
	streamsOfGuest = 16
)

// guest is how somebody who has connected to us is counted. It stays as it was when they came, whatever is forgotten of their address later.
type guest struct {
	of       netip.Addr    // the address, or the /64 of IPv6 where no phone of ours is
	home     netip.Addr    // of a stranger where phones of ours are: their /64
	desk     dialer.DeskID // whose phone alone has been at this address; empty where several have, as behind one NAT
	stranger bool          // nobody that we knew when they came
	settled  bool          // known by the settings
	alone    bool          // and by them alone: no phone there registers
}

func (a *Agent) guest(addr netip.Addr) guest {
	if a.settled(addr) {
		return guest{of: addr, settled: true, alone: !a.register.knows(addr)}
	}
	if desk, known := a.register.whose(addr); known {
		return guest{of: addr, desk: desk}
	}
	by, home := a.counted(addr)
	return guest{of: by, home: home, stranger: true}
}

// crowd is a bound on connections: how many there are at most, and which may give way.
type crowd struct {
	have, most int
	has        func(*stream) bool
	firm       bool // who is one too many is turned away
	whole      bool // what phones are registered by counts too
}

// crowds are those that somebody belongs to, the narrowest first. It needs c.mu.
func (c *streams) crowds(g guest) []crowd {
	own := crowd{have: c.theirs[g.of], most: streamsOfOne, has: func(s *stream) bool { return s.guest.of == g.of }, firm: g.alone}
	if g.home.IsValid() {
		own.most = streamsOfGuest
	}
	all := []crowd{own}
	if g.desk != "" {
		all = append(all, crowd{have: c.accounts[g.desk], most: streamsOfAccount, has: func(s *stream) bool { return s.guest.desk == g.desk }})
	}
	if g.home.IsValid() {
		all = append(all, crowd{have: c.homes[g.home], most: streamsOfHome, has: func(s *stream) bool { return s.guest.home == g.home }})
	}
	if g.stranger {
		all = append(all, crowd{have: c.strangers, most: streamsStrangers, has: func(s *stream) bool { return s.guest.stranger }, firm: !g.home.IsValid()})
	}
	if !g.settled {
		others, has := c.taken-c.settled, func(s *stream) bool { return !s.guest.settled }
		all = append(all, crowd{have: others, most: streamsLoose, has: has}, crowd{have: others, most: streamsKept - streamsSettled, has: has, whole: true})
	}
	// Trunks give way only where they have more than is kept for them.
	return append(all, crowd{have: c.taken, most: streamsKept, has: func(s *stream) bool { return !s.guest.settled || c.settled > streamsSettled }, whole: true})
}

// errGaveWay ends a connection for a newer one.
var errGaveWay = errors.New("another came, and no phone was registered by it")

// take finds a place for a connection of somebody else's, and reports whether there was one.
func (c *streams) take(s *stream) bool {
	gives, ok := c.enter(s)
	for _, old := range gives {
		old.close(errGaveWay)
	}
	c.sayLack()
	return ok
}

// enter finds room for a connection of somebody else's, and those that give way for it, if any must. No bound but those of the whole counts a connection
// that a phone of ours is registered by: an account has four of those at most. Of the others an old one gives way, whatever it sends: who holds connections
// open, or opens them again and again, would keep out the phones that share an address or a network with them, and a phone is registered a second after it
// has come. Who comes from a trunk's or a fixed address is turned away instead where that has too many, since nobody registers there; so is who comes from
// anywhere, if there are too many strangers.
func (c *streams) enter(s *stream) (gives []*stream, ok bool) {
	if !c.lets(s) {
		return nil, false
	}
	phones := c.agent.register.flows() // under the registrar's lock, which is never taken under ours
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, false
	}
	for _, of := range c.crowds(s.guest) {
		if of.have < of.most || slices.ContainsFunc(gives, of.has) {
			continue
		}
		n, old := c.without(phones, of, s)
		if of.whole {
			n = of.have
		}
		if n < of.most {
			continue
		}
		if of.firm || old == nil {
			c.lack.refused++
			return nil, false
		}
		gives = append(gives, old)
	}
	for _, old := range gives {
		c.leave(old)
		c.lack.gaveWay++
	}
	c.came++
	s.came = c.came
	c.count(s, 1)
	c.all[s], c.open[s.to] = true, s
	return gives, true
}

// lets reports whether a connection does not come too fast after others: asked first, since a flood's are turned away for next to nothing.
func (c *streams) lets(s *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	ok := c.arrivals.lets(s.guest, s.since)
	if !ok {
		c.lack.hurried++
	}
	return ok
}

// without counts the connections of a crowd that no phone is registered by, and finds which of them gives way to another: the oldest, of those that have not
// done the handshake of TLS, as long as these are more than half. None gives way in its first seconds, unless to one of its own address: whoever
// comes from elsewhere, again and again, would end each before a phone could register by it. It needs c.mu.
func (c *streams) without(phones map[place]bool, of crowd, to *stream) (n int, gives *stream) {
	var greeted, others *stream // the oldest
	waiting := 0
	for at, s := range c.open {
		if !s.to.flow || phones[at] || !of.has(s) {
			continue
		}
		n++
		oldest := &greeted
		if !s.greeted() {
			oldest = &others
			waiting++
		}
		young := s.guest.of != to.guest.of && to.since.Sub(s.since) < giveWayAfter
		if !young && (*oldest == nil || s.came < (*oldest).came) {
			*oldest = s
		}
	}
	if others != nil && (2*waiting > n || greeted == nil) {
		return n, others
	}
	return n, orElse(greeted, others)
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
	if s.guest.desk != "" {
		tally(c.accounts, s.guest.desk, by)
	}
	if s.guest.home.IsValid() {
		tally(c.homes, s.guest.home, by)
	}
	if s.guest.stranger {
		c.strangers += by
	}
	if s.guest.settled {
		c.settled += by
	}
}

func tally[K comparable](all map[K]int, of K, by int) {
	if all[of] += by; all[of] == 0 {
		delete(all, of)
	}
}

// lackSaid is how often it is said at most that there was no room.
const lackSaid = time.Minute

// lack is what there was no room for, since that was last said.
type lack struct {
	hurried, refused, gaveWay int
	said                      time.Time
}

// sayLack tells how many found no room, or gave way: of whom is nobody's business.
func (c *streams) sayLack() {
	now := c.agent.cfg.Now()
	c.mu.Lock()
	l := c.lack
	due := l.hurried+l.refused+l.gaveWay > 0 && (l.said.IsZero() || now.Sub(l.said) >= lackSaid)
	if due {
		c.lack = lack{said: now}
	}
	c.mu.Unlock()
	if due {
		c.agent.log.Warn("sip: there is no room for all that connect: some came too fast, some were refused, some gave way to newer ones",
			"too_fast", l.hurried, "refused", l.refused, "gave_way", l.gaveWay)
	}
}
