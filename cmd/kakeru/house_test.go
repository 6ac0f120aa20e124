package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/cmd/stores"
	"kakeru/cmd/stores/storestest"
	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres"
	"kakeru/sip/lab"
	"kakeru/sip/lab/ports"
	"kakeru/webui/auth"
)

// asBinary has the test binary behave as kakeru itself, so that tests can kill a real process.
const asBinary = "KAKERU_TEST_AS_BINARY"

func TestMain(m *testing.M) {
	if clock := os.Getenv(asServer); clock != "" {
		os.Exit(serveBy(clock, os.Args[1:]))
	}
	if os.Getenv(asBinary) != "" {
		_ = os.Unsetenv(asBinary)
		main()
	}
	_ = flag.Set("test.parallel", fmt.Sprint(houses+1)) // they wait for others most of the time
	storestest.Main(m)
}

// house is a centre for tests: stores, lab carrier and lab phones in the test's own process, so that they outlive the
// server, which is a process of its own.
type house struct {
	t          *testing.T
	dir        string
	postgres   *stores.Postgres
	redis      *stores.Redis
	carrier    *lab.Carrier
	world      *labWorld
	sip        netip.AddrPort // where the server listens, in every life
	http       string
	accounts   []account
	ledger     *postgres.Ledger // the test's own look at what is written
	env        []string         // what the server is given besides
	child      *exec.Cmd
	exited     chan error
	sharedKeys string // of another node
}

// houseOptions vary a house.
type houseOptions struct {
	fastCarrier bool
	ring        time.Duration
	desks       int
	cases       int              // 200 if 0
	postgres    *stores.Postgres // one of the test's own, with a ledger by makeLedger; nil: an ordinary one
	rtp         int              // the first of 500 ports for sound; of its own if 0
	noPhones    bool             // the test brings its own
	trunk       string
	inbound     string // YAML
	recording   string // YAML
}

// testLogins are everyone a house knows.
func testLogins() []login {
	return []login{
		{"operator1", "見本 一郎", dialer.RoleOperator, "the password of one"},
		{"operator2", "見本 花子", dialer.RoleOperator, "the password of two"},
		{"supervisor", "見本 監督", dialer.RoleSupervisor, "the password of three"},
		{"ward", "見本 区職員", dialer.RoleWard, "the password of four"},
		{"admin", "見本 管理者", dialer.RoleAdmin, "the password of five"},
	}
}

