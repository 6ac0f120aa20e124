package sip

import (
	"sync/atomic"

	"kakeru/dialer"
)

// How many callers may wait at once: some for each desk, and never more than half of the ports can carry, so that calls can be placed however
// many come in. A datagram with a forged source is a caller too, until an ACK shows that our answers reach them.
const (
	callersEach  = 8
	callersLeast = 16
)

// callers remembers whether there were too many when the last came, so that it is said once.
type callers struct{ full atomic.Bool }

// roomForCaller reports whether one more may wait.
func (a *Agent) roomForCaller() bool {
	waiting := 0
	for _, n := range a.metrics.lines() {
		if n.callsIn && !n.proven.Load() {
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

// proves notes that a caller has acknowledged our answer: they are where they say.
func (l *leg) proves() {
	if l.name == dialer.CustomerLeg && l.summons != nil {
		l.line.proven.Store(true)
	}
}
