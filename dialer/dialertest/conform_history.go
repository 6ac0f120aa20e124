package dialertest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
)

func proveTries(t *testing.T, l ledgerTest) {
	tg := l.newTarget()
	if tries := l.tries(tg.NumberRef, time.Time{}); len(tries) != 0 {
		t.Fatalf("tries of a number never called: %+v", tries)
	}
	call := func(minutes int, result dialer.Result, change func(*dialer.AttemptEnd)) dialer.CallID {
		t.Helper()
		r := l.dial(tg, Noon.Add(time.Duration(minutes)*time.Minute))
		e := endOf(r, result)
		if change != nil {
			change(&e)
		}
		l.end(e)
		return r.ID
	}
	call(0, dialer.Busy, nil)
	call(10, dialer.NoAnswer, func(e *dialer.AttemptEnd) { e.RingingAt = e.DialledAt })
	call(20, dialer.LineTrouble, func(e *dialer.AttemptEnd) { e.Verdict.Confidence, e.Verdict.Counted = dialer.Low, false })
	call(30, dialer.NotDialled, nil) // no try
	talk := call(40, dialer.Answered, nil)
	l.Record(t, talk, "voicemail")
	call(50, dialer.Refused, func(e *dialer.AttemptEnd) {
		e.Evidence = []dialer.Evidence{{At: e.DialledAt, Leg: dialer.CustomerLeg, Event: dialer.EvCrossed, Status: 200}}
	})
	l.dial(tg, Noon.Add(time.Hour)) // still running
	want := []dialer.Try{
		{Result: dialer.Busy}, {Result: dialer.NoAnswer, MayHaveRung: true}, {Result: dialer.LineTrouble, MayHaveRung: true},
		{Result: dialer.Answered, Party: "voicemail", MayHaveRung: true}, {Result: dialer.Refused, MayHaveRung: true}, {},
	}
	for i, minutes := range []int{0, 10, 20, 40, 50, 60} {
		want[i].At = Noon.Add(time.Duration(minutes)*time.Minute + time.Second)
	}
	same := func(a, b dialer.Try) bool {
		at := a.At.Equal(b.At)
		a.At, b.At = time.Time{}, time.Time{}
		return at && a == b
	}
	if got := l.tries(tg.NumberRef, Noon); !slices.EqualFunc(got, want, same) {
		t.Fatalf("tries\n%+v, want\n%+v", got, want)
	}
	if got := l.tries(tg.NumberRef, Noon.Add(15*time.Minute)); !slices.EqualFunc(got, want[2:], same) {
		t.Fatalf("tries of late\n%+v, want\n%+v", got, want[2:])
	}
}

func proveResultsDue(t *testing.T, l ledgerTest) {
	talk := func(desk dialer.DeskID, minutes int) dialer.Reservation {
		t.Helper()
		r := reservation(l.newTarget(), Noon.Add(time.Duration(minutes)*time.Minute))
		r.Desk = desk
		l.must(l.Ledger.Reserve(t.Context(), r))
		l.must(l.Ledger.Dialled(t.Context(), r.ID, r.At, customerLeg(r)))
		l.end(endOf(r, dialer.Answered))
		return r
	}
	due := func(want ...dialer.CallID) {
		t.Helper()
		got, err := l.Ledger.ResultsDue(t.Context())
		l.must(err)
		ids := make([]dialer.CallID, len(got))
		for i, d := range got {
			ids[i] = d.ID
			if d.Operator != "operator1" || d.CaseID == "" || d.Desk == "" {
				t.Errorf("an incomplete row: %+v", d)
			}
		}
		slices.Sort(ids)
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Fatalf("owed: %v, want %v", ids, want)
		}
	}
	due()
	l.end(endOf(l.dial(l.newTarget(), Noon), dialer.NoAnswer)) // owes nothing
	old := talk("desk1", 1)
	newest, other := talk("desk1", 2), talk("desk2", 1)
	due(newest.ID, other.ID)
	l.Record(t, newest.ID, "self")
	due(old.ID, other.ID)
	l.Record(t, old.ID, "self")
	l.Record(t, other.ID, "voicemail")
	due()
}

