package postgres

import (
	"reflect"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func attempt(t testing.TB, l *Ledger, id dialer.CallID) casework.Attempt {
	t.Helper()
	a, err := l.Attempt(t.Context(), id)
	must(t, err)
	return a
}

// entry is a promise to pay, made by the debtor.
func entry(r dialer.Reservation) casework.Recorded {
	return casework.Recorded{
		Entry: casework.Entry{
			Party: casework.Self, Business: []casework.Business{casework.Promised, casework.Information}, Note: "月末に払う",
			Promise: &casework.Promise{Yen: 12000, DueOn: "2026-11-30", Means: "slip", Parts: []casework.PromisePart{
				{Insurance: casework.Kokuho, Term: "令和8年度 第1期", Yen: 7000}, {Insurance: casework.Kokuho, Term: "令和8年度 第2期", Yen: 5000},
			}},
		},
		Attempt: r.ID, Case: r.Target.CaseID, By: "operator1", At: r.At.Add(time.Minute),
		Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(14 * 24 * time.Hour), Why: "納付約束の確認です"},
	}
}

func TestRecordAppendsAndTheNewestCounts(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	if c := caseOf(t, l, target.CaseID); c.Next.State != dialer.CaseResultDue {
		t.Fatalf("after the talk: %+v", c.Next)
	}
	first := entry(r)
	rev, err := l.Record(t.Context(), first)
	if must(t, err); rev.Revision != 1 {
		t.Fatalf("revision %d", rev.Revision)
	}
	first.Revision = 1
	if got := attempt(t, l, r.ID).Entry; got == nil || !reflect.DeepEqual(*got, first) {
		t.Fatalf("got  %+v\nwant %+v", got, first)
	}
	if c := caseOf(t, l, target.CaseID); c.Next != first.Next {
		t.Errorf("the case stands at %+v", c.Next)
	}

	again := noon.Add(48 * time.Hour)
	second := casework.Recorded{
		Entry:   casework.Entry{Party: casework.Family, Business: []casework.Business{casework.CallBack}, CallAgain: &again, Mine: true},
		Attempt: r.ID, Case: target.CaseID, By: "supervisor", At: noon.Add(time.Hour),
		Next: dialer.CaseNext{State: dialer.CaseHeld, Why: "確認中"},
	}
	rev, err = l.Record(t.Context(), second)
	if must(t, err); rev.Revision != 2 {
		t.Fatalf("revision %d", rev.Revision)
	}
	second.Revision = 2
	if got := attempt(t, l, r.ID).Entry; got == nil || !reflect.DeepEqual(*got, second) {
		t.Fatalf("got  %+v\nwant %+v", got, second)
	}
	if n := count(t, l, "SELECT count(*) FROM promises WHERE state = 'replaced'"); n != 1 {
		t.Error("the promise of the first revision still stands")
	}
}

func TestRecordRefusesWhatDoesNotFit(t *testing.T) {
	l := newLedger(t)
	r := call(t, l, newTarget(), noon, dialer.Answered)
	wrongCase := entry(r)
	wrongCase.Case = newTarget().CaseID
	_, err := l.Record(t.Context(), wrongCase)
	wantErr(t, err, dialer.ErrNotFound)
	_, err = l.Record(t.Context(), entry(reservation(newTarget(), noon)))
	wantErr(t, err, dialer.ErrNotFound)
	badDate := entry(r)
	badDate.Promise.DueOn = "2026-02-31"
	if _, err = l.Record(t.Context(), badDate); err == nil {
		t.Error("31 February was taken")
	}
	if a := attempt(t, l, r.ID); a.Entry != nil {
		t.Error("something of a refused entry was kept")
	}
}

