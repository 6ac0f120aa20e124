package webui

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
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
	turn := newTurnstile(nil, Connections{All: 4, Each: 2}, nil, nil, nil)
	enter := func(from string, exempt bool) (*passer, bool) {
		p := comesFrom(turn, from)
		away, ok := turn.enter(p, exempt)
		if away != nil {
			t.Errorf("one from %s had another give way that had just come", from)
		}
		return p, ok
	}
	var first *passer
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
		p, got := enter(step.from, step.exempt)
		if got != step.want {
			t.Errorf("step %d, %+v: %t", i, step, got)
		}
		if first == nil {
			first = p
		}
	}
	turn.leave(first)
	turn.leave(first) // closed twice
	if _, ok := enter("2001:db8::3", false); !ok {
		t.Error("no place was given back")
	}
	if _, ok := enter("2001:db8::4", false); ok {
		t.Error("a /64 is not counted as one")
	}
}

// comesFrom is a connection from an address.
func comesFrom(turn *turnstile, from string) *passer {
	_, at := network(&net.TCPAddr{IP: netip.MustParseAddr(from).AsSlice(), Port: 1})
	return &passer{at: at, door: turn}
}

// TestAStrangersConnectionGivesWay: where an address has its share, one that was there for a while and on which nobody was signed in gives way to a new one;
// never one on which somebody was, nor one that has just come, nor another address's.
func TestAStrangersConnectionGivesWay(t *testing.T) {
	clock := &clockOf{now: tuesday}
	turn := newTurnstile(nil, Connections{Each: 8}, nil, nil, nil)
	turn.now = clock.Now
	other, mine := comesFrom(turn, "192.0.2.2"), comesFrom(turn, "192.0.2.1")
	all := []*passer{mine}
	for range 7 {
		all = append(all, comesFrom(turn, "192.0.2.1"))
	}
	for _, p := range append(all, other) {
		if away, ok := turn.enter(p, false); !ok || away != nil {
			t.Fatal("not let in, though there is room")
		}
	}
	turn.keep(mine, somebody("user-operator"))
	clock.forward(givesWayAfter - 1)
	if away, ok := turn.enter(comesFrom(turn, "192.0.2.1"), false); ok || away != nil {
		t.Error("one more was let in while the others had just come")
	}
	clock.forward(1)
	for range 7 {
		fresh := comesFrom(turn, "192.0.2.1")
		away, ok := turn.enter(fresh, false)
		if !ok || away == nil || away == mine || away == other || away.since.Equal(fresh.since) {
			t.Fatalf("let in %t, and %+v gave way", ok, away)
		}
		turn.leave(away) // as its end does, once more
	}
	if away, ok := turn.enter(comesFrom(turn, "192.0.2.1"), false); ok || away != nil {
		t.Error("one of those that have just come gave way")
	}
	if turn.open != 9 || len(turn.of) != 2 {
		t.Errorf("%d are counted, of %d addresses", turn.open, len(turn.of))
	}
	turn.leave(mine)
}

// TestWhoIsSignedInKeepsTheirConnection: strangers who hold all connections of a shared address keep nobody out who is signed in there, and take no connection
// from them.
func TestWhoIsSignedInKeepsTheirConnection(t *testing.T) {
	h := open(t)
	cookie := h.as("operator").cookie()
	front := openFront(t, h, Connections{Each: 4})
	mine := front.dial(t)
	if err := asks(mine, "/api/session", cookie); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := asks(front.dial(t), "/api/session", "kakeru_session=made-up"); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 { // with new ones, of which each takes a stranger's place
		front.clock.forward(givesWayAfter)
		if err := asks(front.dial(t), "/api/session", ""); err != nil {
			t.Fatalf("one more: %v", err)
		}
	}
	if err := asks(mine, "/api/session", cookie); err != nil {
		t.Errorf("the connection of somebody who is signed in: %v", err)
	}
}

// front is a server's door of its own, by TLS, with a clock that stands.
type front struct {
	*turnstile

	clock *clockOf
	addr  string
}

func openFront(t *testing.T, h *house, of Connections) *front {
	t.Helper()
	listener, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := newTurnstile(listener, of, func(netip.Addr) bool { return false }, func() {}, slog.New(slog.DiscardHandler))
	clock := &clockOf{now: tuesday}
	door.now = clock.Now
	served := httptest.NewUnstartedServer(h.server.Handler())
	_ = served.Listener.Close()
	served.Listener, served.Config.ConnContext = door, withPasser
	served.StartTLS() // which wraps them
	t.Cleanup(served.Close)
	return &front{door, clock, listener.Addr().String()}
}

func (f *front) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := tls.Dial("tcp4", f.addr, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test's own
	if err != nil {
		t.Fatalf("kept out: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// keeping is how many connections keep a place.
func (f *front) keeping() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.stays {
		n += len(s.of)
	}
	return n
}

// asks for something on a connection, and reads the answer, whatever it is.
func asks(c net.Conn, path, cookie string) error {
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n", path, cookie)
	if err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(patienceOfTests))
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return errors.Join(err, r.Body.Close())
}
