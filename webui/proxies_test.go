package webui

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// through is a request that a proxy passes on.
func (h *house) through(method, path, body, peer string, forwarded ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/json")
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	return h.handle(r)
}

func behind(metrics *prometheus.Registry, networks ...string) func(*Deps) {
	return func(d *Deps) {
		d.Metrics = metrics
		for _, n := range networks {
			d.Proxies.Trusted = append(d.Proxies.Trusted, netip.MustParsePrefix(n))
		}
		d.Rates = Rates{Address: 2}
	}
}

// TestBehindAProxy: limits, sign-in and record go by who stands behind the proxies that are named, and by nobody's word else.
func TestBehindAProxy(t *testing.T) {
	metrics := prometheus.NewRegistry()
	h := open(t, behind(metrics, "10.0.0.0/24", "192.0.2.10/32"))
	const proxy = "10.0.0.1:40000"
	flood := func(peer string, forwarded func(i int) string) (answered int) {
		for i := range 60 {
			if h.through("GET", "/api/demo", "", peer, forwarded(i)).Code == 200 {
				answered++
			}
		}
		return answered
	}
	if n := flood(proxy, func(int) string { return "203.0.113.5, 198.51.100.1" }); n != 20 {
		t.Errorf("one person behind the proxy: %d answered, want ten seconds' worth", n)
	}
	if w := h.through("GET", "/api/demo", "", proxy, "198.51.100.2"); w.Code != 200 {
		t.Errorf("their neighbour: %d", w.Code)
	}
	if w := h.through("GET", "/api/demo", "", proxy, "198.51.100.1, 192.0.2.10", "10.0.0.2"); w.Code != 429 {
		t.Errorf("the first by another way through a chain: %d", w.Code)
	}
	if n := flood(proxy, func(i int) string { return fmt.Sprintf("203.0.113.%d, 198.51.100.3", i) }); n != 20 {
		t.Errorf("who makes up what stands left of it: %d answered", n)
	}
	if n := flood("203.0.113.66:1", func(i int) string { return fmt.Sprintf("198.51.100.%d", 100+i) }); n != 20 {
		t.Errorf("a stranger who writes the header: %d answered", n)
	}
	if n := flood("10.0.0.9:1", func(i int) string { return fmt.Sprintf("garbage %d", i) }); n != 20 {
		t.Errorf("what is no address, by another proxy: %d answered", n)
	}
	if n := flood("10.0.0.3:1", func(i int) string { return fmt.Sprintf("2001:db8:5:5::%x", i) }); n != 20 {
		t.Errorf("one household of IPv6: %d answered", n)
	}
	if w := h.through("GET", "/api/demo", "", "10.0.0.3:1", "2001:db8:5:6::1"); w.Code != 200 {
		t.Errorf("the household beside it: %d", w.Code)
	}
	for why, want := range map[string]float64{"stranger": 60, "garbled": 60, "unsaid": 0} {
		if n := counted(t, metrics, why); n != want {
			t.Errorf("%s: counted %v, want %v", why, n, want)
		}
	}
	if n := strings.Count(h.logs.String(), "where requests come from is not known"); n != 2 {
		t.Errorf("stands %d times in the log, want once for each reason", n)
	}
	if strings.Contains(h.logs.String(), "garbage") {
		t.Error("what was written stands in the log")
	}

	// The record has who stands behind the proxy.
	w := h.through("POST", "/api/session", `{"login":"operator","password":"`+password+`"}`, "10.0.0.4:1", "198.51.100.40")
	if w.Code != http.StatusOK {
		t.Fatalf("signed in: %d %s", w.Code, w.Body)
	}
	if all := h.book.all(); all[len(all)-1].Action != audit.SignedIn || all[len(all)-1].Address != "198.51.100.40" {
		t.Errorf("written down: %+v", all)
	}
}

func counted(t *testing.T, metrics prometheus.Gatherer, why string) float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "kakeru_http_unlocated_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == why {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// TestWrongTriesBehindAProxy: a hundred wrong tries bar an address behind the proxy, of IPv6 its /64, and nobody beside it.
func TestWrongTriesBehindAProxy(t *testing.T) {
	h := open(t, func(d *Deps) { d.Proxies = auth.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}} })
	try := func(login, from string) int {
		return h.through("POST", "/api/session", `{"login":"`+login+`","password":"wrong"}`, "10.0.0.1:1", from).Code
	}
	for i := range 100 {
		if code := try(fmt.Sprintf("nobody%d", i), fmt.Sprintf("2001:db8:7:7::%x", i+1)); code != 401 {
			t.Fatalf("try %d: %d", i, code)
		}
	}
	if code := try("somebody", "2001:db8:7:7:ffff::1"); code != 429 {
		t.Errorf("from the same /64: %d", code)
	}
	if code := try("somebody", "2001:db8:7:8::1"); code != 401 {
		t.Errorf("from the /64 beside it: %d", code)
	}
}
