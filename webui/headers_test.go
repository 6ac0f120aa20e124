package webui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kakeru/webui/auth"
)

// TestEveryAnswerBearsTheHeaders: pages, files, the API's answers and its refusals, figures and what is not there.
func TestEveryAnswerBearsTheHeaders(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	for _, of := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/board"}, {"GET", "/assets/none.js"}, {"GET", "/assets/"}, {"POST", "/"}, {"TRACE", "/"}, {"OPTIONS", "/api/calls"}, {"TRACE", "/api/calls"},
		{"GET", "/api/session"}, {"GET", "/api/nothing"}, {"GET", "/api/users"}, {"POST", "/api/calls"}, {"GET", "/api/openapi.json"},
		{"GET", "/healthz"}, {"GET", "/readyz"}, {"GET", "/metrics"}, {"GET", "/api/live"},
	} {
		a := c.do(of.method, of.path, nil, "X-Echo", "echoed")
		about := of.method + " " + of.path
		for header, part := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; object-src 'none'; script-src 'self';", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "microphone=()",
		} {
			if got := a.header.Get(header); !strings.Contains(got, part) {
				t.Errorf("%s: %s is %q", about, header, got)
			}
		}
		csp := a.header.Get("Content-Security-Policy")
		for _, part := range []string{"base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %s: %s", about, part, csp)
			}
		}
		if strings.HasPrefix(of.path, "/api/") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", about, a.header.Get("Cache-Control"))
		}
		if of.method == http.MethodTrace && (a.status < 400 || strings.Contains(string(a.body), "echoed")) {
			t.Errorf("%s is answered with %d %s", about, a.status, a.body)
		}
		if strings.HasPrefix(of.path, "/assets/") && a.status != http.StatusNotFound {
			t.Errorf("%s: %d, where there is no such file and no list of files", about, a.status)
		}
		kind := a.header.Get("Content-Type")
		if len(a.body) > 0 && (kind == "" || strings.HasPrefix(kind, "text/") && !strings.Contains(kind, "charset=utf-8")) {
			t.Errorf("%s is of the kind %q", about, kind)
		}
	}
}

// TestNoOtherOriginMayRead: no answer names an origin that may read it, and a preflight is not answered as one.
func TestNoOtherOriginMayRead(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	for _, of := range []struct{ method, path string }{{"GET", "/api/session"}, {"OPTIONS", "/api/calls"}, {"GET", "/"}, {"GET", "/metrics"}} {
		a := c.do(of.method, of.path, nil, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST")
		for header := range a.header {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s %s says %s: %s", of.method, of.path, header, a.header.Get(header))
			}
		}
	}
}

// TestHTTPSAlone: behind https browsers are told to come by nothing else, for a year; without it nothing is said that would lock
// people out.
func TestHTTPSAlone(t *testing.T) {
	for behind, want := range map[bool]string{true: "max-age=31536000; includeSubDomains", false: ""} {
		h := open(t, func(d *Deps) { d.Auth = auth.Settings{Cost: cheap, SecureCookie: behind} })
		for _, path := range []string{"/", "/api/session", "/healthz"} {
			if got := h.handle(httptest.NewRequest(http.MethodGet, path, nil)).Header().Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s behind https %v: %q", path, behind, got)
			}
		}
	}
}

// TestHeadersOfAProxyAreNotBelieved: whoever asks cannot say in a header where they are, who they are, or which route they want.
func TestHeadersOfAProxyAreNotBelieved(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	forged := []string{
		"X-Forwarded-For", "192.0.2.66", "X-Real-IP", "192.0.2.66", "Forwarded", "for=192.0.2.66", "X-Forwarded-User", "admin", "X-User-ID", "user-admin",
		"X-Original-URL", "/api/users", "X-Rewrite-URL", "/api/users", "X-HTTP-Method-Override", "DELETE",
	}
	c.do("GET", "/api/cases/case-1", nil, forged...).want(t, 200)
	if e := h.noted(); e.Address != "127.0.0.1" || e.By != "user-operator" {
		t.Errorf("written down: %+v", e)
	}
	c.do("GET", "/api/users", nil, forged...).problem(t, 403, "forbidden")
	h.browser().do("GET", "/api/users", nil, forged...).problem(t, 401, "unauthorized")
}
