package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/vault"
)

func TestMain(m *testing.M) { storestest.Main(m) }

var testRefs = dialer.NewRefs([]byte("a secret of at least thirty-two bytes"))

// noon is a working day's noon in Tokyo.
var noon = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func testNow() time.Time { return noon }

var (
	vaultOnce sync.Once
	theVault  *vault.Vault
)

// testVault is one for all tests: a database may have been furnished for another test before.
func testVault(t testing.TB) *vault.Vault {
	t.Helper()
	vaultOnce.Do(func() {
		v, err := vault.Open(storestest.Dir(t, "keys"))
		must(t, err)
		theVault = v
	})
	return theVault
}

// migrate makes the schema, and the role by which every ledger of these tests serves: what it may not, no room needs.
func migrate(url string) error {
	ctx := context.Background()
	if err := Migrate(ctx, url); err != nil {
		return err
	}
	if err := makeRole(ctx, url); err != nil {
		return err
	}
	return Grant(ctx, url, serving(url))
}

// servingRole owns nothing. It is known in all of a server.
const servingRole = "kakeru_serves"

func makeRole(ctx context.Context, url string) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "DO $$ BEGIN CREATE ROLE "+servingRole+" LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$")
	return err
}

// serving is the address of a database for the role that serves; url is the owner's.
func serving(url string) string { return strings.Replace(url, "user=kakeru", "user="+servingRole, 1) }

// asOwner is a ledger's database for whoever owns it: for what a test does that serving may not.
func asOwner(t testing.TB, l *Ledger) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), strings.Replace(l.pool.Config().ConnString(), servingRole, "kakeru", 1))
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func migrated(t testing.TB) (url string) {
	t.Helper()
	return storestest.PostgresFrom(t, "ledger", migrate)
}

// newLedger is a ledger with a database and a spool of its own, whose clock stands at noon.
func newLedger(t testing.TB) *Ledger {
	t.Helper()
	return openLedger(t, migrated(t), t.TempDir())
}

func openLedger(t testing.TB, url, spoolDir string) *Ledger {
	t.Helper()
	return openBy(t, serving(url), spoolDir)
}

// openBy is a ledger that serves by the role of its address.
func openBy(t testing.TB, url, spoolDir string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), Options{
		URL: url, SpoolDir: spoolDir, Refs: testRefs, Vault: testVault(t), Now: func() time.Time { return noon },
		Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// within bounds an operation of a test; it is far longer than any takes, however busy the machine.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func wantRule(t testing.TB, err error, rule dialer.Rule) {
	t.Helper()
	var r *dialer.Refusal
	if !errors.As(err, &r) || r.Rule != rule {
		t.Fatalf("got %v, want a refusal by %s", err, rule)
	}
}

// eventually polls until ok, or fails.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

var numbers atomic.Int64

// newNumber is a made-up number that no other test uses.
func newNumber() dialer.Number {
	return dialer.Number(fmt.Sprintf("0900%07d", numbers.Add(1)))
}

// newTarget is a target of its own, of no case in the database.
func newTarget() dialer.Target {
	n := newNumber()
	id := dialer.CaseID(dialer.NewID(noon))
	return dialer.Target{
		CaseID: id, CaseRef: testRefs.Case(string(id)), Number: n, NumberRef: testRefs.Number(n), Sample: true,
		Insurance: "kokuho", Language: "ja", BalanceBand: "-50k", Priority: 50,
	}
}

func reservation(t dialer.Target, at time.Time) dialer.Reservation {
	return dialer.Reservation{
		ID: dialer.CallID(dialer.NewID(at)), Target: t, Desk: "desk1", Operator: "operator1", Trunk: "lab", At: at,
		DeskLeg: dialer.LegHandle{Leg: dialer.DeskLeg, SIPCallID: dialer.NewID(at), Data: []byte("desk handle")},
	}
}

