package sip

import (
	"slices"
	"time"
)

// room is for what a connection of ours is opened. Each has a number of its own, so that none can take another's: where a call goes on
// is the far end's to say, in each message anew, and the trunks and phones must be reached all the same.
type room int

const (
	roomSettings room = iota // a trunk, or a phone at a fixed address
	roomPhones               // a phone that has registered, or the proxy before it
	roomFarEnds              // whatever a far end has named, by its Contact or a route
)

// streamsOurs is how many connections of ours there may be in each room.
var streamsOurs = [...]int{roomSettings: 1024, roomPhones: 512, roomFarEnds: 64}

// oursKept is how many times longer a connection of ours to a trunk, or a phone at a fixed address, may be idle than one of theirs: it may be their only way to us.
const oursKept = 24

// farEndsKept is how many times shorter a connection to where a far end has us go is kept than one of theirs: none is needed for longer than
// an answer takes, and another can be opened.
const farEndsKept = 5

// idle is how long nothing need come.
func (s *stream) idle() time.Duration {
	each := s.set.agent.cfg.StreamIdle
	switch {
	case s.to.flow || s.room == roomPhones:
		return each
	case s.room == roomFarEnds:
		return each / farEndsKept
	}
	return oursKept * each
}

// idleUntil is until when it is kept if nothing comes. One to where a far end has us go is there for what we send: whatever comes by it does not keep it.
func (s *stream) idleUntil() time.Time {
	since := time.Now()
	if s.room == roomFarEnds {
		since = time.Unix(0, s.used.Load())
	}
	return since.Add(s.idle())
}

// needed reports whether a connection that has waited in vain has been used meanwhile.
func (s *stream) needed() bool { return s.room == roomFarEnds && time.Now().Before(s.idleUntil()) }

// roomFor is the room that a connection to a place belongs to. It must be the very place, since a far end can name any port of an address that we know.
func (a *Agent) roomFor(to place) room {
	for _, u := range a.uplinks {
		if slices.ContainsFunc(u.addresses(), to.isThatOf) {
			return roomSettings
		}
	}
	return a.register.roomFor(to)
}

// isThatOf reports whether a place is another by any transport: what is too large for a datagram goes by TCP.
func (p place) isThatOf(other place) bool {
	return p.AddrPort == other.AddrPort && (p.name == "" || p.name == other.name)
}

// placesKept is how many places are remembered at which a phone was looked for.
const placesKept = 2 * bindingsKept

// soughtAt notes where a phone is looked for, by its registration or the settings: names have been looked up by then.
func (r *registrar) soughtAt(s *seat, at place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at.flow || slices.Contains(s.sought, at) {
		return
	}
	s.sought = append(s.sought, at)
	s.sought = s.sought[max(0, len(s.sought)-placesKept):]
}

func (r *registrar) roomFor(to place) room {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := roomFarEnds
	for _, s := range r.seats {
		if !slices.ContainsFunc(s.sought, to.isThatOf) {
			continue
		}
		if !s.desk.registers() {
			return roomSettings
		}
		found = roomPhones
	}
	return found
}
