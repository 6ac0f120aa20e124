package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
)

// failer is what rapid's and the package's own tests have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// rowsOfReturn reads what goes with a close by pages.
func rowsOfReturn(t failer, l *Ledger, c dayclose.Close, size int) (all []returns.Row) {
	t.Helper()
	for after := (*returns.Row)(nil); ; after = &all[len(all)-1] {
		page, err := l.RowsOfReturn(context.Background(), c, after, size)
		if err != nil || len(page) > size {
			t.Fatal(len(page), err)
		}
		if all = append(all, page...); len(page) < size {
			return all
		}
	}
}

// idsOfReturn are the numbers that go with a close, read one by one.
func idsOfReturn(t *testing.T, l *Ledger, c dayclose.Close) (ids []string) {
	t.Helper()
	for after := ""; ; after = ids[len(ids)-1] {
		page, err := l.NumbersOfReturn(t.Context(), c, after, 1)
		if must(t, err); len(page) == 0 {
			return ids
		}
		ids = append(ids, page[0].ID)
	}
}

// taking begins a close and has it take what goes back.
func taking(t *testing.T, l *Ledger, at time.Time) dayclose.Close {
	t.Helper()
	c := newClose(at)
	must(t, l.BeginClose(t.Context(), c))
	for range 2 { // the second is what a close that is carried on does
		must(t, l.TakeForReturn(t.Context(), c))
	}
	return c
}

// TestNumbersReturnToTheWardOnce: with the close that wrote them down, unless it was given up; without what was taken back, and what went cannot be taken back.
func TestNumbersReturnToTheWardOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	a := enter(t, l, typed("0000000101", newNumber(), noon))
	b := enter(t, l, typed("0000000102", newNumber(), noon.Add(time.Second)))
	wrong := enter(t, l, typed("0000000103", newNumber(), noon))
	wantErr(t, l.TakeNumberBack(t.Context(), wrong.ID, "operator2", false, noon), dialer.ErrNotFound)
	must(t, l.TakeNumberBack(t.Context(), wrong.ID, "supervisor", true, noon))
	goes := func(c dayclose.Close, want ...string) {
		t.Helper()
		if got := idsOfReturn(t, l, c); !slices.Equal(got, want) {
			t.Errorf("%v go back, want %v", got, want)
		}
		if taken, left, err := l.CountNumbersOfReturn(t.Context(), c); err != nil || taken != len(want) || left != 0 {
			t.Errorf("%d go back, %d do not, %v", taken, left, err)
		}
	}
	waiting := func(want int) {
		t.Helper()
		if found, err := l.Found(t.Context()); err != nil || found.NumbersWaiting != want {
			t.Errorf("%d wait, want %d: %v", found.NumbersWaiting, want, err)
		}
	}
	waiting(2)
	c := taking(t, l, noon.Add(time.Hour))
	goes(c, a.ID, b.ID)
	wantRule(t, l.TakeNumberBack(t.Context(), b.ID, "operator1", false, noon), dialer.DayClosed)
	must(t, l.MoveClose(t.Context(), with(c, dayclose.GivenUp), dayclose.Begun))
	waiting(2)
	must(t, l.TakeNumberBack(t.Context(), b.ID, "operator1", false, noon))
	c = taking(t, l, noon.Add(2*time.Hour))
	goes(c, a.ID)
	walk(t, l, c, dayclose.Closed)
	waiting(0)
	wantRule(t, l.TakeNumberBack(t.Context(), a.ID, "operator1", false, noon), casework.NumberReturned)
	next := enter(t, l, typed("0000000104", newNumber(), noon.Add(24*time.Hour)))
	goes(taking(t, l, noon.Add(25*time.Hour)), next.ID)
}