func customerLeg(at time.Time) dialer.LegHandle {
	return dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: dialer.NewID(at), Data: []byte("customer handle")}
}

// evidence is a short honest call's.
func evidence(at time.Time) []dialer.Evidence {
	return []dialer.Evidence{
		{At: at, Leg: dialer.DeskLeg, Event: dialer.EvInvite},
		{At: at.Add(time.Second), Leg: dialer.DeskLeg, Event: dialer.EvAnswered, Status: 200, Reason: "OK"},
		{At: at.Add(2 * time.Second), Leg: dialer.CustomerLeg, Event: dialer.EvInvite},
		{At: at.Add(3 * time.Second), Leg: dialer.CustomerLeg, Event: dialer.EvRinging, Status: 180, Reason: "Ringing"},
		{At: at.Add(9 * time.Second), Leg: dialer.CustomerLeg, Event: dialer.EvFinal, Status: 480, Reason: "Gone", Cause: 20},
	}
}

// endOf is the end of an attempt that was dialled two seconds after its click and had the result given.
func endOf(r dialer.Reservation, result dialer.Result) dialer.AttemptEnd {
	e := dialer.AttemptEnd{
		ID: r.ID, StartedAt: r.At, DialledAt: r.At.Add(2 * time.Second), RingingAt: r.At.Add(3 * time.Second),
		EndedAt: r.At.Add(10 * time.Second), EndedBy: dialer.ByNetwork, CaseID: r.Target.CaseID, Evidence: evidence(r.At),
		Verdict: dialer.Verdict{Result: result, Confidence: dialer.High, Rule: "a_rule", Why: "理由です", Counted: true},
		Next:    dialer.CaseNext{State: dialer.CaseWaiting, Due: r.At.Add(time.Hour), Why: "1時間あけます"},
	}
	switch result {
	case dialer.Answered:
		e.AnsweredAt = r.At.Add(5 * time.Second)
		e.Next = dialer.CaseNext{State: dialer.CaseResultDue, Why: "結果待ち"}
		e.Quality = quality()
	case dialer.NotDialled:
		e.DialledAt, e.RingingAt, e.Evidence, e.Verdict.Counted = time.Time{}, time.Time{}, evidence(r.At)[:2], false
	default:
	}
	return e
}

// quality is how a talk sounded whose customer's phone sends no reports.
func quality() *dialer.Quality {
	return &dialer.Quality{
		Desk: dialer.LegQuality{
			In:  &dialer.Sound{Packets: 250, Jitter: 125 * time.Microsecond, RoundTrip: 2 * time.Millisecond, MOS: 4.38, WorstMOS: 4.38},
			Out: &dialer.Sound{Packets: 240, Lost: 3, Jitter: time.Millisecond, RoundTrip: 2 * time.Millisecond, MOS: 4.2, WorstMOS: 4.1},
		},
		Customer: dialer.LegQuality{In: &dialer.Sound{Packets: 230, Lost: 20, Jitter: 17 * time.Millisecond, MOS: 3.5, WorstMOS: 1}},
	}
}

// call takes an attempt from the click to its end.
func call(t testing.TB, l *Ledger, target dialer.Target, at time.Time, result dialer.Result) dialer.Reservation {
	t.Helper()
	r := reservation(target, at)
	must(t, l.Reserve(t.Context(), r))
	if result != dialer.NotDialled {
		must(t, l.Dialled(t.Context(), r.ID, at.Add(2*time.Second), customerLeg(at)))
	}
	must(t, l.End(t.Context(), endOf(r, result)))
	return r
}

// exec runs a statement beside the ledger, as an administrator might.
func exec(t testing.TB, url, sql string, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), sql, args...)
	return err
}

// count is a number out of the database.
func count(t testing.TB, l *Ledger, sql string, args ...any) (n int) {
	t.Helper()
	must(t, l.pool.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func sameTime(a, b time.Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

func oneLine(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}
