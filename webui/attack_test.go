package webui

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/dialertest/full"
	"kakeru/webui/auth"
)

// apiDescription is as much of the served OpenAPI document as the attacks go by.
type apiDescription struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	Parameters []struct {
		Name, In string
		Schema   schema
	}
	RequestBody *struct {
		Content map[string]struct{ Schema schema }
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format               string
	Enum                 []any
	Properties           map[string]schema
	Items                *schema
	AdditionalProperties any `json:"additionalProperties"`
	Required             []string
	Minimum              *float64
}

// described reads the document as the server gives it to anybody.
func (h *house) described(t testing.TB) apiDescription {
	t.Helper()
	return into[apiDescription](t, h.browser().do(http.MethodGet, "/api/openapi.json", nil).want(t, http.StatusOK))
}

func (d apiDescription) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

// kind is the type of a schema that may be null too.
func (s schema) kind() string {
	if all, ok := s.Type.([]any); ok && len(all) > 0 {
		return fmt.Sprint(all[0])
	}
	return fmt.Sprint(s.Type)
}

// filled makes a value that fits a schema as far as types go, with text wherever there may be any.
func (d apiDescription) filled(s schema, text string, depth int) any {
	s = d.resolve(s)
	switch s.kind() {
	case "object":
		out := map[string]any{}
		if depth < 5 {
			for name, p := range s.Properties {
				out[name] = d.filled(p, text, depth+1)
			}
		}
		return out
	case "array":
		if s.Items == nil {
			return []any{}
		}
		return []any{d.filled(*s.Items, text, depth+1)}
	case "boolean":
		return true
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	}
	return text
}

// eachOperation calls f for each operation that takes JSON, or nothing.
func (d apiDescription) eachOperation(f func(method, path string, op operation, body *schema)) {
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][method]
			var body *schema
			if op.RequestBody != nil {
				c, ok := op.RequestBody.Content["application/json"]
				if !ok {
					continue
				}
				body = new(d.resolve(c.Schema))
			}
			f(strings.ToUpper(method), path, op, body)
		}
	}
}

// TestMassAssignment: no route takes a field that it does not name, at any depth: neither role nor id, nor who did it or when.
func TestMassAssignment(t *testing.T) {
	h := open(t)
	d := h.described(t)
	var closed func(at string, s schema, depth int)
	closed = func(at string, s schema, depth int) {
		if s = d.resolve(s); s.kind() == "object" && s.AdditionalProperties != false && len(s.Properties) > 0 {
			t.Errorf("%s takes fields that it does not name", at)
		}
		if s.Items != nil && depth < 6 {
			closed(at+"[]", *s.Items, depth+1)
		}
		for name, p := range s.Properties {
			if depth < 6 {
				closed(at+"."+name, p, depth+1)
			}
		}
	}
	browsers := map[dialer.Role]*client{}
	for _, role := range dialer.Roles {
		browsers[role] = h.as(string(role))
	}
	d.eachOperation(func(method, path string, _ operation, body *schema) {
		if body == nil {
			return
		}
		closed(method+" "+path, *body, 0)
		row, _ := auth.Lookup(method + " " + path)
		role := dialer.RoleSupervisor
		if !row.Public {
			role = row.Roles[0]
		}
		for _, name := range []string{"role", "id", "by", "at", "operator", "disabled", "password_hash", "counted", "__proto__", "Role"} {
			if _, its := body.Properties[name]; its {
				continue
			}
			sent := d.filled(*body, "text", 0).(map[string]any)
			sent[name] = "admin"
			a := browsers[role].do(method, strings.ReplaceAll(path, "{id}", "nothing"), sent)
			p := into[Problem](t, a)
			named := slices.ContainsFunc(p.Errors, func(f FieldProblem) bool { return f.Code == "unexpected" })
			if a.status != http.StatusUnprocessableEntity || !named {
				t.Errorf("%s %s with %q: %d %s", method, path, name, a.status, a.body)
			}
		}
	})
}

