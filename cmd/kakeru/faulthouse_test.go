package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/cmd/stores"
	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/sip/lab"
	"kakeru/webui/auth"
)

// faultHouse is a house in which things are broken: the node reaches its stores over wires that can be cut, its clock can be
// set, people work at every desk, and a witness looks on.
type faultHouse struct {
	*house
	ledgerURL string // the same after each restart

	ledgerWire, lineWire *pipe
	spare                *stores.Redis // an empty one, to fail over to
	clock                wrongClock
	disk                 string  // PostgreSQL's own file system, when it has one
	desks                []*seat // the first is the one that a cell looks at
	chief                *panelClient
	panel                *panelWatch

	mu       sync.Mutex // guards what the witness is told
	clicks   []clickSeen
	recorded []string
	deaf     []span
}

// seat is a desk with the person who works there and the browser they use.
type seat struct {
	h     *faultHouse
	n     int // of the desk, from 1
	login login

	mu    sync.Mutex
	panel *panelClient
}

const (
	// faultDesks is how many people work: one is looked at, the others make the background.
	faultDesks = 3
	// faultCases is as many as the panel's queue can show whole.
	faultCases = 480
)

func newFaultHouse(t *testing.T, disk string) *faultHouse {
	t.Helper()
	f := &faultHouse{disk: disk}
	o := houseOptions{desks: faultDesks, cases: faultCases, rtp: nextRTP()}
	if disk != "" {
		emptied(t, disk) // of the house before
		var err error
		if o.postgres, err = stores.StartPostgres(t.Context(), stores.Options{Dir: disk, Fast: true, Log: slog.New(slog.DiscardHandler)}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.postgres.Stop)
		if err := makeLedger(o.postgres); err != nil {
			t.Fatal(err)
		}
	}
	f.house = newHouse(t, o)
	f.ledgerURL = f.postgres.URL(database)
	f.ledgerWire = newPipe(t, postgresSocket(f.postgres))
	f.lineWire = newPipe(t, redisSocket(f.redis))
	f.spare = storestest.OwnRedis(t)
	f.clock = wrongClock{filepath.Join(f.dir, "clock")}
	f.env = []string{asServer + "=" + f.clock.path}
	f.resetting(fmt.Sprintf("url: %q", serving(f.ledgerURL)), fmt.Sprintf("url: %q", "postgres://"+servingRole+"@"+f.ledgerWire.addr()+"/"+database+"?sslmode=disable"))
	f.resetting(fmt.Sprintf("%q", f.redis.URL()), fmt.Sprintf("%q", "redis://"+f.lineWire.addr()))
	f.resetting("  tcp: false", "  busy_tone: 0s\n  tcp: false")
	// What PostgreSQL has confirmed must outlive its being killed; with this a test's server keeps that promise too.
	f.must(f.sql(t.Context(), "ALTER DATABASE "+database+" SET synchronous_commit = on"))
	for i := range faultDesks {
		l := login{fmt.Sprintf("worker%d", i+1), "見本 係員", dialer.RoleOperator, "password-worker"}
		f.must(addPeople(t.Context(), f.ledger, []login{l}, auth.Cost{MemoryKiB: 64, Passes: 1}))
		f.desks = append(f.desks, &seat{h: f, n: i + 1, login: l})
	}
	f.start()
	f.chief = f.signIn("supervisor")
	f.panel = watchPanel(f.chief)
	t.Cleanup(f.panel.close)
	for _, s := range f.desks {
		f.must(s.signIn(t.Context()))
	}
	return f
}

// rtpFrom is where the next house's node takes its ports for sound from: several houses stand at the same time.
var rtpFrom struct {
	sync.Mutex

	n int
}

func nextRTP() int {
	rtpFrom.Lock()
	defer rtpFrom.Unlock()
	rtpFrom.n++
	return 20000 + 500*(rtpFrom.n%18)
}

func postgresSocket(p *stores.Postgres) string {
	_, rest, _ := strings.Cut(p.URL("x"), "host=")
	dir, _, _ := strings.Cut(rest, "&")
	return filepath.Join(strings.ReplaceAll(dir, "%2F", "/"), ".s.PGSQL.5432")
}

func redisSocket(r *stores.Redis) string { return strings.TrimPrefix(r.URL(), "unix://") }

// emptied removes what is on a disk: a new house on it has a new database.
func emptied(t *testing.T, disk string) {
	t.Helper()
	left, err := os.ReadDir(disk)
	for _, e := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(disk, e.Name())))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sql speaks with the database past the wires and the node.
func (f *faultHouse) sql(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, f.ledgerURL)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	_, err = c.Exec(ctx, command)
	return err
}

