package postgres

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
	"kakeru/dialer/vault"
)

// The ports a Ledger implements.
var (
	_ dialer.Ledger            = (*Ledger)(nil)
	_ dialer.Cases             = (*Ledger)(nil)
	_ dialer.LineSource        = (*Ledger)(nil)
	_ dialer.Users             = (*Ledger)(nil)
	_ dialer.Sessions          = (*Ledger)(nil)
	_ casework.CaseStore       = (*Ledger)(nil)
	_ casework.ResultStore     = (*Ledger)(nil)
	_ casework.ListStore       = (*Ledger)(nil)
	_ casework.LineStore       = (*Ledger)(nil)
	_ casework.DisclosureStore = (*Ledger)(nil)
	_ casework.PaidStore       = (*Ledger)(nil)
	_ casework.PromiseStore    = (*Ledger)(nil)
	_ dialer.Upkeep            = (*Ledger)(nil)
	_ report.Source            = (*Ledger)(nil)
	_ fleet.Nodes              = (*Ledger)(nil)
)

// Options says where a ledger is and what it needs of the house.
type Options struct {
	// URL is PostgreSQL's address, as libpq and pgx read it. pool_max_conns in it sets the size of the pool (default 16).
	URL string
	// SpoolDir is where ends, results and notes wait for the database. One process may use it at a time; empty means no
	// spool, for commands that end no attempts.
	SpoolDir string
	// RememberIn is a folder outside the database, the same at each start, for what must outlast a restore (remembered.go); empty: nothing is remembered.
	RememberIn string
	// Refs makes the references that stay when personal data goes.
	Refs dialer.Refs
	// Vault has the keys of personal data. All nodes of a ledger need the same.
	Vault *vault.Vault
	// Rules are the queue's, by which cases are ranked; the built-in ones when they have no rows. Hours are the centre's.
	Rules casework.Rules
	// RulesNow answers with the rules that hold at the moment, where they are changed while calls are made; nil: Rules.
	RulesNow func() casework.Rules
	Hours    dialer.Calendar
	// NeedHistory: nobody is called before whoever calls has said that they have read the case's history (CheckHistory).
	NeedHistory func() bool // as it holds at the moment; nil: never
	// Ceiling bounds how many calls go out; the zero one does not.
	Ceiling dialer.Ceiling
	// Now is the clock; time.Now when nil.
	Now dialer.Clock
	// Log takes one line for each change; discarded when nil.
	Log *slog.Logger
	// Registerer takes kakeru_attempts_total and kakeru_ledger_spool_depth; nil for none.
	Registerer prometheus.Registerer
}

// Ledger keeps what happened in PostgreSQL. Its methods may be called from anywhere at once.
type Ledger struct {
	pool    *pgxpool.Pool
	readers readers
	refs    dialer.Refs
	vault   *vault.Vault
	rules   func() casework.Rules
	hours   dialer.Calendar
	now     dialer.Clock

	needHistory func() bool
	ceiling     dialer.Ceiling
	onCeiling   func(dialer.CeilingSpan)

	log     *slog.Logger
	spool   *spool        // nil without SpoolDir
	replay  chan struct{} // holds one token: whoever replays the spool has it
	metrics metrics

	down     atomic.Bool   // as Run last saw it
	wake     chan struct{} // tells Run to look at once
	onHealth []func(up bool)
	ranked   atomic.Pointer[string] // the day for which all cases were ranked

	memory   memory   // of what outlasts a restore
	recalled Recalled // what of it this start has put back

	entered  atomic.Pointer[dialer.Date] // the day whose key was seen to be the others' too
	unjudged atomic.Bool                 // payments were read, and not all promises have been settled by them

	clerk   clerk    // writes the audit
	opened  opened   // whose the cases are that were read
	strange sync.Map // people whose rows were written past us, as far as the log has been told

	joined   atomic.Pointer[life] // which node's life this is; nil for none
	progress sync.Map             // of lists being staged or applied here: id → *atomic.Int64
}

// patience bounds an operation whose caller gave no deadline, so that none can hang on a paused server.
const patience = 5 * time.Second

const poolSize = 16

// poolWarm is how many connections stand ready, so that a click does not wait for one to be made.
const poolWarm = 4

// Open connects to a migrated database and replays what an earlier run left in the spool. Its errors say in one line
// what is wrong and what to do: the server does not answer, the schema is older, the spool is another process's.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Rules.Business) == 0 {
		o.Rules = casework.DefaultRules()
	}
	if o.RulesNow == nil {
		o.RulesNow = func() casework.Rules { return o.Rules }
	}
	if o.Hours == nil {
		o.Hours = dialer.Hours{}.Always
	}
	if o.NeedHistory == nil {
		o.NeedHistory = func() bool { return false }
	}
	if o.Vault == nil {
		return nil, errors.New("a ledger needs a vault: personal data is never written unsealed")
	}
	cfg, err := poolConfig(o.URL)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, unreachable(cfg.ConnConfig, err)
	}
	l := &Ledger{
		pool: pool, readers: newReaders(cfg.MaxConns), refs: o.Refs, vault: o.Vault, rules: o.RulesNow, hours: o.Hours, now: o.Now, log: o.Log, needHistory: o.NeedHistory,
		ceiling: o.Ceiling, onCeiling: func(dialer.CeilingSpan) {},
		replay: make(chan struct{}, 1), wake: make(chan struct{}, 1), metrics: newMetrics(o.Registerer),
	}
	if o.RememberIn != "" {
		l.memory.path = RememberedPath(o.RememberIn)
	}
	if err := l.start(ctx, o.SpoolDir); err != nil {
		l.Close()
		return nil, unreachable(cfg.ConnConfig, err)
	}
	return l, nil
}