// TestANumberGoesBackWhateverRowsSay: a row that says that it went with a close that was over before it was entered, or with one that somebody made up, keeps it out of no
// file, and from nobody who would take it back; and a number that comes into the table past the close is noticed.
func TestANumberGoesBackWhateverRowsSay(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	earlier := taking(t, l, noon)
	walk(t, l, earlier, dayclose.Closed)
	next := noon.Add(24 * time.Hour)
	n := enter(t, l, typed("0000000101", newNumber(), next))
	mistaken := enter(t, l, typed("0000000102", newNumber(), next))
	madeUp := dialer.NewID(next)
	_, err := l.pool.Exec(t.Context(), `INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at, manifest)
		VALUES ($1, '2099-01-01', 'x', '2099-01-01', 'closed', '2099-01-01', 'ff')`, madeUp)
	must(t, err)
	_, err = l.pool.Exec(t.Context(), "INSERT INTO return_numbers (close_id, id) SELECT d.id, n.id FROM day_closes d, numbers_entered n")
	must(t, err)
	must(t, l.TakeNumberBack(t.Context(), mistaken.ID, "operator1", false, next))
	c := taking(t, l, next.Add(time.Hour))
	if got := idsOfReturn(t, l, c); !slices.Equal(got, []string{n.ID}) {
		t.Errorf("%v goes back, want %s", got, n.ID)
	}
	_, err = l.pool.Exec(t.Context(), `INSERT INTO numbers_entered (id, at, by_user, case_ref, number_ref, kind, mended, source, document_on, first, seen)
		SELECT gen_random_uuid(), at, by_user, case_ref, number_ref, kind, mended, source, document_on, first, seen FROM numbers_entered WHERE id = $1`, n.ID)
	must(t, err)
	if taken, left, err := l.CountNumbersOfReturn(t.Context(), c); err != nil || taken != 1 || left != 1 {
		t.Errorf("%d go back, %d do not, %v", taken, left, err)
	}
	for _, sql := range []string{`DELETE FROM return_numbers`, `UPDATE return_numbers SET close_id = close_id`, `TRUNCATE return_numbers`} {
		if err := exec(t, l.pool.Config().ConnString(), sql); err == nil {
			t.Errorf("%s was taken", sql)
		}
	}
}

