package postgres

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/dialertest/full"
)

// shelf is what the ward was given so far: every file that a close or an export names, in order.
type shelf struct {
	seen     map[string]int        // how often a row stands in the files
	newest   map[dialer.CallID]int // the newest revision that stands there
	returned map[dialer.CallID]int // … in the file of a close that ended
}

func newShelf() *shelf {
	return &shelf{seen: map[string]int{}, newest: map[dialer.CallID]int{}, returned: map[dialer.CallID]int{}}
}

// given puts a file onto the shelf: a row is marked 再出力 if and only if it stands there already, and 訂正 if an earlier one of its
// attempt does.
func (s *shelf) given(rows []returns.Row) error {
	for _, r := range rows {
		key := fmt.Sprintf("%s %d", r.Attempt, r.Revision)
		before, gone := s.newest[r.Attempt]
		want := returns.Mark("")
		switch {
		case s.seen[key] > 0:
			want = returns.Again
		case gone && before < r.Revision:
			want = returns.Correction
		case gone:
			return fmt.Errorf("revision %d goes after %d", r.Revision, before)
		}
		if r.Mark != want {
			return fmt.Errorf("revision %d is marked %q, not %q", r.Revision, r.Mark, want)
		}
		s.seen[key]++
		s.newest[r.Attempt] = r.Revision
	}
	return nil
}

// bookkeeper plays a centre's days at random, and keeps what was recorded beside what the ward was given.
type bookkeeper struct {
	t     *rapid.T
	outer *testing.T
	l     *Ledger
	at    time.Time
	calls []casework.Recorded // revision 0 is of one that nobody answered
	shelf *shelf
	acts  []string
}

// failf ends the whole test: the ledger is one for all sequences, so that none can be tried again to make it shorter.
func (b *bookkeeper) failf(format string, args ...any) {
	b.outer.Helper()
	b.outer.Fatalf("after %v: "+format, append([]any{b.acts}, args...)...)
}

func (b *bookkeeper) ok(err error) {
	b.outer.Helper()
	if err != nil {
		b.failf("%v", err)
	}
}

func (b *bookkeeper) dial() {
	result := rapid.SampledFrom([]dialer.Result{dialer.NoAnswer, dialer.Answered}).Draw(b.t, "result")
	r := call(b.outer, b.l, listedTarget(b.outer, b.l), b.at, result)
	b.calls = append(b.calls, casework.Recorded{Attempt: r.ID})
	if result == dialer.Answered {
		b.record(len(b.calls) - 1)
	}
}

func (b *bookkeeper) record(i int) {
	e := casework.Recorded{
		Entry:   casework.Entry{Party: casework.Self, Business: []casework.Business{casework.NoCommitment}, Note: b.at.String()},
		Attempt: b.calls[i].Attempt, By: "operator1", At: b.at,
		Next: dialer.CaseNext{State: dialer.CaseHeld, Why: "x"},
	}
	kept, err := b.l.Record(b.outer.Context(), e)
	b.ok(err)
	if kept.Revision != b.calls[i].Revision+1 {
		b.failf("revision %d after %d", kept.Revision, b.calls[i].Revision)
	}
	b.calls[i] = kept
}

func (b *bookkeeper) export() {
	again := rapid.Bool().Draw(b.t, "again")
	fails := rapid.IntRange(0, 4).Draw(b.t, "fails") == 0
	e := returns.Export{ID: dialer.NewID(b.at), Day: dialer.DateOf(b.at), By: "supervisor", At: b.at, Again: again}
	full := errors.New("the disk is full")
	var rows []returns.Row
	kept, err := b.l.Export(b.outer.Context(), e, func(of []returns.Row) ([]dayclose.File, error) {
		if rows = of; fails {
			return nil, full
		}
		return []dayclose.File{{Kind: "records", Name: "x"}}, nil
	})
	switch {
	case errors.Is(err, returns.ErrNothing), fails && errors.Is(err, full):
		return
	case err != nil:
		b.ok(err)
	}
	b.ok(b.shelf.given(rows))
	if kept.Firsts+kept.Corrections+kept.Repeats != len(rows) || !again && kept.Repeats > 0 {
		b.failf("%+v of %d rows", kept, len(rows))
	}
}

