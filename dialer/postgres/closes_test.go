package postgres

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres/internal/db"
)

func newClose(at time.Time) dayclose.Close {
	day := dialer.DateOf(at)
	return dayclose.Close{ID: dialer.NewID(at), Day: day, Upto: &day, By: "supervisor", BegunAt: at, Moved: at, Step: dayclose.Begun}
}

// walk takes a close to a step, by the steps there are.
func walk(t *testing.T, l *Ledger, c dayclose.Close, to dayclose.Step) dayclose.Close {
	t.Helper()
	for c.Step != to {
		from := c.Step
		c.Step = dayclose.Steps[slices.Index(dayclose.Steps, from)+1]
		c.Manifest = "0123"
		must(t, l.MoveClose(t.Context(), c, from))
	}
	return c
}

// TestAForgedCloseIsNoCloseOfOurs: rows that were written or changed by the role that serves are foreign, those that the server moved are not; and by no
// time that a row says can it stand before the one that is under way, or before the contract's end.
func TestAForgedCloseIsNoCloseOfOurs(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	url := l.pool.Config().ConnString()
	foreign := func(id string, want bool) {
		t.Helper()
		c, err := l.CloseByID(t.Context(), id)
		must(t, err)
		if c.Foreign != want {
			t.Errorf("at %s it is foreign: %v", c.Step, c.Foreign)
		}
	}
	before := walk(t, l, begun(t, l, newClose(noon.AddDate(0, 0, -1))), dayclose.Closed)
	forged := dialer.NewID(noon)
	must(t, exec(t, url, `INSERT INTO day_closes (id, day, upto, by_user, begun_at, step, moved_at, manifest, mark)
		SELECT '`+forged+`', '2099-01-01', upto, by_user, '2099-01-01', 'closed', moved_at, 'ff', mark FROM day_closes`))
	foreign(forged, true)
	for _, what := range []string{"id = gen_random_uuid()", "upto = '2099-01-02'", "by_user = 'x'", "final = NOT final", "day = day - 1", "begun_at = begun_at + interval '1 us'"} {
		if exec(t, url, "UPDATE day_closes SET "+what) == nil {
			t.Errorf("what a close is was changed: %s", what)
		}
	}
	foreign(before.ID, false)
	if list, err := l.Closes(t.Context(), 9); err != nil || len(list) != 1 || list[0].ID != before.ID {
		t.Errorf("what was forged is believed: %v, %v", list, err)
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, []string{"close"}) {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
	if last, err := l.LastClosed(t.Context()); err != nil || last.ID != before.ID {
		t.Errorf("the manifest before is that of %s, %v", last.ID, err)
	}
	c := begun(t, l, newClose(noon))
	for _, step := range []dayclose.Step{dayclose.Written, dayclose.Signed, dayclose.Destroying} {
		if list, err := l.Closes(t.Context(), 1); err != nil || list[0].ID != c.ID {
			t.Errorf("at %s another is carried: %v, %v", c.Step, list, err)
		}
		foreign(c.ID, false)
		for _, change := range []string{
			"step = 'destroying', manifest = '00'", "files = '[]'", "manifest = '01'", "destroyed = '{\"x\": 1}'",
			"counts = '{\"x\": 1}'", "moved_at = moved_at + interval '1 us'", "mark = NULL",
		} {
			tx, err := l.pool.Begin(t.Context())
			must(t, err)
			if _, err = tx.Exec(t.Context(), "UPDATE day_closes SET "+change+" WHERE id = $1", c.ID); err == nil {
				row, err := db.New(tx).CloseByID(t.Context(), c.ID)
				must(t, err)
				changed := l.closeOf(row)
				same := change == "files = '[]'" && len(c.Files) == 0
				if changed.Foreign == same {
					t.Errorf("at %s after %s it is foreign: %v", c.Step, change, changed.Foreign)
				}
			}
			must(t, tx.Rollback(t.Context()))
		}
		from := c.Step
		c.Step, c.Moved, c.Manifest = step, c.Moved.Add(time.Second), "0123"
		c.Files = []dayclose.File{{Kind: "records", Name: "a/b.csv", SHA256: "00", Octets: 3, Rows: 1}}
		must(t, l.MoveClose(t.Context(), c, from))
	}
	c = walk(t, l, c, dayclose.Closed)
	end := newClose(noon.AddDate(0, 0, 1))
	end.Final = true
	end = walk(t, l, begun(t, l, end), dayclose.Closed)
	if list, err := l.Closes(t.Context(), 9); err != nil || len(list) != 3 || list[0].ID != end.ID || list[0].Foreign || list[1].ID != c.ID {
		t.Errorf("%v, %v", list, err)
	}
}

// TestAForgedCloseClosesNothing: rows of the role that serves by which a day to come, today, or the contract is closed keep nobody from calling, and today from being closed; one
// that is under way stands in the way until it is given up, whatever its step, and so does ours when somebody has changed it.
func TestAForgedCloseClosesNothing(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	url := l.pool.Config().ConnString()
	forge := func(day, step string, final bool) (id string) {
		t.Helper()
		id = dialer.NewID(noon)
		must(t, exec(t, url, fmt.Sprintf(`INSERT INTO day_closes (id, day, upto, by_user, begun_at, step, moved_at, final, manifest, mark)
			VALUES ('%s', '%[2]s', '%[2]s', 'supervisor', now(), '%s', now(), %v, 'ff', 'x')`, id, day, step, final)))
		return id
	}
	open := func() error {
		return l.query(t.Context(), "look at the day", func(ctx context.Context, q *db.Queries) error { return l.refuseClosedDay(ctx, q, noon) })
	}
	target := listedTarget(t, l)
	today := dialer.DateOf(noon).String()
	for _, day := range []string{today, "2099-12-31"} {
		forge(day, "closed", false)
		forge(day, "closed", true)
	}
	must(t, open())
	for _, step := range []string{"begun", "destroying"} {
		id := forge("2099-12-31", step, false)
		wantRule(t, l.Reserve(t.Context(), reservation(target, noon)), dialer.DayClosed)
		wantErr(t, l.BeginClose(t.Context(), newClose(noon)), dayclose.ErrUnderWay)
		c, err := l.CloseByID(t.Context(), id)
		if must(t, err); !c.Foreign {
			t.Fatal("it is taken for ours")
		}
		must(t, l.MoveClose(t.Context(), with(c, dayclose.GivenUp), c.Step))
	}
	ours := walk(t, l, begun(t, l, newClose(noon)), dayclose.Destroying)
	must(t, exec(t, url, "UPDATE day_closes SET moved_at = moved_at + interval '1 s' WHERE step = 'destroying'"))
	c, err := l.CloseByID(t.Context(), ours.ID)
	must(t, err)
	must(t, l.MoveClose(t.Context(), with(c, dayclose.GivenUp), c.Step))
	must(t, open())
	walk(t, l, begun(t, l, newClose(noon)), dayclose.Closed)
	wantRule(t, open(), dialer.DayClosed)
}

func begun(t *testing.T, l *Ledger, c dayclose.Close) dayclose.Close {
	t.Helper()
	must(t, l.BeginClose(t.Context(), c))
	return c
}

// TestWhatStandsInTheWayOfAClose: each thing by itself, and once it is gone the close begins.
func TestWhatStandsInTheWayOfAClose(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	c := newClose(noon)
	refused := func(want dayclose.Found) {
		t.Helper()
		no := (*dayclose.NotReady)(nil)
		if err := l.BeginClose(t.Context(), c); !errors.As(err, &no) || obstacles(no.Found) != want {
			t.Fatalf("%v, not %+v", err, want)
		}
		if found, err := l.Found(t.Context()); err != nil || obstacles(found) != want {
			t.Fatalf("%+v, %v", found, err)
		}
	}
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	refused(dayclose.Found{OpenCalls: 1})
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(r, dialer.Answered)))
	refused(dayclose.Found{ResultsDue: 1})
	_, err := l.Record(t.Context(), casework.Recorded{
		Entry: casework.Entry{Party: casework.Self, Business: []casework.Business{casework.NoCommitment}}, Attempt: r.ID, By: "operator1", At: noon,
		Next: dialer.CaseNext{State: dialer.CaseHeld, Why: "x"},
	})
	must(t, err)
	must(t, l.BeginClose(t.Context(), c))
	wantErr(t, l.BeginClose(t.Context(), newClose(noon)), dayclose.ErrUnderWay)
}

