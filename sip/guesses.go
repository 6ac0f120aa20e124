package sip

import (
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// What an address of a phone or a trunk, which is never banned (strangers.go), may guess of one desk's password: some ten a minute, and
// as many are logged. Only an answer to a nonce of ours counts, and that is good for the address it was sent to alone: nobody uses up a
// phone's tries in its name but who shares its address.
const (
	guessBurst = 10
	guessRate  = 1.0 / 6
)

// What a phone may register: one that starts asks two or three times, and a busy office's renews every half minute. Each REGISTER beyond is refused
// without our remembering it; one that shows no secret of ours counts for nothing here.
const (
	registerBurst = 20
	registerRate  = 1.0
)

// guesses are the wrong passwords of whom we know, by account. Those of strangers cost them their requests. The right ones are counted alike.
type guesses struct {
	rate, burst float64

	mu   sync.Mutex
	left map[guess]*bucket
}

func newGuesses(rate, burst float64) *guesses {
	return &guesses{rate: rate, burst: burst, left: map[guess]*bucket{}}
}

// guess is whose password was guessed, and from where: no desk stands for the accounts that nobody has, no address for
// what is logged of a desk.
type guess struct {
	desk dialer.DeskID
	from netip.Addr
}

// over reports whether there were so many that no more is taken.
func (g *guesses) over(of guess, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.left[of]
	if b == nil {
		return false
	}
	b.fill(now, g.rate, g.burst)
	return b.left < 1
}

// take counts one, unless there were too many. Whoever has all of theirs again is forgotten.
func (g *guesses) take(of guess, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for other, b := range g.left {
		if b.fill(now, g.rate, g.burst); b.left == g.burst {
			delete(g.left, other)
		}
	}
	b := g.left[of]
	if b == nil {
		b = &bucket{g.burst, now}
		g.left[of] = b
	}
	return b.take(1)
}

// denied answers a request whose Authorization does not show a desk's secret.
func (r *registrar) denied(desk dialer.DeskID, who asker, guessed bool) *answer {
	switch a := r.agent; {
	case !a.knows(who.from):
		a.strange.guessed(who.from)
	case guessed:
		r.guesses.take(guess{desk, who.from}, who.at)
	}
	if desk != "" && r.guesses.take(guess{desk: desk}, who.at) {
		r.agent.log.Warn("sip: a phone shows a wrong password", "desk", desk)
	}
	return &answer{status: sip.StatusForbidden}
}

// tooMany refuses the REGISTER of a phone that has shown its secret too often in a while; nil for every other.
func (r *registrar) tooMany(desk dialer.DeskID, req *sip.Request) *answer {
	who := asker{sourceOf(req).Addr(), r.agent.cfg.Now()}
	if r.often.take(guess{desk, who.from}, who.at) {
		return nil
	}
	if r.guesses.take(guess{desk: desk}, who.at) {
		r.agent.log.Warn("sip: a phone registers again and again, and is told to wait", "desk", desk)
	}
	return &answer{status: sip.StatusServiceUnavailable, extras: []extra{{"Retry-After", "5"}}}
}
