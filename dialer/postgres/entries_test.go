package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// missed is a call that came in from a target's number and nobody answered.
func missed(t *testing.T, l *Ledger, target dialer.Target, at time.Time) {
	t.Helper()
	in := dialer.Arrival{
		ID: newID(), At: at, Trunk: "lab", Caller: target.Number, NumberRef: target.NumberRef, Kind: target.Number.Kind(),
		NewCase: dialer.CaseID(newID()), CustomerLeg: customerLeg(at),
	}
	must(t, l.End(t.Context(), dialer.AttemptEnd{
		ID: in.ID, StartedAt: at, EndedAt: at.Add(time.Minute), EndedBy: dialer.ByCustomer, Arrival: &in, CaseID: target.CaseID,
		Verdict: dialer.Verdict{Result: dialer.NoAnswer, Confidence: dialer.High, Rule: "inbound_missed", Why: "不在着信"},
		Next:    dialer.CaseNext{State: dialer.CaseWaiting, Due: at.Add(time.Hour), Why: "折り返します"},
	}))
}

// A talk's result is given after another call of the same case: the case that waited for this result and no other is decided
// by it; what a later call decided stays.
func TestAnOlderTalksResult(t *testing.T) {
	l := newLedger(t)
	t.Run("that is owed", func(t *testing.T) {
		target := listedTarget(t, l)
		r := call(t, l, target, noon, dialer.Answered)
		missed(t, l, target, noon.Add(10*time.Minute))
		if c := caseOf(t, l, target.CaseID); c.Next.State != dialer.CaseResultDue {
			t.Fatalf("%+v", c.Next)
		}
		kept, err := l.Record(t.Context(), entry(r))
		must(t, err)
		if c := caseOf(t, l, target.CaseID); c.Next != entry(r).Next || kept.Next != c.Next {
			t.Errorf("the case stands at %+v, the entry says %+v", c.Next, kept.Next)
		}
	})
	t.Run("while another talk owes its own", func(t *testing.T) {
		target := listedTarget(t, l)
		older := call(t, l, target, noon, dialer.Answered)
		newer := call(t, l, target, noon.Add(time.Hour), dialer.Answered)
		_, err := l.Record(t.Context(), entry(older))
		must(t, err)
		if c := caseOf(t, l, target.CaseID); c.Next.State != dialer.CaseResultDue {
			t.Errorf("the newer talk's result is no longer owed: %+v", c.Next)
		}
		_, err = l.Record(t.Context(), entry(newer))
		must(t, err)
		if c := caseOf(t, l, target.CaseID); c.Next != entry(newer).Next {
			t.Errorf("%+v", c.Next)
		}
	})
	t.Run("after a later call decided", func(t *testing.T) {
		target := listedTarget(t, l)
		older := call(t, l, target, noon, dialer.Answered)
		call(t, l, target, noon.Add(time.Hour), dialer.NoAnswer)
		decided := caseOf(t, l, target.CaseID).Next
		kept, err := l.Record(t.Context(), entry(older))
		must(t, err)
		if c := caseOf(t, l, target.CaseID); c.Next != decided || kept.Next != decided {
			t.Errorf("moved from %+v to %+v", decided, c.Next)
		}
	})
}

// The same entry again is the same revision, whether its answer was lost or somebody pressed twice; what differs is a new one.
func TestTheSameEntryAgain(t *testing.T) {
	l := newLedger(t)
	r := call(t, l, listedTarget(t, l), noon, dialer.Answered)
	again := noon.Add(48 * time.Hour).Add(123 * time.Nanosecond)
	first := entry(r)
	first.CallAgain = &again
	later := first
	later.At = first.At.Add(time.Minute)
	other := first
	other.At, other.Note = first.At.Add(2*time.Minute), "言い直した"
	spoken := other
	spoken.At, spoken.Language = other.At.Add(time.Minute), "vi"
	for i, step := range []struct {
		entry casework.Recorded
		want  int
	}{{first, 1}, {first, 1}, {later, 1}, {other, 2}, {first, 1}, {other, 2}, {later, 3}, {spoken, 4}, {spoken, 4}} {
		kept, err := l.Record(t.Context(), step.entry)
		if must(t, err); kept.Revision != step.want {
			t.Fatalf("step %d: revision %d, want %d", i, kept.Revision, step.want)
		}
	}
}

// A talk with somebody who cannot be called back ends with its call: the case does not go into the line.
func TestAResultOfACallerWithoutANumber(t *testing.T) {
	l := newLedger(t)
	in := dialer.Arrival{ID: newID(), At: noon, Trunk: "lab", NewCase: dialer.CaseID(newID()), CustomerLeg: customerLeg(noon)}
	must(t, l.End(t.Context(), dialer.AttemptEnd{
		ID: in.ID, StartedAt: noon, EndedAt: noon.Add(time.Minute), EndedBy: dialer.ByCustomer, Arrival: &in,
		AnsweredAt: noon.Add(time.Second), Desk: "desk1", Operator: "operator1", Next: dialer.ResultOwed,
		Verdict: dialer.Verdict{Result: dialer.Answered, Confidence: dialer.High, Rule: "inbound", Why: "受電"},
	}))
	kept, err := l.Record(t.Context(), casework.Recorded{
		Entry: casework.Entry{Party: casework.Self, Business: []casework.Business{casework.NoCommitment}}, Attempt: in.ID, By: "operator1",
		At: noon.Add(2 * time.Minute), Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(time.Hour), Why: "再架電"},
	})
	must(t, err)
	if c := caseOf(t, l, attempt(t, l, in.ID).CaseID); c.Next.State != dialer.CaseClosed || c.Next != kept.Next {
		t.Errorf("%+v, %+v", c.Next, kept.Next)
	}
}
