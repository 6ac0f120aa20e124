package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// An operator gives the result of a talk while the database sleeps, twice; the process dies; its successor has it once, behind
// the talk's end.
func TestAResultSurvivesAnOutageAndACrash(t *testing.T) {
	full.Only(t)
	pg, url := ownServer(t)
	dir := t.TempDir()
	l := openLedger(t, url, dir)
	target := listedTarget(t, l)
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	resume := pause(t, pg)
	brief := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
		t.Cleanup(cancel)
		return ctx
	}
	must(t, l.End(brief(), endOf(r, dialer.Answered)))
	again := entry(r)
	again.At = again.At.Add(time.Second)
	for _, e := range []casework.Recorded{entry(r), entry(r), again} {
		kept, err := l.Record(brief(), e)
		if must(t, err); kept.Revision != 0 {
			t.Fatalf("revision %d", kept.Revision)
		}
	}
	correction := again
	correction.By, correction.At, correction.Party = "supervisor", again.At.Add(time.Second), casework.Family
	_, err := l.Record(brief(), correction)
	must(t, err)
	if l.waiting() != 5 {
		t.Fatalf("%d records wait", l.waiting())
	}
	l.Close() // kill -9 does no more to the spool
	resume()

	l = openLedger(t, url, dir)
	if l.waiting() != 0 {
		t.Fatalf("%d records wait", l.waiting())
	}
	a := attempt(t, l, r.ID)
	if a.Verdict.Result != dialer.Answered || a.Entry == nil || a.Entry.Revision != 2 || a.Entry.By != "supervisor" {
		t.Errorf("%+v, %+v", a.Verdict, a.Entry)
	}
	if n := count(t, l, "SELECT count(*) FROM attempt_results WHERE by_user = 'operator1' AND revision = 1"); n != 1 {
		t.Error("the operator's entry is not the first")
	}
	if c := caseOf(t, l, target.CaseID); c.Next != correction.Next {
		t.Errorf("the case stands at %+v", c.Next)
	}
}

// Whoever asks whom to call is told after what waits was replayed, or that the ledger is down: never from before.
func TestNobodyIsTakenFromBeforeTheSpool(t *testing.T) {
	l := newLedger(t)
	type question struct {
		name string
		ask  func(id dialer.CaseID, number string) (settled bool, err error)
	}
	questions := []question{
		{"Waiting", func(id dialer.CaseID, _ string) (bool, error) {
			for w, err := range l.Waiting(t.Context()) {
				if err != nil || w.Case == id {
					return false, err
				}
			}
			return true, nil
		}},
		{"Place", func(id dialer.CaseID, _ string) (bool, error) {
			w, err := l.Place(t.Context(), id)
			return w == nil, err
		}},
		{"Open", func(id dialer.CaseID, _ string) (bool, error) {
			open, err := l.Open(t.Context())
			for _, a := range open {
				if a.CaseID == id {
					return false, err
				}
			}
			return true, err
		}},
		{"Tries", func(_ dialer.CaseID, number string) (bool, error) {
			tries, err := l.Tries(t.Context(), number, noon.Add(-time.Hour))
			return len(tries) == 1 && tries[0].Result == dialer.Answered, err
		}},
		// Asked for a case there is not: what counts is that it looked at the spool first.
		{"Target", func(dialer.CaseID, string) (bool, error) {
			_, err := l.Target(t.Context(), newTarget().CaseID, "")
			return l.waiting() == 0, ignore(err, dialer.ErrNotFound)
		}},
		{"ResultsDue", func(id dialer.CaseID, _ string) (bool, error) {
			due, err := l.ResultsDue(t.Context())
			return len(due) == 1 && due[0].CaseID == id, err
		}},
		{"Reserve", func(dialer.CaseID, string) (bool, error) {
			return l.waiting() == 0, l.Reserve(t.Context(), reservation(newTarget(), noon))
		}},
	}
	for i, q := range questions {
		target := listedTarget(t, l)
		at := noon.Add(time.Duration(i) * time.Minute)
		r := reservation(target, at)
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, at, customerLeg(at)))
		must(t, l.keep(ended(endOf(r, dialer.Answered))))
		l.down.Store(true) // as Run saw it last
		if _, err := q.ask(target.CaseID, target.NumberRef); !isDown(err) {
			t.Errorf("%s while the ledger is away: %v", q.name, err)
		}
		l.down.Store(false) // it is back, and Run has not looked yet: the window
		settled, err := q.ask(target.CaseID, target.NumberRef)
		if err != nil || !settled && q.name != "Reserve" && q.name != "Target" {
			t.Errorf("%s: answered from before the spool (%v)", q.name, err)
		}
		if l.waiting() != 0 {
			t.Errorf("%s: %d records wait", q.name, l.waiting())
		}
	}
}

