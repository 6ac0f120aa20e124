package year

import (
	"time"

	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/casework"
)

// call makes the next call there is, and returns what it took.
func (h *house) call(now time.Time) time.Duration {
	rank := func(k dialer.NumberKind) int {
		if h.rules.Advice == nil {
			return 0
		}
		return h.rules.Advice.Rank(k, now)
	}
	for {
		p := h.line.next(now, rank)
		if p == nil {
			return time.Minute
		}
		if from := h.freeFrom(p, now); from.After(now) {
			p.due = h.Hours.NextOpen(from)
			h.line.put(p)
			continue
		}
		return h.dial(p, now)
	}
}

// freeFrom is when the rules let a person be called: that of the number, and how often a case is called.
func (h *house) freeFrom(p *person, now time.Time) time.Time {
	from, _ := h.rules.Number.FreeFrom(now, p.number.tries)
	if capped, _ := h.rules.Caps.FreeFrom(now, p.made.until(now).CaseCount); capped.After(from) && p.asked.IsZero() {
		return capped
	}
	return from
}

// dial rings a person, writes down what came of it, and puts the case where the rules say.
func (h *house) dial(p *person, now time.Time) time.Duration {
	asked := !p.asked.IsZero()
	p.tries, p.asked, p.made = p.tries+1, time.Time{}, p.made.until(now).more()
	out, party := h.outcome(p, now, asked)
	v, rule := h.table.Decide(out)
	next := h.next(p, v, rule, party, now)
	if !asked {
		h.count(p, now, v.Result, party.IsPerson())
	}
	h.keep(p, dialer.Try{At: now, Result: v.Result, Party: string(party), MayHaveRung: out.Ringing, AskedFor: p.asked}, party.IsPerson())
	if p.inVain >= inVainMax {
		next.State = dialer.CaseHeld
	}
	if next.State == dialer.CaseWaiting {
		p.due = next.Due
		h.line.put(p)
	}
	if party.IsPerson() {
		return talk
	}
	return inVain
}

// next is what the rules of the house, and the advice within them, say the case waits for.
func (h *house) next(p *person, v dialer.Verdict, rule *dialer.NextRule, party casework.Party, now time.Time) dialer.CaseNext {
	if v.Result != dialer.Answered {
		next, _ := h.rules.NextFor(v, rule, dialer.Situation{Now: now, Hours: h.Hours, Tries: p.number.tries, Kind: p.kind})
		return next
	}
	e := h.entry(p, party, now)
	next, _ := h.rules.NextAfter(e, v, casework.Situation{Now: now, Hours: h.Hours, Kind: p.kind})
	switch {
	case e.CallAgain != nil:
		p.asked = *e.CallAgain
		return next
	case e.Promise != nil:
		next.State = dialer.CaseClosed // and kept: what becomes of promises is not the matter here
	}
	return next
}

// keep adds the try to the number's history, of which the rules look at three months.
func (h *house) keep(p *person, t dialer.Try, person bool) {
	tally := h.f.ByKind[p.kind]
	tally.Attempts, h.f.Attempts = tally.Attempts+1, h.f.Attempts+1
	n := p.number
	n.tries = append(n.tries, t)
	for t.At.Sub(n.tries[0].At) > 92*24*time.Hour {
		n.tries = n.tries[1:]
	}
	n.earlier, p.inVain = n.earlier+1, p.inVain+1
	if person {
		n.earlier, p.inVain, p.reached = 0, 0, true
		tally.Contacts, h.f.Contacts = tally.Contacts+1, h.f.Contacts+1
	}
	h.f.ByKind[p.kind] = tally
}

// count writes a try down as the ledger's counts do: those that say something of the hour.
func (h *house) count(p *person, now time.Time, r dialer.Result, person bool) {
	if !besthour.Tells(r) {
		return
	}
	at := now.In(dialer.Tokyo)
	key := besthour.Count{
		Kind: p.kind, Weekday: at.Weekday(), Hour: at.Hour(), Earlier: min(p.number.earlier, besthour.EarlierMost),
		WeeksAgo: weekOf(now),
	}
	n := h.counts[key]
	if n == nil {
		n = &[2]int{}
		h.counts[key] = n
	}
	n[0]++
	if person {
		n[1]++
	}
}
