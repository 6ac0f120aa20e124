package dialertest

import (
	"cmp"
	"context"
	"slices"

	"kakeru/dialer"
)

// Why a case is held that nobody has to decide about: its call is up, or its number was given by itself.
const (
	cameInWhy = "電話がかかってきました"
	adHocWhy  = "番号を指定した案件です"
)

// Arrive implements dialer.Ledger.
func (l *Ledger) Arrive(ctx context.Context, in dialer.Arrival) (t dialer.Target, err error) {
	err = l.do(ctx, "Arrive", func() error {
		t = l.arrive(in).Reservation.Target
		return nil
	})
	return t, err
}

// arrive opens the record of a call that came in, unless it is there. It needs mu.
func (l *Ledger) arrive(in dialer.Arrival) *Attempt {
	if a := l.attempts[in.ID]; a != nil {
		return a
	}
	id := l.caseOf(in.NumberRef)
	if id == "" {
		id = in.NewCase
		c := &Case{ID: id, Next: dialer.CaseNext{State: dialer.CaseHeld, Why: cameInWhy}, Opened: true}
		if in.Caller != "" {
			c.Numbers = []dialer.Number{in.Caller}
		}
		l.cases[id] = c
	}
	a := &Attempt{
		Arrival: &in, Evidence: map[int]dialer.Evidence{}, Legs: map[dialer.LegName]dialer.LegHandle{}, noted: map[dialer.LegName]int{},
		Reservation: dialer.Reservation{ID: in.ID, Trunk: in.Trunk, At: in.At, Target: dialer.Target{
			CaseID: id, Number: in.Caller, NumberRef: in.NumberRef, Language: l.cases[id].Language, Unlisted: l.cases[id].Opened,
		}},
	}
	if in.CustomerLeg.Leg != "" {
		a.Legs[in.CustomerLeg.Leg] = in.CustomerLeg
	}
	l.attempts[in.ID] = a
	return a
}

// unlisted needs mu: whether a case is a caller's who is on no list.
func (l *Ledger) unlisted(id dialer.CaseID) bool { return l.cases[id] != nil && l.cases[id].Opened }

// caseOf needs mu: the case of the last call with a number, whoever called, or else the first that has it; one that is on no list only where there is no other.
func (l *Ledger) caseOf(ref string) dialer.CaseID {
	if ref == "" {
		return ""
	}
	var last *Attempt
	for _, a := range l.attempts {
		if of := a.Reservation.Target; of.NumberRef == ref && (last == nil || l.unlisted(last.Reservation.Target.CaseID) && !l.unlisted(of.CaseID) ||
			l.unlisted(last.Reservation.Target.CaseID) == l.unlisted(of.CaseID) && a.Reservation.At.After(last.Reservation.At)) {
			last = a
		}
	}
	if last != nil && !l.unlisted(last.Reservation.Target.CaseID) {
		return last.Reservation.Target.CaseID
	}
	var ids []dialer.CaseID
	for id, c := range l.cases {
		if !c.Opened && slices.ContainsFunc(c.Numbers, func(n dialer.Number) bool { return l.refs.Number(n) == ref }) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		return slices.MinFunc(ids, cmp.Compare[dialer.CaseID])
	}
	if last != nil {
		return last.Reservation.Target.CaseID
	}
	return ""
}

// NameCase implements dialer.Ledger.
func (l *Ledger) NameCase(ctx context.Context, id dialer.CallID, to dialer.CaseID, _ dialer.UserID) (t dialer.Target, err error) {
	err = l.do(ctx, "NameCase", func() error {
		a, err := l.find(id)
		switch {
		case err != nil:
			return err
		case a.Arrival == nil || l.cases[to] == nil:
			return dialer.ErrNotFound
		case a.Recorded:
			return dialer.Refuse(dialer.CaseBusy)
		case a.taken[to] || a.Reservation.Target.CaseID == to: // once more
		case len(a.taken) > mostNamings:
			return dialer.Refuse(dialer.NamedTooOften)
		}
		l.name(a, to)
		t = a.Reservation.Target
		return nil
	})
	return t, err
}

// mostNamings is for how many cases one call is taken in turn.
const mostNamings = 16

// name needs mu: it gives a call that came in to a case, and lets the one go that was taken for the caller's.
func (l *Ledger) name(a *Attempt, to dialer.CaseID) {
	was := l.cases[a.Reservation.Target.CaseID]
	if was != nil && was.ID == to {
		return
	}
	talk := a.End != nil && a.End.Verdict.Result == dialer.Answered
	if talk {
		l.cases[to].move(dialer.ResultOwed)
	}
	a.Reservation.Target.CaseID = to
	if a.taken == nil {
		a.taken = map[dialer.CaseID]bool{}
	}
	a.taken[to] = true
	if was == nil {
		return
	}
	a.taken[was.ID] = true
	switch {
	case was.Opened:
		was.Next = dialer.CaseNext{State: dialer.CaseClosed, Why: "別の案件の着信でした"}
	case talk && was.Next.State == dialer.CaseResultDue && !l.owes(was.ID):
		was.Next = was.stood
	}
}

// owes needs mu: whether a talk of a case owes its result.
func (l *Ledger) owes(id dialer.CaseID) bool {
	for _, a := range l.attempts {
		if a.Reservation.Target.CaseID == id && a.End != nil && a.End.Verdict.Result == dialer.Answered && !a.Recorded {
			return true
		}
	}
	return false
}

// talkedSince needs mu: whether a talk of its case came after a call, or one of which something was recorded.
func (l *Ledger) talkedSince(a *Attempt) bool {
	for _, o := range l.attempts {
		later := o.Reservation.At.After(a.Reservation.At) || o.Reservation.At.Equal(a.Reservation.At) && o.Reservation.ID > a.Reservation.ID
		talk := o.Recorded || o.End != nil && o.End.Verdict.Result == dialer.Answered
		if o.Reservation.Target.CaseID == a.Reservation.Target.CaseID && later && talk {
			return true
		}
	}
	return false
}

// moveAfter needs mu: it moves the case of an attempt on after its end.
func (l *Ledger) moveAfter(a *Attempt, c *Case, e dialer.AttemptEnd) {
	if e.Stranger != nil && l.unlisted(c.ID) && c.Next.State != dialer.CaseWaiting {
		e.Next = *e.Stranger
	}
	if a.Arrival != nil && c.Next.State == dialer.CaseResultDue {
		return // another talk's
	}
	decided := c.Next.Why != cameInWhy && c.Next.Why != adHocWhy // somebody has to
	if held := c.Next.State == dialer.CaseHeld && decided && e.Next.State != dialer.CaseResultDue; held {
		if a.Arrival == nil {
			return
		}
		e.Next = e.Next.StaysHeld(c.Next.Why)
	}
	if moved := a.Arrival == nil && c.Next != a.stood; moved && e.Next.State == dialer.CaseWaiting {
		return
	}
	if closed := c.Next.State == dialer.CaseClosed && e.Next.State != dialer.CaseResultDue; closed && a.Arrival == nil {
		return
	}
	if a.Arrival != nil && e.Next.State == dialer.CaseWaiting && l.talkedSince(a) {
		return
	}
	c.move(e.Next)
}

// move has a case wait for something else. One that waits for a talk's result remembers how it stood.
func (c *Case) move(next dialer.CaseNext) {
	if next.State == dialer.CaseResultDue && c.Next.State != dialer.CaseResultDue {
		c.stood = c.Next
	}
	c.Next = next
}