// freshCase picks, among the cases that wait and whose first number nobody has dialled, one whose number ends so.
func (f *faultHouse) freshCase(ctx context.Context, rnd *rand.Rand, endings []string) (id string, err error) {
	fresh, err := f.listOf(ctx, `SELECT c.id::text FROM cases c JOIN phones p ON p.case_id = c.id
		WHERE c.state = 'waiting' AND c.due <= now() AND p.usable
		AND p.rank = (SELECT min(q.rank) FROM phones q WHERE q.case_id = c.id AND q.usable)
		AND NOT EXISTS (SELECT FROM attempts a WHERE a.number_ref = p.number_ref) ORDER BY c.priority DESC, c.id`)
	if err != nil {
		return "", err
	}
	ids := make([]dialer.CaseID, len(fresh))
	for i, id := range fresh {
		ids[i] = dialer.CaseID(id)
	}
	cases, err := f.ledger.Cases(ctx, ids)
	if err != nil {
		return "", err
	}
	var fit []string
	for _, c := range cases {
		i := slices.IndexFunc(c.Phones, func(p casework.Phone) bool { return p.Usable })
		if i >= 0 && slices.Contains(endings, c.Phones[i].Number.LastTwo()) {
			fit = append(fit, string(c.ID))
		}
	}
	return pickOf(rnd, fit)
}

// calledCase picks a case that was called before, or one of the same household.
func (f *faultHouse) calledCase(ctx context.Context, rnd *rand.Rand) (id string, err error) {
	return f.oneOf(ctx, rnd, "SELECT DISTINCT p.case_id::text FROM phones p JOIN attempts a USING (number_ref) ORDER BY 1")
}

// oneOf picks one of the ids that a query yields.
func (f *faultHouse) oneOf(ctx context.Context, rnd *rand.Rand, query string, args ...any) (id string, err error) {
	all, err := f.listOf(ctx, query, args...)
	if err != nil {
		return "", err
	}
	return pickOf(rnd, all)
}

func (f *faultHouse) listOf(ctx context.Context, query string, args ...any) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, f.ledgerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	rows, err := c.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func pickOf(rnd *rand.Rand, all []string) (string, error) {
	if len(all) == 0 {
		return "", errNoCase
	}
	return all[rnd.IntN(len(all))], nil
}

var errNoCase = errors.New("no case is left whose number ends so")

// await polls until ok, at most for limit.
func await(ctx context.Context, limit time.Duration, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !ok() {
		if pause(ctx, 5*time.Millisecond) != nil {
			return fmt.Errorf("never: %s", what)
		}
	}
	return nil
}

// signIn opens a browser and takes the seat.
func (s *seat) signIn(ctx context.Context) error {
	c, err := newPanelClient("http://" + s.h.http)
	if err != nil {
		return err
	}
	if err := c.signIn(ctx, s.login.Login, s.login.Password); err != nil {
		return err
	}
	s.mu.Lock()
	s.panel = c
	s.mu.Unlock()
	return await(ctx, 20*time.Second, "a seat at "+s.id(), func() bool {
		d, err := s.look(ctx)
		return err == nil && d.Registered != nil && *d.Registered && s.sit(ctx) == nil
	})
}

func (s *seat) id() string { return fmt.Sprintf("desk%d", s.n) }

func (s *seat) phone() *lab.Phone { return s.h.world.phones[s.n-1] }

// patience is how long a browser waits for an answer here.
const browserPatience = 5 * time.Second

// call asks the API, as this person.
func (s *seat) call(ctx context.Context, q request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, browserPatience)
	defer cancel()
	s.mu.Lock()
	c := s.panel
	s.mu.Unlock()
	return c.do(ctx, q, out)
}

func (s *seat) sit(ctx context.Context) error {
	return s.call(ctx, request{method: http.MethodPost, path: "/api/desks/" + s.id() + "/sit", body: map[string]bool{}}, nil)
}

func (s *seat) look(ctx context.Context) (dialer.DeskView, error) {
	var all struct{ Desks []dialer.DeskView }
	err := s.call(ctx, request{method: http.MethodGet, path: "/api/desks"}, &all)
	for _, d := range all.Desks {
		if string(d.ID) == s.id() {
			return d, err
		}
	}
	return dialer.DeskView{}, errors.Join(err, fmt.Errorf("%s is not shown", s.id()))
}

// click dials, and tells the witness of the call that was confirmed.
func (s *seat) click(ctx context.Context, key string, body map[string]any) (call string, err error) {
	body["desk"] = s.id()
	var accepted struct {
		CallID string `json:"call_id"`
	}
	if err := s.call(ctx, request{http.MethodPost, "/api/calls", body, key}, &accepted); err != nil {
		return "", err
	}
	s.h.mu.Lock()
	s.h.clicks = append(s.h.clicks, clickSeen{s.login.Login, key, accepted.CallID})
	s.h.mu.Unlock()
	return accepted.CallID, nil
}

