package sip

import (
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
)

// How many callers may wait at once: some for each desk, and never more than half of the ports can carry, so that calls can be placed however
// many come in. A datagram with a forged source is a caller too, until an ACK shows that our answers reach them.
const (
	callersEach  = 8
	callersLeast = 16
)

// How many callers a trunk may bring, whether they wait or not: one who cancels at once is a call all the same, with a record that waits in the spool
// while PostgreSQL is away. It is far more than a carrier's channels bring in earnest: who calls again and again must not have the others be refused.
const (
	callersBurst = 60
	callersRate  = 5.0 // a second
	// callersDesks is for how many desks that is; with more it grows.
	callersDesks = 10
)

// What of that one calling number may bring: who is cut off rings again, and nobody rings six times at once, nor on and on more often than every twenty
// seconds. Those who withhold theirs, or have none that could be called back, share one that is larger, since they are many, and half of the trunk's: whoever
// calls again and again by either takes only so much, and the others still come in.
const (
	numberBurst   = 6
	numberRate    = 1.0 / 20
	withheldBurst = callersBurst / 2
	withheldRate  = callersRate / 2
	// numbersKept bounds the memory, about 100 bytes each, for two minutes: made-up numbers beyond are held to the trunk's rate alone.
	numbersKept = 4096
)

// callersSaid is how often at most it is logged of a trunk that it brings too many.
const callersSaid = time.Minute

// callers remembers whether there were too many when the last came, so that it is said once, and what each trunk has brought.
type callers struct {
	full atomic.Bool

	mu    sync.Mutex
	paces map[string]*pace // by trunk
}

// pace is what a trunk may still bring, and how many were refused since that was last said.
type pace struct {
	may      bucket
	numbers  *buckets[dialer.Number]
	withheld *buckets[dialer.Number] // has one, that of no number
	refused  int
	said     time.Time
}

// tooFast reports whether a trunk, or one number by it, brings callers faster than they are taken. One who is refused counts for nothing.
func (a *Agent) tooFast(trunk string, number dialer.Number) bool {
	c, now, share := &a.callers, a.cfg.Now(), max(1, float64(len(a.cfg.Desks))/callersDesks)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paces == nil {
		c.paces = map[string]*pace{}
	}
	p := c.paces[trunk]
	if p == nil {
		p = &pace{
			may: bucket{callersBurst * share, now}, numbers: newBuckets[dialer.Number](numberRate, numberBurst),
			withheld: newBuckets[dialer.Number](withheldRate*share, withheldBurst*share),
		}
		p.numbers.most = numbersKept
		c.paces[trunk] = p
	}
	p.may.fill(now, callersRate*share, callersBurst*share)
	own := p.numbers
	if number == "" {
		own = p.withheld
	}
	if !own.over(number, now) && p.may.take() {
		own.take(number, now)
		return false
	}
	p.refused++
	if since := now.Sub(p.said); since < 0 || since >= callersSaid { // the clock may have been set back
		a.log.Warn("sip: callers come by a trunk faster than they can be taken, all of them or by one number; the next are told that the line is busy",
			"trunk", trunk, "refused", p.refused)
		p.refused, p.said = 0, now
	}
	return true
}

// roomForCaller reports whether one more may wait.
func (a *Agent) roomForCaller() bool {
	waiting := 0
	for _, n := range a.metrics.lines() {
		if n.callsIn && !n.customer.proven.Load() {
			waiting++
		}
	}
	pairs := (int(a.cfg.Media.PortMax) - int(a.cfg.Media.PortMin) + 1) / 2
	most := min(max(callersLeast, callersEach*len(a.cfg.Desks)), max(1, pairs/4)) // a call has two pairs
	full := waiting >= most
	if full && !a.callers.full.Swap(true) {
		a.log.Warn("sip: too many callers wait; the next are told that the line is busy", "waiting", waiting)
	}
	if !full {
		a.callers.full.Store(false)
	}
	return !full
}
