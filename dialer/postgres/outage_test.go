package postgres

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"kakeru/cmd/stores"
	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// saveWithin is the deadline the engine gives an end.
const saveWithin = 300 * time.Millisecond

// slack is what a busy machine may add to a deadline; a hang is far longer.
const slack = 5 * time.Second

// ownServer is a PostgreSQL to be paused and killed, with a migrated database.
func ownServer(t *testing.T) (pg *stores.Postgres, url string) {
	t.Helper()
	pg = storestest.OwnPostgresFrom(t, "ledger", func(pg *stores.Postgres) error {
		return errors.Join(pg.CreateDatabase(context.Background(), "kakeru", ""), migrate(pg.URL("kakeru")))
	})
	return pg, pg.URL("kakeru")
}

// pause stops the server and all its sessions; resume lets them go on.
func pause(t *testing.T, pg *stores.Postgres) (resume func()) {
	t.Helper()
	signalAll(t, pg, syscall.SIGSTOP)
	var done bool
	resume = func() {
		if !done {
			done = true
			signalAll(t, pg, syscall.SIGCONT)
		}
	}
	t.Cleanup(resume)
	return resume
}

// signalAll signals a server's whole process family: sessions are children with sessions of their own.
func signalAll(t *testing.T, pg *stores.Postgres, sig syscall.Signal) {
	t.Helper()
	must(t, syscall.Kill(pg.Pid(), sig))
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if fields[1] == strconv.Itoa(pg.Pid()) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			must(t, err)
			_ = syscall.Kill(pid, sig) // it may have ended since
		}
	}
}

