package postgres

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// typed is a number as it comes from the screen, for a person.
func typed(ward string, n dialer.Number, at time.Time) casework.EnteredNumber {
	return casework.EnteredNumber{
		At: at, By: "operator1", WardNumber: ward, CaseRef: testRefs.Case(ward), Number: n, NumberRef: testRefs.Number(n), Kind: n.Kind(),
		Source: "counter", DocumentOn: "2026-11-20",
	}
}

func enter(t testing.TB, l *Ledger, n casework.EnteredNumber) casework.EnteredNumber {
	t.Helper()
	kept, err := l.EnterNumber(t.Context(), n)
	must(t, err)
	return kept
}

// listedPerson is a case with two numbers and its 宛名番号, which the ledger knows by its reference.
func listedPerson(t testing.TB, l *Ledger) (string, casework.Case) {
	t.Helper()
	row := person(fmt.Sprintf("%010d", numbers.Add(1)))
	row.CaseRef = testRefs.Case(row.WardNumber)
	for i, p := range row.Phones {
		row.Phones[i].Number = p.Number
	}
	return row.WardNumber, caseOf(t, l, load(t, l, row).Waiting[0].Case)
}

func dialOrder(c casework.Case) (order []dialer.Number) {
	for _, p := range c.Phones {
		order = append(order, p.Number)
	}
	return order
}

func TestAnEnteredNumberJoinsItsCaseAndLeavesItAgain(t *testing.T) {
	l := newLedger(t)
	ward, c := listedPerson(t, l)
	a, b := c.Phones[0].Number, c.Phones[1].Number
	last, first := newNumber(), newNumber()
	one := enter(t, l, typed(ward, last, noon))
	in := typed(ward, first, noon.Add(time.Second))
	in.First = true
	two := enter(t, l, in)
	if one.Case != c.ID || one.Seen != casework.NumberNew || two.Case != c.ID {
		t.Fatalf("kept %+v and %+v", one, two)
	}
	want := fmt.Sprint([]dialer.Number{first, a, b, last})
	if got := fmt.Sprint(dialOrder(caseOf(t, l, c.ID))); got != want {
		t.Fatalf("dialled in the order %s, want %s", got, want)
	}
	known := enter(t, l, typed(ward, a, noon))
	if known.Seen != casework.NumberAtCase {
		t.Errorf("the case's own number was %q", known.Seen)
	}
	for _, id := range []string{two.ID, one.ID, one.ID, known.ID} {
		must(t, l.TakeNumberBack(t.Context(), id, "operator1", false, noon))
	}
	after := caseOf(t, l, c.ID)
	if got := fmt.Sprint(dialOrder(after)); got != fmt.Sprint([]dialer.Number{a, b}) || after.Phones[0].Rank != 1 || after.Phones[1].Rank != 2 {
		t.Errorf("after taking all back: %+v", after.Phones)
	}
	mine, err := l.EnteredNumbers(t.Context(), "operator1", noon, 10)
	must(t, err)
	if len(mine) != 3 || mine[0].ID != two.ID || !mine[0].TakenBack || mine[0].Number != first || mine[0].WardNumber != ward || mine[0].DocumentOn != "2026-11-20" {
		t.Errorf("listed %+v", mine)
	}
}

func TestANumberOfAPersonWhoIsNotHereIsKept(t *testing.T) {
	l := newLedger(t)
	_, other := listedPerson(t, l)
	kept := enter(t, l, typed("0009999999", newNumber(), noon))
	if kept.Case != "" || kept.Seen != casework.NumberNew {
		t.Errorf("kept %+v", kept)
	}
	household := enter(t, l, typed("0009999998", other.Phones[0].Number, noon))
	if household.Case != "" || household.Seen != casework.NumberElsewhere {
		t.Errorf("another case's number: %+v", household)
	}
	if n := len(caseOf(t, l, other.ID).Phones); n != 2 {
		t.Errorf("the other case has %d numbers", n)
	}
}

func TestTheSameNumberIsKeptOnceADay(t *testing.T) {
	l := newLedger(t)
	ward, c := listedPerson(t, l)
	n := newNumber()
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = l.EnterNumber(within(t, time.Minute), typed(ward, n, noon)) })
	}
	all.Wait()
	kept := 0
	for _, err := range errs {
		if err == nil {
			kept++
		} else {
			wantRule(t, err, casework.NumberEntered)
		}
	}
	if kept != 1 || len(caseOf(t, l, c.ID).Phones) != 3 {
		t.Fatalf("kept %d times", kept)
	}
	enter(t, l, typed(ward, n, noon.Add(24*time.Hour))) // another day's document
}

