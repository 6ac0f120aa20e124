package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// moment is a time by two clocks. The machine's own stands still while the machine does, the wall's may be set: where it matters that
// not much time has passed, the one that says more is believed.
type moment struct{ own, wall time.Time }

// moment is now.
func (a *Agent) moment() moment { return moment{time.Now(), a.cfg.Now().Round(0)} }

// passed is how long ago a moment was.
func (a *Agent) passed(m moment) time.Duration {
	now := a.moment()
	return max(now.own.Sub(m.own), now.wall.Sub(m.wall))
}

// answeredWithin is how old a customer's INVITE may be to be sent again, as its refusal asks. A carrier that challenges does so at once. Who hears of it
// much later stood still meanwhile, and others may have taken over: a call that leaves only now is one that nobody waits for.
const answeredWithin = 8 * time.Second

// repeatedWithin is for how long an INVITE to a customer that nobody answers is sent again: four times by UDP (timer A, §17.1.1.2). A node that stood still
// for longer may have lost its lease, and another have ended the call: what it repeated on waking would ring a person for nobody.
const repeatedWithin = 4 * time.Second

// stale says of what is sent now from when on it is not repeated any more; nil for never.
func (x *exchange) stale() func() bool {
	if x.rings == nil {
		return nil
	}
	a, now := x.lane.agent, x.lane.agent.moment()
	return func() bool { return a.passed(now) > repeatedWithin }
}

// late reports whether it may not leave by another way any more.
func (x *exchange) late() bool {
	return x.rings != nil && x.lane.agent.passed(*x.rings) > answeredWithin
}

// tooLate reports whether a customer's INVITE may not be sent again any more.
func (l *leg) tooLate(res *sip.Response) bool {
	if l.gate == nil || l.lane.agent.passed(l.begunAt) <= answeredWithin {
		return false
	}
	l.lane.agent.log.Warn("leg: the INVITE is too old to be sent again", "call", l.line.id, "leg", l.name, "status", res.StatusCode)
	return true
}
