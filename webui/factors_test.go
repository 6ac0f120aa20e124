package webui

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pquerna/otp/totp"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// needing makes a role need a second factor.
func needing(role dialer.Role) func(*Deps) {
	return func(d *Deps) { d.Auth.SecondFactor = map[dialer.Role]auth.Need{role: auth.Required} }
}

type enrolment struct {
	Secret string `json:"secret"`
	QR     []byte `json:"qr"`
}

type afterEnrolment struct {
	Session SignedIn `json:"session"`
	Codes   []string `json:"recovery_codes"`
}

func (h *house) code(secret string) map[string]string {
	code, err := totp.GenerateCode(secret, h.clock.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	return map[string]string{"code": code}
}

func (c *client) signIn(login string) SignedIn {
	c.h.t.Helper()
	return into[SignedIn](c.h.t, c.do("POST", "/api/session", map[string]string{"login": login, "password": password}).want(c.h.t, 200))
}

// enrol gives a person one-time passwords, from the half session or the whole one.
func (c *client) enrol(with string) (secret string, after afterEnrolment) {
	c.h.t.Helper()
	e := into[enrolment](c.h.t, c.do("POST", "/api/session/totp", map[string]string{"password": with}).want(c.h.t, 200))
	return e.Secret, into[afterEnrolment](c.h.t, c.do("POST", "/api/session/totp/confirm", c.h.code(e.Secret)).want(c.h.t, 200))
}

// TestTheWayIn: enrolment at the first sign-in, a code at the next, a recovery code when the telephone is lost, and an administrator's
// reset when those are gone too.
func TestTheWayIn(t *testing.T) {
	h := open(t, needing(dialer.RoleWard))
	c := h.browser()
	if s := c.signIn("ward"); s.Step != auth.StepEnrol || s.SecondFactor != auth.Required {
		t.Fatalf("first sign-in: %+v", s)
	}
	secret, after := c.enrol("")
	if after.Session.Step != auth.StepDone || len(after.Codes) != 10 {
		t.Fatalf("enrolled: %+v", after)
	}
	c.do("GET", "/api/handoffs", nil).want(t, 200)
	if f := into[Factors](t, c.do("GET", "/api/session/factors", nil).want(t, 200)); !f.TOTP || f.Codes != 10 || len(f.Passkeys) != 0 {
		t.Fatalf("factors: %+v", f)
	}

	h.clock.forward(time.Minute)
	second := h.browser()
	if s := second.signIn("ward"); s.Step != auth.StepSecond || !slices.Equal(s.Ways, []auth.Way{auth.ByTOTP, auth.ByRecovery}) {
		t.Fatalf("second sign-in: %+v", s)
	}
	second.do("POST", "/api/session/second", map[string]string{"code": "123456"}).problem(t, 403, "code")
	second.do("POST", "/api/session/second", h.code(secret)).want(t, 200)
	third := h.browser()
	third.signIn("ward")
	third.do("POST", "/api/session/second", h.code(secret)).problem(t, 403, "code") // good once
	third.do("POST", "/api/session/second", map[string]string{"code": after.Codes[0]}).want(t, 200)

	admin := h.as("admin")
	if body := string(admin.do("GET", "/api/users", nil).want(t, 200).body); !strings.Contains(body, `"has_second_factor":true`) {
		t.Fatalf("users: %s", body)
	}
	admin.do("POST", "/api/users/user-ward/reset-factors", nil).want(t, 204)
	admin.do("POST", "/api/users/user-admin/reset-factors", nil).problem(t, 409, "yourself")
	admin.do("POST", "/api/users/nobody/reset-factors", nil).problem(t, 404, "not_found")
	c.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	if s := h.browser().signIn("ward"); s.Step != auth.StepEnrol {
		t.Fatalf("after the reset: %+v", s)
	}
	for _, secret := range append(after.Codes, secret) {
		if strings.Contains(h.logs.String(), secret) {
			t.Fatal("the log has a secret")
		}
	}
	if !strings.Contains(h.logs.String(), "second factors reset") {
		t.Fatal("the log does not tell of the reset")
	}
}

// TestAHalfSessionCanDoNothing walks every route with a session that is still without its second factor.
func TestAHalfSessionCanDoNothing(t *testing.T) {
	h := open(t, needing(dialer.RoleSupervisor))
	c := h.browser()
	c.signIn("supervisor")
	allowed := 0
	for _, row := range auth.Table {
		method, path, _ := strings.Cut(row.Route, " ")
		if row.Public {
			continue
		}
		got := c.do(method, strings.ReplaceAll(path, "{id}", "nothing"), nil)
		if row.Half {
			allowed++
			continue
		}
		if got.status != http.StatusUnauthorized || into[Problem](t, got).Rule != ruleHalf {
			t.Errorf("%s with a half session: %d %s", row.Route, got.status, got.body)
		}
	}
	if allowed != 9 {
		t.Errorf("%d routes belong to signing in", allowed)
	}
	if conn, status := c.connect(websocket.Dialer{}, "", nil); conn != nil || status != http.StatusUnauthorized {
		t.Errorf("the websocket with a half session: %d", status)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.hungUp)+len(h.dialled) > 0 {
		t.Error("a half session did something")
	}
}

// TestALockedSessionGoesOnWithItsTalk walks every route with a locked session: what a talk needs, and unlocking, and nothing else.
func TestALockedSessionGoesOnWithItsTalk(t *testing.T) {
	h := open(t, func(d *Deps) {
		d.IdleLock = func(r dialer.Role) time.Duration {
			return map[dialer.Role]time.Duration{dialer.RoleOperator: 10 * time.Minute}[r]
		}
	})
	c := h.as("operator")
	if s := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200)); s.LockAfterSeconds != 600 || s.Locked {
		t.Fatalf("before: %+v", s)
	}
	h.set(func() { h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator"} })
	c.do("POST", "/api/session/lock", nil).want(t, 204)
	if s := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200)); !s.Locked {
		t.Fatal("a reload would unlock it")
	}
	for _, row := range auth.Table {
		method, path, _ := strings.Cut(row.Route, " ")
		if row.Public || row.Locked {
			continue
		}
		got := c.do(method, strings.ReplaceAll(path, "{id}", "nothing"), nil)
		if got.status != http.StatusForbidden || into[Problem](t, got).Rule != ruleLocked {
			t.Errorf("%s while locked: %d %s", row.Route, got.status, got.body)
		}
	}
	c.do("POST", "/api/calls/call-1/hangup", nil).want(t, 202)
	c.do("POST", "/api/session/unlock", map[string]string{"password": "wrong"}).problem(t, 403, "password")
	c.do("GET", "/api/cases/case-1", nil).problem(t, 403, "locked")
	c.do("POST", "/api/session/unlock", map[string]string{"password": password}).want(t, 200)
	c.do("GET", "/api/cases/case-1", nil).want(t, 200)

	c.do("POST", "/api/session/lock", nil).want(t, 204)
	for range 10 {
		c.do("POST", "/api/session/unlock", map[string]string{"password": "wrong"}).problem(t, 403, "password")
	}
	c.do("POST", "/api/session/unlock", map[string]string{"password": password}).problem(t, 429, "unauthorized")
}

