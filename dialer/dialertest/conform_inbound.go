package dialertest

import (
	"testing"
	"time"

	"kakeru/dialer"
)

// arrival is a call that comes in by a number; an empty one is withheld.
func (l ledgerTest) arrival(number dialer.Number, at time.Time) dialer.Arrival {
	id := dialer.NewID(at)
	a := dialer.Arrival{
		ID: dialer.CallID(id), At: at, Trunk: "lab", Caller: number, NewCase: dialer.CaseID(dialer.NewID(at)),
		CustomerLeg: dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: "caller-" + id, Data: []byte("caller's handle")},
	}
	if number != "" {
		a.NumberRef, a.Kind = l.target(l.NewCase(l.t, number), "").NumberRef, number.Kind()
	}
	return a
}

// strange is arrival by a number that no case has.
func (l ledgerTest) strange(at time.Time) dialer.Arrival {
	a := l.arrival("", at)
	a.Caller = NewNumber()
	a.NumberRef, a.Kind = "reference of "+string(a.ID), a.Caller.Kind()
	return a
}

func (l ledgerTest) arrive(a dialer.Arrival) dialer.Target {
	l.t.Helper()
	tg, err := l.Ledger.Arrive(l.t.Context(), a)
	l.must(err)
	return tg
}

// endOfArrival is an end ten seconds after the call came, at desk1 if it was answered.
func endOfArrival(a dialer.Arrival, of dialer.CaseID, result dialer.Result) dialer.AttemptEnd {
	e := dialer.AttemptEnd{
		ID: a.ID, StartedAt: a.At, RingingAt: a.At.Add(time.Second), EndedAt: a.At.Add(10 * time.Second), EndedBy: dialer.ByCustomer,
		CaseID: of, Arrival: &a,
		Verdict: dialer.Verdict{Result: result, Confidence: dialer.High, Rule: "a_rule", Why: "理由です"},
		Next:    dialer.CaseNext{State: dialer.CaseWaiting, Due: a.At.Add(10 * time.Second), Why: "不在着信がありました"},
	}
	if result == dialer.Answered {
		e.AnsweredAt, e.Desk, e.Operator = a.At.Add(5*time.Second), "desk1", "operator1"
		e.Next = dialer.ResultOwed
	}
	return e
}

// The case is the one that was rung last by the number; a call that came in locks nothing once it is over.
func proveArrival(t *testing.T, l ledgerTest) {
	number := NewNumber()
	first, second := l.target(l.NewCase(t, number), ""), l.target(l.NewCase(t, number), "")
	l.end(endOf(l.dial(first, Noon.Add(-2*time.Hour)), dialer.NoAnswer))
	l.end(endOf(l.dial(second, Noon.Add(-time.Hour)), dialer.NoAnswer))
	a := dialer.Arrival{
		ID: dialer.CallID(dialer.NewID(Noon)), At: Noon, Trunk: "lab", Caller: number, NumberRef: first.NumberRef, Kind: number.Kind(),
		NewCase:     dialer.CaseID(dialer.NewID(Noon)),
		CustomerLeg: dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: "caller", Data: []byte("handle")},
	}
	tg := l.arrive(a)
	if tg.CaseID != second.CaseID || tg.Number != number || tg.NumberRef != first.NumberRef {
		t.Errorf("about %q, want %q", tg.CaseID, second.CaseID)
	}
	if again := l.arrive(a); again.CaseID != tg.CaseID {
		t.Errorf("told twice: about %q", again.CaseID)
	}
	open := l.open()
	if len(open) != 1 || open[0].Direction != dialer.Inbound || !open[0].Dialable || open[0].CaseID != tg.CaseID || len(open[0].Legs) != 1 {
		t.Fatalf("%+v", open)
	}
	l.must(l.Ledger.Note(t.Context(), a.ID, dialer.Progress{Evidence: []dialer.Evidence{{At: Noon, Leg: dialer.CustomerLeg, Event: dialer.EvInviteReceived}}}))
	if open := l.open(); len(open[0].Evidence) != 1 {
		t.Errorf("%+v", open)
	}
	l.end(endOfArrival(a, tg.CaseID, dialer.Answered))
	l.end(endOf(l.dial(first, Noon.Add(time.Minute)), dialer.NoAnswer)) // the number is free
}

