package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// wire stands between a ledger and its database and can be cut: at once, or after so many octets more, wherever in a
// question or an answer that is.
type wire struct {
	listener net.Listener
	url      string
	left     atomic.Int64 // octets until the cut; negative for ever
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newWire(t *testing.T, url string) *wire {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	must(t, err)
	l, err := net.Listen("tcp4", "127.0.0.1:0") //nolint:noctx // loopback
	must(t, err)
	w := &wire{listener: l, conns: map[net.Conn]bool{}}
	w.left.Store(-1)
	w.url = fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", cfg.User, l.Addr(), cfg.Database)
	network, address := pgNetwork(cfg)
	w.running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial(network, address) //nolint:noctx // loopback
			if err != nil || !w.join(near, far) {
				_ = near.Close()
				continue
			}
			w.running.Go(func() { w.pass(near, far) })
			w.running.Go(func() { w.pass(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.cut()
		w.running.Wait()
	})
	return w
}

func pgNetwork(cfg *pgx.ConnConfig) (network, address string) {
	if strings.HasPrefix(cfg.Host, "/") {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", cfg.Host, cfg.Port)
	}
	return "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
}

func (w *wire) join(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	up := w.left.Load() != 0
	for _, c := range conns {
		if !up {
			_ = c.Close()
			continue
		}
		w.conns[c] = true
	}
	return up
}

func (w *wire) pass(from io.ReadCloser, to io.WriteCloser) {
	defer func() { _ = from.Close(); _ = to.Close() }()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if left := w.left.Load(); left >= 0 {
			n = int(min(int64(n), left))
			if w.left.Add(-int64(n)) <= 0 {
				_, _ = to.Write(buf[:n])
				w.cut()
				return
			}
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends every connection, and takes none until mended.
func (w *wire) cut() {
	w.left.Store(0)
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
	clear(w.conns)
}

func (w *wire) cutAfter(octets int64) { w.left.Store(octets) }
func (w *wire) mend()                 { w.left.Store(-1) }

// story is what happened, in order: each fact is told to a ledger.
type story struct {
	facts []fact
}

type fact struct {
	name string
	must bool // it is only done with the database there: without it nobody is rung
	tell func(context.Context, *Ledger) error
}

// newStory makes up calls of a few cases, with all that is known of them.
func newStory(rnd *rand.Rand, targets []dialer.Target) *story {
	s := &story{}
	at := noon
	add := func(name string, must bool, tell func(context.Context, *Ledger) error) {
		s.facts = append(s.facts, fact{name, must, tell})
	}
	for range 6 + rnd.IntN(6) {
		at = at.Add(time.Duration(1+rnd.IntN(90)) * time.Minute)
		target := targets[rnd.IntN(len(targets))]
		if rnd.IntN(4) == 0 {
			s.arrive(rnd, target, at)
			continue
		}
		r := reservation(target, at)
		result := []dialer.Result{dialer.Answered, dialer.Answered, dialer.Busy, dialer.NumberChanged, dialer.Unallocated, dialer.NotDialled}[rnd.IntN(6)]
		add("reserve", true, func(ctx context.Context, l *Ledger) error { return l.Reserve(ctx, r) })
		if result != dialer.NotDialled {
			leg := customerLeg(at)
			add("dial", true, func(ctx context.Context, l *Ledger) error { return l.Dialled(ctx, r.ID, r.At.Add(2*time.Second), leg) })
			add("note", false, func(ctx context.Context, l *Ledger) error {
				return l.Note(ctx, r.ID, dialer.Progress{Evidence: evidence(r.At)[:3], Legs: []dialer.LegHandle{leg}})
			})
			add("note more", false, func(ctx context.Context, l *Ledger) error {
				return l.Note(ctx, r.ID, dialer.Progress{First: 3, Evidence: evidence(r.At)[3:4]})
			})
		}
		add("end", false, func(ctx context.Context, l *Ledger) error { return l.End(ctx, endOf(r, result)) })
		if result == dialer.Answered {
			s.results(rnd, r)
		}
	}
	return s
}

// results gives a talk its result, perhaps corrects it, perhaps says it again.
func (s *story) results(rnd *rand.Rand, r dialer.Reservation) {
	e := entry(r)
	for i := range rnd.IntN(3) {
		if i == 1 {
			e.By, e.Note, e.At = "supervisor", "直した", e.At.Add(time.Minute)
		}
		if rnd.IntN(3) == 0 {
			e.Business, e.Promise = []casework.Business{casework.WrongNumber}, nil
			e.Next = dialer.CaseNext{State: dialer.CaseHeld, Why: "番号相違"}
		}
		said := e
		for range 1 + rnd.IntN(2) {
			s.facts = append(s.facts, fact{"result", false, func(ctx context.Context, l *Ledger) error {
				_, err := l.Record(ctx, said)
				return err
			}})
		}
	}
}

// arrive has somebody call.
func (s *story) arrive(rnd *rand.Rand, target dialer.Target, at time.Time) {
	in := dialer.Arrival{ID: dialer.CallID(dialer.NewID(at)), At: at, Trunk: "lab", NewCase: dialer.CaseID(dialer.NewID(at)), CustomerLeg: customerLeg(at)}
	if rnd.IntN(3) > 0 {
		in.Caller, in.NumberRef, in.Kind = target.Number, target.NumberRef, target.Number.Kind()
	}
	end := dialer.AttemptEnd{
		ID: in.ID, StartedAt: at, EndedAt: at.Add(time.Minute), EndedBy: dialer.ByCustomer, Arrival: &in,
		Verdict: dialer.Verdict{Result: dialer.NoAnswer, Confidence: dialer.High, Rule: "inbound_missed", Why: "不在着信"},
		Next:    dialer.CaseNext{State: dialer.CaseWaiting, Due: at.Add(time.Hour), Why: "折り返します"},
	}
	s.facts = append(s.facts,
		fact{"arrive", false, func(ctx context.Context, l *Ledger) error {
			if _, err := l.Arrive(ctx, in); !errors.Is(err, dialer.ErrLedgerDown) {
				return err
			}
			return nil // it waits
		}},
		fact{"end of the arrival", false, func(ctx context.Context, l *Ledger) error { return l.End(ctx, end) }})
}

// told is all that a ledger's database has to say.
func told(t *testing.T, l *Ledger) map[string]string {
	t.Helper()
	out := map[string]string{}
	// A rank is made of the rest, whenever something happens and every day anew.
	_, err := l.pool.Exec(t.Context(), "UPDATE cases SET priority = 0, rank_why = '', rank_why_en = ''")
	must(t, err)
	for _, table := range []string{
		"attempts", "attempt_evidence", "attempt_legs", "attempt_results", "attempt_quality", "promises", "promise_parts", "entry_notes", "cases", "phones",
		"inbound_callers",
	} {
		var s string
		// What is sealed is never twice the same octets.
		must(t, l.pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(x, E'\n' ORDER BY x), '') "+
			"FROM (SELECT (to_jsonb(r) - 'sealed' - 'handle')::text AS x FROM "+table+" r) x").Scan(&s))
		out[table] = s
	}
	return out
}

// The same facts, told through cuts at any octet, through crashes, and through replays that are cut and crash, leave the ledger
// they leave when they are told live.
func TestAReplayLeavesWhatLiveWritesLeave(t *testing.T) {
	full.Only(t)
	stories := 6
	if os.Getenv("KAKERU_LONG") != "" {
		stories = 200
	}
	var targets []dialer.Target
	furnished := func(url string) error {
		if err := migrate(url); err != nil {
			return err
		}
		l, err := Open(t.Context(), Options{URL: url, Refs: testRefs, Vault: testVault(t), Now: func() time.Time { return noon }})
		if err != nil {
			return err
		}
		defer l.Close()
		for range 3 {
			targets = append(targets, listedTarget(t, l))
		}
		return nil
	}
	for i := range stories {
		seed := uint64(i + 1)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			live := openLedger(t, storestest.PostgresFrom(t, "stories", furnished), t.TempDir())
			through := newWire(t, storestest.PostgresFrom(t, "stories", furnished))
			rnd := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // replayable is what it must be
			s := newStory(rnd, targets)
			for _, f := range s.facts {
				if err := f.tell(t.Context(), live); err != nil {
					t.Fatalf("%s, live: %v", f.name, err)
				}
			}
			cuts := tellThroughCuts(t, rnd, s, through)
			l := openLedger(t, through.url, t.TempDir())
			for _, judged := range []*Ledger{live, l} { // as the next upkeep does
				_, err := judged.judgeAll(t.Context(), "", noon)
				must(t, err)
			}
			want, got := told(t, live), told(t, l)
			for table := range want {
				if got[table] != want[table] {
					t.Errorf("%s after %d cuts:\n%s\nwant\n%s", table, cuts, got[table], want[table])
				}
			}
		})
	}
}

