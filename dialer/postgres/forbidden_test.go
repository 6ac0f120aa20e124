package postgres

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func forge(t *testing.T, l *Ledger, sql string, args ...any) {
	t.Helper()
	_, err := l.pool.Exec(t.Context(), sql, args...)
	must(t, err)
}

// TestAForbiddenNumberIsNotFreedBySQL: a number that the role that serves takes off the do-not-call list, with a line in the log in a supervisor's name and with
// other lines' marks, is rung by nobody, and it is told. A supervisor takes it off all the same.
func TestAForbiddenNumberIsNotFreedBySQL(t *testing.T) {
	l := newLedger(t)
	target, other := listedTarget(t, l), listedTarget(t, l)
	word := func(of dialer.Target, on bool, at time.Time) {
		t.Helper()
		must(t, l.ForbidNumber(t.Context(), of.CaseID, of.Number, casework.Forbidding{On: on, By: "supervisor", At: at, Reason: "本人の申し出"}))
	}
	word(other, true, noon)
	word(other, false, noon.Add(time.Second))
	word(target, true, noon.Add(1999*time.Nanosecond)) // finer than PostgreSQL has it
	told := func(want ...string) {
		t.Helper()
		if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, want) {
			t.Errorf("of it is told %v, %v", kinds, err)
		}
	}
	told()
	takeOff := func() {
		t.Helper()
		forge(t, l, "INSERT INTO do_not_call_log SELECT $1, listed, by_user, at + interval '1 hour', reason FROM do_not_call_log WHERE NOT listed LIMIT 1", target.NumberRef)
		forge(t, l, "INSERT INTO row_marks SELECT what, $1, mark FROM row_marks WHERE what = 'do_not_call' ON CONFLICT DO NOTHING", target.NumberRef)
		forge(t, l, "DELETE FROM do_not_call WHERE number_ref = $1", target.NumberRef)
	}
	takeOff()
	told("do_not_call")
	got, err := l.Target(t.Context(), target.CaseID, "")
	if must(t, err); !got.DoNotCall || !got.Numbers[0].DoNotCall || got.Numbers[1].DoNotCall {
		t.Errorf("%+v", got)
	}
	if got, err = l.Target(t.Context(), target.CaseID, target.Number); err != nil || !got.DoNotCall {
		t.Errorf("the number asked for: %v, %v", got.DoNotCall, err)
	}
	if c := caseOf(t, l, target.CaseID); !c.DoNotCall || !c.Phones[0].DoNotCall || c.Phones[1].DoNotCall {
		t.Errorf("shown are %+v", c.Phones)
	}
	wantRule(t, l.Reserve(t.Context(), reservation(target, noon)), dialer.DoNotCall)
	word(target, true, noon.Add(time.Minute)) // it is already, and comes back onto the list
	if n := count(t, l, "SELECT count(*) FROM do_not_call"); n != 1 {
		t.Errorf("%d numbers are on the list", n)
	}
	takeOff()
	word(target, false, noon.Add(2*time.Minute))
	must(t, l.Reserve(t.Context(), reservation(target, noon)))
	_, err = l.NoteCall(t.Context(), byHand(other, noon, dialer.NoAnswer))
	must(t, err)
}

// TestAWordIsKeptWhateverStandsThere: whoever puts a number on the list first, or takes a case's number out while it is talked about, has the word on it be written and
// marked all the same, and cannot undo it afterwards.
func TestAWordIsKeptWhateverStandsThere(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	forge(t, l, "INSERT INTO do_not_call VALUES ($1, 'x', now())", target.NumberRef)
	asked := casework.Forbidding{On: true, By: "supervisor", At: noon, Reason: "本人の申し出"}
	must(t, l.ForbidNumber(t.Context(), target.CaseID, target.Number, asked))
	forge(t, l, "INSERT INTO do_not_call_log VALUES ($1, false, 'supervisor', now(), 'x')", target.NumberRef)
	forge(t, l, "DELETE FROM do_not_call")
	wantRule(t, l.Reserve(t.Context(), reservation(target, noon)), dialer.DoNotCall)

	other := listedTarget(t, l)
	talk := call(t, l, other, noon, dialer.Answered)
	var row string
	must(t, l.pool.QueryRow(t.Context(), "DELETE FROM phones p WHERE number_ref = $1 RETURNING row_to_json(p)::text", other.NumberRef).Scan(&row))
	_, err := l.Record(t.Context(), wishes(talk, noon, casework.WrongNumber))
	must(t, err)
	forge(t, l, "INSERT INTO phones SELECT (json_populate_record(NULL::phones, $1::text::json)).*", row)
	got, err := l.Target(t.Context(), other.CaseID, "")
	if must(t, err); got.Number == other.Number {
		t.Error("a number that proved to be wrong is dialled again")
	}
}

