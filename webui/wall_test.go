package webui

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/report"
	"kakeru/webui/auth"
)

// screens is dialer.Displays over a list.
type screens struct {
	mu   sync.Mutex
	list []screen
	down error
}

type screen struct {
	dialer.Display

	code, token []byte
}

func (s *screens) AddDisplay(_ context.Context, d dialer.Display, codeHash []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, screen{Display: d, code: codeHash})
	return s.down
}

func (s *screens) Displays(context.Context) (out []dialer.Display, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range slices.Backward(s.list) {
		out = append(out, d.Display)
	}
	return out, s.down
}

func (s *screens) find(is func(*screen) bool) (*screen, error) {
	if s.down != nil {
		return nil, s.down
	}
	for i := range s.list {
		if is(&s.list[i]) {
			return &s.list[i], nil
		}
	}
	return nil, dialer.ErrNotFound
}

func (s *screens) OpenDisplay(_ context.Context, codeHash, tokenHash []byte, at time.Time) (dialer.Display, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(func(d *screen) bool {
		return bytes.Equal(d.code, codeHash) && d.RevokedAt.IsZero() && d.CodeUntil.After(at)
	})
	if err != nil {
		return dialer.Display{}, err
	}
	d.code, d.token, d.OpenedAt = nil, tokenHash, at
	return d.Display, nil
}

func (s *screens) DisplayByToken(_ context.Context, tokenHash []byte) (dialer.Display, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(func(d *screen) bool { return bytes.Equal(d.token, tokenHash) && d.RevokedAt.IsZero() })
	if err != nil {
		return dialer.Display{}, err
	}
	return d.Display, nil
}

func (s *screens) RevokeDisplay(_ context.Context, id string, by dialer.UserID, at time.Time) (dialer.Display, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(func(d *screen) bool { return d.ID == id })
	if err != nil {
		return dialer.Display{}, err
	}
	d.RevokedBy, d.RevokedAt, d.code = by, at, nil
	return d.Display, nil
}

type madeDisplay struct {
	Display Display `json:"display"`
	Code    string  `json:"code"`
}

// hang makes a screen, and returns it with its browser, in which the code was put.
func (h *house) hang(name string) (madeDisplay, *client) {
	h.t.Helper()
	t, _ := h.t.(*testing.T)
	made := into[madeDisplay](t, h.as("admin").do("POST", "/api/displays", map[string]string{"name": name}).want(t, 201))
	c := h.browser()
	c.do("POST", "/api/wall", map[string]string{"code": made.Code}).want(t, 200)
	return made, c
}

func TestAScreenIsLetInByACodeThatIsGoodOnce(t *testing.T) {
	h := open(t)
	made := into[madeDisplay](t, h.as("admin").do("POST", "/api/displays", map[string]string{"name": " 事務室の壁 "}).want(t, 201))
	if made.Display.Name != "事務室の壁" || len(made.Code) != 19 {
		t.Fatalf("made %+v", made)
	}
	c := h.browser()
	c.do("GET", "/api/wall", nil).problem(t, 401, "unauthorized")
	c.do("POST", "/api/wall", map[string]string{"code": "AAAA-AAAA-AAAA-AAAA"}).problem(t, 401, "unauthorized")
	// As people type it: small letters, spaces, and O for 0.
	typed := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(made.Code, "-", " "), "0", "o"))
	a := c.do("POST", "/api/wall", map[string]string{"code": typed}).want(t, 200)
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"kakeru_display=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(cookie, "kakeru_display="), ";")
	kept := h.screens.list[0]
	if bytes.Contains(kept.token, []byte(token)) || !bytes.Equal(kept.token, auth.DisplayTokenHash(token)) || kept.code != nil {
		t.Error("the secret is not kept as its hash alone")
	}
	if w := into[Wall](t, c.do("GET", "/api/wall", nil).want(t, 200)); w.Name != "事務室の壁" || len(w.Desks) != 2 {
		t.Fatalf("wall %+v", w)
	}
	h.browser().do("POST", "/api/wall", map[string]string{"code": made.Code}).problem(t, 401, "unauthorized")
	var said []audit.Action
	for _, e := range h.book.all() {
		if e.Object == made.Display.ID && e.Action == audit.SignedIn && e.Role == dialer.RoleDisplay {
			said = append(said, e.Action)
		}
		if e.Route == "POST /api/displays" && !strings.Contains(e.Detail, "事務室の壁") {
			t.Errorf("the record says %q of the making", e.Detail)
		}
		if strings.Contains(e.Detail+e.Object, made.Code) || strings.Contains(e.Detail+e.Object, token) {
			t.Error("the record holds a code or a secret")
		}
	}
	if len(said) != 1 {
		t.Errorf("the record says %d times that the screen was let in", len(said))
	}
	if logs := h.logs.String(); strings.Contains(logs, made.Code) || strings.Contains(logs, token) {
		t.Error("the log holds a code or a secret")
	}
}

