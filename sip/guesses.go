package sip

import (
	"net/netip"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// What an address of a phone or a trunk, which is never banned (strangers.go), may guess of one desk's password: some ten a minute, and
// as many are logged. Only an answer to a nonce of ours counts, and that is good for the address it was sent to alone: nobody uses up a
// phone's tries in its name but who shares its address. Behind a NAT or a proxy (RFC 3327) that may be anybody, so a phone that shows a
// trait of its own has tries that they cannot use up.
const (
	guessBurst = 10
	guessRate  = 1.0 / 6
)

// How often it is said that a desk's phone may be refused for the guesses of others: once a minute for each desk.
const (
	warnBurst = 1
	warnRate  = 1.0 / 60
)

// What a phone may register: one that starts asks two or three times, and a busy office's renews every half minute. Each REGISTER beyond is refused
// without our remembering it; one that shows no secret of ours counts for nothing here.
const (
	registerBurst = 20
	registerRate  = 1.0
)

// guesses are the wrong passwords of whom we know, by account. Those of strangers cost them their requests. The right ones are counted alike.
type guesses struct{ *buckets[guess] }

// guess is whose password was guessed, and from where: no desk stands for the accounts that nobody has, no address for
// what is logged of a desk.
type guess struct {
	desk dialer.DeskID
	from netip.Addr
	by   trait
}

// trait is what a request shows, besides a password, of being the phone's own: what nobody else at its address can know or do.
type trait int

const (
	noTrait   trait = iota
	ownCallID       // a REGISTER with the Call-ID of a binding, by which a phone renews it (RFC 3261 §10.2.4)
	ownPlace        // an INVITE from the very port or connection that a binding is reached by, with no proxy between that others share
)

// trait finds what a request shows. A flow that was lost is its phone's too: it comes back with the same Call-ID, be it that a proxy's connection
// ended, for all phones behind that at once. By which proxies a REGISTER comes is not asked: they add to Path what changes with the phone's NAT, and
// the address is the nearest one's. A phone that starts anew has none, nor has an INVITE by a proxy: for as long as somebody at the same
// address guesses at the desk's password they are refused, since nothing tells them from the one who guesses.
func (r *registrar) trait(s *seat, req *sip.Request) trait {
	at := sourceOf(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.Method != sip.REGISTER {
		if slices.ContainsFunc(s.bindings, func(b *binding) bool { return len(b.path) == 0 && b.at == at }) {
			return ownPlace
		}
		return noTrait
	}
	id := req.CallID().Value()
	if slices.ContainsFunc(s.bindings, func(b *binding) bool { return b.callID == id && b.at.Addr() == at.Addr() }) ||
		slices.ContainsFunc(s.lost, func(f lostFlow) bool { return f.callID == id && f.at.Addr() == at.Addr() }) {
		return ownCallID
	}
	return noTrait
}

// guessed reports whether so many guesses were wrong that this one is not looked at, right or not. A phone that may be meant by that is told of.
func (r *registrar) guessed(of guess, now time.Time) bool {
	if !r.guesses.over(of, now) {
		return false
	}
	if of.by == noTrait && of.desk != "" && r.warned.take(guess{desk: of.desk}, now) {
		r.agent.log.Warn("sip: a desk's phone may be refused when it starts: somebody at an address of a phone or a trunk guesses at its password",
			"desk", of.desk)
	}
	return true
}

// wrong counts a wrong password. One with a trait of the phone's is owed by the guesses without: so who has come by a phone's Call-ID has both kinds of
// tries, and guesses no faster for it.
func (g guesses) wrong(of guess, now time.Time) {
	g.take(of, now)
	if of.by == noTrait {
		return
	}
	of.by = noTrait
	g.owe(of, now)
}

// denied answers a request whose Authorization does not show a desk's secret.
func (r *registrar) denied(of guess, now time.Time, guessed bool) *answer {
	switch a := r.agent; {
	case !a.knows(of.from):
		a.strange.guessed(of.from)
	case guessed:
		r.guesses.wrong(of, now)
	}
	if of.desk != "" && r.guesses.take(guess{desk: of.desk}, now) {
		r.agent.log.Warn("sip: a phone shows a wrong password", "desk", of.desk)
	}
	return &answer{status: sip.StatusForbidden}
}

// tooMany refuses the REGISTER of a phone that has shown its secret too often in a while; nil for every other.
func (r *registrar) tooMany(desk dialer.DeskID, req *sip.Request) *answer {
	who := asker{sourceOf(req).Addr(), r.agent.cfg.Now()}
	if r.often.take(guess{desk: desk, from: who.from}, who.at) {
		return nil
	}
	if r.guesses.take(guess{desk: desk}, who.at) {
		r.agent.log.Warn("sip: a phone registers again and again, and is told to wait", "desk", desk)
	}
	return &answer{status: sip.StatusServiceUnavailable, extras: []extra{{"Retry-After", "5"}}}
}
