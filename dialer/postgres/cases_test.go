package postgres

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// person is a line of a list about somebody made up, with two numbers of their own.
func person(ward string) casework.Row {
	a, b := newNumber(), newNumber()
	return casework.Row{
		WardNumber: ward, Person: casework.Person{
			Name: "見本　太郎" + ward, Kana: "ミホン　タロウ" + ward, PostalCode: "135-0000", Address: "見本町1-1", BornOn: "1960-01-02",
		},
		Phones: []casework.Phone{
			{Rank: 1, Number: a, Kind: a.Kind(), Usable: true}, {Rank: 2, Number: b, Kind: b.Kind(), Usable: true},
		},
		Balance:  casework.Balance{Insurance: casework.Kokuho, Term: "令和8年度 第1期", DueOn: "2026-07-31", Yen: 20000},
		Language: "ja", Note: "午前中に在宅", Sample: true,
	}
}

func load(t testing.TB, l *Ledger, rows ...casework.Row) casework.Applied {
	t.Helper()
	list := newList(true)
	_, err := l.Stage(t.Context(), list, rowsOf(rows...), nil)
	must(t, err)
	done, err := l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	return done
}

// listedTarget is the target of a case that came with a list and has two numbers.
func listedTarget(t testing.TB, l *Ledger) dialer.Target {
	t.Helper()
	done := load(t, l, person(fmt.Sprintf("%010d", numbers.Add(1))))
	target, err := l.Target(t.Context(), done.Waiting[0].Case, "")
	must(t, err)
	return target
}

func caseOf(t testing.TB, l *Ledger, id dialer.CaseID) casework.Case {
	t.Helper()
	c, err := l.Case(t.Context(), id)
	must(t, err)
	return c
}

