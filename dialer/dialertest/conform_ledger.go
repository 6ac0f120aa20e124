package dialertest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
)

// LedgerRig is a ledger under test, with what the ports have no method for.
type LedgerRig struct {
	Ledger dialer.Ledger
	Cases  dialer.Cases
	Line   dialer.LineSource
	// NewCase opens a case with these numbers, waiting and due since an hour ago (the suite's hour: 2026-11-24 12:00 JST).
	NewCase func(t *testing.T, numbers ...dialer.Number) dialer.CaseID
	// Record gives an ended attempt its business result: the party, and nothing else.
	Record func(t *testing.T, id dialer.CallID, party string)
	// Quality reads how an attempt sounded; nil when its end did not say.
	Quality func(t *testing.T, id dialer.CallID) *dialer.Quality
}

// Noon is the instant at which RunLedger's calls are made: a working day's noon in Tokyo.
var Noon = time.Date(2026, 11, 24, 12, 0, 0, 0, dialer.Tokyo)

// RunLedger proves that a ledger keeps the promises of dialer.Ledger, dialer.Cases and dialer.LineSource. open returns an
// empty one for each test.
func RunLedger(t *testing.T, open func(*testing.T) LedgerRig) {
	t.Helper()
	for name, prove := range map[string]func(*testing.T, ledgerTest){
		"one open attempt a case": proveOneOpenCase, "one open attempt a number": proveOneOpenNumber,
		"one open attempt in a rush": proveRush, "a repeated click": proveRepeatedClick, "dialled": proveDialled, "the last look": proveLastLook,
		"a household that calls us": proveHousehold, "moved while it is called": proveMovedMeanwhile,
		"notes": proveNotes, "ended once": proveEndedOnce, "the end knows better": proveEndKnowsBetter,
		"an end without a reservation": proveEndOfNothing, "where the end leaves the case": proveEndMovesCase,
		"tries": proveTries, "results due": proveResultsDue, "a case that must wait": proveMustWait, "target": proveTarget, "ad hoc": proveAdHoc,
		"place and defer": provePlace, "deadline": proveDeadline, "how it sounded": proveQuality, "a case that was not the caller's": proveLetGo,
		"a call comes in": proveArrival, "a caller is not rung": proveCallerIsNotRung, "a talk is handed on": proveHandedOn,
		"a caller nobody knows": proveStranger, "a missed call": proveMissed, "an old missed call": proveOldMissed, "a missed call of who knows whom": proveMissedUnknown,
		"an answered call": proveTaken, "a call whose record was not opened": proveLateArrival, "whose call it was": proveNameCase,
	} {
		t.Run(name, func(t *testing.T) { prove(t, ledgerTest{open(t), t}) })
	}
}

// ledgerTest is a ledger whose every call must succeed.
type ledgerTest struct {
	LedgerRig

	t *testing.T
}

func (l ledgerTest) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l ledgerTest) refused(err error, rule dialer.Rule) {
	l.t.Helper()
	var no *dialer.Refusal
	if !errors.As(err, &no) || no.Rule != rule {
		l.t.Fatalf("got %v, want a refusal by %s", err, rule)
	}
}

func (l ledgerTest) wants(err, want error) {
	l.t.Helper()
	if !errors.Is(err, want) {
		l.t.Fatalf("got %v, want %v", err, want)
	}
}

var madeUp atomic.Int64

// NewNumber returns a made-up number (no sample is anybody's) that no other caller gets.
func NewNumber() dialer.Number { return dialer.Number(fmt.Sprintf("0900%07d", madeUp.Add(1))) }

func (l ledgerTest) target(id dialer.CaseID, number dialer.Number) dialer.Target {
	l.t.Helper()
	tg, err := l.Cases.Target(l.t.Context(), id, number)
	l.must(err)
	return tg
}

// newTarget is a case of its own with a number of its own.
func (l ledgerTest) newTarget() dialer.Target {
	l.t.Helper()
	return l.target(l.NewCase(l.t, NewNumber()), "")
}

func reservation(tg dialer.Target, at time.Time) dialer.Reservation {
	id := dialer.NewID(at)
	return dialer.Reservation{
		ID: dialer.CallID(id), Target: tg, Desk: "desk1", Operator: "operator1", Trunk: "lab", At: at,
		DeskLeg: dialer.LegHandle{Leg: dialer.DeskLeg, SIPCallID: "desk-" + id, Data: []byte("desk handle")},
	}
}

func customerLeg(r dialer.Reservation) dialer.LegHandle {
	return dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: "customer-" + string(r.ID), Data: []byte("customer handle")}
}