// TestAScreensCodeIsNotLostWithTheCurve: while today cannot be summed, a screen that puts its code in is let in all the same.
func TestAScreensCodeIsNotLostWithTheCurve(t *testing.T) {
	today := &noSums{}
	h := open(t, func(d *Deps) { today.Today, d.Today = d.Today, today })
	today.away.Store(true)
	_, c := h.hang("壁")
	c.do("GET", "/api/wall", nil).want(t, 500)
	today.away.Store(false)
	if w := into[Wall](t, c.do("GET", "/api/wall", nil).want(t, 200)); len(w.Curve.Halves) == 0 {
		t.Errorf("afterwards it shows %+v", w.Curve)
	}
}

// noSums is a ledger that cannot sum a day while it is away.
type noSums struct {
	Today

	away atomic.Bool
}

func (n *noSums) HalfHours(ctx context.Context, from, to time.Time) ([]report.HalfHour, error) {
	if n.away.Load() {
		return nil, errors.New("the sums are away")
	}
	return n.Today.HalfHours(ctx, from, to)
}

// TestWrongDisplayCodesFillNoRecord: each wrong code is on the record, which keeps all for ever, so an address has twenty in a quarter of an
// hour; the right code lets in meanwhile, from there too.
func TestWrongDisplayCodesFillNoRecord(t *testing.T) {
	h := open(t)
	try := func(code, from string) int {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "/api/wall", bytes.NewReader(asJSON(map[string]string{"code": code})))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = from + ":40000"
		return h.handle(r).Code
	}
	made := func() string {
		return into[madeDisplay](t, h.as("admin").do("POST", "/api/displays", map[string]string{"name": "壁"}).want(t, 201)).Code
	}
	said := map[int]int{}
	for range 50 {
		said[try("AAAA-AAAA-AAAA-AAAA", "192.0.2.66")]++
	}
	if said[401] != 20 || said[429] != 30 {
		t.Errorf("a stranger was told %v", said)
	}
	refused := func() (n int) {
		for _, e := range h.book.all() {
			if e.Action == audit.SignInRefused && e.Route == "POST /api/wall" {
				n++
			}
		}
		return n
	}
	eventually(t, "twenty tries are on the record", func() bool { return refused() == 20 })
	if got := try(made(), "192.0.2.1"); got != 200 {
		t.Errorf("a screen elsewhere is told %d", got)
	}
	if got := try(made(), "192.0.2.66"); got != 200 {
		t.Errorf("a screen at the same address is told %d", got)
	}
	h.clock.forward(15 * time.Minute)
	if got := try("AAAA-AAAA-AAAA-AAAA", "192.0.2.66"); got != 401 {
		t.Errorf("later a wrong code is told %d", got)
	}
}

func TestACodeIsTooOldAfterADay(t *testing.T) {
	h := open(t)
	made := into[madeDisplay](t, h.as("admin").do("POST", "/api/displays", map[string]string{"name": "壁"}).want(t, 201))
	h.clock.forward(auth.DisplayCodeFor)
	h.browser().do("POST", "/api/wall", map[string]string{"code": made.Code}).problem(t, 401, "unauthorized")
}

func TestAScreensNameIsChecked(t *testing.T) {
	c := open(t).as("admin")
	for name, code := range map[string]string{"  ": "missing", "03-1234-5678の横": "digits"} {
		if p := c.do("POST", "/api/displays", map[string]string{"name": name}).problem(t, 422, "invalid"); p.Errors[0].Code != code {
			t.Errorf("%q: %+v", name, p.Errors)
		}
	}
	c.do("POST", "/api/displays/nothing/revoke", nil).problem(t, 404, "not_found")
}

// TestAScreenReadsTheWallAndNothingElse walks the whole table with a screen's cookie: every other route treats it as a stranger.
func TestAScreenReadsTheWallAndNothingElse(t *testing.T) {
	h := open(t)
	_, c := h.hang("壁")
	var may []string
	for _, row := range auth.Table {
		if row.Public {
			continue
		}
		method, path, _ := strings.Cut(row.Route, " ")
		got := c.do(method, strings.ReplaceAll(path, "{id}", "nothing"), nil)
		if got.status != http.StatusUnauthorized {
			may = append(may, row.Route)
		}
	}
	if want := []string{"GET /api/wall", "GET /api/wall/live"}; !slices.Equal(may, want) {
		t.Errorf("a screen may use %v, want %v", may, want)
	}
	if slices.Contains(dialer.Roles, dialer.RoleDisplay) {
		t.Error("a person can be given the role of a screen")
	}
}