func proveStranger(t *testing.T, l ledgerTest) {
	a := l.strange(Noon)
	tg := l.arrive(a)
	if tg.CaseID != a.NewCase || !tg.Unlisted {
		t.Errorf("about %q, want a case of its own, on no list: %v", tg.CaseID, tg.Unlisted)
	}
	if place, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || place != nil {
		t.Errorf("a call that still rings stands in the line: %v, %v", place, err)
	}
	again := l.strange(Noon.Add(time.Minute))
	again.Caller, again.NumberRef = a.Caller, a.NumberRef
	if got := l.arrive(again); got.CaseID != tg.CaseID {
		t.Errorf("the same caller again: %q, want %q", got.CaseID, tg.CaseID)
	}
	one, two := l.arrive(l.arrival("", Noon)), l.arrive(l.arrival("", Noon))
	if one.CaseID == two.CaseID {
		t.Error("two callers who withhold their numbers are one case")
	}
	for _, o := range l.open() {
		if o.Dialable != (o.ID == a.ID || o.ID == again.ID) || !o.Unlisted {
			t.Errorf("%+v", o)
		}
	}
}

// What a missed call asks of who turns out to be on no list is asked of them alone, and not where they wait already.
func proveMissedUnknown(t *testing.T, l ledgerTest) {
	stranger, listed := l.strange(Noon), l.arrival(NewNumber(), Noon)
	held := dialer.CaseNext{State: dialer.CaseHeld, Why: "保留です", Cause: dialer.CauseMissed}
	missed := func(a dialer.Arrival) {
		e := endOfArrival(a, "", dialer.NoAnswer)
		e.Stranger = &held
		l.end(e)
	}
	place := func(id dialer.CaseID) *dialer.Waiting {
		p, err := l.Cases.Place(t.Context(), id)
		l.must(err)
		return p
	}
	missed(stranger)
	if p := place(stranger.NewCase); p != nil {
		t.Errorf("who is on no list stands in the line: %+v", p)
	}
	missed(listed)
	if p := place(l.arrive(listed).CaseID); p == nil {
		t.Error("who is on the list does not stand in the line")
	}
	waits := l.strange(Noon)
	l.end(endOfArrival(waits, "", dialer.NoAnswer))
	again := l.strange(Noon.Add(time.Minute))
	again.Caller, again.NumberRef = waits.Caller, waits.NumberRef
	missed(again)
	if p := place(waits.NewCase); p == nil {
		t.Error("who waits already, and calls again, waits no more")
	}
}

// proveOldMissed: a missed call that is known late decides nothing over a talk that came after it.
func proveOldMissed(t *testing.T, l ledgerTest) {
	for _, talked := range []bool{true, false} {
		number := NewNumber()
		tg, result, want := l.target(l.NewCase(t, number), ""), dialer.NoAnswer, Noon.Add(10*time.Second)
		if talked {
			result, want = dialer.Answered, Noon.Add(24*time.Hour)
		}
		a := l.arrival("", Noon)
		a.Caller, a.NumberRef, a.Kind = number, tg.NumberRef, number.Kind()
		r := l.dial(tg, Noon.Add(time.Minute))
		if l.end(endOf(r, result)); talked {
			l.Record(t, r.ID, "self")
		}
		l.must(l.Cases.Defer(t.Context(), tg.CaseID, dialer.CaseNext{State: dialer.CaseWaiting, Due: Noon.Add(24 * time.Hour), Why: "納付約束"}))
		l.end(endOfArrival(a, tg.CaseID, dialer.NoAnswer))
		if place, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || place == nil || !place.Due.Equal(want) {
			t.Errorf("talked %t: %+v, %v", talked, place, err)
		}
	}
}