// close begins a close and gives it up at a step, or lets it end: then the next day begins.
func (b *bookkeeper) close(upto dayclose.Step) {
	c := dayclose.Close{ID: dialer.NewID(b.at), Day: dialer.DateOf(b.at), By: "supervisor", BegunAt: b.at, Moved: b.at, Step: dayclose.Begun}
	b.ok(b.l.BeginClose(b.outer.Context(), c))
	_, err := b.l.Export(b.outer.Context(), returns.Export{ID: dialer.NewID(b.at), Day: c.Day, At: b.at, Again: true}, nil)
	if no := (*dialer.Refusal)(nil); !errors.As(err, &no) || no.Rule != dialer.DayClosed {
		b.failf("an export beside a close: %v", err)
	}
	for range rapid.IntRange(1, 2).Draw(b.t, "times") { // a close that is carried on takes the same
		b.ok(b.l.TakeForReturn(b.outer.Context(), c))
	}
	rows := rowsOfReturn(b.t, b.l, c, rapid.IntRange(1, 5).Draw(b.t, "page"))
	move := func(to dayclose.Step) {
		from := c.Step
		c.Step, c.Manifest = to, "00"
		b.ok(b.l.MoveClose(b.outer.Context(), c, from))
	}
	if upto != dayclose.Begun { // it was written, and says so
		c.Files = []dayclose.File{{Kind: "records", Name: "x"}}
		b.ok(b.shelf.given(rows))
	}
	if upto != dayclose.Closed {
		if c.Step != upto {
			move(upto)
		}
		move(dayclose.GivenUp)
		return
	}
	for _, s := range dayclose.Steps[1:] {
		move(s)
	}
	for _, r := range rows {
		b.shelf.returned[r.Attempt] = r.Revision
	}
	for _, made := range b.calls {
		if newest, ok := b.shelf.returned[made.Attempt]; !ok || newest != made.Revision {
			b.failf("a close is over, and of a record of revision %d closes returned %d (%v)", made.Revision, newest, ok)
		}
	}
	b.at = b.at.Add(24 * time.Hour)
}

// TestEachRowOnceUnmarked over any sequence of calls, corrections, exports, repeated exports, exports whose file cannot be written, and
// closes that are given up or end: of all files that the ward was given, the first that has a row has it unmarked, every later one
// marked, and what a close that ended leaves behind is nothing: its file does without an export's.
func TestEachRowOnceUnmarked(t *testing.T) {
	full.Only(t)
	t.Parallel()
	l := newLedger(t)
	at, shelf := noon, newShelf() // the ledger is one for all sequences, and so is what the ward has
	rapid.Check(t, func(rt *rapid.T) {
		b := &bookkeeper{t: rt, outer: t, l: l, at: at, shelf: shelf}
		for range rapid.IntRange(1, 10).Draw(rt, "acts") {
			b.at = b.at.Add(time.Minute)
			b.acts = append(b.acts, rapid.SampledFrom([]string{"dial", "dial", "correct", "export", "export", "give up", "close"}).Draw(rt, "act"))
			switch b.acts[len(b.acts)-1] {
			case "dial":
				b.dial()
			case "correct":
				if n := len(b.calls); n > 0 {
					if i := rapid.IntRange(0, n-1).Draw(rt, "which"); b.calls[i].Revision > 0 {
						b.record(i)
					}
				}
			case "export":
				b.export()
			case "give up":
				b.close(rapid.SampledFrom([]dayclose.Step{dayclose.Begun, dayclose.Written}).Draw(rt, "step"))
			case "close":
				b.close(dayclose.Closed)
			}
		}
		b.close(dayclose.Closed)
		at = b.at
	})
}