func proveTarget(t *testing.T, l ledgerTest) {
	first, second := NewNumber(), NewNumber()
	id := l.NewCase(t, first, second)
	tg := l.target(id, "")
	if tg.CaseID != id || tg.Number != first || tg.NumberRef == "" || tg.CaseRef == "" || !tg.Sample || tg.DoNotCall {
		t.Fatalf("target %+v", tg)
	}
	if len(tg.Numbers) != 2 || tg.Numbers[0] != (dialer.CaseNumber{Number: first, Ref: tg.NumberRef}) || tg.Numbers[1].Number != second {
		t.Fatalf("the numbers to choose from: %+v", tg.Numbers)
	}
	other := l.target(id, second)
	if len(other.Numbers) > 0 {
		t.Fatalf("there is no choice where one is named: %+v", other.Numbers)
	}
	if other.Number != second || other.NumberRef == tg.NumberRef || other.CaseRef != tg.CaseRef {
		t.Fatalf("the case's other number: %+v", other)
	}
	_, err := l.Cases.Target(t.Context(), dialer.CaseID(dialer.NewID(Noon)), "")
	l.wants(err, dialer.ErrNotFound)
	e := endOf(l.dial(tg, Noon), dialer.BadNumber)
	e.Spoilt = true
	l.end(e)
	if now := l.target(id, ""); now.Number != second || len(now.Numbers) != 1 {
		t.Fatalf("after its first number proved useless: %+v", now.Numbers)
	}
}

func proveAdHoc(t *testing.T, l ledgerTest) {
	number := NewNumber()
	id, err := l.Cases.AdHoc(t.Context(), number, "窓口からの依頼", "supervisor")
	l.must(err)
	if tg := l.target(id, ""); tg.Number != number {
		t.Fatalf("target %+v", tg)
	}
	if w, err := l.Cases.Place(t.Context(), id); err != nil || w != nil {
		t.Fatalf("an ad-hoc case stands in the line: %v, %v", w, err)
	}
}

func provePlace(t *testing.T, l ledgerTest) {
	a, b := l.NewCase(t, NewNumber()), l.NewCase(t, NewNumber())
	waiting := func() map[dialer.CaseID]dialer.Waiting {
		t.Helper()
		all := map[dialer.CaseID]dialer.Waiting{}
		for w, err := range l.Line.Waiting(t.Context()) {
			l.must(err)
			all[w.Case] = w
		}
		return all
	}
	if all := waiting(); len(all) != 2 || !all[a].Due.Equal(Noon.Add(-time.Hour)) {
		t.Fatalf("the line: %+v", all)
	}
	later := Noon.Add(3 * time.Hour)
	l.must(l.Cases.Defer(t.Context(), a, dialer.CaseNext{State: dialer.CaseWaiting, Due: later, Why: "あとで"}))
	l.must(l.Cases.Defer(t.Context(), b, dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}))
	if all := waiting(); len(all) != 1 || !all[a].Due.Equal(later) {
		t.Fatalf("the line: %+v", all)
	}
	w, err := l.Cases.Place(t.Context(), a)
	if l.must(err); w == nil || !w.Due.Equal(later) || *w != waiting()[a] {
		t.Fatalf("place %+v, in the line %+v", w, waiting()[a])
	}
	if w, err := l.Cases.Place(t.Context(), b); err != nil || w != nil {
		t.Fatalf("a held case: %v, %v", w, err)
	}
	unknown := dialer.CaseID(dialer.NewID(Noon))
	_, err = l.Cases.Place(t.Context(), unknown)
	l.wants(err, dialer.ErrNotFound)
	l.wants(l.Cases.Defer(t.Context(), unknown, dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}), dialer.ErrNotFound)
}

// What cannot be done by the deadline is ErrLedgerDown, not a hanging call.
func proveDeadline(t *testing.T, l ledgerTest) {
	r := l.reserve(l.newTarget(), Noon)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, openErr := l.Ledger.Open(ctx)
	_, dueErr := l.Ledger.ResultsDue(ctx)
	_, triesErr := l.Ledger.Tries(ctx, "ref", Noon)
	_, keyErr := l.Ledger.ByKey(ctx, "operator1", "key")
	_, targetErr := l.Cases.Target(ctx, r.Target.CaseID, "")
	_, placeErr := l.Cases.Place(ctx, r.Target.CaseID)
	var lineErr error
	for _, err := range l.Line.Waiting(ctx) {
		lineErr = err
	}
	for what, err := range map[string]error{
		"Reserve": l.Ledger.Reserve(ctx, reservation(r.Target, Noon)), "Dialled": l.Ledger.Dialled(ctx, r.ID, Noon, customerLeg(r)),
		"Open":       openErr,
		"ResultsDue": dueErr, "Tries": triesErr, "ByKey": keyErr, "Target": targetErr, "Place": placeErr, "Waiting": lineErr,
	} {
		if !errors.Is(err, dialer.ErrLedgerDown) {
			t.Errorf("%s: got %v, want ErrLedgerDown", what, err)
		}
	}
	// A note may be kept until the ledger is back.
	err := l.Ledger.Note(ctx, r.ID, dialer.Progress{Legs: []dialer.LegHandle{customerLeg(r)}})
	if err != nil && !errors.Is(err, dialer.ErrLedgerDown) {
		t.Errorf("Note: got %v, want ErrLedgerDown, or nothing", err)
	}
}