// TestPrivilegeEscalation: nobody becomes more than they are: by their own account, by another's, by a header or a second cookie,
// by a body that names a role, or by a session that was opened when they were more.
func TestPrivilegeEscalation(t *testing.T) {
	h := open(t)
	for _, login := range []string{"operator", "supervisor", "ward"} {
		c := h.as(login)
		for _, who := range []string{"user-" + login, "user-admin"} {
			c.do(http.MethodPatch, "/api/users/"+who, map[string]any{"role": "admin"}).problem(t, 403, "forbidden")
		}
		c.do(http.MethodPost, "/api/users", map[string]any{"login": "x", "name": "x", "role": "admin", "password": password}).problem(t, 403, "forbidden")
		for _, header := range []string{"X-Role", "X-Forwarded-User", "X-Original-URL", "X-HTTP-Method-Override", "Authorization"} {
			c.do(http.MethodGet, "/api/users", nil, header, "/api/users admin PATCH").problem(t, 403, "forbidden")
		}
		for _, path := range []string{"/api//users", "/api/./users", "/API/users", "/api/users/", "/api/users%2f", "/api/demo/../users", "/api/hours%2f..%2fusers"} {
			if a := c.do(http.MethodGet, path, nil); strings.Contains(string(a.body), "user-admin") {
				t.Errorf("%s shows %s the people", path, login)
			}
		}
		c.do(http.MethodPost, "/api/session", map[string]any{"login": login, "password": password, "role": "admin"}).problem(t, 422, "invalid")
	}
	admin := h.as("admin")
	admin.do(http.MethodPatch, "/api/users/user-admin", map[string]any{"role": "supervisor"}).problem(t, 422, "invalid") // and see cases
	admin.do(http.MethodPatch, "/api/users/user-admin", map[string]any{"disabled": true}).problem(t, 422, "invalid")
	supervisor := h.as("supervisor")
	supervisor.do(http.MethodGet, "/api/queue", nil).want(t, 200)
	admin.do(http.MethodPatch, "/api/users/user-supervisor", map[string]any{"role": "operator"}).want(t, 200)
	supervisor.do(http.MethodGet, "/api/queue", nil).problem(t, 401, "unauthorized") // the session is older than the role
	h.as("supervisor").do(http.MethodGet, "/api/queue", nil).problem(t, 403, "forbidden")
	admin.do(http.MethodPatch, "/api/users/user-supervisor", map[string]any{"disabled": true}).want(t, 200)
	supervisor.do(http.MethodGet, "/api/desks", nil).problem(t, 401, "unauthorized")
}

// TestIDOR: by an id that is somebody else's one learns as much as by one that does not exist, and changes nothing.
func TestIDOR(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("0190a0a0-0000-7000-8000-000000000001", "user-operator")}
		h.calls["call-1"] = dialer.CallView{ID: "call-1", Operator: "user-operator", Desk: "desk1", CaseID: "case-1", State: dialer.Talking}
	})
	h.as("operator").do(http.MethodPost, "/api/desks/desk1/sit", map[string]any{}).want(t, 200)
	others := h.as("operator2")
	unknown := "0190a0a0-0000-7000-8000-ffffffffffff"
	for _, c := range []struct{ method, path, id string }{
		{"GET", "/api/attempts/{id}/caller", "0190a0a0-0000-7000-8000-000000000001"},
		{"GET", "/api/calls/{id}", "call-1"},
	} {
		theirs := others.do(c.method, strings.ReplaceAll(c.path, "{id}", c.id), nil)
		nobodys := others.do(c.method, strings.ReplaceAll(c.path, "{id}", unknown), nil)
		if theirs.status != nobodys.status || string(theirs.body) != string(nobodys.body) || theirs.status < 400 {
			t.Errorf("%s %s: another's is %d %s, nobody's %d %s", c.method, c.path, theirs.status, theirs.body, nobodys.status, nobodys.body)
		}
	}
	a := others.do(http.MethodPut, "/api/attempts/0190a0a0-0000-7000-8000-000000000001/result", map[string]any{"party": "self", "business_results": []string{"message_left"}})
	if a.status < 400 {
		t.Errorf("another's result is recorded: %d", a.status)
	}
	// Every operator reads a case's history before calling (decision 0028), without what others noted, and copies no record.
	h.set(func() {
		h.attempts[0].Entry = &casework.Recorded{Entry: casework.Entry{Note: "きのう話した内容"}, By: "user-operator"}
	})
	if a := others.do(http.MethodGet, "/api/attempts/0190a0a0-0000-7000-8000-000000000001", nil); strings.Contains(string(a.body), "きのう話した") {
		t.Errorf("another's note is read: %s", a.body)
	}
	others.do(http.MethodGet, "/api/cases/case-1/record", nil).problem(t, 403, "forbidden")
	// A case that is not in hand is masked: whoever searches finds that it is there, and reads neither address nor number.
	if a := others.do(http.MethodGet, "/api/cases/case-1", nil); strings.Contains(string(a.body), "09000001234") || strings.Contains(string(a.body), "江東区見本") {
		t.Errorf("another's case is read whole: %s", a.body)
	}
}

