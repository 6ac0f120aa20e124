package webui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestWhoeverOpensManyConnections takes away their own alone: 1,600 at once from one address, each with a body that never comes.
// Whoever comes from another address is answered meanwhile, those that were let in are closed when their time is over, and nothing
// of them is left.
func TestWhoeverOpensManyConnections(t *testing.T) {
	const many = 1600
	h := open(t, func(d *Deps) { d.BodyWait = 2 * time.Second })
	other := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext,
	}}
	before := descriptors(t)
	goroutines := runtime.NumGoroutine()

	var all sync.WaitGroup
	var mu sync.Mutex
	said := map[string]int{}
	opened := make(chan struct{}, many)
	for range many {
		all.Go(func() {
			status := waitsForNothing(t.Context(), h.host(), opened)
			mu.Lock()
			said[status]++
			mu.Unlock()
		})
	}
	for range many {
		<-opened
	}
	for range 20 {
		r, err := other.Get("http://" + h.host() + "/api/session")
		if err != nil {
			t.Fatalf("from another address: %v", err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if _ = r.Body.Close(); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("from another address: %d", r.StatusCode)
		}
	}
	all.Wait()
	scraped := h.browser().do(http.MethodGet, "/metrics", nil).want(t, 200)
	_, after, _ := strings.Cut(string(scraped.body), "\nkakeru_http_connections_refused_total ")
	refused, _ := strconv.Atoi(strings.SplitN(after, "\n", 2)[0])
	t.Logf("%d were closed at the door; what the others were told: %v", refused, said)
	if refused < many-connectionsEach-200 || said["HTTP/1.1 408"] == 0 {
		t.Errorf("%d closed at the door, told %v", refused, said)
	}
	eventually(t, "the descriptors are given back", func() bool { return descriptors(t) <= before+8 })
	eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines+8 })
}

// waitsForNothing opens a connection, announces a body, sends none of it, and returns the status line it is told.
func waitsForNothing(ctx context.Context, host string, opened chan<- struct{}) string {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp4", host)
	opened <- struct{}{}
	if err != nil {
		return "no connection"
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patienceOfTests))
	_, err = fmt.Fprintf(conn, "POST /api/session HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", host)
	if err != nil {
		return "closed"
	}
	got, err := io.ReadAll(conn)
	switch status, _, ok := strings.Cut(string(got), "\r\n"); {
	case ok:
		return status[:12]
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "held for ever"
	default:
		return "closed"
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// TestARefusedBodyHoldsNothing: who is not let in and never sends the body that was announced, is not waited for.
func TestARefusedBodyHoldsNothing(t *testing.T) {
	h := open(t, func(d *Deps) { d.BodyWait = time.Hour })
	for _, path := range []string{"/api/lists", "/api/attempts", "/api/nowhere"} {
		conn, err := net.Dial("tcp", h.host())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", path, h.host())
		_ = conn.SetReadDeadline(time.Now().Add(patienceOfTests))
		if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 4") {
			t.Errorf("%s: %v, %.100q", path, err, got)
		}
		_ = conn.Close()
	}
}

// TestTurnstile counts by address, of IPv6 by /64, in all, and lets a proxy have more than its share.
func TestTurnstile(t *testing.T) {
	at := func(s string) netip.Addr {
		_, of := network(&net.TCPAddr{IP: netip.MustParseAddr(s).AsSlice(), Port: 1})
		return of
	}
	turn := newTurnstile(nil, Connections{All: 4, Each: 2}, nil, nil, nil)
	for i, step := range []struct {
		from   string
		exempt bool
		want   bool
	}{
		{"192.0.2.1", false, true},
		{"::ffff:192.0.2.1", false, true},
		{"192.0.2.1", false, false},
		{"192.0.2.1", true, true},
		{"2001:db8::1", false, true},
		{"2001:db8::2", false, false}, // in all
	} {
		if got := turn.enter(at(step.from), step.exempt); got != step.want {
			t.Errorf("step %d, %+v: %t", i, step, got)
		}
	}
	turn.leave(at("192.0.2.1"))
	if !turn.enter(at("2001:db8::3"), false) || turn.enter(at("2001:db8::4"), false) {
		t.Error("a /64 is not counted as one")
	}
}
