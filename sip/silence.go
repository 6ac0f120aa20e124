package sip

import (
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// hear looks at a line's sound, and tells when an end falls silent or is heard again: as evidence of the leg it is about, of
// the customer's when it is both. Far ends send packets of silence too, so that none at all is a fault: a phone's, a
// firewall's, or an address that nobody can reach. What a talk has to do with it, see hunt.settle.
func (n *line) hear() {
	was, is, why, operator := n.sound.hear()
	if is == was {
		return
	}
	n.agent.log.Info("sip: sound", "call", n.id, "silent", is, "was", was, "why", why)
	event, about := dialer.EvSoundBack, was
	switch is {
	case dialer.SilentDesk, dialer.SilentCustomer:
		event, about = dialer.EvOneWay, is
	case dialer.SilentBoth:
		event, about = dialer.EvDeadAir, is
	default:
	}
	l := n.customer
	if about == dialer.SilentDesk {
		l = operator
	}
	l.lane.post(func() { l.note(event, why) })
}

// hear takes a look, and says who was silent before it, who is now, and why as far as that shows.
func (s *sound) hear() (was, is dialer.Silence, why string, operator *leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		return was, is, why, nil
	}
	now := time.Now()
	desk, customer := s.look(now)
	was = s.silent
	is, why = s.judge(desk, customer, now)
	return was, is, why, s.talk.operator
}

// episodesTold is of how many silences a talk tells: a phone that suppresses silence falls silent whenever its user listens,
// and must fill neither the record nor the supervisor's board.
const episodesTold = 20

// judge says who is silent now, and why as far as that shows. It needs s.mu.
func (s *sound) judge(desk, customer media.Stats, now time.Time) (is dialer.Silence, why string) {
	// A look that comes late says nothing of the others: it was we who slept.
	slept := now.Sub(s.looked) > 2*s.check
	s.looked = now
	if s.over || slept || s.talk.rests || holds(desk) || holds(customer) {
		s.desk.since, s.customer.since = now, now
		return s.silent, ""
	}
	d := s.desk.sending(desk, s.after, now)
	if s.talk.muted {
		d = sends
	}
	c := s.customer.sending(customer, s.after, now)
	is = silence(s.silent, d, c)
	switch is {
	case dialer.SilentDesk:
		why = astray(s.desk.heard, desk)
	case dialer.SilentCustomer:
		why = astray(s.customer.heard, customer)
	case dialer.SilentBoth:
		why = orElse(astray(s.customer.heard, customer), astray(s.desk.heard, desk))
	default:
	}
	if s.silent != "" && is == "" {
		s.episodes++
		s.over = s.episodes >= episodesTold
	}
	s.silent = is
	return is, why
}

// holds reports whether a far end has put us on hold: it may send music, or nothing.
func holds(s media.Stats) bool { return s.Direction == media.SendOnly || s.Direction == media.Inactive }

// sending is what can be said of an end.
type sending int

const (
	unsure sending = iota
	sends
	sendsNothing
)

// sending judges by when the last packet came, and how long one has been expected. An end that has said that it only
// listens owes none.
func (e *end) sending(s media.Stats, after time.Duration, now time.Time) sending {
	last := s.LastIn
	if last.Before(e.since) {
		last = e.since
	}
	switch {
	case s.Direction == media.RecvOnly:
		return sends
	case now.Sub(last) >= after:
		return sendsNothing
	case now.Sub(s.LastIn) < after/2:
		e.heard = s
		return sends
	default:
		return unsure
	}
}

// silence says who is silent, from who was and what can be said of both ends. Of one that has just fallen silent nothing is
// said until it is sure whether the other has too: those are two different faults.
func silence(was dialer.Silence, desk, customer sending) dialer.Silence {
	switch {
	case desk == sendsNothing && customer == sendsNothing:
		return dialer.SilentBoth
	case desk == sendsNothing && customer == sends:
		return dialer.SilentDesk
	case customer == sendsNothing && desk == sends:
		return dialer.SilentCustomer
	case desk == sends && customer == sends,
		desk == sends && was == dialer.SilentDesk,
		customer == sends && was == dialer.SilentCustomer:
		return ""
	default:
		return was
	}
}

// astray says what became of an end's packets, if they come and cannot be taken.
func astray(before, now media.Stats) string {
	switch {
	case now.Exposed > before.Exposed:
		return "its packets are not protected by the SRTP agreed on"
	case now.Unexpected > before.Unexpected:
		return "its packets are of a codec not agreed on"
	case now.Strangers > before.Strangers:
		return "packets come from an address that its SDP does not name"
	case now.Malformed > before.Malformed:
		return "what comes is no RTP"
	default:
		return ""
	}
}