func proveMissed(t *testing.T, l ledgerTest) {
	a := l.arrival(NewNumber(), Noon)
	tg := l.arrive(a)
	l.end(endOfArrival(a, tg.CaseID, dialer.NoAnswer))
	l.end(endOfArrival(a, tg.CaseID, dialer.NoAnswer))
	place, err := l.Cases.Place(t.Context(), tg.CaseID)
	l.must(err)
	if place == nil || !place.Due.Equal(Noon.Add(10*time.Second)) {
		t.Errorf("%+v", place)
	}
	tries := l.tries(a.NumberRef, Noon.Add(-time.Hour))
	if len(tries) != 1 || !tries[0].CalledUs || !tries[0].At.Equal(Noon) {
		t.Errorf("%+v", tries)
	}
	if len(l.open()) != 0 {
		t.Error("it is still open")
	}
	// A case that somebody has to decide about stays with them.
	l.must(l.Cases.Defer(t.Context(), tg.CaseID, dialer.CaseNext{State: dialer.CaseHeld, Why: "苦情のため保留しています。"}))
	b := l.arrival(a.Caller, Noon.Add(time.Minute))
	l.arrive(b)
	end := endOfArrival(b, tg.CaseID, dialer.NoAnswer)
	l.end(end)
	if place, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || place != nil {
		t.Errorf("a missed call lifts a hold: %+v, %v", place, err)
	}
	l.end(endOf(l.dial(tg, Noon.Add(2*time.Minute)), dialer.NoAnswer))
	if place, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || place != nil {
		t.Errorf("the end of a call lifts a hold: %+v, %v", place, err)
	}
	// One whose number is not known cannot be called back; one that is in a talk's aftermath stays there.
	w := l.arrival("", Noon)
	l.end(endOfArrival(w, l.arrive(w).CaseID, dialer.NoAnswer))
	if len(l.tries("", Noon.Add(-time.Hour))) > 1 {
		t.Error("callers without a number are one number")
	}
	talk := l.newTarget()
	e := endOf(l.dial(talk, Noon), dialer.Answered)
	e.Next = dialer.ResultOwed
	l.end(e)
	in := l.arrival("", Noon.Add(time.Minute))
	in.Caller, in.NumberRef, in.Kind = talk.Number, talk.NumberRef, talk.Number.Kind()
	if got := l.arrive(in); got.CaseID != talk.CaseID {
		t.Errorf("about %q", got.CaseID)
	}
	l.end(endOfArrival(in, talk.CaseID, dialer.NoAnswer))
	if place, err := l.Cases.Place(t.Context(), talk.CaseID); err != nil || place != nil {
		t.Errorf("a case whose result is owed was put into the line: %+v, %v", place, err)
	}
}

func proveTaken(t *testing.T, l ledgerTest) {
	a := l.arrival(NewNumber(), Noon)
	tg := l.arrive(a)
	l.end(endOfArrival(a, tg.CaseID, dialer.Answered))
	due, err := l.Ledger.ResultsDue(t.Context())
	l.must(err)
	if len(due) != 1 || due[0].ID != a.ID || due[0].Desk != "desk1" || due[0].Operator != "operator1" || due[0].CaseID != tg.CaseID {
		t.Errorf("%+v", due)
	}
	if place, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || place != nil {
		t.Errorf("%+v, %v", place, err)
	}
	if tries := l.tries(a.NumberRef, Noon.Add(-time.Hour)); len(tries) != 0 {
		t.Errorf("a talk that they began is no try of ours: %+v", tries)
	}
	l.Record(t, a.ID, "self")
	if due, err := l.Ledger.ResultsDue(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("%+v, %v", due, err)
	}
}

