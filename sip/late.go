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

// late says of what waits for a connection from when on it may not leave any more, by that connection or in another way; nil for never. A
// node that stood still meanwhile may have lost its lease, and another have ended the call that the INVITE begins.
func (x *exchange) late() func() bool {
	if x.rings == nil {
		return nil
	}
	a, since, by := x.lane.agent, *x.rings, x.to.by
	return func() bool { return a.passed(since) > a.opensWithin(by) }
}

// isLate reports whether it may not leave any more by now.
func (x *exchange) isLate() bool {
	late := x.late()
	return late != nil && late()
}

// opensLate is how much longer than it may take an attempt to connect is seen to have failed, on a machine that has much to do.
const opensLate = time.Second

// opensWithin is how long it honestly takes until a connection is open, or is known not to open: TCP, and its TLS as long again (stream.go). By
// UDP nothing is waited for, but TCP may have been tried first (RFC 3261 §18.1.1).
func (a *Agent) opensWithin(by transport) time.Duration {
	if by == overTLS {
		return 2*a.cfg.ConnectWithin + opensLate
	}
	return a.cfg.ConnectWithin + opensLate
}

// deadTooLate reports whether its INVITE, which could not leave, was begun too long ago for another way to be tried.
func (l *leg) deadTooLate() bool {
	if !l.current.isLate() {
		return false
	}
	l.lane.agent.log.Warn("leg: the INVITE could not leave, and is too old to go by another trunk", "call", l.line.id, "leg", l.name)
	return true
}

// tooLate reports whether a customer's INVITE may not be sent again any more.
func (l *leg) tooLate(res *sip.Response) bool {
	if l.gate == nil || l.lane.agent.passed(l.begunAt) <= answeredWithin {
		return false
	}
	l.lane.agent.log.Warn("leg: the INVITE is too old to be sent again", "call", l.line.id, "leg", l.name, "status", res.StatusCode)
	return true
}
