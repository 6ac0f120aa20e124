package webui

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

func TestForeignOriginIsRefused(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	for _, headers := range [][]string{
		{"Origin", "https://elsewhere.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"},
	} {
		c.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}, headers...).problem(t, 403, "forbidden")
	}
	c.do("POST", "/api/desks/desk1/sit", nil, "Origin", h.url, "Sec-Fetch-Site", "same-origin").want(t, 200)
	if len(h.dialled) != 0 {
		t.Fatal("a foreign page dialled")
	}
}

// TestAnotherOriginReadsNothing: it would see no answer, but the record would say that the person had read the case.
func TestAnotherOriginReadsNothing(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	before := len(h.book.all())
	for _, site := range []string{"same-site", "cross-site"} {
		for _, path := range []string{"/api/cases/case-1", "/api/attempts", "/api/session"} {
			c.do("GET", path, nil, "Sec-Fetch-Site", site).problem(t, 403, "forbidden")
		}
		c.do("GET", "/", nil, "Sec-Fetch-Site", site).want(t, 200) // a link from the ward's own pages
	}
	if n := len(h.book.all()); n != before {
		t.Errorf("%d entries of what nobody read", n-before)
	}
	for _, site := range []string{"same-origin", "none", ""} {
		c.do("GET", "/api/cases/case-1", nil, "Sec-Fetch-Site", site).want(t, 200)
	}
}

func TestServerRoutes(t *testing.T) {
	h := open(t)
	c := h.browser()
	c.do("GET", "/healthz", nil).want(t, 200)
	if a := c.do("GET", "/readyz", nil).want(t, 200); strings.TrimSpace(string(a.body)) != `{"ledger":"ok"}` {
		t.Fatalf("ready %s", a.body)
	}
	h.server.d.Probes["queue"] = func(context.Context) error { return dialer.ErrQueueDown }
	if a := c.do("GET", "/readyz", nil).want(t, 503); strings.TrimSpace(string(a.body)) != `{"ledger":"ok","queue":"down"}` {
		t.Fatalf("ready %s", a.body)
	}
	if a := c.do("GET", "/metrics", nil).want(t, 200); !strings.Contains(string(a.body), "kakeru_event_to_panel_seconds_count") {
		t.Fatal("metrics lack event to panel")
	}
	a := c.do("GET", "/api/openapi.json", nil).want(t, 200)
	want, _ := OpenAPI()
	if !bytes.Equal(a.body, want) {
		t.Fatal("served description differs from OpenAPI()")
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	c.do("GET", "/api/nothing", nil).problem(t, 404, "not_found")
	c.do("PUT", "/api/calls", nil).problem(t, 404, "not_found")
	for header, part := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := a.header.Get(header); !strings.Contains(got, part) || strings.Contains(got, "unsafe") {
			t.Errorf("%s: %q", header, got)
		}
	}
}

func TestLogsNameRoutesOnly(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	c.do("GET", "/api/attempts?cursor=0312345678", nil)
	c.do("POST", "/api/cases/search", map[string]string{"q": "見本花子"})
	c.do("POST", "/api/cases/0909999/release", map[string]string{"reason": "わけ"})
	logs := h.logs.String()
	for _, never := range []string{"0312345678", "見本花子", "0909999", "わけ"} {
		if strings.Contains(logs, never) {
			t.Errorf("the log holds %q", never)
		}
	}
	if !strings.Contains(logs, `"route":"POST /api/cases/{id}/release","status":404`) {
		t.Errorf("the log does not name the route: %s", logs)
	}
}

func TestAddressInUse(t *testing.T) {
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Listen(t.Context(), l.Addr().String())
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "KAKERU_HTTP_ADDR") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("said %v", err)
	}
	if _, err = Listen(t.Context(), "nonsense"); err == nil || !strings.Contains(err.Error(), "KAKERU_HTTP_ADDR") {
		t.Fatalf("said %v", err)
	}
}

func TestSecureCookieBehindHTTPS(t *testing.T) {
	h := open(t, func(d *Deps) { d.Auth = auth.Settings{Cost: cheap, SecureCookie: true} })
	r := httptest.NewRequest(http.MethodPost, "/api/session", strings.NewReader(`{"login":"ward","password":"`+password+`"}`))
	r.Header.Set("Content-Type", "application/json")
	cookies := h.handle(r).Result().Cookies()
	if len(cookies) != 3 {
		t.Fatalf("cookies %v", cookies)
	}
	for _, c := range cookies {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie %q", c)
		}
		// Without its prefix another host of the domain might have planted it.
		for name, want := range map[string]int{c.Name: http.StatusOK, strings.TrimPrefix(c.Name, "__Host-"): http.StatusUnauthorized} {
			q := httptest.NewRequest(http.MethodGet, "/api/session", nil)
			q.AddCookie(&http.Cookie{Name: name, Value: c.Value})
			if w := h.handle(q); strings.HasSuffix(name, auth.CookieName) && w.Code != want {
				t.Errorf("by the cookie %s: %d, want %d", name, w.Code, want)
			}
		}
	}
}

// TestTheDescriptionIsMadeOnce: anybody may ask for it, and making it costs tens of milliseconds.
func TestTheDescriptionIsMadeOnce(t *testing.T) {
	h := open(t)
	ask := func() []byte {
		return h.handle(httptest.NewRequest(http.MethodGet, "/api/openapi.json", nil)).Body.Bytes()
	}
	first := ask()
	if made := testing.AllocsPerRun(5, func() { ask() }); made > 1000 {
		t.Errorf("%.0f allocations, each time anew", made)
	}
	if !bytes.Equal(ask(), first) || len(first) == 0 {
		t.Error("it is another one")
	}
}