// proveMovedMeanwhile: what a talk at another desk, or a supervisor, decided of a case while it was being called is not undone by that this call reached nobody.
func proveMovedMeanwhile(t *testing.T, l ledgerTest) {
	week := Noon.Add(7 * 24 * time.Hour)
	for _, meanwhile := range []dialer.CaseNext{
		{State: dialer.CaseWaiting, Due: week, Cause: dialer.CauseAsked, Why: "相手の希望の日時に再架電します"},
		dialer.ResultOwed, // the talk is over, and what came of it is being written
		{State: dialer.CaseHeld, Why: "苦情のため保留しています"},
	} {
		for _, result := range []dialer.Result{dialer.Busy, dialer.NoAnswer, dialer.Cancelled} {
			r := l.dial(l.newTarget(), Noon)
			l.must(l.Cases.Defer(t.Context(), r.Target.CaseID, meanwhile))
			e := endOf(r, result)
			e.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: Noon.Add(5 * time.Minute), Why: "話中のため、5分後に再架電します"}
			l.end(e)
			w, err := l.Cases.Place(t.Context(), r.Target.CaseID)
			if waits := meanwhile.State == dialer.CaseWaiting; err != nil || (w != nil) != waits || waits && !w.Due.Equal(week) {
				t.Errorf("%s, and it ended %s: it waits %+v, %v", meanwhile.State, result, w, err)
			}
		}
	}
}

// proveHousehold: one telephone is several people's, and who is on the line may be any of them. Nobody is rung whose case has a number of theirs, at whichever number.
func proveHousehold(t *testing.T, l ledgerTest) {
	for name, named := range map[string]bool{"from the number they share": false, "from another, and is named": true} {
		shared, others := NewNumber(), NewNumber()
		first, second := l.NewCase(t, NewNumber(), shared), l.NewCase(t, shared, others)
		rings := l.reserve(l.target(second, others), Noon)
		a := l.arrival(shared, Noon.Add(time.Second))
		if named {
			a = l.arrival(NewNumber(), Noon.Add(time.Second))
		}
		l.arrive(a)
		if named {
			_, err := l.Ledger.NameCase(t.Context(), a.ID, first, "operator2")
			l.must(err)
		}
		if err := l.Ledger.Dialled(t.Context(), rings.ID, Noon.Add(5*time.Second), customerLeg(rings)); !errors.Is(err, dialer.ErrCallsUs) {
			t.Errorf("%s: %v", name, err)
		}
		l.end(endOf(rings, dialer.NotDialled))
		for _, n := range []dialer.Number{shared, others} {
			l.refused(l.Ledger.Reserve(t.Context(), reservation(l.target(second, n), Noon.Add(time.Minute))), dialer.NumberLocked)
		}
		l.must(l.Ledger.Reserve(t.Context(), reservation(l.newTarget(), Noon.Add(time.Minute)))) // and nobody else's is held up
	}
}

// proveLastLook is what is looked at once more before the far end is rung: the desk's phone has rung since the click.
func proveLastLook(t *testing.T, l ledgerTest) {
	waits := dialer.CaseNext{State: dialer.CaseWaiting, Why: "架電待ち"}
	for _, tt := range []struct {
		name string
		came func(dialer.Target, *dialer.CaseNext)
		want error
	}{
		{"the case was held", func(_ dialer.Target, n *dialer.CaseNext) { n.State = dialer.CaseHeld }, dialer.ErrMoved},
		{"it waits for another day", func(_ dialer.Target, n *dialer.CaseNext) { n.Due = time.Now().Add(48 * time.Hour) }, dialer.ErrMoved},
		{"it waits from now on, for something else", func(_ dialer.Target, n *dialer.CaseNext) { n.Due, n.Why = Noon, "折返し" }, nil},
		{"somebody calls us from the number", func(tg dialer.Target, _ *dialer.CaseNext) { l.arrive(l.arrival(tg.Number, Noon.Add(time.Second))) }, dialer.ErrCallsUs},
	} {
		tg := l.newTarget()
		r := l.reserve(tg, Noon)
		next := waits
		next.Due = Noon
		tt.came(tg, &next)
		l.must(l.Cases.Defer(t.Context(), tg.CaseID, next))
		if err := l.Ledger.Dialled(t.Context(), r.ID, Noon.Add(5*time.Second), customerLeg(r)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
