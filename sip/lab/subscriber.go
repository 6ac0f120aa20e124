package lab

import (
	"math/rand/v2"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// subscriber is whoever or whatever was called: it lives out the fate of one
// call. It runs on the call's goroutine.
type subscriber struct {
	carrier *Carrier
	call    *call
	fate    fate
	rnd     *rand.Rand
	nonce   string // of our challenge
}

// admit asks for credentials and checks them (row 54). A wrong answer is
// refused for good: a client that asks again and again would loop.
func (s *subscriber) admit(req request) bool {
	if s.nonce == "" {
		s.nonce = newNonce()
		s.call.challenge(sip.NewHeader("WWW-Authenticate", newChallenge(realm, s.nonce)))
		return false
	}
	given := req.GetHeader("Authorization")
	who := credentials{s.carrier.options.User, s.carrier.options.Password}
	if given == nil || !who.verify(given.Value(), realm, s.nonce, string(req.Method), req.Recipient.String()) {
		s.call.refuse(403)
		return false
	}
	return true
}

// ring begins: everything up to the final status.
func (s *subscriber) ring() {
	f, l := s.fate, s.call
	l.agenda.after(patience, s.giveUp)
	switch {
	case !f.rings && !f.announces && f.status == 0:
		l.deaf = true
		return
	case f.announces:
		if l.progress(183, true) {
			l.say(voice(s.rnd.Uint64()))
		}
	case f.rings:
		l.progress(180, false)
	}
	if f.early && l.progress(183, true) {
		l.say(voice(s.rnd.Uint64()))
	}
	switch {
	case f.status == 0:
	case f.waits == 0:
		s.decide()
	default:
		l.agenda.after(s.carrier.wait(f.waits), s.decide)
	}
}

// giveUp is the network's own limit of ringing.
func (s *subscriber) giveUp() {
	if s.call.deaf {
		s.call.finish(EndedRefused)
	}
	s.call.refuse(408)
}

// decide gives the final status.
func (s *subscriber) decide() {
	f, l := s.fate, s.call
	if f.status != 200 {
		l.refuse(f.status, reasonHeader(f.cause)...)
		return
	}
	if !l.answer() {
		return
	}
	if f.says != nil {
		l.say(f.says(s.carrier, s.rnd.Uint64()))
	}
	if f.hangsUp > 0 {
		l.agenda.after(s.carrier.wait(f.hangsUp), l.hangUp)
	}
	if f.holds {
		l.agenda.after(s.carrier.wait(holdAfter), s.hold)
	}
}

// hold puts the caller on hold and, later, resumes.
func (s *subscriber) hold() {
	l := s.call
	l.offer(media.SendOnly, func() {
		l.agenda.after(s.carrier.wait(holdAfter), func() {
			l.offer(media.SendRecv, func() {})
		})
	})
}
