package webui

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// oidc is a small OpenID provider made by hand: whoever comes is s-0001. What it is checked for is webui/auth's to test.
type oidc struct {
	*httptest.Server
	mu     sync.Mutex
	h      *house
	nonces map[string]string // by code
	sub    string
}

func newOIDC(t *testing.T) *oidc {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &oidc{nonces: map[string]string{}, sub: "s-0001"}
	part := func(what any) string { return base64.RawURLEncoding.EncodeToString(asJSON(what)) }
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, what any) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(asJSON(what))
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"EdDSA"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"keys": []any{map[string]string{
			"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "1", "x": base64.RawURLEncoding.EncodeToString(public),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		now := p.h.clock.Now()
		text := part(map[string]string{"alg": "EdDSA", "kid": "1"}) + "." + part(map[string]any{
			"iss": p.URL, "aud": "kakeru", "sub": p.sub, "nonce": p.nonces[r.FormValue("code")], "iat": now.Unix(), "exp": now.Unix() + 60,
		})
		signature := base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(text)))
		say(w, map[string]string{"access_token": "x", "token_type": "Bearer", "id_token": text + "." + signature})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// withDirectory is a house whose ward has a directory.
func withDirectory(t *testing.T, change ...func(*Deps)) (*house, *oidc) {
	t.Helper()
	p := newOIDC(t)
	h := open(t, append(change, func(d *Deps) {
		d.Auth.Directory = &auth.Directory{
			Issuer: p.URL, ClientID: "kakeru", ClientSecret: "hush", Redirect: "https://kakeru.example" + DirectoryAnswer, Label: "区の認証", Claim: "sub", Passwords: true,
		}
	})...)
	p.h = h
	return h, p
}

// byDirectory goes there and back with a browser, which follows no redirect by itself.
func (c *client) byDirectory(p *oidc) answered {
	c.h.t.Helper()
	to := into[struct{ URL string }](c.h.t, c.do("POST", "/api/session/directory", nil).want(c.h.t, 200)).URL
	u, err := url.Parse(to)
	if err != nil {
		c.h.t.Fatal(err)
	}
	p.mu.Lock()
	p.nonces["code-1"] = u.Query().Get("nonce")
	p.mu.Unlock()
	return c.back(url.Values{"code": {"code-1"}, "state": {u.Query().Get("state")}})
}

// back brings an answer, as a redirect from another site does.
func (c *client) back(answer url.Values) answered {
	c.h.t.Helper()
	r, err := http.NewRequestWithContext(c.h.t.Context(), http.MethodGet, c.h.url+DirectoryAnswer+"?"+answer.Encode(), nil)
	if err != nil {
		c.h.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	follows := http.Client{Jar: c.http.Jar, Transport: c.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := follows.Do(r)
	if err != nil {
		c.h.t.Fatal(err)
	}
	_ = got.Body.Close()
	return answered{status: got.StatusCode, header: got.Header}
}

// waitsFor waits for an entry of the record.
func (h *house) waitsFor(is func(audit.Entry) bool) {
	t, ok := h.t.(*testing.T)
	if !ok {
		h.t.Fatal("a benchmark waits for the record")
	}
	t.Helper()
	eventually(t, "the record's entry", func() bool { return slices.ContainsFunc(h.book.all(), is) })
}

// TestTheDirectoryOverHTTP: the administrator links a person, who then comes by the ward's directory, and is who they are here; the way
// back is a page of our own, since the session's cookie does not come with what begins elsewhere.
func TestTheDirectoryOverHTTP(t *testing.T) {
	h, p := withDirectory(t)
	if s := string(h.browser().do("GET", "/api/session/directory", nil).want(t, 200).body); !strings.Contains(s, "区の認証") {
		t.Errorf("no button: %s", s)
	}
	c := h.browser()
	if got := c.byDirectory(p); got.status != 303 || got.header.Get("Location") != "/?directory=nobody" {
		t.Fatalf("who is not linked: %d %s", got.status, got.header.Get("Location"))
	}
	h.waitsFor(func(e audit.Entry) bool {
		return e.Action == audit.SignInRefused && e.Outcome == "directory_nobody" && e.By == "" && e.Route == "GET "+DirectoryAnswer
	})
	if strings.Contains(h.logs.String(), "s-0001") {
		t.Error("the log tells who it was")
	}

	admin := h.as("admin")
	admin.do("PATCH", "/api/users/user-operator", map[string]string{"directory_name": " s-0001 "}).want(t, 200)
	admin.do("PATCH", "/api/users/user-ward", map[string]string{"directory_name": "s-0001"}).problem(t, 422, "invalid")
	if s := string(admin.do("GET", "/api/users", nil).want(t, 200).body); strings.Count(s, `"directory_name":"s-0001"`) != 1 {
		t.Errorf("the list of people: %s", s)
	}
	got := c.byDirectory(p)
	if got.status != 303 || got.header.Get("Location") != "/" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	who := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200))
	if who.User.ID != "user-operator" || who.Step != auth.StepDone || !who.InDirectory || who.ConfirmedUntil == nil {
		t.Fatalf("signed in: %+v", who)
	}
	h.waitsFor(func(e audit.Entry) bool {
		return e.Action == audit.SignedIn && e.By == "user-operator" && e.Route == "GET "+DirectoryAnswer
	})
	if got := c.back(url.Values{"code": {"code-1"}, "state": {"x"}}); got.header.Get("Location") != "/?directory=again" {
		t.Errorf("an answer nobody asked for: %s", got.header.Get("Location"))
	}
	c.do("GET", "/api/session", nil).want(t, 200) // and it ends nobody's session

	admin.do("PATCH", "/api/users/user-operator", map[string]string{"directory_name": ""}).want(t, 200)
	c.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	if got := c.byDirectory(p); got.header.Get("Location") != "/?directory=nobody" {
		t.Errorf("after the link was ended: %s", got.header.Get("Location"))
	}
}

