package postgres

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

func newList(sample bool) casework.StagedList {
	return casework.StagedList{ID: dialer.NewID(noon), FileName: "list.csv", By: "admin", At: noon, Sample: sample}
}

// rowsOf gives the rows of a list, numbered as its lines where they have no number.
func rowsOf(rows ...casework.Row) iter.Seq2[casework.Row, error] {
	return func(yield func(casework.Row, error) bool) {
		for i, r := range rows {
			if r.Line == 0 {
				r.Line = i + 1
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func wantListError(t testing.TB, err error, code string) {
	t.Helper()
	var e *casework.ListError
	if !errors.As(err, &e) || e.Code != code || e.JA == "" {
		t.Fatalf("got %v, want a list's error %s", err, code)
	}
}

func TestAListInTwoSteps(t *testing.T) {
	l := newLedger(t)
	a, b, c := person("0001"), person("0002"), person("0003")
	list := newList(true)
	before := count(t, l, "SELECT count(*) FROM cases")
	p, err := l.Stage(t.Context(), list, rowsOf(a, b, c), nil)
	must(t, err)
	if p.State != "staged" || p.Rows != 3 || p.Cases != 3 || p.New != 3 || p.Wrong != 0 || p.Kinds[dialer.KindMobile] != 6 || !p.Sample {
		t.Fatalf("%+v", p)
	}
	if n := count(t, l, "SELECT count(*) FROM cases"); n != before {
		t.Fatal("staging made cases")
	}
	done, err := l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	if done.New != 3 || len(done.Waiting) != 3 {
		t.Fatalf("%+v", done)
	}
	again, err := l.Apply(t.Context(), list.ID, "admin", nil)
	if must(t, err); !reflect.DeepEqual(again, done) {
		t.Errorf("applied twice: %+v, then %+v", done, again)
	}
	if p, err = l.Preview(t.Context(), list.ID); err != nil || p.State != "applied" || p.Progress != 3 || !p.AppliedAt.Equal(noon) {
		t.Errorf("%+v, %v", p, err)
	}
	if n := count(t, l, "SELECT (SELECT count(*) FROM staged_rows) + (SELECT count(*) FROM staged_cases)"); n != 0 {
		t.Errorf("%d staged rows were left", n)
	}
	wantListError(t, l.Discard(t.Context(), list.ID), "list_applied")
	// The order of the list is the order of the line.
	for i, row := range []casework.Row{a, b, c} {
		if got := caseOf(t, l, done.Waiting[i].Case).WardNumber; got != row.WardNumber {
			t.Errorf("place %d: %s", i, got)
		}
	}
}

func TestTheNextListTellsNewChangedSameAndMissing(t *testing.T) {
	l := newLedger(t)
	same, changed, missing := person("0001"), person("0002"), person("0003")
	ids := load(t, l, same, changed, missing).Waiting
	id := ids[1].Case
	r := call(t, l, targetOf(t, l, id), noon, dialer.NumberChanged) // the first number proves wrong
	must(t, l.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseHeld, Why: "番号変更"}))

	old := changed.Phones
	added := newNumber()
	changed.Phones = []casework.Phone{old[0], {Rank: 2, Number: added, Kind: added.Kind(), Usable: true}}
	changed.Person.Address, changed.Balance.Yen, changed.Note = "新しい町2-2", 5000, ""
	second := changed
	second.Balance.Term = "令和8年度 第2期"
	list := newList(true)
	p, err := l.Stage(t.Context(), list, rowsOf(person("0004"), second, same, changed), nil)
	must(t, err)
	if p.New != 1 || p.Changed != 1 || p.Same != 1 || p.Missing != 1 || p.Cases != 3 {
		t.Fatalf("%+v", p)
	}
	done, err := l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	if done.New != 1 || done.Changed != 1 || done.Same != 1 || len(done.Waiting) != 1 {
		t.Fatalf("%+v", done)
	}
	c := caseOf(t, l, id)
	if c.Person.Address != "新しい町2-2" || len(c.Balances) != 2 || c.TotalYen() != 10000 || c.WardNote != "" {
		t.Errorf("%+v", c)
	}
	if len(c.Phones) != 2 || c.Phones[0].Number != old[0].Number || c.Phones[0].Usable || c.Phones[1].Number != added || !c.Phones[1].Usable {
		t.Errorf("a list does not mend a number: %+v", c.Phones)
	}
	if c.Next.State != dialer.CaseHeld {
		t.Errorf("a list does not move a case: %+v", c.Next)
	}
	if r.Target.CaseRef != c.CaseRef {
		t.Error("the reference changed")
	}
	caseOf(t, l, ids[2].Case) // the missing one is still there
}

func targetOf(t testing.TB, l *Ledger, id dialer.CaseID) dialer.Target {
	t.Helper()
	target, err := l.Target(t.Context(), id, "")
	must(t, err)
	return target
}

func TestRowsThatAreNotTaken(t *testing.T) {
	l := newLedger(t)
	good, fatal, mended, assigned, nobody, undated, unknown := person("1"), person("2"), person("3"), person("4"), person(""), person("6"), person("7")
	fatal.Problems = []casework.Problem{{Line: 2, Column: "電話番号1", Code: "bad_number", JA: "桁数", EN: "length", Fatal: true}}
	mended.Repairs = []casework.Problem{{Line: 3, Code: "leading_zero"}}
	mended.Problems = []casework.Problem{{Line: 3, Code: "never_dial"}} // not fatal
	assigned.Sample = false
	undated.Balance.DueOn = "7/31"
	unknown.Balance.Insurance = "kaigo"
	repeated := good
	p, err := l.Stage(t.Context(), newList(true), rowsOf(good, fatal, mended, assigned, nobody, undated, unknown, repeated), nil)
	must(t, err)
	if p.Rows != 8 || p.Cases != 2 || p.Wrong != 6 || p.Repaired != 1 || len(p.Repairs) != 1 {
		t.Fatalf("%+v", p)
	}
	var codes []string
	for _, q := range p.Problems {
		codes = append(codes, fmt.Sprint(q.Line, q.Code))
	}
	if got := strings.Join(codes, ","); got != "2bad_number,3never_dial,4sample_mixed,5missing,6bad_date,7bad_insurance,8repeated" {
		t.Error(got)
	}
}

func TestOnlyTheFirstProblemsAreKept(t *testing.T) {
	l := newLedger(t)
	rows := make([]casework.Row, 300)
	for i := range rows {
		rows[i] = person(fmt.Sprint(i))
		rows[i].Problems = []casework.Problem{{Line: i, Code: "x", Fatal: true}}
		rows[i].Repairs = []casework.Problem{{Line: i, Code: "y"}}
	}
	p, err := l.Stage(t.Context(), newList(true), rowsOf(rows...), nil)
	must(t, err)
	if len(p.Problems) != 200 || len(p.Repairs) != 200 || p.Wrong != 300 || p.Repaired != 300 || p.Cases != 0 {
		t.Errorf("%d problems, %d repairs, %+v", len(p.Problems), len(p.Repairs), p.Wrong)
	}
}

func TestSamplesAndRealCasesNeverMix(t *testing.T) {
	for _, sampleFirst := range []bool{true, false} {
		l := newLedger(t)
		a, b := person("1"), person("2")
		a.Sample, b.Sample = sampleFirst, !sampleFirst
		_, err := l.AdHoc(t.Context(), "0312345678", "単発", "supervisor") // belongs to no list
		must(t, err)
		first, second := newList(a.Sample), newList(b.Sample)
		for _, list := range []struct {
			casework.StagedList
			row casework.Row
		}{{first, a}, {second, b}} {
			_, err := l.Stage(t.Context(), list.StagedList, rowsOf(list.row), nil)
			must(t, err)
		}
		_, err = l.Apply(t.Context(), first.ID, "admin", nil)
		must(t, err)
		_, err = l.Apply(t.Context(), second.ID, "admin", nil)
		wantListError(t, err, "sample_mixed")
		if n := count(t, l, "SELECT count(*) FROM cases WHERE origin = 'list'"); n != 1 {
			t.Errorf("%d cases", n)
		}
		must(t, l.Discard(t.Context(), second.ID))
		_, err = l.Preview(t.Context(), second.ID)
		wantErr(t, err, dialer.ErrNotFound)
	}
}

func TestAListThatBreaksLeavesNothing(t *testing.T) {
	l := newLedger(t)
	broken := errors.New("line 3 is no CSV")
	list := newList(true)
	_, err := l.Stage(t.Context(), list, func(yield func(casework.Row, error) bool) {
		for i := range 2 {
			r := person(fmt.Sprint(i))
			r.Line = i + 1
			if !yield(r, nil) {
				return
			}
		}
		yield(casework.Row{}, broken)
	}, nil)
	wantErr(t, err, broken)
	if n := count(t, l, "SELECT count(*) FROM staged_rows"); n != 0 {
		t.Errorf("%d rows were left", n)
	}
	if p, err := l.Preview(t.Context(), list.ID); err != nil || p.State != "failed" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = l.Apply(t.Context(), list.ID, "admin", nil)
	wantListError(t, err, "list_not_staged")

	for _, id := range []string{dialer.NewID(noon), "no id"} {
		_, err = l.Preview(t.Context(), id)
		wantErr(t, err, dialer.ErrNotFound)
		_, err = l.Apply(t.Context(), id, "admin", nil)
		wantErr(t, err, dialer.ErrNotFound)
		wantErr(t, l.Discard(t.Context(), id), dialer.ErrNotFound)
	}

	lost := newList(true)
	_, err = l.Stage(t.Context(), lost, rowsOf(person("1")), nil)
	must(t, err)
	_, err = l.pool.Exec(t.Context(), "TRUNCATE staged_rows, staged_cases") // what a crash does to unlogged tables
	must(t, err)
	_, err = l.Apply(t.Context(), lost.ID, "admin", nil)
	wantListError(t, err, "list_lost")
}

func TestTwoListsStagedOnTheSameState(t *testing.T) {
	l := newLedger(t)
	row := person("1")
	one, two := newList(true), newList(true)
	for _, list := range []casework.StagedList{one, two} {
		p, err := l.Stage(t.Context(), list, rowsOf(row), nil)
		if must(t, err); p.New != 1 {
			t.Fatalf("%+v", p)
		}
	}
	_, err := l.Apply(t.Context(), one.ID, "admin", nil)
	must(t, err)
	done, err := l.Apply(t.Context(), two.ID, "admin", nil)
	if must(t, err); done.New != 0 || done.Same != 1 {
		t.Errorf("%+v", done)
	}
}

// A big list is streamed: the memory it takes does not grow with it.
func TestABigListIsStreamed(t *testing.T) {
	full.Only(t)
	rows := 20_000
	if os.Getenv("KAKERU_LONG") == "1" {
		rows = 200_000
	}
	l := newLedger(t)
	list := newList(true)
	var base, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&base)
	var most uint64
	seen := 0
	p, err := l.Stage(t.Context(), list, func(yield func(casework.Row, error) bool) {
		for i := range rows {
			// Two terms for each person.
			r := person(fmt.Sprintf("%010d", i/2))
			r.Line, r.Balance.Term = i+2, fmt.Sprintf("第%d期", i%2+1)
			if !yield(r, nil) {
				return
			}
			if i%(rows/10) == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	}, func(n int) { seen = n })
	must(t, err)
	if p.Rows != rows || p.Cases != rows/2 || p.New != rows/2 || p.Wrong != 0 || seen != rows {
		t.Fatalf("%+v, %d seen", p, seen)
	}
	if grown := int64(most) - int64(base.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	began := time.Now()
	var progress []int
	done, err := l.Apply(t.Context(), list.ID, "admin", func(n int) { progress = append(progress, n) })
	must(t, err)
	if done.New != rows/2 || len(done.Waiting) != rows/2 || len(progress) < 2 || progress[len(progress)-1] != rows/2 {
		t.Errorf("%d new, %d waiting, progress %v", done.New, len(done.Waiting), progress)
	}
	t.Logf("%d rows applied in %s", rows, time.Since(began).Round(time.Millisecond))
}

// TestNoCaseIsHalfTaken: one wrong row leaves out all rows about its person, so that nobody is told half a debt; what is
// known of them stays.
func TestNoCaseIsHalfTaken(t *testing.T) {
	l := newLedger(t)
	first := person("0001")
	second := first
	second.Balance.Term = "令和8年度 第9期"
	known := load(t, l, first, second).Waiting[0].Case
	before := caseOf(t, l, known)

	wrong := second
	wrong.Problems = []casework.Problem{{Line: 2, Code: "bad_amount", Fatal: true}}
	list := newList(true)
	p, err := l.Stage(t.Context(), list, rowsOf(first, wrong, person("0002")), nil)
	must(t, err)
	if p.Cases != 1 || p.New != 1 || p.Wrong != 2 || len(p.Problems) != 2 || p.Problems[1].Code != "case_incomplete" || p.Problems[1].Line != 1 {
		t.Fatalf("%+v", p)
	}
	_, err = l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	if after := caseOf(t, l, known); !reflect.DeepEqual(after.Balances, before.Balances) || len(after.Balances) != 2 {
		t.Errorf("the case owes %+v, it owed %+v", after.Balances, before.Balances)
	}
}

// TestTwoPeopleUnderOneNumberAreNobodysCase: a mistyped number of the ward's must not have one person rung about another's
// debt.
func TestTwoPeopleUnderOneNumberAreNobodysCase(t *testing.T) {
	l := newLedger(t)
	one, other := person("0001"), person("0001")
	one.Person.Name, other.Person.Name = "見本 太郎", "見本 花子"
	other.Balance.Term = "令和8年度 第9期"
	spaced, born := person("0002"), person("0002")
	spaced.Person.Name, born.Person.Name = "見本　次郎", "見本次郎" // the same name
	spaced.Person.BornOn, born.Person.BornOn = "", "1950-01-02"
	born.Balance.Term = "令和8年度 第9期"
	older, younger := person("0003"), person("0003")
	older.Person.BornOn, younger.Person.BornOn = "1950-01-02", "1980-01-02"
	younger.Person.Name, younger.Balance.Term = older.Person.Name, "令和8年度 第9期"
	p, err := l.Stage(t.Context(), newList(true), rowsOf(one, other, spaced, born, older, younger), nil)
	must(t, err)
	if p.Cases != 1 || p.Wrong != 4 || len(p.Problems) != 4 {
		t.Fatalf("%+v", p)
	}
	for _, problem := range p.Problems {
		if problem.Code != "person_differs" || !problem.Fatal || problem.Line == 3 || problem.Line == 4 {
			t.Errorf("%+v", problem)
		}
	}
}
