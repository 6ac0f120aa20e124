package webui

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest"
	"kakeru/webui/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patienceOfTests is how long a test waits for something that must come. It bounds a failure, never a success.
const patienceOfTests = 20 * time.Second

const password = "correct horse battery"

var cheap = auth.Cost{MemoryKiB: 8 * 1024, Passes: 1}

// passwordHash is made once: hashing is made to be slow.
var passwordHash = sync.OnceValue(func() string {
	hash, err := auth.HashPassword(password, cheap)
	if err != nil {
		panic(err)
	}
	return hash
})

// clockOf is a clock that tests put forward.
type clockOf struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clockOf) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clockOf) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Tuesday, 10:00 in Tokyo: the centre is open.
var tuesday = time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)

// house is a whole Server over the fakes, on a real port.
type house struct {
	t testing.TB
	*world
	closing *closing
	records *records
	board   *handed
	paid    paidState
	typing  *typing
	looks   *looks
	book    *book
	factors *dialertest.Factors
	screens *screens
	trouble *troubles
	sources sourceShelf
	knobs   *knobs
	clock   *clockOf
	server  *Server
	url     string
	logs    *lockedBuffer
	// stop ends it; it is called once more at the end of the test.
	stop func()
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// open starts a house with two desks, one case, and one person of each role (and a second operator), whose logins are
// the names of their roles.
func open(t *testing.T, change ...func(*Deps)) *house {
	t.Helper()
	return openFor(t, change...)
}

func openFor(t testing.TB, change ...func(*Deps)) *house {
	t.Helper()
	h := &house{
		t: t, world: newWorld(), closing: &closing{day: dialer.DateOf(tuesday)}, board: &handed{}, typing: &typing{}, looks: &looks{}, book: &book{},
		trouble: &troubles{}, factors: dialertest.NewFactors(), screens: &screens{},
		records: &records{}, sources: sourceShelf{&[]casework.ListSource{}}, clock: &clockOf{now: tuesday}, logs: &lockedBuffer{},
	}
	h.knobs = newKnobs(t, h)
	for _, login := range []string{"operator", "operator2", "supervisor", "ward", "admin"} {
		id := dialer.UserID("user-" + login)
		h.users[id] = dialer.User{
			ID: id, Login: login, Name: "職員" + login, Role: dialer.Role(strings.TrimSuffix(login, "2")), PasswordHash: passwordHash(),
		}
	}
	h.desks = []dialer.DeskView{
		{ID: "desk1", Name: "1番席", State: dialer.DeskEmpty, Since: tuesday}, {ID: "desk2", Name: "2番席", State: dialer.DeskEmpty, Since: tuesday},
	}
	h.cases["case-1"] = sampleCase()
	deps := Deps{
		Addr: "127.0.0.1:0", Auth: auth.Settings{Cost: cheap}, Hub: NewHub(tuesday, LiveSettings{}),
		Calls: h.world, Trunks: h.world, Traces: h.world, Callers: h.world, Recordings: h.world, Sounds: h.world,
		Users: h.world, Sessions: h.world, SessionBook: h.sessionBook(), Factors: h.factors, Displays: h.screens, Cases: caseBook{h.world},
		Results: h.world, ByHand: h.world, Lists: shelf{h.world}, Sources: h.sources, Languages: demand{},
		Paid: paidShelf{&h.paid}, Promises: paidShelf{&h.paid}, Closes: h.closing, Exports: h.records,
		Handoffs: h.board, Line: waitingRoom{h.world},
		Unwritten: h.book.keep, Audit: h.book, Record: h.book, Checks: h.book, Incidents: h.trouble, Evidence: h.trouble, Alert: h.trouble.alert,
		Identity: testIdentity, Disclosures: h.looks,
		Numbers: h.typing, Refs: testRefs, Scripts: &shelfOfPages{}, Queue: line{world: h.world}, Figures: h.world, Own: h.world, Today: h.world,
		Targets: &aims{now: h.clock.Now}, Reports: &books{}, Minutes: &folder{now: h.clock.Now}, Hours: h.knobs.hours, Settings: h.knobs,
		Probes: map[string]Probe{"ledger": func(context.Context) error { return nil }},
		Now:    h.clock.Now, Log: slog.New(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&deps)
	}
	h.start(deps)
	return h
}

// sessionBook lists the world's sessions.
func (h *house) sessionBook() *dialertest.Book {
	return &dialertest.Book{Now: h.clock.Now, Delete: func(token string) { h.set(func() { delete(h.sessions, token) }) }, Has: func(token string) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		_, there := h.sessions[token]
		return there
	}}
}

func (h *house) start(deps Deps) {
	h.t.Helper()
	listener, err := Listen(context.Background(), deps.Addr)
	if err != nil {
		h.t.Fatal(err)
	}
	deps.Listener = listener
	if h.server, err = New(deps); err != nil {
		h.t.Fatal(err)
	}
	h.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.server.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("Run: %v", err)
		}
	})
	h.t.Cleanup(h.stop)
}