func TestTargetIsTheFirstNumberThatMayBeDialled(t *testing.T) {
	l := newLedger(t)
	row := person("0000000001")
	row.Phones = slices.Insert(row.Phones, 0, casework.Phone{Rank: 1, Number: "0990123456", Kind: dialer.KindNever, Usable: true})
	more := row
	more.Line, more.Balance = 2, casework.Balance{Insurance: casework.Kouki, Term: "令和8年度 第2期", Yen: 40000}
	id := load(t, l, row, more).Waiting[0].Case

	got, err := l.Target(t.Context(), id, "")
	must(t, err)
	n := row.Phones[1].Number
	want := dialer.Target{
		CaseID: id, CaseRef: testRefs.Case("0000000001"), Number: n, NumberRef: testRefs.Number(n), Sample: true,
		Insurance: "both", Language: "ja", BalanceBand: "-100k", Priority: 49, // never called yet
		Numbers: []dialer.CaseNumber{{Number: n, Ref: testRefs.Number(n)}, {Number: row.Phones[2].Number, Ref: testRefs.Number(row.Phones[2].Number)}},
		Stood:   caseOf(t, l, id).Next,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, err = l.Target(t.Context(), id, row.Phones[2].Number); err != nil || got.Number != row.Phones[2].Number {
		t.Errorf("the number asked for: %+v, %v", got, err)
	}
	must(t, l.SetDoNotCall(t.Context(), n, true, "supervisor"))
	must(t, l.SetDoNotCall(t.Context(), n, true, "supervisor"))
	if got, err = l.Target(t.Context(), id, ""); err != nil || !got.DoNotCall || !caseOf(t, l, id).DoNotCall {
		t.Errorf("on the do-not-call list: %+v, %v", got, err)
	}
	must(t, l.SetDoNotCall(t.Context(), n, false, "supervisor"))
	if got, err = l.Target(t.Context(), id, ""); err != nil || got.DoNotCall {
		t.Errorf("off the list again: %+v, %v", got, err)
	}
	for _, id := range []dialer.CaseID{dialer.CaseID(dialer.NewID(noon)), "no id"} {
		_, err = l.Target(t.Context(), id, "")
		wantErr(t, err, dialer.ErrNotFound)
		_, err = l.Target(t.Context(), id, n)
		wantErr(t, err, dialer.ErrNotFound)
	}
	row = person("0000000002")
	row.Phones = nil
	_, err = l.Target(t.Context(), load(t, l, row).Waiting[0].Case, "")
	wantErr(t, err, dialer.ErrNotFound)
}

func TestAdHocCases(t *testing.T) {
	l := newLedger(t)
	n := newNumber()
	id, err := l.AdHoc(t.Context(), n, "本人からの依頼", "supervisor")
	must(t, err)
	again, err := l.AdHoc(t.Context(), n, "もう一度", "supervisor")
	if must(t, err); again != id {
		t.Error("one number, two cases")
	}
	target, err := l.Target(t.Context(), id, "")
	if must(t, err); target.Number != n || !target.Sample || target.BalanceBand != "0" {
		t.Errorf("%+v", target)
	}
	c := caseOf(t, l, id)
	if c.Next.State != dialer.CaseHeld || c.WardNote != "本人からの依頼\nもう一度" || len(c.Phones) != 1 {
		t.Errorf("%+v", c)
	}
	assigned, err := l.AdHoc(t.Context(), "0312345678", "x", "supervisor")
	must(t, err)
	if target, err = l.Target(t.Context(), assigned, ""); err != nil || target.Sample {
		t.Errorf("a real number is no sample: %+v, %v", target, err)
	}
	must(t, l.Reserve(t.Context(), reservation(target, noon)))
}

func TestACasesPlace(t *testing.T) {
	l := newLedger(t)
	id := listedTarget(t, l).CaseID
	due := noon.Add(time.Hour)
	must(t, l.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Why: "あとで"}))
	w, err := l.Place(t.Context(), id)
	if must(t, err); w == nil || *w != (dialer.Waiting{Case: id, Due: due, Priority: 49, Lane: w.Lane}) {
		t.Errorf("%+v", w)
	}
	must(t, l.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseWaiting, Why: "すぐ"})) // no time: at once
	if w, err = l.Place(t.Context(), id); err != nil || w == nil || !w.Due.Equal(noon) {
		t.Errorf("%+v, %v", w, err)
	}
	unknown := dialer.CaseID(dialer.NewID(noon))
	_, err = l.Place(t.Context(), unknown)
	wantErr(t, err, dialer.ErrNotFound)
	wantErr(t, l.Defer(t.Context(), unknown, dialer.CaseNext{State: dialer.CaseClosed}), dialer.ErrNotFound)
	if err := l.Defer(t.Context(), id, dialer.CaseNext{State: "nowhere"}); err == nil {
		t.Error("a state that does not exist was taken")
	}
	must(t, l.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseClosed, Why: "完了"}))
	if w, err = l.Place(t.Context(), id); err != nil || w != nil {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestCasesWhole(t *testing.T) {
	l := newLedger(t)
	row := person("0000012345")
	id := load(t, l, row).Waiting[0].Case
	got := caseOf(t, l, id)
	want := casework.Case{
		ID: id, CaseRef: testRefs.Case(row.WardNumber), WardNumber: row.WardNumber, Person: row.Person, Phones: row.Phones,
		Balances: []casework.Balance{row.Balance}, Language: "ja", WardNote: row.Note, Sample: true, Priority: 49,
		RankWhy: dialer.Reason{JA: "初めての架電", EN: "never called yet"},
		Next: dialer.CaseNext{
			State: dialer.CaseWaiting, Due: noon, Cause: dialer.CauseNew, Why: "名簿で新しく届いた案件です", WhyEN: "new from the ward's list",
		},
		UpdatedAt: noon,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	other := load(t, l, person("0000012346")).Waiting[0].Case
	cases, err := l.Cases(t.Context(), []dialer.CaseID{other, dialer.CaseID(dialer.NewID(noon)), "no id", id})
	if must(t, err); len(cases) != 2 || cases[0].ID != other || cases[1].ID != id {
		t.Errorf("%+v", cases)
	}
	_, err = l.Case(t.Context(), dialer.CaseID(dialer.NewID(noon)))
	wantErr(t, err, dialer.ErrNotFound)
}

func TestSearch(t *testing.T) {
	l := newLedger(t)
	a, b := person("0000777001"), person("0000777002")
	a.Person.Name, a.Person.Kana = "佐藤　花子", "サトウ　ハナコ"
	b.Person.Name, b.Person.Kana = "100%_見本", "ヒャク"
	a.Phones[0].Number, b.Phones[0].Number = "09001234321", "0300001111"
	load(t, l, a, b)
	for q, want := range map[string][]string{
		"0000777001": {a.WardNumber}, "777001": {a.WardNumber}, "０９０-０１２３-４３２１": {a.WardNumber}, "4321": {a.WardNumber},
		"佐藤": {a.WardNumber}, "佐藤 花": {a.WardNumber}, "さとう": {a.WardNumber}, "サトウハ": {a.WardNumber},
		"03-0000-1111": {b.WardNumber}, "100%": {b.WardNumber}, "%": nil, "_": nil, "花子": nil, "": nil, "9999999": nil, "\x00": nil,
	} {
		cases, err := l.Search(t.Context(), q, 10)
		must(t, err)
		var got []string
		for _, c := range cases {
			got = append(got, c.WardNumber)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", q, got, want)
		}
	}
	// Best first: the ward's number as written comes before a phone that ends so.
	c := person("4321")
	load(t, l, c)
	cases, err := l.Search(t.Context(), "4321", 10)
	if must(t, err); len(cases) != 2 || cases[0].WardNumber != "4321" {
		t.Errorf("%d cases", len(cases))
	}
	if cases, err = l.Search(t.Context(), "4321", 1); err != nil || len(cases) != 1 {
		t.Errorf("%d cases, %v", len(cases), err)
	}
}

func TestTheLineAndWhatIsHeld(t *testing.T) {
	l := newLedger(t)
	ws := load(t, l, person("1"), person("2"), person("3")).Waiting
	must(t, l.Defer(t.Context(), ws[0].Case, dialer.CaseNext{State: dialer.CaseHeld, Why: "判断待ち"}))
	var got []dialer.Waiting
	for w, err := range l.Waiting(t.Context()) {
		must(t, err)
		got = append(got, w)
	}
	if !slices.Equal(got, ws[1:]) {
		t.Errorf("got %+v, want %+v", got, ws[1:])
	}
	for range l.Waiting(t.Context()) {
		break // a reader may stop; the connection goes back
	}
	held, err := l.Held(t.Context(), 10)
	if must(t, err); len(held) != 1 || held[0].ID != ws[0].Case || held[0].Next.Why != "判断待ち" {
		t.Errorf("%+v", held)
	}
	if n := l.pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are out", n)
	}
}