// TestACloseEndsTheReadingOfLists: whoever has lists read all the time, at whatever node, keeps no day open. What is being read is told why it ended, nothing
// of it stays, and until the close is over or given up no other is begun, for the rows in hand would hold up what is to go.
func TestACloseEndsTheReadingOfLists(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	c, left, list := newClose(noon), newList(true), newList(true)
	_, err := l.Stage(t.Context(), list, func(yield func(casework.Row, error) bool) {
		if err := exec(t, l.pool.Config().ConnString(),
			`INSERT INTO lists (id, file_name, by_user, at, sample, state) VALUES ($1, 'x', 'x', now(), true, 'staging')`, left.ID); err != nil {
			t.Error(err)
		}
		if !yield(person("0000000071"), nil) {
			return
		}
		if found, err := l.Found(t.Context()); err != nil || found.Staging != 2 || found.Ready() != nil {
			t.Errorf("while it is read: %+v, %v", found, err)
		}
		if err := l.BeginClose(t.Context(), c); err != nil {
			t.Error(err)
		}
		yield(person("0000000072"), nil)
	}, nil)
	wantErr(t, err, casework.ErrStopped)
	for _, id := range []string{left.ID, list.ID} { // the former is another node's, or of one that is gone
		p, err := l.Preview(t.Context(), id)
		must(t, err)
		if p.State != "failed" || len(p.Problems) != 1 || p.Problems[0].JA != casework.ErrStopped.JA || !p.Problems[0].Fatal {
			t.Errorf("%+v", p)
		}
	}
	if n := count(t, l, "SELECT count(*) FROM staged_rows"); n != 0 {
		t.Errorf("%d rows of it stay", n)
	}
	_, err = l.Stage(t.Context(), newList(true), rowsOf(person("0000000073")), nil)
	wantErr(t, err, casework.ErrStopped)
	must(t, l.MoveClose(t.Context(), with(c, dayclose.GivenUp), dayclose.Begun))
	_, err = l.Stage(t.Context(), newList(true), rowsOf(person("0000000073")), nil)
	must(t, err)
}

