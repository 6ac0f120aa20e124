package webui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// post is a request from an address, with cookies.
func (h *house) post(address, cookies, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", cookies)
	r.RemoteAddr = address + ":1234"
	return h.handle(r)
}

// signsIn signs somebody in from an address: their session's cookie, and what the browser is known by besides.
func (h *house) signsIn(t *testing.T, login, address string) (session, browser string) {
	t.Helper()
	w := h.post(address, "", "/api/session", `{"login":"`+login+`","password":"`+password+`"}`)
	if w.Code != http.StatusOK {
		t.Fatalf("signing in: %d %s", w.Code, w.Body)
	}
	var others []string
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
			t.Errorf("the cookie %s is not as strict as it may be", c.Name)
		}
		if c.Name == "kakeru_session" {
			session = c.Name + "=" + c.Value
			continue
		}
		others = append(others, c.Name+"="+c.Value)
	}
	return session, strings.Join(others, "; ")
}

// TestABanOfASharedAddressBarsNobodyKnown: a stranger's flood from behind the same router bars neither a browser in which somebody has signed in before nor a
// session, be it at a node that has seen neither.
func TestABanOfASharedAddressBarsNobodyKnown(t *testing.T) {
	h := open(t, func(d *Deps) { d.Rates = Rates{Session: 5, Address: 2} })
	const nat = "192.0.2.66"
	session, browser := h.signsIn(t, "operator", nat)
	flood := func() {
		for range 250 {
			h.from(nat, "", "/healthz")
		}
		if w := h.from(nat, "", "/healthz"); w.Code != http.StatusTooManyRequests {
			t.Fatalf("the flood is answered: %d", w.Code)
		}
	}
	flood()
	if w := h.post(nat, browser, "/api/session", `{"login":"operator","password":"`+password+`"}`); w.Code != http.StatusOK {
		t.Errorf("a known browser signs in: %d %s", w.Code, w.Body)
	}
	if w := h.post(nat, "kakeru_came=AAAA", "/api/session", `{"login":"operator","password":"`+password+`"}`); w.Code != http.StatusTooManyRequests {
		t.Errorf("with a cookie that somebody made up: %d", w.Code)
	}
	anew := func() {
		h.server.throttle = newThrottle(h.server.d.Rates, h.server.d.Now, h.server.keeper.Came)
		flood()
	}
	anew()
	for _, cookies := range []string{session, session + "; " + browser} {
		if w := h.from(nat, cookies, "/api/session"); w.Code != http.StatusOK {
			t.Errorf("a session after a start: %d %s", w.Code, w.Body)
		}
		anew()
	}
	for range 60 { // which takes all of the few that are looked at
		h.from(nat, "kakeru_session=made-up", "/api/demo")
	}
	if w := h.from(nat, session, "/api/session"); w.Code != http.StatusTooManyRequests {
		t.Errorf("without what the browser is known by, where strangers use up what is looked at: %d", w.Code)
	}
	if w := h.from(nat, session+"; "+browser, "/api/session"); w.Code != http.StatusOK {
		t.Errorf("with it: %d %s", w.Code, w.Body)
	}
}

// TestAPersonsBrowserHasTheirRate: what a browser is known by has a rate of its own, and is good for as long as it is known.
func TestAPersonsBrowserHasTheirRate(t *testing.T) {
	h := open(t, func(d *Deps) { d.Rates = Rates{Session: 5, Address: 2} })
	_, browser := h.signsIn(t, "operator", "192.0.2.66")
	answered := func() (n int) {
		for range 100 {
			if h.from("192.0.2.67", browser, "/healthz").Code == http.StatusOK {
				n++
			}
		}
		return n
	}
	if n := answered(); n != 49 && n != 50 {
		t.Errorf("%d at once were answered, want ten seconds' worth of a person's", n)
	}
	h.clock.forward(91 * 24 * time.Hour)
	if n := answered(); n != 20 {
		t.Errorf("%d were answered when it is known no longer, want an address's", n)
	}
}