type sessionList struct {
	Items []OpenSession `json:"items"`
}

// TestSessionsAreListedAndEnded: one's own by oneself, everybody's by the administrator; the websocket of one that was ended closes.
func TestSessionsAreListedAndEnded(t *testing.T) {
	h := open(t)
	windows := []string{"User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"}
	one, two := h.browser(), h.as("operator")
	one.do("POST", "/api/session", map[string]string{"login": "operator", "password": password}, windows...).want(t, 200)
	other, admin := h.as("supervisor"), h.as("admin")
	list := into[sessionList](t, one.do("GET", "/api/session/all", nil).want(t, 200)).Items
	if len(list) != 2 {
		t.Fatalf("own sessions: %+v", list)
	}
	var mine, others OpenSession
	for _, s := range list {
		if s.Here {
			mine = s
		} else {
			others = s
		}
	}
	if mine.Browser != "Edge · Windows" || mine.Address != "127.0.0.1" || mine.Name != "職員operator" || others.ID == "" || !mine.CreatedAt.Equal(tuesday) {
		t.Fatalf("own sessions: %+v", list)
	}
	supervisors := into[sessionList](t, other.do("GET", "/api/session/all", nil)).Items[0]
	one.do("POST", "/api/session/all/"+supervisors.ID+"/end", nil).problem(t, 404, "not_found") // nobody else's
	one.do("POST", "/api/session/all/none/end", nil).problem(t, 404, "not_found")
	one.do("POST", "/api/session/all/"+strings.ToUpper(others.ID)+"/end", nil).problem(t, 404, "not_found") // by its own spelling only

	live := two.watch("")
	live.until("snapshot")
	one.do("POST", "/api/session/all/"+others.ID+"/end", nil).want(t, 204)
	if bye := dataOf[Bye](t, live.until("bye")); bye.Reason != byeSession {
		t.Fatalf("bye: %+v", bye)
	}
	two.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")

	if all := into[sessionList](t, admin.do("GET", "/api/sessions", nil).want(t, 200)).Items; len(all) != 3 {
		t.Fatalf("everybody's: %+v", all)
	}
	admin.do("POST", "/api/sessions/"+supervisors.ID+"/end", nil).want(t, 204)
	other.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")

	third := h.as("operator")
	third.do("POST", "/api/session/all/end", nil).want(t, 204)
	one.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	third.do("GET", "/api/session", nil).want(t, 200)
}