func TestNumbersAreCountedByPersonAndTokyoDay(t *testing.T) {
	l := newLedger(t)
	midnight := dialer.DateOf(noon).At(0)
	for i, at := range []time.Time{midnight.Add(-time.Second), midnight, midnight.Add(time.Hour)} {
		enter(t, l, typed(fmt.Sprintf("%010d", 200+i), newNumber(), at))
	}
	other := typed("0000000300", newNumber(), noon)
	other.By = "operator2"
	enter(t, l, other)
	gone := enter(t, l, typed("0000000301", newNumber(), noon))
	must(t, l.TakeNumberBack(t.Context(), gone.ID, "operator1", false, noon))
	got, err := l.NumberCounts(t.Context(), midnight.AddDate(0, 0, -1), midnight.AddDate(0, 0, 1))
	must(t, err)
	want := []casework.NumberCount{
		{Day: "2026-11-23", By: "operator1", N: 1}, {Day: "2026-11-24", By: "operator1", N: 2}, {Day: "2026-11-24", By: "operator2", N: 1},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := count(t, l, "SELECT count(*) FROM numbers_entered"); n != 5 {
		t.Errorf("%d rows kept", n)
	}
	if _, err := asOwner(t, l).Exec(t.Context(), "UPDATE numbers_entered SET by_user = 'x'"); err == nil {
		t.Error("a row could be written over")
	}
}

// TestACaseHasSoManyNumbers: what is taken back makes room.
func TestACaseHasSoManyNumbers(t *testing.T) {
	l := newLedger(t)
	ward, c := listedPerson(t, l)
	var last casework.EnteredNumber
	for range casework.MostNumbers - len(caseOf(t, l, c.ID).Phones) {
		last = enter(t, l, typed(ward, newNumber(), noon))
	}
	one := typed(ward, newNumber(), noon)
	one.First = true
	_, err := l.EnterNumber(t.Context(), one)
	wantRule(t, err, casework.NumberMany)
	if n := len(caseOf(t, l, c.ID).Phones); n != casework.MostNumbers {
		t.Errorf("the case has %d numbers", n)
	}
	must(t, l.TakeNumberBack(t.Context(), last.ID, "operator1", false, noon))
	enter(t, l, one)
}

// listedWith is a list's row of a person who has these numbers.
func listedWith(ward string, yen int64, ns ...dialer.Number) casework.Row {
	row := person(ward)
	row.CaseRef, row.Balance.Yen, row.Phones = testRefs.Case(ward), yen, nil
	for i, n := range ns {
		row.Phones = append(row.Phones, casework.Phone{Rank: i + 1, Number: n, Kind: n.Kind(), Usable: true})
	}
	return row
}

// provesWrong has somebody who was called at a number say that it is not the person's, and returns the call.
func provesWrong(t *testing.T, l *Ledger, id dialer.CaseID, n dialer.Number) {
	t.Helper()
	of := targetOf(t, l, id)
	of.Number, of.NumberRef = n, testRefs.Number(n)
	talk := call(t, l, of, noon, dialer.Answered)
	wrong := nothingAsked(talk.ID, of, noon.Add(5*time.Minute))
	wrong.Business = []casework.Business{casework.WrongNumber}
	recordAsTold(t, l, wrong)
}

// TestANumberThatProvedWrongStaysSoWhenItIsTakenBack: somebody typed it in, a talk found it to be another's, and the ward's list has it before or after that is taken
// back, or after it was typed in once more.
func TestANumberThatProvedWrongStaysSoWhenItIsTakenBack(t *testing.T) {
	for _, c := range []struct {
		name                    string
		listedBefore, typeAgain bool
		listedWithout           bool
	}{
		{name: "the list brings it before it is taken back", listedBefore: true},
		{name: "the list brings it after it was taken back"},
		{name: "a list without it comes between", listedWithout: true},
		{name: "it is typed in again", typeAgain: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger(t)
			ward := fmt.Sprintf("%010d", numbers.Add(1))
			good, n := newNumber(), newNumber()
			id := load(t, l, listedWith(ward, 1000, good)).Waiting[0].Case
			one := enter(t, l, typed(ward, n, noon))
			if c.listedBefore {
				load(t, l, listedWith(ward, 2000, good, n))
			}
			provesWrong(t, l, id, n)
			if c.listedWithout {
				load(t, l, listedWith(ward, 2500, good))
			}
			must(t, l.TakeNumberBack(t.Context(), one.ID, "operator1", false, noon))
			if has := len(caseOf(t, l, id).Phones) == 2; has != c.listedBefore {
				t.Errorf("after it was taken back: %+v", caseOf(t, l, id).Phones)
			}
			if c.typeAgain {
				if again := enter(t, l, typed(ward, n, noon.Add(24*time.Hour))); again.Seen != casework.NumberWrong {
					t.Errorf("whoever types it again is told %q", again.Seen)
				}
			} else {
				load(t, l, listedWith(ward, 3000, good, n))
			}
			after := caseOf(t, l, id).Phones
			if len(after) != 2 || after[1].Number != n || after[1].Usable || !after[0].Usable {
				t.Errorf("the number that proved wrong is dialled again: %+v", after)
			}
			if got := targetOf(t, l, id); len(got.Numbers) != 1 || got.Numbers[0].Number != good {
				t.Errorf("to be dialled are %+v", got.Numbers)
			}
			if kinds, err := l.ForeignRows(t.Context()); err != nil || len(kinds) > 0 {
				t.Errorf("it looks as if somebody had made it usable: %v, %v", kinds, err)
			}
		})
	}
}

// TestTakingANumberBackLeavesTheWardsOwn: what a list has brought since it was typed in is the ward's.
func TestTakingANumberBackLeavesTheWardsOwn(t *testing.T) {
	l := newLedger(t)
	ward := fmt.Sprintf("%010d", numbers.Add(1))
	good, n, slip := newNumber(), newNumber(), newNumber()
	id := load(t, l, listedWith(ward, 1000, good)).Waiting[0].Case
	one, two := enter(t, l, typed(ward, n, noon)), enter(t, l, typed(ward, slip, noon))
	load(t, l, listedWith(ward, 1000, good, n))
	three := enter(t, l, typed(ward, slip, noon.Add(24*time.Hour)))
	for _, e := range []casework.EnteredNumber{one, two, three} {
		must(t, l.TakeNumberBack(t.Context(), e.ID, "operator1", false, noon))
	}
	if got := fmt.Sprint(dialOrder(caseOf(t, l, id))); got != fmt.Sprint([]dialer.Number{good, n}) {
		t.Errorf("after taking all back: %s", got)
	}
}