// TestAWrongNumberIsNotMadeUsableBySQL: nor is a number that proved to be wrong dialled again, whoever makes its row say otherwise, or puts another in its place.
// One that was taken back and is entered anew is.
func TestAWrongNumberIsNotMadeUsableBySQL(t *testing.T) {
	l := newLedger(t)
	row := person("0000000001")
	ward, first, second := row.WardNumber, row.Phones[0].Number, row.Phones[1].Number
	row.CaseRef = testRefs.Case(ward)
	c := caseOf(t, l, load(t, l, row).Waiting[0].Case)
	listed := func(name string, phones ...casework.Phone) {
		t.Helper()
		again := row
		again.Person.Name, again.Phones = name, phones
		load(t, l, again)
	}
	next := func(want dialer.Number) {
		t.Helper()
		got, err := l.Target(t.Context(), c.ID, "")
		if must(t, err); got.Number != want {
			t.Errorf("number %d of the case is dialled", slices.Index(dialOrder(caseOf(t, l, c.ID)), got.Number)+1)
		}
	}
	foundWrong := func(n dialer.Number, at time.Time) {
		t.Helper()
		target, err := l.Target(t.Context(), c.ID, n)
		must(t, err)
		_, err = l.Record(t.Context(), wishes(call(t, l, target, at, dialer.Answered), at, casework.WrongNumber))
		must(t, err)
	}
	next(first)
	foundWrong(first, noon)
	next(second)
	told := func(want ...string) {
		t.Helper()
		if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, want) {
			t.Errorf("of it is told %v, %v", kinds, err)
		}
	}
	told()
	forge(t, l, "UPDATE phones SET usable = true")
	told("wrong_number")
	next(second)
	if phones := caseOf(t, l, c.ID).Phones; phones[0].Usable || !phones[1].Usable {
		t.Errorf("shown are %+v", phones)
	}
	forge(t, l, "WITH gone AS (DELETE FROM phones WHERE number_ref = $1 RETURNING *) INSERT INTO row_marks SELECT 'wrong_number', case_id || ' ' || number_ref, '\\x00' FROM gone",
		testRefs.Number(first))
	listed("見本　次郎", row.Phones...) // which has it still, and puts it where it was
	if phones := caseOf(t, l, c.ID).Phones; len(phones) != 2 || phones[0].Number != first {
		t.Fatalf("the list brought %+v", phones)
	}
	next(second)

	entered := newNumber()
	in := typed(ward, entered, noon)
	in.First = true
	one := enter(t, l, in)
	next(entered)
	foundWrong(entered, noon.Add(time.Hour))
	next(second)
	must(t, l.TakeNumberBack(t.Context(), one.ID, "operator1", false, noon.Add(2*time.Hour)))
	in.At = noon.Add(26 * time.Hour)
	enter(t, l, in) // which says no more than the first time
	next(second)
	forge(t, l, "UPDATE phones SET usable = true")
	next(second)
	forge(t, l, "UPDATE phones SET usable = false WHERE number_ref = $1", testRefs.Number(first))
	listed("見本　三郎", row.Phones[1])
	listed("見本　四郎", row.Phones...) // the ward has taken it off the case, and named it again
	next(first)
}

// TestNumbersThatWereForbiddenBeforeTheMarksStaySo: of an older ledger's list, its log and its wrong numbers what stands there is marked once.
func TestNumbersThatWereForbiddenBeforeTheMarksStaySo(t *testing.T) {
	l := newLedger(t)
	logged, unlogged, wrong := listedTarget(t, l), listedTarget(t, l), listedTarget(t, l)
	forge(t, l, "INSERT INTO do_not_call VALUES ($1, 'supervisor', now()), ($2, 'supervisor', now())", logged.NumberRef, unlogged.NumberRef)
	forge(t, l, "INSERT INTO do_not_call_log VALUES ($1, true, 'supervisor', $2, 'x')", logged.NumberRef, noon)
	forge(t, l, "UPDATE phones SET usable = false WHERE number_ref = $1", wrong.NumberRef)
	for _, sql := range []string{"ALTER TABLE rows_marked DISABLE TRIGGER USER", "DELETE FROM rows_marked", "ALTER TABLE rows_marked ENABLE TRIGGER USER"} {
		byOwner(t, asOwner(t, l), sql)
	}
	dir := t.TempDir()
	must(t, l.markRows(t.Context(), dir))
	free := func() {
		t.Helper()
		forge(t, l, "INSERT INTO do_not_call_log SELECT number_ref, false, by_user, at + interval '1 hour', '' FROM do_not_call")
		forge(t, l, "DELETE FROM do_not_call")
		forge(t, l, "UPDATE phones SET usable = true")
		must(t, l.markRows(t.Context(), dir))
		must(t, l.markRows(t.Context(), t.TempDir()))
	}
	free()
	for _, of := range []dialer.Target{logged, unlogged} {
		wantRule(t, l.Reserve(t.Context(), reservation(of, noon)), dialer.DoNotCall)
	}
	if got, err := l.Target(t.Context(), wrong.CaseID, ""); err != nil || got.NumberRef == wrong.NumberRef {
		t.Errorf("the wrong number is dialled, %v", err)
	}
}