func sampleCase() casework.Case {
	return casework.Case{
		ID: "case-1", WardNumber: "0001234567", Person: casework.Person{Name: "見本 太郎", Kana: "ミホン タロウ", Address: "江東区見本1-2-3"},
		Phones: []casework.Phone{
			{Rank: 1, Number: "0300001234", Kind: dialer.KindFixed, Usable: false},
			{Rank: 2, Number: "09000001234", Kind: dialer.KindMobile, Usable: true},
		},
		Balances: []casework.Balance{{Insurance: casework.Kokuho, Term: "令和8年度 第3期", DueOn: "2026-09-30", Yen: 12_300}},
		Language: "ja", Sample: true, Priority: 3,
		Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: tuesday, Why: "新しい案件です"},
	}
}

// talked is an ended, answered attempt of a person at desk1.
func talked(id dialer.CallID, by dialer.UserID) casework.Attempt {
	return casework.Attempt{
		ID: id, CaseID: "case-1", Desk: "desk1", Operator: by, Direction: "outbound", Trunk: "lab",
		StartedAt: tuesday.Add(-5 * time.Minute), DialledAt: tuesday.Add(-5 * time.Minute),
		AnsweredAt: tuesday.Add(-4 * time.Minute), EndedAt: tuesday.Add(-time.Minute), EndedBy: dialer.ByCustomer,
		Verdict:    dialer.Verdict{Result: dialer.Answered, Confidence: dialer.High, Rule: "answered", Why: "応答しました", Counted: true},
		NumberKind: dialer.KindMobile, Evidence: []dialer.Evidence{{At: tuesday, Leg: dialer.CustomerLeg, Event: dialer.EvAnswered, Status: 200}},
	}
}

// client is one browser.
type client struct {
	h    *house
	http *http.Client
}

func (h *house) browser() *client {
	jar, _ := cookiejar.New(nil)
	c := &client{h: h, http: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	h.t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// as is a browser in which a person has signed in.
func (h *house) as(login string) *client {
	h.t.Helper()
	c := h.browser()
	c.do("POST", "/api/session", map[string]string{"login": login, "password": password}).want(h.t, 200)
	return c
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (c *client) do(method, path string, body any, headers ...string) answered {
	c.h.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		r = bytes.NewReader(asJSON(b))
	}
	req, err := http.NewRequest(method, c.h.url+path, r)
	if err != nil {
		c.h.t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return answered{resp.StatusCode, resp.Header, b}
}

func (a answered) want(t testing.TB, status int) answered {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// problem checks that the answer is a problem with a status and rule, in both languages.
func (a answered) problem(t *testing.T, status int, rule string) Problem {
	t.Helper()
	a.want(t, status)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("Content-Type %q of %s", got, a.body)
	}
	p := into[Problem](t, a)
	if p.Rule != rule || p.Status != status || p.Detail == "" || p.DetailEN == "" || p.Title == "" {
		t.Fatalf("problem %s, want rule %s", a.body, rule)
	}
	return p
}

func into[T any](t testing.TB, a answered) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return v
}

// socket is a panel's websocket.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

type received struct {
	Seq  uint64          `json:"seq"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// connect opens the websocket as this browser; conn is nil when the server says no, by status.
func (c *client) connect(d websocket.Dialer, query string, header http.Header) (conn *websocket.Conn, status int) {
	return c.connectTo(d, "/api/live"+query, header)
}

func (c *client) connectTo(d websocket.Dialer, path string, header http.Header) (conn *websocket.Conn, status int) {
	d.Jar, d.HandshakeTimeout = c.http.Jar, patienceOfTests
	conn, resp, _ := d.Dial("ws"+strings.TrimPrefix(c.h.url, "http")+path, header)
	if resp == nil {
		return conn, 0
	}
	defer resp.Body.Close()
	return conn, resp.StatusCode
}

func (c *client) watch(query string) *socket { return c.watchAt("/api/live" + query) }

func (c *client) watchAt(path string) *socket {
	c.h.t.Helper()
	conn, status := c.connectTo(websocket.Dialer{}, path, nil)
	if conn == nil {
		c.h.t.Fatalf("not connected: %d", status)
	}
	// A ping that is read after the server has closed cannot be answered; what stands behind it still counts.
	conn.SetPingHandler(func(data string) error {
		_ = conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		return nil
	})
	s := &socket{t: c.h.t, conn: conn}
	c.h.t.Cleanup(func() { conn.Close() })
	return s
}

// next is the next frame.
func (s *socket) next() received {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(patienceOfTests))
	var f received
	if err := s.conn.ReadJSON(&f); err != nil {
		s.t.Fatalf("no frame: %v", err)
	}
	return f
}

// until reads on to the first frame of a type.
func (s *socket) until(kind string) received {
	s.t.Helper()
	for {
		if f := s.next(); f.Type == kind {
			return f
		}
	}
}

func dataOf[T any](t testing.TB, f received) T {
	t.Helper()
	return into[T](t, answered{body: f.Data})
}

// eventually polls for what another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patienceOfTests); time.Now().Before(end); {
		if ok() {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("did not come about: %s", what)
}

// handle asks the handler itself, without a port.
func (h *house) handle(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, r)
	return w
}