// attackTexts are what has gone through inputs to places where it was not text any more.
var attackTexts = []string{
	`' OR '1'='1`, `'; DROP TABLE attempts; --`, `" OR ""="`, `1; SELECT pg_sleep(10)`, `\'; --`, "%' --", "$1", "a\x00b",
	"\r\nFLUSHALL\r\n", `return redis.call("FLUSHALL")`, "]] redis.call('FLUSHALL') --", "{kakeru}:*", "*\r\n$8\r\nFLUSHALL",
	"../../../../etc/passwd", `..\..\windows\win.ini`, "/etc/passwd", "file:///etc/passwd", "%2e%2e%2fetc%2fpasswd",
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "{{7*7}}", "${7*7}", "%s%n%x", "$(id)", "`id`", "| id",
	"=1+1", "\u202egnp.exe", "\ufeff", "\U0010ffff", strings.Repeat("あ", 5000), "0312345678\r\nVia: x", "-1", "9e999", "1e400", "null",
}

// TestInjectionThroughEveryInput sends each text through every field and parameter there is: each is text and nothing else, or refused;
// never a failure of ours.
func TestInjectionThroughEveryInput(t *testing.T) {
	h := open(t)
	d := h.described(t)
	var cookies []http.Cookie
	for _, login := range []string{"operator", "supervisor", "ward", "admin"} {
		s, err := h.server.keeper.SignIn(t.Context(), auth.SignIn{Login: login, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		cookies = append(cookies, h.server.keeper.Cookie(s))
	}
	d.eachOperation(func(method, path string, op operation, body *schema) {
		if path == "/api/live" || path == "/api/session" && method == http.MethodDelete {
			return
		}
		row, _ := auth.Lookup(method + " " + path)
		for _, text := range attackTexts {
			for _, cookie := range cookies {
				if !row.Public && !row.Allows(roleOfCookie(t, h, cookie)) {
					continue
				}
				r := attackRequest(d, method, path, op, body, text)
				r.AddCookie(&cookie)
				w := h.handle(r)
				if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
					t.Errorf("%s %s with %.40q: %d %s", method, path, text, w.Code, w.Body)
				}
				break
			}
		}
	})
	if strings.Contains(h.logs.String(), "request failed") {
		t.Error("the log has failures of ours")
	}
}

func roleOfCookie(t *testing.T, h *house, c http.Cookie) dialer.Role {
	t.Helper()
	s, err := h.server.keeper.Check(context.Background(), c.Value)
	if err != nil {
		t.Fatal(err)
	}
	return s.User.Role
}

// attackRequest is a request with the text wherever there may be any.
func attackRequest(d apiDescription, method, path string, op operation, body *schema, text string) *http.Request {
	var sent io.Reader
	if body != nil {
		sent = strings.NewReader(string(asJSON(d.filled(*body, text, 0))))
	}
	r := httptest.NewRequest(method, "/", sent)
	query := r.URL.Query()
	for _, p := range op.Parameters {
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", text)
		case "query":
			query.Set(p.Name, text)
		case "header":
			r.Header[p.Name] = []string{strings.Map(noControl, text)}
		}
	}
	r.URL.Path, r.URL.RawQuery = path, query.Encode()
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func noControl(r rune) rune {
	if r < ' ' {
		return '_'
	}
	return r
}

// TestPathTraversal: no path leads out of the panel's files, nor out of what an id may name.
func TestPathTraversal(t *testing.T) {
	h := open(t)
	h.closing.folder = dayclose.Folder(t.TempDir())
	h.closing.list = []dayclose.Close{{ID: "close-1", Day: dialer.DateOf(tuesday), Step: dayclose.Closed, Files: []dayclose.File{{Name: "../../../../../../etc/passwd", Octets: 1}}}}
	c := h.as("supervisor")
	for _, path := range []string{
		"/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../../etc/passwd", "/assets/..%5c..%5cetc%5cpasswd",
		"/.vite/manifest.json", "/.gitkeep", "//etc/passwd", "/assets//etc/passwd", "/index.html/../../etc/passwd", "/%00", "/assets/%00.js",
		"/api/closes/close-1/files/0", "/api/closes/..%2f..%2f/files/0", "/api/closes/close-1/files/-1", "/api/closes/close-1/files/9999999999",
		"/api/exports/..%2f..%2fetc%2fpasswd/files/0", "/api/reports/..%2f..%2fetc/file", "/api/minutes/..%2f..%2fetc/file",
		"/api/attempts/..%2f..%2fetc%2fpasswd/recording", "/api/targets/notices/..%2f..%2fetc/file", "/api/lists/..%2f..%2fetc/found",
	} {
		a := h.raw(t, "GET "+path+" HTTP/1.1\r\nHost: "+h.host()+"\r\nCookie: "+c.cookie()+"\r\nConnection: close\r\n\r\n")
		if strings.Contains(a, "root:") || strings.Contains(a, `"file":`) || strings.HasPrefix(a, "HTTP/1.1 5") {
			t.Errorf("%s: %.300s", path, a)
		}
	}
}

func (h *house) host() string { return strings.TrimPrefix(h.url, "http://") }

func (c *client) cookie() string {
	c.h.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, c.h.url, nil)
	for _, k := range c.http.Jar.Cookies(r.URL) {
		if k.Name == auth.CookieName {
			return k.Name + "=" + k.Value
		}
	}
	c.h.t.Fatal("nobody is signed in")
	return ""
}