func ignore(err, that error) error {
	if errors.Is(err, that) {
		return nil
	}
	return err
}

// What a running call's legs are ended by is kept while the database is away, so that a crash in that time leaves nobody in a
// silent call.
func TestHandlesOfAnOutageEndTheLegs(t *testing.T) {
	full.Only(t)
	pg, url := ownServer(t)
	dir := t.TempDir()
	l := openLedger(t, url, dir)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	resume := pause(t, pg)
	ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
	defer cancel()
	answered := customerLeg(noon)
	answered.Data = []byte("with the far end's tag")
	talk := evidence(noon)[:4]
	must(t, l.Note(ctx, r.ID, dialer.Progress{Evidence: talk, Legs: []dialer.LegHandle{answered}}))
	in := dialer.Arrival{
		ID: newID(), At: noon, Trunk: "lab", Caller: newNumber(), NumberRef: "a caller's", NewCase: dialer.CaseID(newID()), CustomerLeg: customerLeg(noon),
	}
	_, err := l.Arrive(ctx, in)
	wantErr(t, err, dialer.ErrLedgerDown)
	l.Close()
	resume()

	l = openLedger(t, url, dir)
	open, err := l.Open(t.Context())
	if must(t, err); len(open) != 2 {
		t.Fatalf("%+v", open)
	}
	for _, a := range open {
		var customer string
		for _, h := range a.Legs {
			if h.Leg == dialer.CustomerLeg {
				customer = string(h.Data)
			}
		}
		switch a.ID {
		case r.ID:
			if len(a.Evidence) != len(talk) || customer != string(answered.Data) {
				t.Errorf("%+v", a)
			}
		case in.ID:
			if a.Direction != dialer.Inbound || !a.Dialable || customer != string(in.CustomerLeg.Data) {
				t.Errorf("%+v", a)
			}
		}
	}
}

// A call that came and went while the database was away is in the ledger when it is back, and who called can be called.
func TestACallThatCameInDuringAnOutage(t *testing.T) {
	l := newLedger(t)
	in := dialer.Arrival{
		ID: newID(), At: noon, Trunk: "lab", Caller: newNumber(), NewCase: dialer.CaseID(newID()), CustomerLeg: customerLeg(noon),
	}
	in.NumberRef, in.Kind = testRefs.Number(in.Caller), in.Caller.Kind()
	must(t, l.keep(ended(dialer.AttemptEnd{
		ID: in.ID, StartedAt: noon, EndedAt: noon.Add(time.Minute), EndedBy: dialer.ByCustomer, Arrival: &in,
		AnsweredAt: noon.Add(time.Second), Desk: "desk1", Operator: "operator1",
		Verdict: dialer.Verdict{Result: dialer.Answered, Confidence: dialer.High, Rule: "inbound", Why: "受電"},
		Next:    dialer.ResultOwed,
	})))
	must(t, l.settle(t.Context()))
	a := attempt(t, l, in.ID)
	if a.Verdict.Result != dialer.Answered || a.Desk != "desk1" {
		t.Fatalf("%+v", a)
	}
	number, _, err := l.Caller(t.Context(), in.ID)
	if must(t, err); number != in.Caller {
		t.Error("who called is not known")
	}
	if next, err := l.Target(t.Context(), a.CaseID, ""); err != nil || next.Number != in.Caller {
		t.Errorf("whom to call back: %v", err)
	}
}