// reserve opens an attempt on a case at an instant.
func (l ledgerTest) reserve(tg dialer.Target, at time.Time) dialer.Reservation {
	l.t.Helper()
	r := reservation(tg, at)
	l.must(l.Ledger.Reserve(l.t.Context(), r))
	return r
}

// dial opens an attempt and commits that its customer is rung a second later.
func (l ledgerTest) dial(tg dialer.Target, at time.Time) dialer.Reservation {
	l.t.Helper()
	r := l.reserve(tg, at)
	l.must(l.Ledger.Dialled(l.t.Context(), r.ID, at.Add(time.Second), customerLeg(r)))
	return r
}

// endOf is an end ten seconds after the click, of high confidence, that leaves the case where it stands.
func endOf(r dialer.Reservation, result dialer.Result) dialer.AttemptEnd {
	e := dialer.AttemptEnd{
		ID: r.ID, StartedAt: r.At, DialledAt: r.At.Add(time.Second), EndedAt: r.At.Add(10 * time.Second),
		EndedBy: dialer.ByNetwork, CaseID: r.Target.CaseID,
		Verdict: dialer.Verdict{Result: result, Confidence: dialer.High, Rule: "a_rule", Why: "理由です", Counted: true},
	}
	switch result {
	case dialer.Answered:
		e.AnsweredAt = r.At.Add(5 * time.Second)
	case dialer.NotDialled:
		e.DialledAt, e.Verdict.Counted = time.Time{}, false
	default:
	}
	return e
}

func (l ledgerTest) end(e dialer.AttemptEnd) { l.t.Helper(); l.must(l.Ledger.End(l.t.Context(), e)) }

func (l ledgerTest) open() []dialer.OpenAttempt {
	l.t.Helper()
	open, err := l.Ledger.Open(l.t.Context())
	l.must(err)
	return open
}

func (l ledgerTest) tries(ref string, since time.Time) []dialer.Try {
	l.t.Helper()
	tries, err := l.Ledger.Tries(l.t.Context(), ref, since)
	l.must(err)
	return tries
}

func proveOneOpenCase(t *testing.T, l ledgerTest) {
	id := l.NewCase(t, NewNumber(), NewNumber())
	first := l.target(id, "")
	r := l.reserve(first, Noon)
	other := first
	other.Number = NewNumber()
	other.NumberRef += "another"
	l.refused(l.Ledger.Reserve(t.Context(), reservation(first, Noon)), dialer.CaseBusy)
	l.refused(l.Ledger.Reserve(t.Context(), reservation(other, Noon)), dialer.CaseBusy)
	l.must(l.Ledger.Dialled(t.Context(), r.ID, Noon, customerLeg(r)))
	l.refused(l.Ledger.Reserve(t.Context(), reservation(first, Noon)), dialer.CaseBusy)
	l.end(endOf(r, dialer.NoAnswer))
	l.reserve(other, Noon.Add(time.Minute))
}

func proveOneOpenNumber(t *testing.T, l ledgerTest) {
	shared := NewNumber()
	a, b := l.target(l.NewCase(t, shared), ""), l.target(l.NewCase(t, shared), "")
	if a.NumberRef != b.NumberRef || a.CaseRef == b.CaseRef {
		t.Fatalf("two cases of one number: %q and %q, %q and %q", a.NumberRef, b.NumberRef, a.CaseRef, b.CaseRef)
	}
	r := l.reserve(a, Noon)
	l.refused(l.Ledger.Reserve(t.Context(), reservation(b, Noon)), dialer.NumberLocked)
	l.end(endOf(r, dialer.NotDialled))
	l.reserve(b, Noon)
}

func proveRush(t *testing.T, l ledgerTest) {
	tg := l.newTarget()
	var made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			var no *dialer.Refusal
			switch err := l.Ledger.Reserve(t.Context(), reservation(tg, Noon)); {
			case err == nil:
				made.Add(1)
			case !errors.As(err, &no):
				t.Errorf("neither reserved nor refused: %v", err)
			}
		})
	}
	all.Wait()
	if n := made.Load(); n != 1 || len(l.open()) != 1 {
		t.Fatalf("%d of 8 clicks in one instant were taken, %d attempts stand open; want 1", n, len(l.open()))
	}
}