// TestTheDirectoryAndTheSecondFactor: it opens half a session where the role needs more.
func TestTheDirectoryAndTheSecondFactor(t *testing.T) {
	h, p := withDirectory(t, needing(dialer.RoleWard))
	h.as("admin").do("PATCH", "/api/users/user-ward", map[string]string{"directory_name": "s-0001"}).want(t, 200)
	c := h.browser()
	c.byDirectory(p)
	if s := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200)); s.Step != auth.StepEnrol {
		t.Fatalf("at %s", s.Step)
	}
	c.do("GET", "/api/handoffs", nil).problem(t, 401, ruleHalf)
	c.enrol("")
	c.do("GET", "/api/handoffs", nil).want(t, 200)
}

// TestWithoutADirectory: no button, no way, and nobody is linked to what is not there.
func TestWithoutADirectory(t *testing.T) {
	h := open(t)
	var button struct{ Label *string }
	if err := json.Unmarshal(h.browser().do("GET", "/api/session/directory", nil).want(t, 200).body, &button); err != nil || button.Label != nil {
		t.Errorf("%v %v", button.Label, err)
	}
	h.browser().do("POST", "/api/session/directory", nil).problem(t, 409, "no_directory")
	h.as("admin").do("PATCH", "/api/users/user-ward", map[string]string{"directory_name": "s-0001"}).problem(t, 409, "no_directory")
	if got := h.browser().back(url.Values{"code": {"x"}}); got.header.Get("Location") != "/?directory=ours" {
		t.Errorf("%s", got.header.Get("Location"))
	}
	down, p := withDirectory(t)
	p.Close()
	down.browser().do("POST", "/api/session/directory", nil).problem(t, 503, "directory_down")
	// No other site begins it.
	down.browser().do("POST", "/api/session/directory", nil, "Sec-Fetch-Site", "cross-site").problem(t, 403, "forbidden")
}

// TestUnlockingIsWrittenDown: right and wrong ones.
func TestUnlockingIsWrittenDown(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	c.do("POST", "/api/session/lock", nil).want(t, 204)
	c.do("POST", "/api/session/unlock", map[string]string{"password": "wrong"}).problem(t, 403, "password")
	c.do("POST", "/api/session/unlock", map[string]string{"password": password}).want(t, 200)
	var outcomes []string
	for _, e := range h.book.all() {
		if e.Action == audit.Unlocked && e.By == "user-supervisor" {
			outcomes = append(outcomes, e.Outcome)
		}
	}
	if len(outcomes) != 2 || outcomes[0] != "password" || outcomes[1] == "password" {
		t.Errorf("the record says %q", outcomes)
	}
}

// TestFactorsOverHTTPNeedAFactor: with a session that was opened with a second factor, over HTTP.
func TestFactorsOverHTTPNeedAFactor(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	_, after := c.enrol(password)
	for _, path := range []string{"/api/session/totp", "/api/session/totp/remove", "/api/session/recovery-codes"} {
		c.do("POST", path, map[string]string{"password": password}).problem(t, 403, "factor")
		c.do("POST", path, map[string]string{"password": password, "code": "000000"}).problem(t, 403, "code")
		c.do("POST", path, map[string]string{"code": after.Codes[0]}).problem(t, 403, "password")
	}
	c.do("POST", "/api/session/recovery-codes", map[string]string{"password": password, "code": after.Codes[0]}).want(t, 200)
}

// TestManyTriesEndNoSetUpCode: a stranger's address has to wait, and the right person comes in all the same; of many who have the code and
// come at once, one becomes the administrator.
func TestManyTriesEndNoSetUpCode(t *testing.T) {
	var code string
	h := open(t, func(d *Deps) { d.Setup, code = NewSetup(d.Now) })
	h.set(func() { delete(h.users, "user-admin") })
	try := func(code, login, from string) int {
		r, _ := http.NewRequest(http.MethodPost, "/api/setup", strings.NewReader(string(asJSON(map[string]string{
			"code": code, "login": login, "name": "初代", "password": "a sentence of my own",
		}))))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = from + ":40000"
		return h.handle(r).Code
	}
	said := map[int]int{}
	for range 50 {
		said[try("AAAAA-AAAAA-AAAAA-AAAAA", "thief", "192.0.2.66")]++
	}
	if said[403] != 20 || said[429] != 30 {
		t.Errorf("a stranger was told %v", said)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	clear(said)
	for _, login := range []string{"first", "second", "third", "fourth"} {
		all.Go(func() {
			status := try(code, login, "192.0.2.1")
			mu.Lock()
			defer mu.Unlock()
			said[status]++
		})
	}
	all.Wait()
	admins := 0
	h.set(func() {
		for _, u := range h.users {
			if u.Role == dialer.RoleAdmin {
				admins++
			}
		}
	})
	if said[200] != 1 || said[409] != 3 || admins != 1 {
		t.Errorf("four with the code were told %v, and %d became administrators", said, admins)
	}
}