func (l *Ledger) start(ctx context.Context, spoolDir string) error {
	// The reason why a connection cannot be had is told more exactly when it is asked for alone.
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn.Release()
	if err := l.Ready(ctx); err != nil {
		return err
	}
	which, err := l.sameSecret(ctx)
	if err != nil {
		return err
	}
	if err := l.openCustody(ctx); err != nil {
		return err
	}
	if err := errors.Join(l.markPeople(ctx, spoolDir), l.markRows(context.WithoutCancel(ctx), spoolDir)); err != nil {
		return err
	}
	if spoolDir == "" {
		return nil
	}
	if l.spool, err = openSpool(spoolDir, newSeal(l.vault, l.now, which), l.log); err != nil {
		return err
	}
	l.metrics.spoolDepth.Set(float64(l.spool.depth()))
	if err := l.settleAtLength(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return l.recall(context.WithoutCancel(ctx))
}

func poolConfig(url string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the PostgreSQL URL cannot be read; write it like postgres://user:password@host:5432/kakeru")
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = poolSize
	}
	if cfg.MinIdleConns == 0 {
		cfg.MinIdleConns = min(poolWarm, cfg.MaxConns)
	}
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > patience {
		cfg.ConnConfig.ConnectTimeout = patience
	}
	cfg.PingTimeout = time.Second
	cfg.ConnConfig.RuntimeParams["application_name"] = "kakeru"
	if cfg.ConnConfig.RuntimeParams["synchronous_commit"] == "" {
		// A server that is told to forgo durability would forget, in a crash, whom we have just rung.
		cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	}
	if cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] == "" {
		// A process that is stopped in the middle of a transaction keeps what it holds from nobody for longer than that.
		cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "5s"
	}
	if cfg.ConnConfig.RuntimeParams["search_path"] == "" {
		// Who may change the database or the role could have another schema's tables and functions answer in place of ours.
		cfg.ConnConfig.RuntimeParams["search_path"] = "public"
	}
	if cfg.ConnConfig.RuntimeParams["jit"] == "" {
		// No query here runs so long that compiling it can pay (docs/decisions/0034-lists-of-many-sources.md).
		cfg.ConnConfig.RuntimeParams["jit"] = "off"
	}
	maps.Copy(cfg.ConnConfig.RuntimeParams, answers)
	cfg.ConnConfig.AfterConnect = ofOurRole
	cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		// Times come back in one zone, whatever the machine's is.
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	return cfg, nil
}

// closeWithin bounds Close: a paused server would keep its connections' farewells waiting.
const closeWithin = 2 * time.Second

// Close ends the connections and gives the spool free. It may be called twice.
func (l *Ledger) Close() {
	closed := make(chan struct{})
	go func() {
		l.pool.Close()
		close(closed)
	}()
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		l.log.Warn("the database's connections did not close in time and are left to the system")
	}
	if l.spool != nil {
		l.spool.close()
	}
}

// query runs queries outside a transaction, within ctx's deadline, and classifies what goes wrong.
func (l *Ledger) query(ctx context.Context, op string, f func(context.Context, *db.Queries) error) error {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	return l.noticed(classify(op, f(ctx, db.New(l.pool))))
}

// read is query for what reads much: sums, lists, searches. All of these together leave half of the connections to the rest.
func (l *Ledger) read(ctx context.Context, op string, f func(context.Context, *db.Queries) error) error {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	return l.asReader(ctx, op, func() error { return l.query(ctx, op, f) })
}

// asReader has something done by one of those that read much.
func (l *Ledger) asReader(ctx context.Context, op string, do func() error) error {
	done, err := l.readers.enter(ctx)
	if err != nil {
		return l.noticed(classify(op, err))
	}
	defer done()
	return do()
}

// inTx runs queries in one transaction, one round trip each: a client that gives up has then not sent its COMMIT, so a
// server that was only paused does not commit behind its back.
func (l *Ledger) inTx(ctx context.Context, op string, f func(context.Context, *db.Queries) error) error {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	if err := l.enterCustody(ctx); err != nil {
		return l.noticed(classify(op, err))
	}
	done, remembering := onceDone(ctx)
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error { return f(remembering, db.New(tx)) })
	if err == nil {
		l.keepRemembered(*done)
	}
	return l.noticed(classify(op, err))
}

func bounded(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, within)
}

// noticed has Run look at the database's health at once when an operation found it away.
func (l *Ledger) noticed(err error) error {
	if errors.Is(err, dialer.ErrLedgerDown) {
		l.poke()
	}
	return err
}

func (l *Ledger) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// opt is t as a column that may be empty: nil for the zero time.
func opt(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// timeOf is the reverse of opt.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// textOf is the text of a column that may be empty.
func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// plain makes text from outside fit for a column: PostgreSQL takes neither broken UTF-8 nor NUL.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
