package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// terms are a person's rows, one for each sum.
func terms(row casework.Row, yen ...int64) (rows []casework.Row) {
	for i, y := range yen {
		row.Balance.Term, row.Balance.Yen = fmt.Sprintf("令和8年度 第%d期", i+1), y
		rows = append(rows, row)
	}
	return rows
}

func staged(t testing.TB, l *Ledger, rows ...casework.Row) (list casework.StagedList) {
	t.Helper()
	list = newList(true)
	_, err := l.Stage(t.Context(), list, rowsOf(rows...), nil)
	must(t, err)
	return list
}

// wantNotApplied wants a list refused because it was changed, and nothing of it in the ledger.
func wantNotApplied(t *testing.T, l *Ledger, list casework.StagedList, what string) {
	t.Helper()
	before := count(t, l, "SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM balances) + (SELECT count(*) FROM phones)")
	_, err := l.Apply(t.Context(), list.ID, "admin", nil)
	if no := (*casework.ListError)(nil); !errors.As(err, &no) || no.Code != "list_changed" {
		t.Errorf("%s: %v", what, err)
	}
	if n := count(t, l, "SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM balances) + (SELECT count(*) FROM phones)"); n != before {
		t.Errorf("%s: %d rows came of it", what, n-before)
	}
}

// TestAListThatLostARowIsNotApplied: the ward says four times 17,600 yen of a person; with one row gone, and one fewer said to have been taken, 52,800 would be shown
// as the ward's word.
func TestAListThatLostARowIsNotApplied(t *testing.T) {
	l := newLedger(t)
	list := staged(t, l, append(terms(person("0001"), 17600, 17600, 17600, 17600), person("0002"))...)
	forge(t, l, "DELETE FROM staged_rows WHERE list_id = $1 AND line = 3", list.ID)
	forge(t, l, "UPDATE lists SET taken = taken - 1 WHERE id = $1", list.ID)
	wantNotApplied(t, l, list, "one row gone")
}

// TestAnotherListsRowsAreNotApplied: rows that are the ward's own, but of a list that is older, raise what a person owes no more than made-up ones.
func TestAnotherListsRowsAreNotApplied(t *testing.T) {
	who := person("0001")
	for what, sql := range map[string][]string{
		"further terms": {
			`INSERT INTO staged_rows SELECT (jsonb_populate_record(r, jsonb_build_object('list_id', $1::uuid))).* FROM staged_rows r WHERE list_id = $2 AND line > 1`,
			"UPDATE lists SET taken = taken + 2 WHERE id = $1 AND id <> $2",
		},
		"instead of its own": {
			"DELETE FROM staged_rows WHERE list_id = $1 AND line = 1 AND list_id <> $2",
			`INSERT INTO staged_rows SELECT (jsonb_populate_record(r, jsonb_build_object('list_id', $1::uuid))).* FROM staged_rows r WHERE list_id = $2 AND line = 1`,
		},
		"with the older list's mark": {
			"DELETE FROM staged_rows WHERE list_id = $1 AND list_id <> $2",
			`INSERT INTO staged_rows SELECT (jsonb_populate_record(r, jsonb_build_object('list_id', $1::uuid))).* FROM staged_rows r WHERE list_id = $2`,
			"UPDATE lists SET taken = (SELECT taken FROM lists WHERE id = $2) WHERE id = $1",
			"INSERT INTO row_marks SELECT what, $1::uuid::text, mark FROM row_marks WHERE what = 'staged_list' AND id = $2::uuid::text",
		},
		"one of its own twice": {
			"INSERT INTO staged_rows SELECT * FROM staged_rows WHERE list_id = $1 AND list_id <> $2",
			"UPDATE lists SET taken = taken + 1 WHERE id = $1 AND id <> $2",
		},
	} {
		l := newLedger(t) // each its own: of one person's staged lists the newest few stay
		older := staged(t, l, terms(who, 41000, 41000, 41000)...)
		list := staged(t, l, terms(who, 20500)...)
		for _, s := range sql {
			forge(t, l, s, list.ID, older.ID)
		}
		wantNotApplied(t, l, list, what)
	}
}