func proveRepeatedClick(t *testing.T, l ledgerTest) {
	_, err := l.Ledger.ByKey(t.Context(), "operator1", "click-1")
	l.wants(err, dialer.ErrNotFound)
	r := reservation(l.newTarget(), Noon)
	r.IdempotencyKey = "click-1"
	l.must(l.Ledger.Reserve(t.Context(), r))
	repeat := func() {
		t.Helper()
		again := reservation(r.Target, Noon)
		again.IdempotencyKey = "click-1"
		var known *dialer.Repeated
		if err := l.Ledger.Reserve(t.Context(), again); !errors.As(err, &known) || known.ID != r.ID {
			t.Fatalf("got %v, want the first click's call %s", err, r.ID)
		}
	}
	repeat()
	l.end(endOf(r, dialer.NotDialled))
	repeat()
	id, err := l.Ledger.ByKey(t.Context(), "operator1", "click-1")
	if l.must(err); id != r.ID {
		t.Fatalf("ByKey found %s", id)
	}
	others := reservation(r.Target, Noon)
	others.Operator, others.IdempotencyKey = "operator2", "click-1"
	l.must(l.Ledger.Reserve(t.Context(), others)) // a key is its operator's
}

func proveDialled(t *testing.T, l ledgerTest) {
	r := l.reserve(l.newTarget(), Noon)
	if open := l.open(); len(open) != 1 || !open[0].DialledAt.IsZero() || len(open[0].Legs) != 1 {
		t.Fatalf("a reserved attempt: %+v", open)
	}
	l.must(l.Ledger.Dialled(t.Context(), r.ID, Noon.Add(time.Second), customerLeg(r)))
	open := l.open()
	if len(open) != 1 {
		t.Fatalf("%d attempts are open", len(open))
	}
	o := open[0]
	if o.ID != r.ID || o.CaseID != r.Target.CaseID || o.Desk != r.Desk || o.Trunk != r.Trunk || !o.StartedAt.Equal(Noon) ||
		!o.DialledAt.Equal(Noon.Add(time.Second)) || len(o.Legs) != 2 {
		t.Fatalf("a dialled attempt: %+v", o)
	}
	for _, h := range o.Legs {
		if want := map[dialer.LegName]dialer.LegHandle{dialer.DeskLeg: r.DeskLeg, dialer.CustomerLeg: customerLeg(r)}[h.Leg]; h.SIPCallID != want.SIPCallID ||
			string(h.Data) != string(want.Data) {
			t.Errorf("leg %s: %+v", h.Leg, h)
		}
	}
	stranger := reservation(r.Target, Noon)
	if err := l.Ledger.Dialled(t.Context(), stranger.ID, Noon, customerLeg(stranger)); err == nil {
		t.Error("an attempt that was never reserved was dialled")
	}
	l.end(endOf(r, dialer.NoAnswer))
	if err := l.Ledger.Dialled(t.Context(), r.ID, Noon, customerLeg(r)); err == nil {
		t.Error("an attempt that has ended was dialled")
	}
}

func proveNotes(t *testing.T, l ledgerTest) {
	r := l.dial(l.newTarget(), Noon)
	ev := make([]dialer.Evidence, 5)
	for i := range ev {
		ev[i] = dialer.Evidence{
			At: Noon.Add(time.Duration(i) * time.Second), Leg: dialer.CustomerLeg, Event: dialer.EvRinging, Status: 180 + i, Reason: "Ringing",
		}
	}
	moved := customerLeg(r)
	moved.Data = []byte("moved")
	late := customerLeg(r)
	late.Data = []byte("older than what is there")
	for _, p := range []dialer.Progress{
		{First: 0, Evidence: ev[:2]}, {First: 3, Evidence: ev[3:]}, {First: 0, Evidence: ev[:2]},
		{First: 2, Evidence: ev[2:3], Legs: []dialer.LegHandle{moved}}, {},
		{First: 0, Evidence: ev[:1], Legs: []dialer.LegHandle{late}},
	} {
		l.must(l.Ledger.Note(t.Context(), r.ID, p))
	}
	open := l.open()
	if len(open) != 1 || len(open[0].Evidence) != len(ev) {
		t.Fatalf("noted twice, it must stand once: %+v", open)
	}
	for i, got := range open[0].Evidence {
		if got.Status != 180+i || got.Event != ev[i].Event || !got.At.Equal(ev[i].At) {
			t.Errorf("evidence %d: %+v", i, got)
		}
	}
	if !slices.ContainsFunc(open[0].Legs, func(h dialer.LegHandle) bool { return string(h.Data) == "moved" }) {
		t.Errorf("the newest handle is missing: %+v", open[0].Legs)
	}
	l.end(endOf(r, dialer.NoAnswer))
	l.must(l.Ledger.Note(t.Context(), r.ID, dialer.Progress{First: 9, Evidence: ev[:1]})) // too late: dropped
}