// newHouse builds a house with a made-up list of 200 cases; the server is not started.
func newHouse(t *testing.T, o houseOptions) *house {
	t.Helper()
	if o.postgres == nil {
		o.postgres = storestest.OwnPostgresFrom(t, "house", makeLedger)
	}
	h := &house{t: t, dir: t.TempDir(), postgres: o.postgres, redis: storestest.OwnRedis(t)}
	ctx := t.Context()
	h.sip, h.http = ports.Lend(t, 1), ports.Lend(t, 1).String()
	world, err := startCarrier(o.fastCarrier, 4, slog.New(slog.DiscardHandler))
	h.must(err)
	h.world, h.carrier = world, world.carrier
	t.Cleanup(world.close)
	if o.desks == 0 {
		o.desks = 2
	}
	for i := range o.desks {
		h.accounts = append(h.accounts, account{fmt.Sprintf("%d", 201+i), fmt.Sprintf("secret-%d", i)})
	}
	h.writeSettings(o)
	h.must(os.WriteFile(filepath.Join(h.dir, "secret"), []byte(strings.Repeat("s", secretBytes)), 0o600))
	refs := dialer.NewRefs([]byte(strings.Repeat("s", secretBytes)))
	personal, err := keys(configs.Settings{Vault: configs.Vault{Folder: h.keys()}})
	h.must(err)
	h.ledger, err = postgres.Open(ctx, postgres.Options{URL: serving(h.postgres.URL(database)), Refs: refs, Vault: personal})
	h.must(err)
	t.Cleanup(h.ledger.Close)
	h.must(addPeople(ctx, h.ledger, testLogins(), auth.Cost{MemoryKiB: 64, Passes: 1}))
	if o.cases == 0 {
		o.cases = 200
	}
	h.must(importSample(ctx, h.ledger, refs, sampleOf{o.cases, demoSeed}))
	if !o.noPhones {
		h.must(world.startPhones(h.sip, h.accounts, o.fastCarrier, slog.New(slog.DiscardHandler)))
	}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) writeSettings(o houseOptions) {
	trunk, watch := o.trunk, "none" // SIPp takes an OPTIONS for a call
	if trunk == "" {
		trunk, watch = h.carrier.Addr().String(), "options"
	}
	ring := o.ring
	if ring == 0 {
		ring = 30 * time.Second
	}
	inbound := o.inbound
	if inbound == "" {
		inbound = "{}"
	}
	if o.rtp == 0 {
		o.rtp = nextRTP()
	}
	recording := o.recording
	if recording == "" {
		recording = "{}"
	}
	var desks strings.Builder
	for i, a := range h.accounts {
		fmt.Fprintf(&desks, "    - {id: desk%d, name: 席%d, user: %q, password: %q, phone: generic}\n", i+1, i+1, a.user, a.password)
	}
	ledger := h.postgres.URL(database)
	h.must(os.WriteFile(h.config(), []byte(fmt.Sprintf(`
http: {addr: %q, per_session: 100000, per_address: 100000} # tests ask again and again
database: {url: %q, migrate_url: %q}
redis: {url: %q}
state_dir: %q
vault: {folder: %q}
centre: {always_open: true}
auth: # passwords alone: what a second factor is, webui and webui/auth prove
  second_factor: {operator: optional, supervisor: optional, ward: optional, admin: optional}
  idle_lock: {operator: 0, supervisor: 0, ward: 0, admin: 0}
calls: {ring: %s, drain: 0s, most_per_hour: 100000, most_per_day: 100000} # a fault house calls more often in an hour than three desks would
inbound: %s
recording: %s
sip:
  listen: %q
  tcp: false # the port was found free for UDP alone
  rtp: {port_min: %d, port_max: %d}
  trunks: [{name: lab, address: %q, caller_id: %q, lab: true, user: lab, password: lab, watch: %s}]
  desks:
%s`, h.http, serving(ledger), ledger, h.redis.URL(), h.dir, h.keys(), ring, inbound, recording, h.sip, o.rtp, o.rtp+499, trunk, demoCallerID, watch, desks.String())), 0o600))
}

// servingRole is the role by which every house serves: it owns nothing, so what a test shows is done without the rights of an owner.
const servingRole = "kakeru_serves"

// serving is the address of a database for the role that serves; url is the owner's.
func serving(url string) string { return strings.Replace(url, "user=kakeru", "user="+servingRole, 1) }

// makeLedger makes the database of a house, without anything in it.
func makeLedger(pg *stores.Postgres) error {
	ctx, url := context.Background(), pg.URL(database)
	if err := pg.CreateDatabase(ctx, database, ""); err != nil {
		return err
	}
	if err := makeServingRole(ctx, url); err != nil {
		return err
	}
	return migrate(ctx, configs.Database{URL: serving(url), MigrateURL: url})
}

func makeServingRole(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DO $$ BEGIN CREATE ROLE "+servingRole+" LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$")
	return errors.Join(err, conn.Close(ctx))
}

// keys is the folder of the keys: a node that is started beside another has the same.
func (h *house) keys() string {
	if h.sharedKeys != "" {
		return h.sharedKeys
	}
	return filepath.Join(h.dir, "keys")
}

func (h *house) config() string { return filepath.Join(h.dir, "kakeru.yaml") }