// TestAStagedRowThatWasChangedIsNotApplied changes one column of a staged row after the other, whatever it says: who they are, their numbers, what they owe, and what
// they are told apart by. A person's first row has nearly all of it, a further one what is owed.
func TestAStagedRowThatWasChangedIsNotApplied(t *testing.T) {
	l := newLedger(t)
	to := map[string]string{
		"text": "%[1]s || '1'", "bigint": "%[1]s + 1", "integer": "%[1]s + 10", "date": "coalesce(%[1]s + 1, '2026-01-01')",
		"bytea": `coalesce(%[1]s || '\x01', '\x')`, "text[]": "%[1]s[2:] || %[1]s[:1]", "bytea[]": "%[1]s[2:] || %[1]s[:1]",
	}
	rows, err := l.pool.Query(t.Context(), `SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
		WHERE attrelid = 'staged_rows'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'list_id'`)
	must(t, err)
	changes := []string{
		"sealed = o.sealed, phone_numbers = o.phone_numbers, phone_ends = o.phone_ends", "phone_refs = o.phone_refs", "phone_refs = '{}', phone_kinds = '{}'",
		"yen = r.yen - 100, parts = o.parts, listed = o.listed", "household = ''", "born = NULL",
	}
	for rows.Next() {
		var column, kind string
		must(t, rows.Scan(&column, &kind))
		if to[kind] == "" {
			t.Fatalf("%s is %s", column, kind)
		}
		changes = append(changes, column+" = "+fmt.Sprintf(to[kind], "r."+column))
	}
	must(t, rows.Err())
	if len(changes) != 6+len(stagedColumns)-1 {
		t.Errorf("%d changes for %d columns", len(changes), len(stagedColumns))
	}
	one, other := person("0001"), person("0002")
	one.Phones[0].Kind, one.Phones[1].Kind = dialer.KindMobile, dialer.KindNever
	for _, change := range changes {
		list := staged(t, l, append(terms(one, 100, 200), other)...)
		n, err := l.pool.Exec(t.Context(), "UPDATE staged_rows r SET "+change+" FROM staged_rows o WHERE r.list_id = $1 AND r.line = 1 AND o.list_id = $1 AND o.line = 3", list.ID)
		must(t, err)
		if n.RowsAffected() != 1 {
			t.Fatalf("%s: %d rows", change, n.RowsAffected())
		}
		wantNotApplied(t, l, list, change)
		must(t, l.Discard(t.Context(), list.ID))
	}
}

// TestAListThatIsOverIsNotAppliedAgain: who has kept a list's rows cannot put them back and have the ward's word of an earlier day count, nor that of a list that a
// person has discarded.
func TestAListThatIsOverIsNotAppliedAgain(t *testing.T) {
	l := newLedger(t)
	for what, end := range map[string]func(id string) error{
		"applied":   func(id string) error { _, err := l.Apply(t.Context(), id, "admin", nil); return err },
		"discarded": func(id string) error { return l.Discard(t.Context(), id) },
	} {
		list := staged(t, l, terms(person("0001"), 20500)...)
		conn, err := asOwner(t, l).Acquire(t.Context())
		must(t, err)
		for _, sql := range []string{"CREATE TEMP TABLE kept AS SELECT * FROM staged_rows", "CREATE TEMP TABLE kept_lists AS SELECT * FROM lists WHERE state = 'staged'"} {
			_, err := conn.Exec(t.Context(), sql)
			must(t, err)
		}
		must(t, end(list.ID))
		for _, sql := range []string{
			"UPDATE lists SET state = 'staged', applied_at = NULL WHERE id IN (SELECT id FROM kept_lists)",
			"INSERT INTO lists SELECT * FROM kept_lists ON CONFLICT DO NOTHING", "INSERT INTO staged_rows SELECT * FROM kept", "DROP TABLE kept, kept_lists",
		} {
			_, err := conn.Exec(t.Context(), sql)
			must(t, err)
		}
		conn.Release()
		wantNotApplied(t, l, list, what)
		must(t, l.Discard(t.Context(), list.ID))
	}
}

// TestAListOfAnOtherSortIsNotApplied: whether its cases are made-up ones is the list's own word, not its row's.
func TestAListOfAnOtherSortIsNotApplied(t *testing.T) {
	l := newLedger(t)
	list := staged(t, l, person("0001"))
	forge(t, l, "UPDATE lists SET sample = false WHERE id = $1", list.ID)
	wantNotApplied(t, l, list, "real by now")
}

// TestAListWithoutAMarkIsReadAgain: one that an older version staged has none.
func TestAListWithoutAMarkIsReadAgain(t *testing.T) {
	l := newLedger(t)
	list := staged(t, l, person("0001"))
	_, err := asOwner(t, l).Exec(t.Context(), `ALTER TABLE row_marks DISABLE TRIGGER USER; DELETE FROM row_marks WHERE what = 'staged_list';
		ALTER TABLE row_marks ENABLE TRIGGER USER`)
	must(t, err)
	_, err = l.Apply(t.Context(), list.ID, "admin", nil)
	wantListError(t, err, "list_unmarked")
}