// TestASessionEndedElsewhereIsOverHere: another node, or the command line, ends it in the ledger alone.
func TestASessionEndedElsewhereIsOverHere(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	live := c.watch("")
	live.until("snapshot")
	began := time.Now()
	h.set(func() { clear(h.sessions) })
	if bye := dataOf[Bye](t, live.until("bye")); bye.Reason != byeSession {
		t.Fatalf("bye: %+v", bye)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %s", took)
	}
	c.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
}

func TestOneChangesOnesPassword(t *testing.T) {
	h := open(t)
	c, other := h.as("operator"), h.as("operator")
	set := func(old, fresh string) answered {
		return c.do("POST", "/api/session/password", map[string]string{"old": old, "password": fresh})
	}
	set("wrong", "a sentence that nobody guesses").problem(t, 403, "password")
	for fresh, code := range map[string]string{
		"kurz": "length", password: "same", strings.Repeat("長", 201): "length", "passwordpassword": "common", "operatoroperator1": "known_word",
	} {
		p := set(password, fresh).problem(t, 422, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].Code != code || strings.Contains(p.Errors[0].Detail+p.Errors[0].DetailEN, fresh) {
			t.Errorf("a bad one: %+v, want %s", p.Errors, code)
		}
	}
	set(password, "すももも桃もももの うち 🍑 ×3").want(t, 200)
	other.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	c.do("GET", "/api/session", nil).want(t, 200)
	h.browser().do("POST", "/api/session", map[string]string{"login": "operator", "password": password}).problem(t, 401, "unauthorized")
	h.browser().do("POST", "/api/session", map[string]string{"login": "operator", "password": "すももも桃もももの うち 🍑 ×3"}).want(t, 200)
}

// TestASetPasswordIsChangedAtOnce: what an administrator set is good for one sign-in, in which it is changed.
func TestASetPasswordIsChangedAtOnce(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	const handed = "handed over on paper"
	admin.do("PATCH", "/api/users/user-operator", map[string]string{"password": handed}).want(t, 200)
	c := h.browser()
	s := into[SignedIn](t, c.do("POST", "/api/session", map[string]string{"login": "operator", "password": handed}).want(t, 200))
	if s.Step != auth.StepPassword {
		t.Fatalf("signed in: %+v", s)
	}
	c.do("GET", "/api/cases/case-1", nil).problem(t, 401, ruleHalf)
	c.do("POST", "/api/session/password", map[string]string{"old": handed, "password": "a sentence of my own"}).want(t, 200)
	c.do("GET", "/api/cases/case-1", nil).want(t, 200)
	if s := into[SignedIn](t, h.browser().do("POST", "/api/session", map[string]string{"login": "operator", "password": "a sentence of my own"})); s.Step != auth.StepDone {
		t.Fatalf("the next time: %+v", s)
	}
}

// TestStrangersLockNobodyOut: ten thousand wrong tries from everywhere, and the person signs in from the browser they always use.
func TestStrangersLockNobodyOut(t *testing.T) {
	h := open(t)
	known := h.as("operator")
	known.do("DELETE", "/api/session", nil).want(t, 204)
	wrong := asJSON(map[string]string{"login": "operator", "password": "wrong"})
	refused := map[int]int{}
	for i := range 10_000 {
		r, _ := http.NewRequest(http.MethodPost, "/api/session", strings.NewReader(string(wrong)))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = fmt.Sprintf("[2001:db8:%x::%x]:40000", i/100, i)
		refused[h.handle(r).Code]++
	}
	if refused[401] != 10 || refused[429] != 9_990 {
		t.Fatalf("answers: %v", refused)
	}
	h.browser().do("POST", "/api/session", map[string]string{"login": "operator", "password": password}).problem(t, 429, "unauthorized")
	known.do("POST", "/api/session", map[string]string{"login": "operator", "password": password}).want(t, 200)
	// That browser has its own tally, for this login alone.
	for range 10 {
		known.do("POST", "/api/session", map[string]string{"login": "operator", "password": "wrong"}).problem(t, 401, "unauthorized")
	}
	known.do("POST", "/api/session", map[string]string{"login": "operator", "password": password}).problem(t, 429, "unauthorized")
	known.do("POST", "/api/session", map[string]string{"login": "operator2", "password": password}).want(t, 200)
}