// raw sends bytes as they are and reads to the end of the connection.
func (h *house) raw(t *testing.T, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", h.host())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patienceOfTests))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(bufio.NewReader(conn)) // a connection that is cut has said enough
	return string(got)
}

// TestHeaderSmuggling: what a proxy before us could read otherwise than we do is refused, or ends the connection: no second request
// ever comes out of the first one's body.
func TestHeaderSmuggling(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	host, inner := "Host: "+h.host()+"\r\n", "GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"
	cookie := "Cookie: " + c.cookie() + "\r\nContent-Type: application/json\r\n"
	for name, text := range map[string]string{
		"length and chunks":    "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
		"chunks and length":    "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n" + inner,
		"two lengths":          "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + inner,
		"a length in words":    "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Content-Length: +0\r\n\r\n" + inner,
		"lengths in a list":    "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Content-Length: 0, 44\r\n\r\n" + inner,
		"unknown coding":       "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Transfer-Encoding: xchunked\r\n\r\n" + inner,
		"two codings":          "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner,
		"a blank before colon": "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner,
		"two hosts":            "GET /api/demo HTTP/1.1\r\n" + host + "Host: elsewhere.example\r\n\r\n" + inner,
		"no host":              "GET /api/demo HTTP/1.1\r\n\r\n" + inner,
		"a folded header":      "GET /api/demo HTTP/1.1\r\n folded: yes\r\n" + host + "\r\n" + inner,
		"bare CR in a header":  "GET /api/demo HTTP/1.1\r\n" + host + "X: a\rContent-Length: 44\r\n\r\n" + inner,
		"NUL in a header":      "GET /api/demo HTTP/1.1\r\n" + host + "X: a\x00b\r\n\r\n" + inner,
		"a bad chunk":          "POST /api/calls HTTP/1.1\r\n" + host + cookie + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + inner,
		"garbage":              "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + inner,
	} {
		got := h.raw(t, text)
		if n := strings.Count(got, "HTTP/1.1 "); n > 1 || strings.Contains(got, "HTTP/1.1 200") || strings.Contains(got, "HTTP/1.1 500") {
			t.Errorf("%s: %d answers: %.400q", name, n, got)
		}
	}
	long := h.raw(t, "GET /api/demo HTTP/1.1\r\n"+host+"X: "+strings.Repeat("a", 128<<10)+"\r\n\r\n")
	if !strings.HasPrefix(long, "HTTP/1.1 431") {
		t.Errorf("an endless header: %.100q", long)
	}
}