// TestWhatWentBeforeIsWrittenDown: a number that had gone back when this was written down otherwise has gone, and one that stands in the file of a close that is under way
// goes with it.
func TestWhatWentBeforeIsWrittenDown(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	owner := asOwner(t, l)
	gone := enter(t, l, typed("0000000101", newNumber(), noon))
	first := walk(t, l, taking(t, l, noon.Add(time.Hour)), dayclose.Closed)
	next := noon.Add(24 * time.Hour)
	goes := enter(t, l, typed("0000000102", newNumber(), next))
	mistaken := enter(t, l, typed("0000000103", newNumber(), next))
	must(t, l.TakeNumberBack(t.Context(), mistaken.ID, "operator1", false, next))
	second := walk(t, l, taking(t, l, next.Add(time.Hour)), dayclose.Signed)
	b, err := migrationFiles.ReadFile("migrations/00064_return_numbers.sql")
	must(t, err)
	up, down, _ := strings.Cut(string(b), "-- +goose Down")
	for _, way := range []string{down, up} {
		for statement := range strings.SplitSeq(way, ";\n") {
			if strings.TrimSpace(statement) != "" {
				byOwner(t, owner, statement)
			}
		}
	}
	rows, err := owner.Query(t.Context(), "SELECT close_id || ' ' || id FROM return_numbers ORDER BY id")
	must(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if must(t, err); !slices.Equal(got, []string{first.ID + " " + gone.ID, second.ID + " " + goes.ID}) {
		t.Errorf("written down are %v", got)
	}
}

// manyNumbers enters so many numbers of as many people, of a day, as typing them would.
func manyNumbers(t *testing.T, l *Ledger, n int) (last string) {
	t.Helper()
	c, err := l.custody()
	must(t, err)
	entered, whose := make([][]any, n), make([][]any, n)
	for i := range n {
		id := dialer.NewID(noon.Add(time.Duration(i) * time.Millisecond))
		sealed, err := c.seal(fmt.Sprintf(`{"w":"%010d","n":"03%08d"}`, i, i), aboutEntered(id))
		must(t, err)
		entered[i] = []any{id, noon, "operator1", strconv.Itoa(i), strconv.Itoa(i), "fixed", "", "counter", noon, false, "new"}
		whose[i] = []any{id, c.day, sealed}
		last = id
	}
	_, err = l.pool.CopyFrom(t.Context(), pgx.Identifier{"numbers_entered"},
		[]string{"id", "at", "by_user", "case_ref", "number_ref", "kind", "mended", "source", "document_on", "first", "seen"}, pgx.CopyFromRows(entered))
	must(t, err)
	_, err = l.pool.CopyFrom(t.Context(), pgx.Identifier{"numbers_entered_whose"}, []string{"id", "custody", "sealed"}, pgx.CopyFromRows(whose))
	must(t, err)
	return last
}

// utf8s writes everything as it is.
type utf8s struct{}

func (utf8s) Has(rune) bool                   { return true }
func (utf8s) Encode(s string) ([]byte, error) { return []byte(s), nil }

// manyEntered is not a whole number of pieces or pages; at length it is more than a close once read at all.
func manyEntered() int {
	if os.Getenv("KAKERU_LONG") != "" {
		return 120_001
	}
	return 12_001
}

// TestManyNumbersGoBack: however many were typed in, and though the database fails in between, the close ends, and each is in its file once.
func TestManyNumbersGoBack(t *testing.T) {
	t.Parallel()
	l := openWith(t, migrated(t), ownVault(t), noon) // the day's key is destroyed
	many := manyEntered()
	last := manyNumbers(t, l, many)
	owner := asOwner(t, l)
	byOwner(t, owner, `CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = '`+last+`' THEN RAISE 'broken'; END IF; RETURN new; END $$`)
	byOwner(t, owner, `CREATE TRIGGER breaks BEFORE INSERT ON return_numbers FOR EACH ROW EXECUTE FUNCTION breaks()`)
	c := newClose(noon.Add(time.Hour))
	must(t, l.BeginClose(t.Context(), c))
	dir := t.TempDir()
	x := &returns.Returner{
		Store: l, Then: l, Folder: dayclose.Folder(dir), Layout: returns.DefaultLayout(), Alphabet: utf8s{},
		Name: func(id dialer.UserID) string { return string(id) }, Now: func() time.Time { return noon },
	}
	if _, err := x.Return(t.Context(), c); err == nil {
		t.Fatal("nothing broke")
	}
	if n := count(t, l, "SELECT count(*) FROM return_numbers"); n != many/numbersTaken*numbersTaken {
		t.Errorf("%d were written down before it broke", n)
	}
	byOwner(t, owner, "DROP TRIGGER breaks ON return_numbers")
	byOwner(t, owner, "DROP FUNCTION breaks()")
	begun := time.Now()
	files, err := x.Return(t.Context(), c)
	must(t, err)
	t.Logf("%d numbers were written in %v", many, time.Since(begun))
	i := slices.IndexFunc(files, func(f dayclose.File) bool { return f.Kind == "numbers" })
	body, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(files[i].Name)))
	must(t, err)
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\r\n"))
	if len(lines) != many+1 || files[i].Rows != many {
		t.Fatalf("%d lines, %d rows", len(lines), files[i].Rows)
	}
	for i, line := range lines[1:] {
		if !strings.HasPrefix(string(line), fmt.Sprintf(`"%010d","03%08d"`, i, i)) {
			t.Fatalf("line %d is %s", i, line)
		}
	}
	c.Files = files
	counts, err := x.Doomed(t.Context(), c)
	if must(t, err); counts["numbers_entered"] != int64(many) {
		t.Errorf("%d numbers go", counts["numbers_entered"])
	}
	c = walk(t, l, c, dayclose.Destroying)
	must(t, x.Destroy(t.Context(), c))
	walk(t, l, c, dayclose.Closed)
	if found, err := l.Found(t.Context()); err != nil || found.NumbersWaiting > 0 {
		t.Errorf("%d numbers wait, %v", found.NumbersWaiting, err)
	}
	t.Logf("the close ended after %v", time.Since(begun))
}
