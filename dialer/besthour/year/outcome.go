package year

import (
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// outcome is what becomes of a call, by the truth of the world and the person's luck.
func (h *house) outcome(p *person, now time.Time, asked bool) (dialer.Outcome, casework.Party) {
	ring := dialer.Outcome{Sent: true, Ringing: true, RangFor: 30 * time.Second, Took: 30 * time.Second, EndedBy: dialer.ByRingLimit}
	if p.dead {
		return dialer.Outcome{Sent: true, Status: 404, Took: time.Second, EndedBy: dialer.ByNetwork}, ""
	}
	at := now.In(dialer.Tokyo)
	chance := h.World.chance(p.kind, dialer.DateOf(now), at.Hour()) * p.reach * tired[min(p.number.earlier, len(tired)-1)]
	if asked {
		chance = 0.8
	}
	answered := dialer.Outcome{Sent: true, Ringing: true, Answered: true, Status: 200, Cause: 16, RangFor: 8 * time.Second, Took: time.Minute, EndedBy: dialer.ByOperator}
	if luck(h.Seed, p.id, p.tries, 10) < min(chance, 0.95) {
		return answered, casework.Self
	}
	switch u := luck(h.Seed, p.id, p.tries, 11); {
	case p.kind == dialer.KindMobile && u < 0.15:
		return answered, casework.Voicemail
	case u < 0.20:
		return dialer.Outcome{Sent: true, Status: 486, Cause: 17, Took: time.Second, EndedBy: dialer.ByNetwork}, ""
	case p.kind == dialer.KindMobile && u < 0.24:
		return dialer.Outcome{Sent: true, Status: 480, Cause: 20, Took: 2 * time.Second, EndedBy: dialer.ByNetwork}, ""
	}
	return ring, ""
}

// tired is how much less a number answers that did not answer before.
var tired = [...]float64{1, 0.85, 0.72, 0.62, 0.55}

// entry is what the operator writes down of an answered call.
func (h *house) entry(p *person, party casework.Party, now time.Time) casework.Entry {
	e := casework.Entry{Party: party}
	if party != casework.Self {
		return e
	}
	switch u := luck(h.Seed, p.id, p.tries, 12); {
	case u < 0.45:
		e.Business, e.Promise = []casework.Business{casework.Promised}, &casework.Promise{DueOn: dialer.DateOf(now).String()}
	case u < 0.55:
		e.Business = []casework.Business{casework.Instalments}
	case u < 0.67:
		at := h.Hours.NextOpen(dialer.DateOf(now).Next().At(12 * 60).Add(time.Duration(6*luck(h.Seed, p.id, p.tries, 13)) * time.Hour))
		e.Business, e.CallAgain = []casework.Business{casework.CallBack}, &at
	case u < 0.85:
		e.Business = []casework.Business{casework.NoCommitment}
	default:
		e.Business = []casework.Business{casework.NotIn}
	}
	return e
}