// TestARowPutThereWhileAListIsReadTakesNoneOut: of a row that somebody has put there under the list's id the list's own looks like a repetition, or like another
// person's, and is left out. The list is not staged so: nobody need look for what is missing.
func TestARowPutThereWhileAListIsReadTakesNoneOut(t *testing.T) {
	l := newLedger(t)
	row := person("0001")
	older := staged(t, l, row)
	for _, as := range []string{"'line', 0", `'line', 0, 'who', '\x00', 'term', 'another'`} {
		list := newList(true)
		_, err := l.Stage(t.Context(), list, func(yield func(casework.Row, error) bool) {
			forge(t, l, `INSERT INTO staged_rows SELECT (jsonb_populate_record(r, jsonb_build_object('list_id', $1::uuid, `+as+`))).* FROM staged_rows r WHERE list_id = $2`,
				list.ID, older.ID)
			rowsOf(row)(yield)
		}, nil)
		wantListError(t, err, "list_changed")
	}
}

// TestNobodyChangesAListWhileItIsApplied: what was compared with the list's mark is what is applied; who would change it in between waits until it is over.
func TestNobodyChangesAListWhileItIsApplied(t *testing.T) {
	l := newLedger(t)
	list := staged(t, l, terms(person("0001"), 100, 200)...)
	var waited error
	_, err := l.Apply(t.Context(), list.ID, "admin", func(int) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, waited = l.pool.Exec(ctx, "UPDATE staged_rows SET yen = 1 WHERE list_id = $1", list.ID)
	})
	must(t, err)
	if !errors.Is(waited, context.DeadlineExceeded) {
		t.Errorf("it was changed meanwhile: %v", waited)
	}
}

// TestAListTakesItsTime to be applied: a busy machine reckons its digests for longer than a transaction may stand idle otherwise.
func TestAListTakesItsTime(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	list := staged(t, openLedger(t, url, t.TempDir()), terms(person("0001"), 100, 200)...)
	l := openLedger(t, url+"&idle_in_transaction_session_timeout=300", t.TempDir())
	_, err := l.Apply(t.Context(), list.ID, "admin", func(int) { must(t, exec(t, url, "SELECT pg_sleep(1)")) })
	must(t, err)
}

// TestAnHonestListIsApplied: whatever is left out of it, in whichever order a person's rows come, and however many there are: the mark is of what stands.
func TestAnHonestListIsApplied(t *testing.T) {
	full.Only(t)
	l := newLedger(t)
	wrong, other, repeated := person("0003"), person("0004"), person("0005")
	wrong.Balance.Term, wrong.Problems = "令和8年度 第9期", []casework.Problem{{Line: 2, Code: "bad_amount", Fatal: true}}
	other.Person.Name, other.Balance.Term = "見本 花子", "令和8年度 第9期"
	repeated.Person.Name = "見本 花子" // a repetition that is left out says nothing of whose the number is
	undated, nameless := person("0006"), person("0006")
	undated.Balance.DueOn, undated.Balance.Term, undated.Person.BornOn = "", "令和8年度 第8期", ""
	nameless.Phones, nameless.Note, nameless.Language, nameless.Household = nil, "", "", ""
	again := terms(person("0001"), 17600, 17600, 17600, 17600)
	rows := slices.Concat(again[:2], []casework.Row{person("0003"), person("0004"), person("0005"), wrong, other, repeated, undated, nameless}, again[2:], again[:1],
		[]casework.Row{person("0002")})
	done := load(t, l, rows...)
	if done.New != 4 { // 0001, 0002, 0005, 0006
		t.Errorf("%+v", done)
	}
	if c := caseOf(t, l, done.Waiting[0].Case); c.WardNumber != "0001" || c.TotalYen() != 4*17600 || len(c.Balances) != 4 || strings.HasPrefix(c.WardNote, sumsChangedNote) {
		t.Errorf("%+v", c)
	}

	rows = nil
	for i := range 2*applyAtOnce + 10 { // in three chunks
		row := person(fmt.Sprintf("%010d", i))
		row.Balance.Yen = int64(i + 1)
		rows = append(rows, row)
	}
	if done := load(t, l, rows...); done.New != len(rows) {
		t.Errorf("%d new of %d", done.New, len(rows))
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || len(kinds) > 0 {
		t.Errorf("of an honest list is told %v, %v", kinds, err)
	}
}