// The ledger was away when the call came: its end opens the record, once.
func proveLateArrival(t *testing.T, l ledgerTest) {
	a := l.arrival(NewNumber(), Noon)
	e := endOfArrival(a, "", dialer.Answered)
	l.end(e)
	l.end(e)
	due, err := l.Ledger.ResultsDue(t.Context())
	l.must(err)
	if len(due) != 1 || due[0].ID != a.ID || due[0].CaseID == "" || due[0].CaseID == a.NewCase {
		t.Errorf("%+v", due)
	}
	s := l.strange(Noon.Add(time.Minute))
	s.Caller = "" // known by its reference alone
	l.end(endOfArrival(s, "", dialer.NoAnswer))
	if len(l.open()) != 0 {
		t.Errorf("%+v", l.open())
	}
}

// proveCallerIsNotRung: while somebody calls us, or talks with us, none of the cases of their number is called.
func proveCallerIsNotRung(t *testing.T, l ledgerTest) {
	shared := NewNumber()
	a, b := l.target(l.NewCase(t, shared), ""), l.target(l.NewCase(t, shared), "")
	in := l.arrival(shared, Noon)
	tg := l.arrive(in)
	for _, target := range []dialer.Target{a, b} {
		l.refused(l.Ledger.Reserve(t.Context(), reservation(target, Noon)), dialer.NumberLocked)
	}
	l.end(endOfArrival(in, tg.CaseID, dialer.NoAnswer))
	l.reserve(b, Noon.Add(time.Minute))
}

// proveHandedOn: who was handed a talk of ours owes its result; the click's key stays with whoever clicked.
func proveHandedOn(t *testing.T, l ledgerTest) {
	r := reservation(l.newTarget(), Noon)
	r.IdempotencyKey = "a click"
	l.must(l.Ledger.Reserve(t.Context(), r))
	l.must(l.Ledger.Dialled(t.Context(), r.ID, Noon, customerLeg(r)))
	e := endOf(r, dialer.Answered)
	e.Desk, e.Operator = "desk2", "operator2"
	l.end(e)
	due, err := l.Ledger.ResultsDue(t.Context())
	l.must(err)
	if want := (dialer.ResultDue{ID: r.ID, CaseID: r.Target.CaseID, Desk: "desk2", Operator: "operator2"}); len(due) != 1 || due[0] != want {
		t.Errorf("%+v", due)
	}
	if id, err := l.Ledger.ByKey(t.Context(), r.Operator, "a click"); err != nil || id != r.ID {
		t.Errorf("the click is forgotten: %q, %v", id, err)
	}
}

func proveNameCase(t *testing.T, l ledgerTest) {
	to, other := l.newTarget(), l.newTarget()
	a := l.strange(Noon)
	own := l.arrive(a)
	got, err := l.Ledger.NameCase(t.Context(), a.ID, to.CaseID, "operator1")
	l.must(err)
	if got.CaseID != to.CaseID || l.open()[0].CaseID != to.CaseID {
		t.Errorf("%+v", got)
	}
	l.end(endOfArrival(a, own.CaseID, dialer.Answered)) // whoever ends it may not know
	due, err := l.Ledger.ResultsDue(t.Context())
	l.must(err)
	if len(due) != 1 || due[0].CaseID != to.CaseID {
		t.Errorf("%+v", due)
	}
	_, err = l.Ledger.NameCase(t.Context(), a.ID, other.CaseID, "operator1")
	l.must(err)
	if place, err := l.Cases.Place(t.Context(), other.CaseID); err != nil || place != nil {
		t.Errorf("its result is owed, and it stands in the line: %+v, %v", place, err)
	}
	// The case that was taken for theirs stands as it did before.
	if place, err := l.Cases.Place(t.Context(), to.CaseID); err != nil || place == nil || !place.Due.Equal(Noon.Add(-time.Hour)) {
		t.Errorf("%+v, %v", place, err)
	}
	l.Record(t, a.ID, "self")
	_, err = l.Ledger.NameCase(t.Context(), a.ID, to.CaseID, "operator1")
	l.refused(err, dialer.CaseBusy)
	// They call again: it is known whose number that is.
	again := l.strange(Noon.Add(30 * time.Minute))
	again.Caller, again.NumberRef, again.CustomerLeg.SIPCallID = a.Caller, a.NumberRef, a.CustomerLeg.SIPCallID
	if got := l.arrive(again); got.CaseID != other.CaseID {
		t.Errorf("the same caller again: %q, want %q", got.CaseID, other.CaseID)
	}
	_, err = l.Ledger.NameCase(t.Context(), l.reserve(to, Noon).ID, other.CaseID, "operator1")
	l.wants(err, dialer.ErrNotFound)
	_, err = l.Ledger.NameCase(t.Context(), l.arriveID(l.strange(Noon.Add(time.Hour))), dialer.CaseID(dialer.NewID(Noon)), "operator1")
	l.wants(err, dialer.ErrNotFound)
}

