package sip

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a source that we do not know may ask of us. A phone that starts sends two REGISTERs and is known from then on; one
// whose password was mistyped asks again and again, slowly. Scanners send hundreds in a second.
const (
	strangerBurst = 30 // requests at once: an office full of phones behind one address, starting together
	strangerRate  = 2  // requests a second from then on
	guessCost     = 8  // what a wrong password costs beside the request: after three of them there is a wait of seconds
	// bannedAfter is how many requests beyond the rate ban a source, unless it was quiet in between until its burst had
	// grown again. A phone repeats a request eleven times before it gives up, and one is answered before that.
	bannedAfter = 60
	bannedFor   = 10 * time.Minute

	// strangersKept bounds the memory, about 200 bytes each; those that were silent longest are forgotten first.
	strangersKept = 4096
	// All strangers together may ask this much: made-up sources are endless, and each would have its burst.
	crowdBurst = 1000
	crowdRate  = 500
	// The strangers of a home (homes.go) together may ask as much as so many of them, whatever number of addresses they have: room enough for phones
	// that are new there, while some flood, and too little to guess by.
	homeCrowd = 16
)

// strangers are the sources that are neither a trunk's nor a desk's, and at which no phone of ours has registered. What they send is answered
// as far as they keep within bounds (docs/decisions/0006-strangers.md).
type strangers struct {
	agent *Agent

	fixed map[netip.Addr]bool  // the homes of phones at fixed addresses; never changed
	homes *buckets[netip.Addr] // what the strangers of each home may ask

	mu    sync.Mutex
	crowd bucket
	// Half of those remembered are young: new, or heard again since the last half became the old, and the old before it
	// were forgotten.
	young, old map[netip.Addr]*stranger

	answered, dropped, banned uint64
}

type stranger struct {
	may   bucket
	over  int       // requests beyond the rate since it last kept within it
	until time.Time // banned until then
}

func newStrangers(a *Agent) *strangers {
	return &strangers{
		agent: a, fixed: fixedHomes(a.cfg.Desks), homes: newBuckets[netip.Addr](homeCrowd*strangerRate, homeCrowd*strangerBurst),
		crowd: bucket{crowdBurst, a.cfg.Now()}, young: map[netip.Addr]*stranger{},
	}
}

// admits decides on a message before any of it is parsed. Whom we know is always heard, and so is what belongs to a call of
// ours, wherever it comes from: an address can be forged, and nobody shall be locked out by somebody else's noise.
func (a *Agent) admits(from netip.Addr, data []byte) bool {
	return a.knows(from) || a.ours(data) || a.strange.admit(from)
}

// ours reports whether a message names a Call-ID under which something of ours is going on. Ours are random and long.
func (a *Agent) ours(data []byte) bool {
	id := callIDIn(data)
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[string(id)]
	return l != nil && l.owned
}

// callIDIn finds the Call-ID without parsing the message.
func callIDIn(data []byte) []byte {
	_, rest, _ := bytes.Cut(data, []byte(newline))
	for len(rest) > 0 && rest[0] != '\r' {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte(newline))
		name, id, _ := bytes.Cut(line, []byte(":"))
		if named(bytes.TrimRight(name, blanks), "call-id", "i") {
			return bytes.Trim(id, blanks)
		}
	}
	return nil
}

// admit counts one message of a stranger's. That a source is banned is the one thing that is logged of it.
func (s *strangers) admit(from netip.Addr) bool {
	may, banned := s.judge(from)
	if banned {
		s.agent.log.Warn("sip: a stranger asks too much and is not heard for a while", "source", from, "for", bannedFor)
	}
	return may
}

// judge reports whether a message may be answered, and whether it was the one too many.
func (s *strangers) judge(from netip.Addr) (may, ban bool) {
	now := s.agent.cfg.Now()
	by, home := s.agent.counted(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	if home.IsValid() && s.find(by) == nil && s.homes.over(home, now) {
		s.dropped++ // and not remembered: made-up addresses of one home would have the others' bans forgotten
		return false, false
	}
	who := s.meet(by, now)
	s.crowd.fill(now, crowdRate, crowdBurst)
	switch {
	case now.Before(who.until):
		s.banned++
		return false, false
	case who.may.left < 1:
		s.dropped++
		if who.over++; who.over < bannedAfter {
			return false, false
		}
		who.until, who.over = now.Add(bannedFor), 0
		return false, true
	case home.IsValid() && !s.homes.take(home, now), !s.crowd.take():
		s.dropped++
		return false, false
	}
	who.may.take()
	s.answered++
	return true, false
}

// shuns reports whether a source is banned, and is nobody we know: not even a connection is taken from it.
func (s *strangers) shuns(from netip.Addr) bool {
	now := s.agent.cfg.Now()
	by, _ := s.agent.counted(from)
	s.mu.Lock()
	who := s.find(by)
	banned := who != nil && now.Before(who.until)
	if banned {
		s.banned++
	}
	s.mu.Unlock()
	return banned && !s.agent.knows(from)
}

// guessed is told that a stranger gave a wrong password; for whom we know there are the guesses.
func (s *strangers) guessed(from netip.Addr) {
	now := s.agent.cfg.Now()
	by, home := s.agent.counted(from)
	if home.IsValid() {
		s.homes.spend(home, now, guessCost)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who := s.meet(by, now)
	who.may.spend(guessCost)
}

// find is who is remembered. It needs s.mu.
func (s *strangers) find(by netip.Addr) *stranger { return orElse(s.young[by], s.old[by]) }

// meet finds a source by what it is counted, or makes room for it. It needs s.mu.
func (s *strangers) meet(by netip.Addr, now time.Time) *stranger {
	who := s.find(by)
	if who == nil {
		who = &stranger{may: bucket{strangerBurst, now}}
	}
	if s.young[by] == nil {
		if len(s.young) >= strangersKept/2 {
			s.old, s.young = s.young, map[netip.Addr]*stranger{}
		}
		s.young[by] = who
	}
	who.may.fill(now, strangerRate, strangerBurst)
	if who.may.left == strangerBurst {
		who.over = 0
	}
	return who
}

// counts are for the figures: what was let through to be answered, what was beyond the rate, what came from the banned.
func (s *strangers) counts() (answered, dropped, banned uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered, s.dropped, s.banned
}

// knows reports whether an address is a trunk's, a desk phone's, or that of a phone which is registered now, or was.
func (a *Agent) knows(addr netip.Addr) bool { return a.settled(addr) || a.register.knows(addr) }

// settled reports whether the settings name an address: it is a trunk's, or that of a phone at a fixed one.
func (a *Agent) settled(addr netip.Addr) bool {
	for _, u := range a.uplinks {
		if u.isAt(addr) {
			return true
		}
	}
	text := addr.String()
	for _, d := range a.cfg.Desks {
		if d.URI == "" || !strings.Contains(d.URI, text) {
			continue // most; the rest is looked at closely
		}
		if _, at, err := fixedAddress(d.URI); err == nil && at.host == text {
			return true
		}
	}
	return false
}

// addressesKept is how many addresses of a phone are remembered.
const addressesKept = 8

// remember notes where a seat's phone is: a phone that is off, overnight say, must not find itself banned for what others sent in its
// name meanwhile. It needs registrar.mu.
func (s *seat) remember(addr netip.Addr) {
	s.been = slices.DeleteFunc(s.been, func(old netip.Addr) bool { return old == addr })
	s.been = append(s.been, addr)
	s.been = s.been[max(0, len(s.been)-addressesKept):]
}