// TestNobodyStandsOnTheWall: whatever desks, calls and alerts there are, no case, no number, no call and nobody's name is in the picture.
func TestNobodyStandsOnTheWall(t *testing.T) {
	h := open(t)
	begun := tuesday.Add(time.Minute)
	h.set(func() {
		h.desks[0] = dialer.DeskView{
			ID: "desk1", Name: "1番席", State: dialer.DeskInCall, Operator: "user-operator", CallID: "call-1", CaseID: "case-1", Since: tuesday,
			PausedBy: "user-supervisor", PauseReason: "わけ", Away: dialer.AwayReason("break"),
		}
		h.calls["call-1"] = dialer.CallView{ID: "call-1", CaseID: "case-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking, AnsweredAt: begun}
		h.progress = report.Progress{Target: 5700, Definition: "attempts", Today: report.Today{Attempts: 12, Target: 240}}
	})
	_, c := h.hang("壁")
	for _, a := range []dialer.Alert{
		{Kind: "complaint", Desk: "desk1", CallID: "call-1", Text: "苦情です", TextEN: "a complaint"},
		{Kind: incidentAlert, Text: "事故", TextEN: "an incident"}, {Kind: AuditDamaged, Text: "改ざん", TextEN: "tampering"},
		{Kind: "ceiling_reached", Text: "上限", TextEN: "a ceiling"}, {Kind: "something_new", Text: "新種", TextEN: "new"},
	} {
		h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, At: tuesday, Alert: &a})
	}
	var last answered
	eventually(t, "the alert is on the wall", func() bool {
		last = c.do("GET", "/api/wall", nil)
		return strings.Contains(string(last.body), "苦情です")
	})
	for _, never := range []string{"case-1", "call-1", "user-", "職員", "わけ", "break", "事故", "改ざん", "上限", "新種", "見本"} {
		if strings.Contains(string(last.body), never) {
			t.Errorf("the wall shows %q: %s", never, last.body)
		}
	}
	w := into[Wall](t, last)
	if d := w.Desks[0]; d.Call != dialer.Talking || !d.Since.Equal(begun) || !d.Paused || w.Alerts[0].Desk != "1番席" {
		t.Errorf("wall %+v", w)
	}
}

// TestTheWallFollows: a change is there by itself; revoked, the screen goes dark at once and cannot come back.
func TestTheWallFollows(t *testing.T) {
	h := open(t)
	made, c := h.hang("壁")
	s := c.watchAt("/api/wall/live")
	if w := dataOf[Wall](t, s.until("wall")); w.Desks[0].State != dialer.DeskEmpty {
		t.Fatalf("wall %+v", w)
	}
	h.set(func() { h.desks[0].State = dialer.DeskReady })
	h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeDesk, Desk: &h.desks[0]})
	for w := dataOf[Wall](t, s.until("wall")); w.Desks[0].State != dialer.DeskReady; {
		w = dataOf[Wall](t, s.until("wall"))
	}
	h.as("operator").do("POST", "/api/displays/"+made.Display.ID+"/revoke", nil).problem(t, 403, "forbidden")
	a := into[Display](t, h.as("admin").do("POST", "/api/displays/"+made.Display.ID+"/revoke", nil).want(t, 200))
	if a.RevokedAt == nil || a.RevokedByName != "職員admin" {
		t.Errorf("revoked %+v", a)
	}
	if b := dataOf[Bye](t, s.until("bye")); b.Reason != byeSession {
		t.Errorf("bye %+v", b)
	}
	c.do("GET", "/api/wall", nil).problem(t, 401, "unauthorized")
	if got := c.do("GET", "/api/wall/live", nil); got.status != 401 {
		t.Errorf("live after the end: %d", got.status)
	}
}

// TestAScreenOfAnotherNodesAdministrator: revoked elsewhere, a screen goes dark at its next ping.
func TestAScreenRevokedElsewhereGoesDark(t *testing.T) {
	h := open(t, func(d *Deps) { d.Hub = NewHub(tuesday, LiveSettings{Ping: 20 * time.Millisecond}) })
	made, c := h.hang("壁")
	s := c.watchAt("/api/wall/live")
	s.until("wall")
	if _, err := h.screens.RevokeDisplay(t.Context(), made.Display.ID, "other", tuesday); err != nil {
		t.Fatal(err)
	}
	s.until("bye")
}