// TestTheFirstAdministrator: there is no password to begin with, but a code that the console alone shows, once.
func TestTheFirstAdministrator(t *testing.T) {
	var code string
	h := open(t, func(d *Deps) { d.Setup, code = NewSetup(d.Now) })
	state := func() (s struct{ Needed, Open bool }) {
		_ = json.Unmarshal(h.browser().do("GET", "/api/setup", nil).want(t, 200).body, &s)
		return s
	}
	fill := map[string]string{"code": code, "login": "first", "name": "初代 管理者", "password": "a sentence of my own"}
	if s := state(); s.Needed {
		t.Fatal("needed while there is an administrator")
	}
	h.browser().do("POST", "/api/setup", fill).problem(t, 409, "set_up")
	h.set(func() { delete(h.users, "user-admin") })
	if s := state(); !s.Needed || !s.Open {
		t.Fatalf("not needed: %+v", s)
	}
	with := func(key, value string) map[string]string {
		m := maps.Clone(fill)
		m[key] = value
		return m
	}
	h.browser().do("POST", "/api/setup", with("code", "AAAAA-AAAAA-AAAAA-AAAAA")).problem(t, 403, "code")
	h.browser().do("POST", "/api/setup", with("password", "short")).problem(t, 422, "invalid")
	h.browser().do("POST", "/api/setup", with("login", "operator")).problem(t, 422, "invalid")
	c := h.browser()
	c.do("POST", "/api/setup", with("code", strings.ToLower(code))).want(t, 200)
	c.do("GET", "/api/users", nil).want(t, 200)
	h.browser().do("POST", "/api/setup", with("login", "second")).problem(t, 409, "set_up")
	h.set(func() { clear(h.users) })
	h.browser().do("POST", "/api/setup", with("login", "third")).problem(t, 410, "setup_over") // once
}

// TestStrangersUseUpNoSetUpCode: wrong codes are bounded, and the right one is taken after any number of them, from the same address.
func TestStrangersUseUpNoSetUpCode(t *testing.T) {
	var code string
	h := open(t, func(d *Deps) { d.Setup, code = NewSetup(d.Now) })
	h.set(func() { delete(h.users, "user-admin") })
	fill := map[string]string{"code": "AAAAA-AAAAA-AAAAA-AAAAA", "login": "first", "name": "初代 管理者", "password": "a sentence of my own"}
	said := map[int]int{}
	for range 50 {
		said[h.browser().do("POST", "/api/setup", fill).status]++
	}
	if said[403] != 20 || said[429] != 30 {
		t.Errorf("strangers were told %v", said)
	}
	fill["code"] = code
	h.browser().do("POST", "/api/setup", fill).want(t, 200)
}

func TestTheSetUpCodeRunsOut(t *testing.T) {
	for name, wear := range map[string]func(*house){
		"after an hour": func(h *house) { h.clock.forward(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			var code string
			h := open(t, func(d *Deps) { d.Setup, code = NewSetup(d.Now) })
			h.set(func() { delete(h.users, "user-admin") })
			wear(h)
			h.browser().do("POST", "/api/setup", map[string]string{
				"code": code, "login": "first", "name": "b", "password": "a sentence of my own",
			}).problem(t, 410, "setup_over")
		})
	}
}

// TestBodiesOfSigningInAreSmall: what is read before anybody is known, and what a passkey says, is 64 kB at most; and what is said of passkeys beyond their bounds.
func TestBodiesOfSigningInAreSmall(t *testing.T) {
	h := open(t)
	who := h.as("operator")
	for path, body := range map[string]string{
		"/api/session":                  `{"login":"operator","password":"%s"}`,
		"/api/session/passkeys/confirm": `{"name":"x","made":{"id":"%s"}}`,
		"/api/session/passkey/answer":   `{"answer":{"id":"%s"}}`,
	} {
		fits, huge := strings.Repeat("x", maxSignIn-200), strings.Repeat("x", maxSignIn)
		if a := who.do("POST", path, fmt.Sprintf(body, fits)); a.status == http.StatusRequestEntityTooLarge {
			t.Errorf("%s: what fits is too large", path)
		}
		who.do("POST", path, fmt.Sprintf(body, huge)).problem(t, http.StatusRequestEntityTooLarge, ruleInvalid)
	}
	for err, want := range map[error]string{auth.ErrPasskeysFull: "20", auth.ErrPasskeyLarge: "made"} {
		p, ok := signInProblem(err)
		if !ok || !strings.Contains(p.Detail+fmt.Sprint(p.Errors), want) || p.DetailEN == "" {
			t.Errorf("%v: %+v", err, p)
		}
	}
}