// TestSessionFixation: whoever plants a cookie in somebody's browser gains nothing by their signing in.
func TestSessionFixation(t *testing.T) {
	h := open(t)
	attacker := h.as("operator2")
	planted := strings.TrimPrefix(attacker.cookie(), auth.CookieName+"=")
	for _, token := range []string{planted, "chosen-by-somebody-else"} {
		r := httptest.NewRequest(http.MethodPost, "/api/session", strings.NewReader(`{"login":"supervisor","password":"`+password+`"}`))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&http.Cookie{Name: auth.CookieName, Value: token})
		w := h.handle(r)
		var given string
		for _, c := range w.Result().Cookies() {
			if c.Name == auth.CookieName {
				given = c.Value
			}
		}
		if w.Code != 200 || given == "" || given == token {
			t.Fatalf("signed in with %d under the token %q", w.Code, given)
		}
		for _, r := range []string{token} {
			q := httptest.NewRequest(http.MethodGet, "/api/session", nil)
			q.AddCookie(&http.Cookie{Name: auth.CookieName, Value: r})
			if w := h.handle(q); w.Code != http.StatusUnauthorized {
				t.Errorf("the planted token is somebody's: %d %s", w.Code, w.Body)
			}
		}
	}
}

// TestTenThousandWrongSignIns: memory stays bounded, the others are answered meanwhile, and nobody comes in.
func TestTenThousandWrongSignIns(t *testing.T) {
	full.Only(t)
	h := open(t)
	working := h.as("operator")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	handler := h.server.Handler()
	var all sync.WaitGroup
	tries := make(chan int)
	for range 16 {
		all.Go(func() {
			for i := range tries {
				r := httptest.NewRequest(http.MethodPost, "/api/session", strings.NewReader(fmt.Sprintf(`{"login":"user%d","password":"wrong %d"}`, i%3000, i)))
				r.Header.Set("Content-Type", "application/json")
				r.RemoteAddr = fmt.Sprintf("10.0.0.%d:1234", i%6)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusUnauthorized && w.Code != http.StatusTooManyRequests && w.Code != http.StatusServiceUnavailable {
					t.Errorf("try %d got %d %s", i, w.Code, w.Body)
				}
			}
		})
	}
	longest := time.Duration(0)
	for i := range 10_000 {
		if i%500 == 0 {
			began := time.Now()
			working.do(http.MethodGet, "/api/session", nil).want(t, 200)
			longest = max(longest, time.Since(began))
		}
		tries <- i
	}
	close(tries)
	all.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 48<<20 {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
	if longest > 5*time.Second {
		t.Errorf("somebody who works waited %s", longest)
	}
}

// FuzzCookie: whatever stands in the cookie, it is a session that was opened, or none.
func FuzzCookie(f *testing.F) {
	for _, s := range []string{
		"", "kakeru_session=", "kakeru_session=abc; kakeru_session=def", "kakeru_session=\"x\"", "=;;=", "kakeru_session=" + strings.Repeat("a", 5000), "kakeru_session=\x00\xff",
	} {
		f.Add(s)
	}
	h := openFor(f)
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "/api/session", nil)
		r.Header["Cookie"] = []string{header}
		if w := h.handle(r); w.Code != http.StatusUnauthorized || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: %d %s", header, w.Code, w.Body)
		}
	})
}

// FuzzQuery: whatever stands in the filters of a list, it is answered, or said what is wrong with it.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "from=2026-11-24T00:00:00%2B09:00&to=x", "cursor=%ff", "limit=-1", "limit=99999999999999999999", "case_id=';--", "a=b", "from=&from=", ";", "%"} {
		for i := range uint8(5) {
			f.Add(i, s)
		}
	}
	paths := []string{"/api/attempts", "/api/handoffs", "/api/queue", "/api/progress", "/api/reports/month/rows"}
	h := openFor(f)
	session, err := h.server.keeper.SignIn(f.Context(), auth.SignIn{Login: "supervisor", Password: password})
	if err != nil {
		f.Fatal(err)
	}
	cookie := h.server.keeper.Cookie(session)
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawQuery = paths[int(which)%len(paths)], query
		r.AddCookie(&cookie)
		if w := h.handle(r); w.Code >= 500 {
			t.Fatalf("%s?%s: %d %s", r.URL.Path, query, w.Code, w.Body)
		}
	})
}
