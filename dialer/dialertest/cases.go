package dialertest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"kakeru/dialer"
)

// Case is a case as the fake ledger keeps it. Numbers are dialled in their order.
type Case struct {
	ID       dialer.CaseID
	Numbers  []dialer.Number
	Priority int
	Next     dialer.CaseNext
	Reason   string        // of an ad-hoc case
	Language string        // "ja" if empty
	Mine     dialer.UserID // who promised to call back; empty for anyone
	// Opened cases are for calls that came in and belong to no other.
	Opened bool

	stood dialer.CaseNext // before the talk whose result it waits for
}

// PutCase adds a case, or replaces the one with its id.
func (l *Ledger) PutCase(cs ...Case) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range cs {
		l.cases[c.ID] = &c
	}
}

// Case returns a copy of a case; the zero Case when there is none.
func (l *Ledger) Case(id dialer.CaseID) Case {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.cases[id]; c != nil {
		return *c
	}
	return Case{}
}

// Bar puts a number on the do-not-call list.
func (l *Ledger) Bar(n dialer.Number) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.barred[l.refs.Number(n)] = true
}

// Target implements dialer.Cases.
func (l *Ledger) Target(ctx context.Context, id dialer.CaseID, number dialer.Number) (t dialer.Target, err error) {
	err = l.do(ctx, "Target", func() error {
		c := l.cases[id]
		if c == nil || (number == "" && len(c.Numbers) == 0) {
			return dialer.ErrNotFound
		}
		var all []dialer.CaseNumber
		if number == "" {
			number = c.Numbers[0]
			for _, n := range c.Numbers {
				all = append(all, dialer.CaseNumber{Number: n, Ref: l.refs.Number(n), DoNotCall: l.barred[l.refs.Number(n)]})
			}
		}
		ref := l.refs.Number(number)
		foreign := !slices.Contains(c.Numbers, number)
		t = dialer.Target{
			Foreign: foreign, Unlisted: c.Opened,
			CaseID: id, CaseRef: l.refs.Case(string(id)), Number: number, NumberRef: ref, Sample: number.MadeUp(),
			DoNotCall: l.barred[ref], Insurance: "kokuho", Language: cmp.Or(c.Language, "ja"), BalanceBand: "-50k", Priority: c.Priority,
			Numbers: all, Made: l.made(id, time.Now()),
		}
		return nil
	})
	return t, err
}

// spoil takes a number out of those that are dialled.
func (c *Case) spoil(n dialer.Number) {
	c.Numbers = slices.DeleteFunc(slices.Clone(c.Numbers), func(other dialer.Number) bool { return other == n })
}

// made counts the calls of a case: what counts, and what still runs. It needs mu.
func (l *Ledger) made(id dialer.CaseID, now time.Time) (n dialer.CaseCount) {
	today := dialer.DateOf(now)
	monday := today.At(-(int(today.Weekday()) + 6) % 7 * 24 * 60)
	for _, a := range l.attempts {
		at := a.DialledAt
		if a.Reservation.Target.CaseID != id || a.Arrival != nil || at.IsZero() || a.End != nil && !a.End.Verdict.Counted && !l.unlisted(id) {
			continue
		}
		if dialer.DateOf(at) == today {
			n.Day++
		}
		if !at.Before(monday) {
			n.Week++
		}
		if d := dialer.DateOf(at); d.Year == today.Year && d.Month == today.Month {
			n.Month++
		}
	}
	return n
}

// AdHoc implements dialer.Cases.
func (l *Ledger) AdHoc(ctx context.Context, number dialer.Number, reason string, _ dialer.UserID) (id dialer.CaseID, err error) {
	err = l.do(ctx, "AdHoc", func() error {
		id = dialer.CaseID("ad hoc " + l.refs.Number(number))
		if l.cases[id] == nil {
			l.cases[id] = &Case{
				ID: id, Numbers: []dialer.Number{number}, Next: dialer.CaseNext{State: dialer.CaseHeld, Why: adHocWhy},
			}
		}
		l.cases[id].Reason = reason
		return nil
	})
	return id, err
}

// Place implements dialer.Cases.
func (l *Ledger) Place(ctx context.Context, id dialer.CaseID) (w *dialer.Waiting, err error) {
	err = l.do(ctx, "Place", func() error {
		c := l.cases[id]
		if c == nil {
			return dialer.ErrNotFound
		}
		w = c.waiting()
		return nil
	})
	return w, err
}

func (c *Case) waiting() *dialer.Waiting {
	if c.Next.State != dialer.CaseWaiting {
		return nil
	}
	kind := dialer.NumberKind("")
	if len(c.Numbers) > 0 {
		kind = c.Numbers[0].Kind()
	}
	return &dialer.Waiting{Case: c.ID, Due: c.Next.Due, Priority: c.Priority, Lane: dialer.LaneOf(c.Mine, c.Language, kind)}
}

// Defer implements dialer.Cases.
func (l *Ledger) Defer(ctx context.Context, id dialer.CaseID, next dialer.CaseNext) error {
	return l.do(ctx, "Defer", func() error {
		c := l.cases[id]
		if c == nil {
			return fmt.Errorf("move a case: %w", dialer.ErrNotFound)
		}
		c.move(next)
		return nil
	})
}

// Waiting implements dialer.LineSource.
func (l *Ledger) Waiting(ctx context.Context) iter.Seq2[dialer.Waiting, error] {
	return func(yield func(dialer.Waiting, error) bool) {
		var all []dialer.Waiting
		err := l.do(ctx, "Waiting", func() error {
			for _, c := range l.cases {
				if w := c.waiting(); w != nil {
					all = append(all, *w)
				}
			}
			return nil
		})
		if err != nil {
			yield(dialer.Waiting{}, err)
			return
		}
		slices.SortFunc(all, func(a, b dialer.Waiting) int { return cmp.Compare(a.Case, b.Case) })
		for _, w := range all {
			if !yield(w, nil) {
				return
			}
		}
	}
}

// lastLook needs mu.
func (l *Ledger) lastLook(a *Attempt, at time.Time) error {
	ref := a.Reservation.Target.NumberRef
	if l.barred[ref] {
		return dialer.Refuse(dialer.DoNotCall)
	}
	if c := l.cases[a.Reservation.Target.CaseID]; c != nil && c.Next != a.stood && (c.Next.State != dialer.CaseWaiting || c.Next.Due.After(at)) {
		return dialer.ErrMoved
	}
	if l.callsUs(a.Reservation.Target) {
		return dialer.ErrCallsUs
	}
	return nil
}

// callsUs needs mu: whether somebody of the household calls us.
func (l *Ledger) callsUs(t dialer.Target) bool {
	ours := l.household(t)
	for _, o := range l.attempts {
		of := o.Reservation.Target
		theirs := l.household(of)
		if o.Arrival != nil && o.End == nil && (of.CaseID == t.CaseID || slices.ContainsFunc(theirs, func(n string) bool { return slices.Contains(ours, n) })) {
			return true
		}
	}
	return false
}

// household needs mu: the numbers of whom a call is with, and those of its case.
func (l *Ledger) household(t dialer.Target) (refs []string) {
	if t.NumberRef != "" {
		refs = append(refs, t.NumberRef)
	}
	if c := l.cases[t.CaseID]; c != nil {
		for _, n := range c.Numbers {
			refs = append(refs, l.refs.Number(n))
		}
	}
	return refs
}