// tellThroughCuts tells a story over a wire that breaks, to ledgers that crash, and leaves the wire whole and the spool empty.
func tellThroughCuts(t *testing.T, rnd *rand.Rand, s *story, w *wire) (cuts int) {
	t.Helper()
	dir := t.TempDir()
	var l *Ledger
	open := func() error {
		opened, err := Open(t.Context(), Options{URL: w.url, SpoolDir: dir, Refs: testRefs, Vault: testVault(t), Now: func() time.Time { return noon }})
		if err == nil {
			l = opened
		}
		return err
	}
	must(t, open())
	trouble := func() {
		cuts++
		switch rnd.IntN(4) {
		case 0:
			w.cut()
		case 1, 2:
			w.cutAfter(1 + rnd.Int64N(3000))
		case 3: // kill -9, and the replay at the next start is cut, perhaps
			l.Close()
			w.mend()
			w.cutAfter(2000 + rnd.Int64N(6000))
			for open() != nil {
				w.mend()
			}
		}
	}
	for _, f := range s.facts {
		if rnd.IntN(3) == 0 {
			trouble()
		}
		for try := 0; ; try++ {
			if f.must || try > 0 {
				w.mend()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			err := f.tell(ctx, l)
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, dialer.ErrLedgerDown) || try > 20 {
				t.Fatalf("%s: %v", f.name, err)
			}
		}
	}
	w.mend()
	eventually(t, "the replay", func() bool { return l.settle(t.Context()) == nil })
	l.Close()
	return cuts
}