// TestACloseThatDoesNotBeginEndsNoReading: whoever presses too early has stopped nobody's list.
func TestACloseThatDoesNotBeginEndsNoReading(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	must(t, l.Reserve(t.Context(), reservation(newTarget(), noon)))
	_, err := l.Stage(t.Context(), newList(true), func(yield func(casework.Row, error) bool) {
		if err := l.BeginClose(t.Context(), newClose(noon)); !errors.As(err, new(*dayclose.NotReady)) {
			t.Errorf("with an open call: %v", err)
		}
		yield(person("0000000074"), nil)
	}, nil)
	must(t, err)
}

// TestACloseWaitsForAListThatIsApplied, and not for one that wants to be applied behind it: that one finds the day shut.
func TestACloseWaitsForAListThatIsApplied(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	applying, behind := holding(t, l), holding(t, l)
	must(t, applying.q.HoldLists(t.Context()))
	must(t, applying.q.EnterDay(t.Context()))
	must(t, behind.q.HoldPaidLists(t.Context()))
	found, err := l.Found(t.Context())
	if no := (*dayclose.NotReady)(nil); err != nil || found.Applying != 2 || !errors.As(found.Ready(), &no) {
		t.Errorf("%+v, %v", found, err)
	}
	begun := make(chan error)
	go func() { begun <- l.BeginClose(within(t, time.Minute), newClose(noon)) }()
	eventually(t, "the close waits", func() bool {
		return count(t, l, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 1
	})
	if n := count(t, l, "SELECT count(*) FROM day_closes"); n != 0 {
		t.Error("it has begun")
	}
	must(t, applying.Commit(t.Context()))
	must(t, <-begun)
}

// held is a transaction with its queries.
type held struct {
	pgx.Tx
	q *db.Queries
}

func holding(t *testing.T, l *Ledger) held {
	t.Helper()
	tx, err := l.pool.Begin(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return held{tx, db.New(tx)}
}

// TestAClosedDay: from the moment a close begins nobody is dialled, nobody is put through and no result is written, until it is given
// up; a day that was closed stays so until midnight.
func TestAClosedDay(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	talked := call(t, l, newTarget(), noon, dialer.NoAnswer)
	c := newClose(noon)
	entry := casework.Recorded{
		Entry: casework.Entry{Party: casework.Silent}, Attempt: talked.ID, By: "operator1", At: noon, Next: dialer.CaseNext{State: dialer.CaseHeld, Why: "x"},
	}
	closed := func(at time.Time) {
		t.Helper()
		wantRule(t, l.Reserve(t.Context(), reservation(newTarget(), at)), dialer.DayClosed)
		n := newNumber()
		_, err := l.Arrive(t.Context(), dialer.Arrival{
			ID: dialer.CallID(dialer.NewID(at)), At: at, Trunk: "lab", Caller: n, NumberRef: testRefs.Number(n), Kind: n.Kind(),
			NewCase: dialer.CaseID(dialer.NewID(at)), CustomerLeg: customerLeg(at),
		})
		wantRule(t, err, dialer.DayClosed)
	}
	must(t, l.BeginClose(t.Context(), c))
	closed(noon)
	_, err := l.Record(t.Context(), entry)
	wantRule(t, err, dialer.DayClosed)
	c.Step = dayclose.GivenUp
	must(t, l.MoveClose(t.Context(), c, dayclose.Begun))
	call(t, l, newTarget(), noon, dialer.NoAnswer)

	later := noon.Add(4 * time.Hour)
	c = newClose(later)
	must(t, l.BeginClose(t.Context(), c))
	c = walk(t, l, c, dayclose.Destroying)
	closed(later)
	walk(t, l, c, dayclose.Closed)
	closed(later.Add(time.Hour))
	call(t, l, newTarget(), noon.Add(22*time.Hour), dialer.NoAnswer)
	if _, err := l.Record(t.Context(), entry); err != nil {
		t.Errorf("a correction on the next day: %v", err)
	}
	if n := count(t, l, `SELECT count(*) FROM attempts`); n != 3 {
		t.Errorf("%d attempts", n)
	}
}

// TestACloseWaitsForWhoIsInTheDay: a click whose transaction is not over yet is seen by the close that begins, or the click sees the
// close. With many at once there is never an open attempt beside a close.
func TestACloseWaitsForWhoIsInTheDay(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for range 20 {
		var wg sync.WaitGroup
		made := make([]error, 8)
		clicks := make([]dialer.Reservation, len(made))
		for i := range made {
			clicks[i] = reservation(newTarget(), noon)
			wg.Go(func() { made[i] = l.Reserve(t.Context(), clicks[i]) })
		}
		c := newClose(noon)
		err := l.BeginClose(t.Context(), c)
		wg.Wait()
		open := count(t, l, `SELECT count(*) FROM attempts WHERE ended_at IS NULL`)
		no := (*dayclose.NotReady)(nil)
		switch {
		case err == nil && open > 0:
			t.Fatalf("%d calls are open in a day that is being closed", open)
		case err != nil && !errors.As(err, &no):
			t.Fatal(err)
		}
		for i, r := range clicks {
			if made[i] == nil {
				must(t, l.End(t.Context(), endOf(r, dialer.NotDialled)))
			} else {
				wantRule(t, made[i], dialer.DayClosed)
			}
		}
		if err == nil {
			c.Step = dayclose.GivenUp
			must(t, l.MoveClose(t.Context(), c, dayclose.Begun))
		}
	}
	// And surely so when the click is in the middle.
	inside, goOn := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	r := reservation(newTarget(), noon)
	wg.Go(func() {
		must(t, pgx.BeginFunc(t.Context(), l.pool, func(tx pgx.Tx) error {
			err := l.insertAttempt(t.Context(), db.New(tx), r, l.self().Life)
			close(inside)
			<-goOn
			return err
		}))
	})
	<-inside
	brief, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := l.BeginClose(brief, newClose(noon)); err == nil {
		t.Error("a close began beside a click that was not over")
	}
	close(goOn)
	wg.Wait()
	no := (*dayclose.NotReady)(nil)
	if err := l.BeginClose(t.Context(), newClose(noon)); !errors.As(err, &no) || no.Found.OpenCalls != 1 {
		t.Error(err)
	}
}

// TestACloseIsKept: whole, by its steps only, never back from destroying, and for ever.
func TestACloseIsKept(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	c := newClose(noon)
	must(t, l.BeginClose(t.Context(), c))
	wantErr(t, l.MoveClose(t.Context(), with(c, dayclose.Signed), dayclose.Begun), dayclose.ErrMoved)
	c.Step, c.Files, c.Counts = dayclose.Written, []dayclose.File{{Kind: "records", Name: "a/b.csv", SHA256: "00", Octets: 3, Rows: 1}}, dayclose.Counts{"attempts": 1}
	must(t, l.MoveClose(t.Context(), c, dayclose.Begun))
	wantErr(t, l.MoveClose(t.Context(), c, dayclose.Begun), dayclose.ErrMoved)
	c = walk(t, l, c, dayclose.Destroying)
	url := l.pool.Config().ConnString()
	for _, sql := range []string{
		`UPDATE day_closes SET step = 'given_up'`, `UPDATE day_closes SET step = 'signed'`, `DELETE FROM day_closes`, `TRUNCATE day_closes`,
	} {
		if exec(t, url, sql) == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
	c.Destroyed = dayclose.Counts{"persons": 2}
	c = walk(t, l, c, dayclose.Closed)
	got, err := l.CloseByID(t.Context(), c.ID)
	must(t, err)
	got.BegunAt, got.Moved = got.BegunAt.UTC(), got.Moved.UTC()
	if !reflect.DeepEqual(got, c) {
		t.Errorf("%+v\n%+v", got, c)
	}
	if exec(t, url, `UPDATE day_closes SET by_user = 'somebody'`) == nil {
		t.Error("a close that is over was changed")
	}
	_, err = l.CloseByID(t.Context(), dialer.NewID(noon))
	wantErr(t, err, dialer.ErrNotFound)
	wantErr(t, l.BeginClose(t.Context(), newClose(noon.Add(time.Hour))), dayclose.ErrClosed)
	again := newClose(noon.AddDate(0, 0, 1))
	must(t, l.BeginClose(t.Context(), again))
	list, err := l.Closes(t.Context(), 10)
	if err != nil || len(list) != 2 || list[0].ID != again.ID {
		t.Errorf("%d, %v", len(list), err)
	}
	release, err := l.HoldClose(t.Context(), c.ID)
	must(t, err)
	_, err = l.HoldClose(t.Context(), c.ID)
	wantErr(t, err, dayclose.ErrHeld)
	release()
	release, err = l.HoldClose(t.Context(), c.ID)
	must(t, err)
	release()
}

// obstacles is what stands in the way, without what only is to be known.
func obstacles(f dayclose.Found) dayclose.Found {
	return dayclose.Found{OpenCalls: f.OpenCalls, ResultsDue: f.ResultsDue, Spooled: f.Spooled, Applying: f.Applying}
}

func with(c dayclose.Close, s dayclose.Step) dayclose.Close {
	c.Step = s
	return c
}

// TestDayCounts are the manifest's: of the day in Tokyo, and of no other.
func TestDayCounts(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	call(t, l, newTarget(), noon.Add(-24*time.Hour), dialer.NoAnswer)
	call(t, l, newTarget(), noon, dialer.NoAnswer)
	r := call(t, l, newTarget(), noon, dialer.Answered)
	call(t, l, newTarget(), noon, dialer.NotDialled)
	e := casework.Recorded{
		Entry: casework.Entry{
			Party: casework.Self, Business: []casework.Business{casework.Promised}, Promise: &casework.Promise{Yen: 1200, DueOn: "2026-11-30", Means: "slip"},
		},
		Attempt: r.ID, By: "operator1", At: noon, Next: dialer.CaseNext{State: dialer.CaseHeld, Why: "x"},
	}
	_, err := l.Record(t.Context(), e)
	must(t, err)
	e.At, e.Promise = noon.Add(time.Minute), &casework.Promise{Yen: 1300, DueOn: "2026-11-30", Means: "slip"}
	_, err = l.Record(t.Context(), e)
	must(t, err)
	got, err := l.DayCounts(t.Context(), dialer.DateOf(noon))
	want := dayclose.Counts{
		"attempts": 2, "not_counted": 1, "by_hand": 0, "inbound": 0, "result_no_answer": 1, "result_answered": 1, "result_not_dialled": 1,
		"persons_called": 2, "entries": 2, "corrections": 1, "promises": 1, "promised_yen": 1300,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestARecordGoesBackWhateverRowsSay: a row that says that a record went with an earlier close, or with one that somebody has made up, keeps it out of no close: its
// key would be destroyed with it.
func TestARecordGoesBackWhateverRowsSay(t *testing.T) {
	l := newLedger(t)
	earlier := newClose(noon)
	must(t, l.BeginClose(t.Context(), earlier))
	walk(t, l, earlier, dayclose.Closed)
	next := noon.Add(24 * time.Hour)
	talk := call(t, l, listedTarget(t, l), next, dialer.Answered)
	e := entry(talk)
	e.At = next.Add(time.Minute)
	_, err := l.Record(t.Context(), e)
	must(t, err)
	madeUp := dialer.NewID(next)
	for _, sql := range []string{
		"INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at, manifest) VALUES ($1, '2099-01-01', 'x', '2099-01-01', 'closed', '2099-01-01', 'ff')",
		"INSERT INTO return_rows (close_id, attempt_id, revision, mark) SELECT id, $2, 9, '' FROM day_closes WHERE $1::uuid IS NOT NULL",
	} {
		args := []any{madeUp, string(talk.ID)}[:strings.Count(sql, "$")]
		_, err := l.pool.Exec(t.Context(), sql, args...)
		must(t, err)
	}
	if n := count(t, l, "SELECT count(*) FROM return_rows"); n != 2 {
		t.Fatalf("%d rows say so", n)
	}
	found, err := l.Found(t.Context())
	if must(t, err); found.EntriesWaiting != 1 {
		t.Errorf("%d entries wait, want 1", found.EntriesWaiting)
	}
	c := newClose(next.Add(time.Hour))
	must(t, l.BeginClose(t.Context(), c))
	must(t, l.TakeForReturn(t.Context(), c))
	if rows, err := l.RowsOfReturn(t.Context(), c, nil, 10); err != nil || len(rows) != 1 || rows[0].Attempt != talk.ID || rows[0].Note == "" {
		t.Errorf("%d rows go back, %v", len(rows), err)
	}
}