// run runs the ledger's Run until the test is over.
func run(t *testing.T, l *Ledger) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestAPausedDatabaseKeepsNobodyWaiting(t *testing.T) {
	full.Only(t)
	pg, url := ownServer(t)
	l := openLedger(t, url, t.TempDir())
	r := call(t, l, newTarget(), noon, dialer.Busy)
	resume := pause(t, pg)
	ops := map[string]func(context.Context) error{
		"Reserve": func(ctx context.Context) error { return l.Reserve(ctx, reservation(newTarget(), noon)) },
		"Dialled": func(ctx context.Context) error { return l.Dialled(ctx, r.ID, noon, customerLeg(noon)) },
		"Note":    func(ctx context.Context) error { return l.Note(ctx, r.ID, dialer.Progress{}) },
		"Open":    func(ctx context.Context) error { _, err := l.Open(ctx); return err },
		"Tries":   func(ctx context.Context) error { _, err := l.Tries(ctx, "x", noon); return err },
		"Target":  func(ctx context.Context) error { _, err := l.Target(ctx, r.Target.CaseID, ""); return err },
		"Figures": func(ctx context.Context) error { _, err := l.Figures(ctx, noon, noon.Add(time.Hour)); return err },
		"Record":  func(ctx context.Context) error { _, err := l.Record(ctx, entry(r)); return err },
		"Search":  func(ctx context.Context) error { _, err := l.Search(ctx, "1234", 5); return err },
		"Session": func(ctx context.Context) error { _, _, err := l.FindCtx(ctx, "x"); return err },
		"Ready":   l.Ready,
		"Line": func(ctx context.Context) error {
			for _, err := range l.Waiting(ctx) {
				return err
			}
			return nil
		},
		"Stage": func(ctx context.Context) error {
			_, err := l.Stage(ctx, newList(true), rowsOf(person("1")), nil)
			return err
		},
	}
	for range 3 { // more often than the pool has connections, in all
		for name, op := range ops {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			began := time.Now()
			err := op(ctx)
			cancel()
			if took := time.Since(began); took > slack {
				t.Fatalf("%s hung for %s", name, took)
			}
			if kept := name == "Note" || name == "Record"; kept && err == nil {
				continue // in the spool
			}
			if !errors.Is(err, dialer.ErrLedgerDown) {
				t.Fatalf("%s: %v", name, err)
			}
			if strings.Contains(err.Error(), string(r.Target.Number)) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	resume()
	must(t, l.Ready(within(t, slack)))
	call(t, l, newTarget(), noon, dialer.Busy)
	if n := count(t, l, "SELECT count(*) FROM attempts"); n != 2 {
		t.Errorf("%d attempts: one was reserved behind its caller's back", n)
	}
}

func TestEndsSurviveAnOutage(t *testing.T) {
	for name, outage := range map[string]func(*testing.T, *stores.Postgres) (back func() *stores.Postgres){
		"paused": func(t *testing.T, pg *stores.Postgres) func() *stores.Postgres {
			resume := pause(t, pg)
			return func() *stores.Postgres { resume(); return pg }
		},
		"killed": func(t *testing.T, pg *stores.Postgres) func() *stores.Postgres {
			must(t, syscall.Kill(pg.Pid(), syscall.SIGKILL))
			<-pg.Exited()
			return func() *stores.Postgres { return storestest.RestartPostgres(t, pg) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			pg, url := ownServer(t)
			registry := prometheus.NewRegistry()
			l, err := Open(t.Context(), Options{
				URL: url, SpoolDir: t.TempDir(), Refs: testRefs, Vault: testVault(t), Now: func() time.Time { return noon }, Registerer: registry,
				Log: slog.New(slog.DiscardHandler),
			})
			must(t, err)
			t.Cleanup(l.Close)
			health := make(chan bool, 10)
			l.OnHealth(func(up bool) { health <- up })
			target := listedTarget(t, l)
			r := reservation(target, noon)
			must(t, l.Reserve(t.Context(), r))
			must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
			run(t, l)

			back := outage(t, pg)
			end := endOf(r, dialer.Answered)
			for range 2 { // the second changes nothing
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
				must(t, l.End(ctx, end))
				cancel()
				if took := time.Since(began); took > slack {
					t.Fatalf("the end took %s", took)
				}
			}
			if l.waiting() != 1 || reading(t, l.metrics.spoolDepth) != 1 {
				t.Fatalf("%d ends wait", l.waiting())
			}
			if up := <-health; up || !l.Down() {
				t.Fatal("nobody noticed")
			}
			// No new call while the old one's end waits: and not for a wrong reason.
			ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
			wantErr(t, l.Reserve(ctx, reservation(target, noon)), dialer.ErrLedgerDown)
			cancel()

			back()
			if up := <-health; !up {
				t.Fatal("not back")
			}
			eventually(t, "the replay", func() bool { return l.waiting() == 0 })
			if a := attempt(t, l, r.ID); a.Verdict.Result != dialer.Answered || len(a.Evidence) != 5 || !reflect.DeepEqual(a.Quality, end.Quality) {
				t.Errorf("%+v", a)
			}
			if c := caseOf(t, l, target.CaseID); c.Next.State != dialer.CaseResultDue {
				t.Errorf("%+v", c.Next)
			}
			if n := reading(t, l.metrics.attempts.WithLabelValues("answered")); n != 1 {
				t.Errorf("counted %v times", n)
			}
			if reading(t, l.metrics.spoolDepth) != 0 || l.Down() {
				t.Error("the gauge or the health is stale")
			}
		})
	}
}

// A process dies with ends in its spool; its successor counts them as ended before it lists what a crash left open.
func TestOpenReplaysTheSpoolFirst(t *testing.T) {
	url, dir := migrated(t), t.TempDir()
	l := openLedger(t, url, dir)
	target := listedTarget(t, l)
	r, left := reservation(target, noon), reservation(newTarget(), noon)
	for _, r := range []dialer.Reservation{r, left} {
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	}
	must(t, l.spool.append(ended(endOf(r, dialer.Answered))))
	// An entry recorded meanwhile replays the end first, so that the end cannot undo it.
	_, err := l.Record(t.Context(), entry(r))
	must(t, err)
	must(t, l.spool.append(ended(endOf(r, dialer.Answered)))) // as if the crash came before the file was emptied
	l.Close()

	l = openLedger(t, url, dir)
	open, err := l.Open(t.Context())
	if must(t, err); len(open) != 1 || open[0].ID != left.ID {
		t.Fatalf("%+v", open)
	}
	if c := caseOf(t, l, target.CaseID); c.Next != entry(r).Next {
		t.Errorf("a replayed end moved the case back: %+v", c.Next)
	}
	if l.waiting() != 0 {
		t.Errorf("%d ends wait", l.waiting())
	}
}

// An end that contradicts itself must not keep those behind it from being replayed.
func TestAnEndRefusedForGoodIsSetAside(t *testing.T) {
	url, dir := migrated(t), t.TempDir()
	l := openLedger(t, url, dir)
	bad, good := reservation(newTarget(), noon), reservation(newTarget(), noon)
	for _, r := range []dialer.Reservation{bad, good} {
		must(t, l.Reserve(t.Context(), r))
	}
	nonsense := endOf(bad, dialer.NotDialled)
	nonsense.Verdict.Counted = true
	if err := l.End(t.Context(), nonsense); err == nil || errors.Is(err, dialer.ErrLedgerDown) {
		t.Fatalf("nonsense: %v", err)
	}
	var told []dialer.CallID
	l.OnSetAside(func(of dialer.CallID) { told = append(told, of) })
	must(t, l.spool.append(ended(nonsense)))
	must(t, l.spool.append(ended(endOf(good, dialer.NotDialled))))
	open, err := l.Open(t.Context())
	if must(t, err); len(open) != 1 || open[0].ID != bad.ID {
		t.Fatalf("%+v", open)
	}
	line, err := os.ReadFile(filepath.Join(dir, rejectedName))
	must(t, err)
	if r, err := l.spool.decode(line); err != nil || r.End == nil || r.End.ID != bad.ID {
		t.Errorf("not set aside: %+v, %v", r, err)
	}
	if !slices.Equal(told, []dialer.CallID{bad.ID}) {
		t.Errorf("told of %v", told)
	}
}

// The reservation that its caller gave up commits just as the end looks for it: the attempt is closed all the same.
func TestAnEndWaitsForAReservationOnItsWay(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	tx, err := l.pool.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", string(r.ID))
	must(t, err)
	_, err = tx.Exec(t.Context(), `INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language,
		balance_band, sample, desk, operator, trunk, started_at) VALUES ($1, $2, '', 'n', 'fixed', '', '', '', true, 'd', 'o', 't', now())`,
		string(r.ID), string(r.Target.CaseID))
	must(t, err)
	ended := make(chan error)
	go func() { ended <- l.End(within(t, slack), endOf(r, dialer.NotDialled)) }()
	eventually(t, "the end waits", func() bool {
		return count(t, l, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1
	})
	must(t, tx.Commit(t.Context()))
	must(t, <-ended)
	if open, err := l.Open(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%+v, %v", open, err)
	}
}

func TestWithoutASpoolAnOutageIsTold(t *testing.T) {
	pg, url := ownServer(t)
	l := openLedger(t, url, "")
	pause(t, pg)
	ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
	defer cancel()
	wantErr(t, l.End(ctx, anEnd()), dialer.ErrLedgerDown)
}

func TestWhenNothingCanBeWrittenTheEndFails(t *testing.T) {
	pg, url := ownServer(t)
	l := openLedger(t, url, t.TempDir())
	l.spool.file = &fullDisk{l.spool.file, 10}
	pause(t, pg)
	ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
	defer cancel()
	err := l.End(ctx, anEnd())
	wantErr(t, err, dialer.ErrLedgerDown)
	wantErr(t, err, syscall.ENOSPC)
}

func TestCloseDoesNotWaitForAPausedServer(t *testing.T) {
	pg, url := ownServer(t)
	l := openLedger(t, url, t.TempDir())
	resume := pause(t, pg)
	began := time.Now()
	l.Close()
	if took := time.Since(began); took > closeWithin+slack {
		t.Errorf("closing took %s", took)
	}
	resume()
	l.Close() // twice is no harm, and now it is whole
}

func TestOpenOnASilentOrMissingServer(t *testing.T) {
	pg, url := ownServer(t)
	for address, words := range map[string][]string{
		"postgres://kakeru@127.0.0.1:1/kakeru": {"127.0.0.1:1", "connection refused", "start it"},
		"://":                                  {"postgres://user:password@host"},
		pg.URL("nowhere"):                      {"no such database", "createdb nowhere"},
		strings.Replace(url, "user=kakeru", "user=x", 1): {"does not let the user x in"},
	} {
		_, err := Open(t.Context(), Options{URL: address, SpoolDir: t.TempDir(), Refs: testRefs, Vault: testVault(t)})
		oneLine(t, err, words...)
		oneLine(t, Migrate(t.Context(), address), words...)
	}
	pause(t, pg)
	ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
	defer cancel()
	_, err := Open(ctx, Options{URL: url, SpoolDir: t.TempDir(), Refs: testRefs, Vault: testVault(t)})
	wantErr(t, err, dialer.ErrLedgerDown)
	oneLine(t, err, "does not answer")
}

// A stage that the database leaves half-way says so and can be begun again under another id.
func TestStagingThroughAnOutage(t *testing.T) {
	pg, url := ownServer(t)
	l := openLedger(t, url, "")
	list := newList(true)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := l.Stage(ctx, list, func(yield func(casework.Row, error) bool) {
		for i := 0; ; i++ {
			if i == 2000 {
				must(t, syscall.Kill(pg.Pid(), syscall.SIGKILL))
				<-pg.Exited()
			}
			r := person(strconv.Itoa(i))
			r.Line = i + 1
			if i == 200_000 || !yield(r, nil) {
				return
			}
		}
	}, nil)
	wantErr(t, err, dialer.ErrLedgerDown)
}

// reading is what a metric would show.
func reading(t testing.TB, m prometheus.Metric) float64 {
	t.Helper()
	var d dto.Metric
	must(t, m.Write(&d))
	if d.Counter != nil {
		return d.Counter.GetValue()
	}
	return d.Gauge.GetValue()
}

// TestALongReplayIsProgress: a start gives each of its steps some time, not all that waits.
func TestALongReplayIsProgress(t *testing.T) {
	full.Only(t)
	t.Parallel()
	l := newLedger(t)
	const steps, each = 8, 10 * time.Second
	var ends []record
	for range steps * replayAtOnce {
		r := reservation(newTarget(), noon)
		must(t, l.Reserve(t.Context(), r))
		ends = append(ends, ended(endOf(r, dialer.Busy)))
	}
	for _, e := range ends {
		must(t, l.spool.append(e))
	}
	byOwner(t, asOwner(t, l), // longer than each, over all
		`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.035); RETURN NEW; END $$;
		CREATE TRIGGER slow BEFORE UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION slow()`)
	if err := l.replayAll(t.Context(), each); err != nil || l.waiting() != 0 {
		t.Errorf("%d wait: %v", l.waiting(), err)
	}
}