func (l ledgerTest) arriveID(a dialer.Arrival) dialer.CallID {
	l.t.Helper()
	l.arrive(a)
	return a.ID
}

// proveMustWait: a case that is held or closed in the moment of a click is not called, unless who clicks decides about it; and does not come into the line because
// nobody answered then.
func proveMustWait(t *testing.T, l ledgerTest) {
	for _, state := range []dialer.CaseState{dialer.CaseHeld, dialer.CaseClosed} {
		r := reservation(l.newTarget(), Noon)
		r.MustWait = true
		l.must(l.Cases.Defer(t.Context(), r.Target.CaseID, dialer.CaseNext{State: state, Why: "保留"}))
		l.refused(l.Ledger.Reserve(t.Context(), r), dialer.CaseBusy)
		if open := l.open(); len(open) != 0 {
			t.Errorf("%+v", open)
		}
		r.MustWait = false
		l.must(l.Ledger.Reserve(t.Context(), r))
		l.end(endOf(r, dialer.NotDialled))
		rung := endOf(l.dial(r.Target, Noon.Add(time.Minute)), dialer.NoAnswer)
		rung.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: Noon.Add(time.Hour), Why: "また"}
		l.end(rung)
		if w, err := l.Cases.Place(t.Context(), r.Target.CaseID); w != nil || err != nil {
			t.Errorf("%s: it waits, %+v, %v", state, w, err)
		}
	}
	r := reservation(l.newTarget(), Noon)
	r.MustWait = true
	l.must(l.Ledger.Reserve(t.Context(), r))
}

// proveLetGo: a case that was taken for the caller's, and was not, stands as it did, but owes what it owes itself; and one call is taken for so many cases only.
func proveLetGo(t *testing.T, l ledgerTest) {
	owing, other := l.newTarget(), l.newTarget()
	ours := endOf(l.dial(owing, Noon), dialer.Answered)
	ours.Next = dialer.ResultOwed
	l.end(ours)
	a := l.arrival(NewNumber(), Noon.Add(time.Minute))
	tg := l.arrive(a)
	l.end(endOfArrival(a, tg.CaseID, dialer.Answered))
	name := func(id dialer.CaseID) error {
		_, err := l.Ledger.NameCase(t.Context(), a.ID, id, "operator1")
		return err
	}
	waits := func(id dialer.CaseID, want bool) {
		t.Helper()
		if place, err := l.Cases.Place(t.Context(), id); err != nil || (place != nil) != want || want && !place.Due.Equal(Noon.Add(-time.Hour)) {
			t.Errorf("it stands in the line as %+v, %v; want it there: %v", place, err, want)
		}
	}
	l.must(name(tg.CaseID)) // which it is about anyway
	waits(tg.CaseID, false)
	l.must(name(owing.CaseID))
	l.must(name(other.CaseID))
	waits(tg.CaseID, true)
	waits(owing.CaseID, false)
	waits(other.CaseID, false)
	for n := 2; n < 16; n++ {
		l.must(name(l.newTarget().CaseID))
	}
	waits(other.CaseID, true)
	l.refused(name(l.newTarget().CaseID), dialer.NamedTooOften)
	l.must(name(other.CaseID)) // for which it was taken before
	waits(other.CaseID, false)
}