func proveEndedOnce(t *testing.T, l ledgerTest) {
	tg := l.newTarget()
	r := l.dial(tg, Noon)
	l.end(endOf(r, dialer.Busy))
	if open := l.open(); len(open) != 0 {
		t.Fatalf("still open: %+v", open)
	}
	second := endOf(r, dialer.NoAnswer)
	second.Next = dialer.CaseNext{State: dialer.CaseHeld, Why: "二度目"}
	l.end(second)
	if tries := l.tries(tg.NumberRef, Noon); len(tries) != 1 || tries[0].Result != dialer.Busy {
		t.Fatalf("the first end stands: %+v", tries)
	}
	if w, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || w == nil {
		t.Fatalf("the second end moved the case: %v, %v", w, err)
	}
}

// A dialled_at that got no answer in time was committed, but never acted on.
func proveEndKnowsBetter(_ *testing.T, l ledgerTest) {
	tg := l.newTarget()
	r := l.dial(tg, Noon)
	l.end(endOf(r, dialer.NotDialled))
	if tries := l.tries(tg.NumberRef, Noon); len(tries) != 0 {
		l.t.Fatalf("nobody was rung: %+v", tries)
	}
}

func proveQuality(t *testing.T, l ledgerTest) {
	sounded := &dialer.Quality{
		Desk: dialer.LegQuality{In: &dialer.Sound{Packets: 3000, MOS: 4.38, WorstMOS: 4.31}},
		Customer: dialer.LegQuality{
			In: &dialer.Sound{
				Packets: 2900, Lost: 100, Jitter: 12 * time.Millisecond, RoundTrip: 48 * time.Millisecond, MOS: 4.1, WorstMOS: 2.2, RecentMOS: 4.3,
			},
			Out: &dialer.Sound{Packets: 2990, Lost: -1, Jitter: 1500 * time.Microsecond, MOS: 4.35, WorstMOS: 4.2},
		},
	}
	silent := l.dial(l.newTarget(), Noon)
	l.end(endOf(silent, dialer.NoAnswer))
	if q := l.Quality(t, silent.ID); q != nil {
		t.Errorf("nobody heard anything: %+v", *q)
	}
	r := l.dial(l.newTarget(), Noon)
	e := endOf(r, dialer.Answered)
	e.Quality = sounded
	l.end(e)
	second := endOf(r, dialer.Answered)
	second.Quality = &dialer.Quality{Desk: dialer.LegQuality{Out: sounded.Customer.Out}}
	l.end(second)
	want := *sounded.Customer.In
	want.RecentMOS = 0 // not kept
	switch q := l.Quality(t, r.ID); {
	case q == nil:
		t.Fatal("how it sounded was not kept")
	case q.Desk.In == nil || *q.Desk.In != *sounded.Desk.In || q.Desk.Out != nil,
		q.Customer.In == nil || *q.Customer.In != want, q.Customer.Out == nil || *q.Customer.Out != *sounded.Customer.Out:
		t.Errorf("kept: desk %+v, customer %+v", q.Desk, q.Customer)
	}
}

func proveEndOfNothing(t *testing.T, l ledgerTest) {
	tg := l.newTarget()
	e := endOf(reservation(tg, Noon), dialer.NotDialled)
	e.Next = dialer.CaseNext{State: dialer.CaseHeld, Why: "起きなかった"}
	l.end(e)
	if w, err := l.Cases.Place(t.Context(), tg.CaseID); err != nil || w == nil {
		t.Fatalf("the end of an attempt that never was moved a case: %v, %v", w, err)
	}
}

func proveEndMovesCase(t *testing.T, l ledgerTest) {
	place := func(id dialer.CaseID) *dialer.Waiting {
		t.Helper()
		w, err := l.Cases.Place(t.Context(), id)
		l.must(err)
		return w
	}
	later := Noon.Add(26 * time.Hour)
	for _, c := range []struct {
		next dialer.CaseNext
		due  time.Time // zero when it shall not wait
	}{
		{dialer.CaseNext{}, Noon.Add(-time.Hour)}, // left where it stood
		{dialer.CaseNext{State: dialer.CaseWaiting, Due: later, Why: "また"}, later},
		{dialer.CaseNext{State: dialer.CaseResultDue, Why: "結果"}, time.Time{}},
		{dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}, time.Time{}},
		{dialer.CaseNext{State: dialer.CaseClosed, Why: "完了"}, time.Time{}},
	} {
		tg := l.newTarget()
		e := endOf(l.dial(tg, Noon), dialer.NoAnswer)
		e.Next = c.next
		l.end(e)
		switch w := place(tg.CaseID); {
		case c.due.IsZero() && w != nil:
			t.Errorf("%q still waits: %+v", c.next.State, w)
		case !c.due.IsZero() && (w == nil || !w.Due.Equal(c.due) || w.Case != tg.CaseID):
			t.Errorf("%q waits at %+v, want %v", c.next.State, w, c.due)
		}
	}
}