// start starts the server and waits until it is ready and, with phones, until they have registered.
func (h *house) start() {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], "serve", "--config", h.config()) //nolint:gosec,noctx // this very binary; killed by the test
	cmd.Env = append(append(os.Environ(), asBinary+"=1"), h.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	logFile, err := os.OpenFile(filepath.Join(h.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	h.must(err)
	cmd.Stderr = logFile
	out, err := cmd.StdoutPipe()
	h.must(err)
	h.must(cmd.Start())
	_ = logFile.Close()
	h.child, h.exited = cmd, make(chan error, 1)
	h.t.Cleanup(h.kill)
	for s := bufio.NewScanner(out); s.Scan(); {
		if strings.HasPrefix(s.Text(), "kakeru ready ") {
			go func() {
				for s.Scan() { // drained until the process is gone
				}
				h.exited <- cmd.Wait()
			}()
			return
		}
	}
	h.child = nil // nothing is left to kill
	h.t.Fatalf("the server did not get ready: %v\n%s", cmd.Wait(), h.serverLog())
}

func (h *house) serverLog() string {
	b, _ := os.ReadFile(filepath.Join(h.dir, "server.log"))
	return string(b)
}

// kill is kill -9.
func (h *house) kill() {
	if h.child == nil {
		return
	}
	_ = h.child.Process.Kill()
	<-h.exited
	h.child = nil
}

// signIn returns a browser that has signed in.
func (h *house) signIn(name string) *panelClient {
	h.t.Helper()
	c, err := newPanelClient("http://" + h.http)
	h.must(err)
	for _, l := range testLogins() {
		if l.Login == name {
			h.must(c.signIn(h.t.Context(), l.Login, l.Password))
			return c
		}
	}
	h.t.Fatalf("no login %s", name)
	return nil
}

// seated returns a browser whose person sits at a desk whose phone is there.
func (h *house) seated(name, desk string) *panelClient {
	h.t.Helper()
	c := h.signIn(name)
	h.eventually("the phone of "+desk+" registers", func() bool {
		d := h.desk(c, desk)
		return d.Registered != nil && *d.Registered
	})
	h.must(c.call(h.t.Context(), http.MethodPost, "/api/desks/"+desk+"/sit", map[string]bool{}, nil))
	return c
}

func (h *house) desk(c *panelClient, id string) dialer.DeskView {
	h.t.Helper()
	var all struct{ Desks []dialer.DeskView }
	h.must(c.call(h.t.Context(), http.MethodGet, "/api/desks", nil, &all))
	for _, d := range all.Desks {
		if string(d.ID) == id {
			return d
		}
	}
	h.t.Fatalf("no desk %s", id)
	return dialer.DeskView{}
}

// caseEnding finds the first case whose next number ends so.
func (h *house) caseEnding(digits string) dialer.CaseID {
	h.t.Helper()
	for w, err := range h.ledger.Waiting(h.t.Context()) {
		h.must(err)
		target, err := h.ledger.Target(h.t.Context(), w.Case, "")
		h.must(err)
		if target.Number.LastTwo() == digits {
			return w.Case
		}
	}
	h.t.Fatalf("no waiting case has a number that ends in %s", digits)
	return ""
}

// dial clicks, once the desk is free of the call before: its record may have ended a moment earlier.
func (h *house) dial(c *panelClient, desk string, id dialer.CaseID) dialer.CallID {
	h.t.Helper()
	var accepted struct {
		CallID dialer.CallID `json:"call_id"`
	}
	var err error
	h.eventually(desk+" is free", func() bool {
		err = c.call(h.t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": desk, "case_id": id}, &accepted)
		return !ruled(err, dialer.DeskBusy)
	})
	h.must(err)
	return accepted.CallID
}

// attempt reads an attempt from the ledger, past the server.
func (h *house) attempt(id dialer.CallID) casework.Attempt {
	h.t.Helper()
	a, err := h.ledger.Attempt(h.t.Context(), id)
	h.must(err)
	return a
}

// ended waits until an attempt has ended, and returns it.
func (h *house) ended(id dialer.CallID) casework.Attempt {
	h.t.Helper()
	var a casework.Attempt
	h.eventually("attempt "+string(id)+" ends", func() bool {
		a = h.attempt(id)
		return !a.EndedAt.IsZero()
	})
	return a
}

// recorded gives a talk its result as soon as its desk owes it: the ledger may have the end a moment sooner.
func (h *house) recorded(c *panelClient, id dialer.CallID, result map[string]any) {
	h.t.Helper()
	h.eventually("the result is recorded", func() bool {
		err := c.call(h.t.Context(), http.MethodPut, "/api/attempts/"+string(id)+"/result", result, nil)
		if err != nil && !ruled(err, dialer.DeskBusy) {
			h.t.Fatal(err)
		}
		return err == nil
	})
}

// eventually polls until ok, with a limit that is only there to end a test that would never.
func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			h.t.Fatalf("never: %s\n%s", what, h.serverLog())
		case <-tick.C:
		}
	}
}

// carrierCall is what the carrier saw of an attempt; nil while it has seen nothing.
func (h *house) carrierCall(a casework.Attempt) *lab.CallLog {
	for _, c := range h.carrier.Calls() {
		if c.CallID == a.SIPCallID {
			return &c
		}
	}
	return nil
}