// An operator may be faster than the end: the end then does not undo what the entry decided.
func TestAnEntryBeforeTheEndStands(t *testing.T) {
	l := newLedger(t)
	r := reservation(listedTarget(t, l), noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	_, err := l.Record(t.Context(), entry(r))
	must(t, err)
	must(t, l.End(t.Context(), endOf(r, dialer.Answered)))
	if c := caseOf(t, l, r.Target.CaseID); c.Next != entry(r).Next {
		t.Errorf("the case stands at %+v", c.Next)
	}
}

func TestAttemptsPageByPage(t *testing.T) {
	l := newLedger(t)
	var want []dialer.CallID
	target := newTarget()
	for i := range 7 {
		// Pairs share their time: the order among them must hold across pages all the same.
		r := call(t, l, target, noon.Add(time.Duration(i/2)*time.Minute), dialer.NoAnswer)
		want = append(want, r.ID)
	}
	_, err := l.Record(t.Context(), entry(dialer.Reservation{ID: want[0], Target: target, At: noon}))
	must(t, err)
	call(t, l, newTarget(), noon.Add(time.Hour), dialer.Busy)

	for name, f := range map[string]casework.AttemptFilter{
		"of a case": {CaseID: target.CaseID, Limit: 2},
		"in a span": {From: noon, To: noon.Add(time.Hour), Desk: "desk1", Limit: 3},
	} {
		got := map[dialer.CallID]bool{}
		var last time.Time
		for page := 0; ; page++ {
			items, next, err := l.Attempts(t.Context(), f)
			must(t, err)
			for _, a := range items {
				if got[a.ID] || (!last.IsZero() && a.StartedAt.After(last)) {
					t.Fatalf("%s: %s is repeated or out of order", name, a.ID)
				}
				got[a.ID], last = true, a.StartedAt
				if (a.Entry != nil) != (a.ID == want[0]) || len(a.Evidence) == 0 {
					t.Errorf("%s: %+v", name, a)
				}
			}
			if f.Cursor = next; next == "" {
				break
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d of %d", name, len(got), len(want))
		}
	}
	items, next, err := l.Attempts(t.Context(), casework.AttemptFilter{Desk: "desk2"})
	if must(t, err); len(items) != 0 || next != "" {
		t.Errorf("%d of another desk", len(items))
	}
	_, _, err = l.Attempts(t.Context(), casework.AttemptFilter{Cursor: "made up"})
	wantRule(t, err, "bad_cursor")
}

// An operator's pages are full of their own calls, however many of others stand between them.
func TestAttemptsOfAnOperatorFillTheirPages(t *testing.T) {
	l := newLedger(t)
	target := newTarget()
	for i := range 6 {
		r := reservation(target, noon.Add(time.Duration(i)*time.Minute))
		r.Operator = "operator2"
		if i%3 == 0 {
			r.Operator = "operator1"
		}
		must(t, l.Reserve(t.Context(), r))
		must(t, l.End(t.Context(), endOf(r, dialer.NotDialled)))
	}
	for name, f := range map[string]casework.AttemptFilter{
		"of all": {Operator: "operator1", Limit: 2}, "of a case": {Operator: "operator1", CaseID: target.CaseID, Limit: 2},
	} {
		items, next, err := l.Attempts(t.Context(), f)
		must(t, err)
		if len(items) != 2 || items[0].Operator != "operator1" || items[1].Operator != "operator1" || next != "" {
			t.Errorf("%s: %d on the page, next %q", name, len(items), next)
		}
	}
}

func TestANumberThatProvesWrongIsNotCalledAgain(t *testing.T) {
	l := newLedger(t)
	for name, prove := range map[string]func(dialer.Target){
		"moved": func(target dialer.Target) { call(t, l, target, noon, dialer.NumberChanged) },
		"unallocated twice": func(target dialer.Target) {
			call(t, l, target, noon, dialer.Unallocated)
			if again, err := l.Target(t.Context(), target.CaseID, ""); err != nil || again.Number != target.Number {
				t.Errorf("once is not enough: %v", err)
			}
			call(t, l, target, noon.Add(24*time.Hour), dialer.Unallocated)
		},
		"said so": func(target dialer.Target) {
			e := entry(call(t, l, target, noon, dialer.Answered))
			e.Business, e.Promise = []casework.Business{casework.WrongNumber}, nil
			_, err := l.Record(t.Context(), e)
			must(t, err)
		},
	} {
		target := listedTarget(t, l)
		prove(target)
		next, err := l.Target(t.Context(), target.CaseID, "")
		if must(t, err); next.Number == target.Number || next.Number == "" {
			t.Errorf("%s: called again", name)
		}
	}
}

func TestTriesSayWhatWasAskedFor(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	again := noon.Add(3 * time.Hour)
	for _, when := range []*time.Time{nil, &again} { // the newest revision counts
		_, err := l.Record(t.Context(), casework.Recorded{
			Entry:   casework.Entry{Party: casework.Self, Business: []casework.Business{casework.CallBack}, CallAgain: when},
			Attempt: r.ID, Case: target.CaseID, By: "operator1", At: noon.Add(time.Minute),
			Next: dialer.CaseNext{State: dialer.CaseHeld, Why: "確認中"},
		})
		must(t, err)
		tries, err := l.Tries(t.Context(), target.NumberRef, noon.Add(-time.Hour))
		must(t, err)
		if len(tries) != 1 || tries[0].AskedFor.IsZero() != (when == nil) || when != nil && !tries[0].AskedFor.Equal(again) {
			t.Errorf("tries %+v", tries)
		}
	}
}