// TestANumberThatWasForbiddenSinceTheClickIsNotDialled: the INVITE is about to leave.
func TestANumberThatWasForbiddenSinceTheClickIsNotDialled(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.ForbidNumber(t.Context(), target.CaseID, target.Number, casework.Forbidding{On: true, By: "supervisor", At: noon, Reason: "本人の申し出"}))
	wantRule(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)), dialer.DoNotCall)
	if n := count(t, l, "SELECT count(*) FROM attempts WHERE dialled_at IS NOT NULL"); n != 0 {
		t.Errorf("%d were dialled", n)
	}
}

// TestWhatIsSaidOfANumberIsBounded: each word stays, and is read at each click. The last one that is taken keeps the number on the list.
func TestWhatIsSaidOfANumberIsBounded(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	word := func(on bool, i int) error {
		return l.ForbidNumber(t.Context(), target.CaseID, target.Number, casework.Forbidding{On: on, By: "supervisor", At: noon.Add(time.Duration(i) * time.Second)})
	}
	for i := range mostWords - 1 {
		must(t, word(i%2 == 0, i))
	}
	wantRule(t, word(false, mostWords), casework.TooManyWords)
	for i := range 3 {
		must(t, word(true, mostWords+i))
	}
	if n := count(t, l, "SELECT count(*) FROM do_not_call_log"); n > mostWords {
		t.Errorf("%d words stand there", n)
	}
	wantRule(t, l.Reserve(t.Context(), reservation(target, noon)), dialer.DoNotCall)
}

// TestWordsBySQLKeepNothingFromBeingRead: of a number that has words or marks without end by the role that serves, a bounded number is read, and nobody rings it.
func TestWordsBySQLKeepNothingFromBeingRead(t *testing.T) {
	l := newLedger(t)
	said, marked, wrong := listedTarget(t, l), listedTarget(t, l), listedTarget(t, l)
	for _, of := range []dialer.Target{said, marked} {
		for i, on := range []bool{true, false} {
			must(t, l.ForbidNumber(t.Context(), of.CaseID, of.Number, casework.Forbidding{On: on, By: "supervisor", At: noon.Add(time.Duration(i) * time.Second)}))
		}
	}
	forge(t, l, `INSERT INTO do_not_call_log (number_ref, listed, by_user, at, reason)
		SELECT $1, false, 'x', $2::timestamptz + g * interval '1 hour', '' FROM generate_series(1, 5000) g`, said.NumberRef, noon)
	forge(t, l, "INSERT INTO row_marks (what, id, mark) SELECT 'do_not_call', $1, sha256(g::text::bytea) FROM generate_series(1, 5000) g", marked.NumberRef)
	forge(t, l, "INSERT INTO row_marks (what, id, mark) SELECT 'wrong_number', $1, sha256(g::text::bytea) FROM generate_series(1, 5000) g",
		idOfNumber(string(wrong.CaseID), wrong.NumberRef))
	refs := []string{said.NumberRef, marked.NumberRef, wrong.NumberRef}
	for query, most := range map[string]float64{"WordsOn": 2*mostWords + 4, "SomeMarksOfThese": mostWords + 10} {
		file, table, args := "cases", "do_not_call_log", []any{refs, mostWords + 1}
		if query == "SomeMarksOfThese" {
			file, table, args = "marks", "row_marks", []any{refs, markedWords, mostWords + 1}
		}
		if n := rowsOfPlan(t, l, file, query, table, args...); n > most {
			t.Errorf("%s reads %v rows of %s", query, n, table)
		}
	}
	for _, of := range []dialer.Target{said, marked} {
		wantRule(t, l.Reserve(t.Context(), reservation(of, noon)), dialer.DoNotCall)
	}
	if got, err := l.Target(t.Context(), wrong.CaseID, ""); err != nil || got.Number == wrong.Number {
		t.Errorf("the number that nobody knows about is dialled next, %v", err)
	}
}