func (s *seat) hangUp(ctx context.Context, call string) error {
	return s.call(ctx, request{method: http.MethodPost, path: "/api/calls/" + call + "/hangup"}, nil)
}

// record gives a talk its result, and tells the witness when that was confirmed.
func (s *seat) record(ctx context.Context, call string) error {
	err := s.call(ctx, request{method: http.MethodPut, path: "/api/attempts/" + call + "/result",
		body: map[string]any{"party": "self", "business_results": []string{"no_commitment"}}}, nil)
	if err == nil {
		s.h.mu.Lock()
		s.h.recorded = append(s.h.recorded, call)
		s.h.mu.Unlock()
	}
	return err
}

// work is an ordinary day at a desk, until ctx is done: the next case, a ring that is given up after a while, a talk, its
// result; now and then a case that was called already, which the rules must refuse. Whatever is refused or breaks is tried
// again, as people do.
func (s *seat) work(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		whom := map[string]any{"next": true}
		if rnd.IntN(4) == 0 {
			if id, err := s.h.calledCase(ctx, rnd); err == nil {
				whom = map[string]any{"case_id": id}
			}
		}
		call, err := s.click(ctx, dialer.NewID(time.Now()), whom)
		if err != nil {
			_ = s.tidy(ctx)
			_ = pause(ctx, time.Duration(50+rnd.IntN(150))*time.Millisecond)
			continue
		}
		s.attend(ctx, call, time.Duration(rnd.IntN(1500))*time.Millisecond)
	}
}

// attend follows a call until it is over, and hangs it up when it has gone on for long enough.
func (s *seat) attend(ctx context.Context, call string, enough time.Duration) {
	began := time.Now()
	for ctx.Err() == nil {
		d, err := s.look(ctx)
		switch {
		case err == nil && string(d.CallID) != call:
			return
		case err == nil && d.State == dialer.DeskWrapUp:
			_ = s.record(ctx, call)
		case time.Since(began) > enough:
			_ = s.hangUp(ctx, call)
		}
		_ = pause(ctx, 40*time.Millisecond)
	}
}

// tidy does the next thing that makes the desk free: sit down, hang up, or record what is owed.
func (s *seat) tidy(ctx context.Context) (err error) {
	d, err := s.look(ctx)
	switch {
	case err != nil:
		return err
	case d.State == dialer.DeskInCall:
		err = errors.Join(s.hangUp(ctx, string(d.CallID)), errBusy)
	case d.State == dialer.DeskWrapUp:
		err = errors.Join(s.record(ctx, string(d.CallID)), errBusy)
	case d.Operator == "":
		err = errors.Join(s.sit(ctx), errBusy)
	case d.State != dialer.DeskReady:
		err = errBusy
	case d.Registered == nil || !*d.Registered:
		err = errors.New("its phone is not registered")
	}
	return err
}

var errBusy = errors.New("the desk is not free yet")

// terminate is SIGTERM: the node must end by itself.
func (f *faultHouse) terminate() error {
	if err := f.child.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-f.exited:
		f.child = nil
		if err != nil {
			return fmt.Errorf("told to stop, the node ended with %w", err)
		}
		return nil
	case <-time.After(60 * time.Second):
		return errors.New("the node does not stop when it is told to")
	}
}

// replug puts a new phone where one was unplugged: it has been without power, and knows of no call.
func (f *faultHouse) replug(n int) error {
	old := f.world.phones[n]
	pool, err := labMedia(labPorts+10_000, 2*faultDesks+16)
	if err != nil {
		return err
	}
	p, err := lab.NewPhone(lab.PhoneOptions{
		LiftAfter: 5 * time.Second, Media: pool, Registrar: f.sip, User: f.accounts[n].user, Password: f.accounts[n].password,
		Seed: uint64(n) + 1, Log: slog.New(slog.DiscardHandler), Keep: 100_000, //nolint:gosec // a small index
	})
	if err != nil {
		return err
	}
	old.Close() // its wire is still cut: nobody hears it
	f.world.phones[n] = p
	f.world.group.Go(func() error { return p.Run(context.Background()) })
	return nil
}

// anyID is how calls and cases are named.
var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// saidOf is what the node said, from an octet on, of the calls and cases that are named in a text, and its warnings.
func (f *faultHouse) saidOf(text string, from int) string {
	ids := anyID.FindAllString(text, -1)
	var lines []string
	for line := range strings.Lines(f.serverLog()[from:]) {
		if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) || !strings.HasPrefix(line, "{") ||
			slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(line, id) }) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-200):], "")
}

// spooled is how many records wait in the node's spool: each is a line, behind one that says whose spool it is.
func (f *faultHouse) spooled() int {
	n := 0
	files, _ := filepath.Glob(filepath.Join(f.dir, "spool", "*.spool"))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil {
			n += max(0, bytes.Count(b, []byte("\n"))-1)
		}
	}
	return n
}