// PostgreSQL is killed while it takes what waited; the process is too; after both are back every end is there, once.
func TestADatabaseKilledDuringTheReplay(t *testing.T) {
	full.Only(t)
	pg, url := ownServer(t)
	dir := t.TempDir()
	l := openLedger(t, url, dir)
	const ends = 4 * replayAtOnce
	ids := map[dialer.CallID]bool{}
	for range ends {
		r := reservation(newTarget(), noon)
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
		ids[r.ID] = true
		must(t, l.spool.append(ended(endOf(r, dialer.Busy))))
		e := entry(r)
		must(t, l.spool.append(record{Result: &e}))
	}
	settled := make(chan error)
	go func() { settled <- l.settle(within(t, time.Minute)) }()
	eventually(t, "the first are there", func() bool { return l.waiting() < 2*ends })
	must(t, syscall.Kill(pg.Pid(), syscall.SIGKILL))
	if err := <-settled; err == nil {
		t.Log("the replay was quicker than the kill")
	}
	<-pg.Exited()
	l.Close()
	storestest.RestartPostgres(t, pg)
	l = openLedger(t, url, dir)
	if l.waiting() != 0 {
		t.Errorf("%d records wait", l.waiting())
	}
	if n := count(t, l, "SELECT count(*) FROM attempts WHERE result = 'busy'"); n != len(ids) {
		t.Errorf("%d ends of %d", n, len(ids))
	}
	if n := count(t, l, "SELECT count(*) FROM attempt_results"); n != len(ids) {
		t.Errorf("%d results of %d", n, len(ids))
	}
	if n := count(t, l, "SELECT count(*) FROM attempt_evidence"); n != 5*len(ids) {
		t.Errorf("%d pieces of evidence", n)
	}
}