// exported asks for an export and returns its rows.
func exported(t *testing.T, l *Ledger, day dialer.Date, again bool) (e returns.Export, rows []returns.Row, err error) {
	t.Helper()
	at := noon
	if again {
		at = at.Add(time.Minute) // what goes again went before
	}
	e, err = l.Export(t.Context(), returns.Export{ID: dialer.NewID(at), Day: day, By: "supervisor", At: at, Again: again}, func(of []returns.Row) ([]dayclose.File, error) {
		rows = of
		return []dayclose.File{{Kind: "records", Name: "a/b.csv", SHA256: "00", Octets: 3, Rows: len(of)}}, nil
	})
	return e, rows, err
}

// TestAnExportIsKept whole, for ever, with what it holds; of two at the same time each row is in one.
func TestAnExportIsKept(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	call(t, l, listedTarget(t, l), noon.Add(-24*time.Hour), dialer.NoAnswer) // of the day before
	call(t, l, listedTarget(t, l), noon, dialer.NotDialled)
	owed := call(t, l, listedTarget(t, l), noon, dialer.Answered)
	_, _, err := exported(t, l, today, false)
	wantErr(t, err, returns.ErrNothing) // a talk whose result is owed is no record yet
	_, err = l.Record(t.Context(), entry(owed))
	must(t, err)
	const calls = 6
	for range calls {
		call(t, l, listedTarget(t, l), noon, dialer.NoAnswer)
	}
	if n, err := l.CountToExport(t.Context(), today); err != nil || n != calls+1 {
		t.Fatalf("%d wait, %v", n, err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 4 {
		wg.Go(func() {
			_, rows, err := exported(t, l, today, false)
			if err != nil && !errors.Is(err, returns.ErrNothing) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += len(rows)
		})
	}
	wg.Wait()
	if total != calls+1 {
		t.Errorf("%d rows went", total)
	}
	if n, err := l.CountToExport(t.Context(), today); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
	e, _, err := exported(t, l, today, true)
	must(t, err)
	got, err := l.ExportByID(t.Context(), e.ID)
	must(t, err)
	got.At = got.At.UTC()
	if !reflect.DeepEqual(got, e) || got.Repeats != calls+1 || !got.Again || got.Files[0].Rows != calls+1 {
		t.Errorf("%+v\n%+v", got, e)
	}
	list, err := l.Exports(t.Context(), 10)
	if err != nil || len(list) != 2 || list[0].ID != e.ID {
		t.Errorf("%d, %v", len(list), err)
	}
	_, err = l.ExportByID(t.Context(), dialer.NewID(noon))
	wantErr(t, err, dialer.ErrNotFound)
	for _, sql := range []string{`UPDATE exports SET by_user = 'x'`, `DELETE FROM exports`, `UPDATE return_rows SET mark = ''`} {
		if exec(t, l.pool.Config().ConnString(), sql) == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
}

// TestAnExportWaitsForItsFolder longer than a transaction may stand idle otherwise.
func TestAnExportWaitsForItsFolder(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	patient := openLedger(t, url, t.TempDir()) // a busy machine may idle in any transaction: only the export's is to be short of time
	call(t, patient, listedTarget(t, patient), noon, dialer.NoAnswer)
	l := openLedger(t, url+"&idle_in_transaction_session_timeout=300", t.TempDir())
	e := returns.Export{ID: dialer.NewID(noon), Day: today, By: "supervisor", At: noon}
	_, err := l.Export(t.Context(), e, func([]returns.Row) ([]dayclose.File, error) {
		return nil, exec(t, url, "SELECT pg_sleep(1)")
	})
	must(t, err)
}

// TestADayThatIsGone is not exported once more: its notes are destroyed, and a file without them would replace the one that has them.
func TestADayThatIsGone(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	call(t, l, listedTarget(t, l), noon, dialer.NoAnswer)
	c := newClose(noon)
	must(t, l.BeginClose(t.Context(), c))
	walk(t, l, c, dayclose.Closed)
	_, _, err := exported(t, l, today, true)
	wantErr(t, err, returns.ErrGone)
	if n, err := l.CountToExport(t.Context(), today); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
	later := call(t, l, listedTarget(t, l), noon.Add(24*time.Hour), dialer.NoAnswer)
	_, rows, err := exported(t, l, today.Next(), false)
	if err != nil || len(rows) != 1 || rows[0].Attempt != later.ID {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// TestTheRecordOfACase: its calls of the day with what was recorded last, and no other's.
func TestTheRecordOfACase(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	target := listedTarget(t, l)
	rows := func(day dialer.Date) []returns.Row {
		t.Helper()
		rows, err := l.RowsOfCase(t.Context(), target.CaseID, day)
		must(t, err)
		return rows
	}
	if got := rows(today); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	r := call(t, l, target, noon, dialer.Answered)
	call(t, l, listedTarget(t, l), noon, dialer.NoAnswer)
	if got := rows(today); len(got) != 0 {
		t.Errorf("a talk whose result is owed: %+v", got)
	}
	e := entry(r)
	for _, note := range []string{"はじめの記録", "直した記録"} {
		e.Note, e.At = note, e.At.Add(time.Minute)
		_, err := l.Record(t.Context(), e)
		must(t, err)
	}
	got := rows(today)
	if len(got) != 1 || got[0].Note != "直した記録" || got[0].Revision != 2 || got[0].Operator != e.By || got[0].Promise == nil || got[0].WardNumber == "" {
		t.Errorf("%+v", got)
	}
	if got := rows(today.Next()); len(got) != 0 {
		t.Errorf("tomorrow's: %+v", got)
	}
}

// TestADayGoesOnceMoreSoOften and no oftener: each file's rows stay for good. Another day, and what stands in no file yet, go all the same.
func TestADayGoesOnceMoreSoOften(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	call(t, l, listedTarget(t, l), noon, dialer.NoAnswer)
	call(t, l, listedTarget(t, l), noon.Add(-24*time.Hour), dialer.NoAnswer)
	var wg sync.WaitGroup
	var refused atomic.Int32
	const more = 4
	for range returns.MostAgain + more {
		wg.Go(func() {
			_, _, err := exported(t, l, today, true)
			if no := (*dialer.Refusal)(nil); errors.As(err, &no) && no.Rule == returns.TooManyExports {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := refused.Load(); n != more {
		t.Errorf("%d were refused", n)
	}
	if n := count(t, l, "SELECT count(*) FROM return_rows"); n != returns.MostAgain {
		t.Errorf("%d rows are kept", n)
	}
	late := call(t, l, listedTarget(t, l), noon, dialer.NoAnswer)
	_, rows, err := exported(t, l, today, false)
	if err != nil || len(rows) != 1 || rows[0].Attempt != late.ID {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	_, _, err = exported(t, l, dialer.DateOf(noon.Add(-24*time.Hour)), true)
	must(t, err)
}

// TestWhatWentOftenIsReadOnce: however often a day was exported once more, the close and the next export look at one row of each record.
func TestWhatWentOftenIsReadOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	const calls, exports = 3, 8
	for range calls {
		call(t, l, listedTarget(t, l), noon, dialer.NoAnswer)
	}
	for range exports {
		_, _, err := exported(t, l, today, true)
		must(t, err)
	}
	for query, args := range map[string][]any{
		"CountToReturn": {[]string{}, dateColumn(today)}, "CountToExport": {today.At(0), today.Next().At(0)},
	} {
		file := "exports"
		if query == "CountToReturn" {
			file = "returns"
		}
		if n := rowsOfPlan(t, l, file, query, "return_rows", args...); n != calls {
			t.Errorf("%s reads %v rows of %d files, want %d", query, n, exports, calls)
		}
	}
}
