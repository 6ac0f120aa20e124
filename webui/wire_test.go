package webui

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

func (h *house) from(address, cookie, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = net.JoinHostPort(address, "1234")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return h.handle(r)
}

// TestRatesOfStrangersAndOfPeople: an address from which too much is asked is slowed, then not answered for a while; whoever is signed
// in behind it goes on, within a rate of their own.
func TestRatesOfStrangersAndOfPeople(t *testing.T) {
	h := open(t, func(d *Deps) { d.Rates = Rates{Session: 5, Address: 2} })
	cookie := h.as("operator").cookie()
	const bad = "192.0.2.66"
	if w := h.from(bad, cookie, "/api/session"); w.Code != 200 {
		t.Fatalf("signed in: %d", w.Code)
	}
	ok := 0
	for range 30 {
		w := h.from(bad, "", "/api/demo")
		if w.Code == 200 {
			ok++
			continue
		}
		p := into[Problem](t, answered{body: w.Body.Bytes()})
		if seconds, err := strconv.Atoi(w.Header().Get("Retry-After")); w.Code != 429 || p.Rule != "too_many" || p.Detail == "" || p.DetailEN == "" || err != nil || seconds < 1 {
			t.Fatalf("%d %s Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
	if ok != 20 {
		t.Errorf("%d of 30 at once were answered, want ten seconds' worth", ok)
	}
	h.clock.forward(time.Second)
	if w := h.from(bad, "", "/api/demo"); w.Code != 200 {
		t.Errorf("a second later: %d", w.Code)
	}
	for range 100 {
		h.from(bad, "", "/api/demo")
	}
	h.clock.forward(time.Minute)
	if w := h.from(bad, "", "/api/demo"); w.Code != 429 {
		t.Errorf("a minute after a flood: %d, want it banned", w.Code)
	}
	through := 0
	for range 60 {
		if w := h.from(bad, "kakeru_session=made-up", "/api/demo"); w.Code != 429 {
			through++
		}
	}
	if through != unseenBurst {
		t.Errorf("with a cookie that is no session's: %d were let through to be looked at", through)
	}
	if w := h.from(bad, cookie, "/api/session"); w.Code != 200 {
		t.Errorf("whoever is signed in behind it: %d", w.Code)
	}
	if w := h.from("192.0.2.67", "", "/api/demo"); w.Code != 200 {
		t.Errorf("the neighbour: %d", w.Code)
	}
	h.clock.forward(banFor)
	if w := h.from(bad, "", "/api/demo"); w.Code != 200 {
		t.Errorf("after the ban: %d", w.Code)
	}
	if n := strings.Count(h.logs.String(), "asks too much"); n != 1 {
		t.Errorf("the ban stands %d times in the log", n)
	}
	slowed := 0
	for range 60 {
		if w := h.from("192.0.2.68", cookie, "/api/session"); w.Code == 429 {
			slowed++
		}
	}
	if slowed < 5 || slowed > 15 {
		t.Errorf("%d of 60 at once by one session were slowed", slowed)
	}
}

// TestRatesAreCountedByNetwork: who has a whole network of IPv6 has one bucket, and an endless number of addresses no endless memory.
func TestRatesAreCountedByNetwork(t *testing.T) {
	h := open(t, func(d *Deps) { d.Rates = Rates{Session: 5, Address: 2} })
	refused := 0
	for i := range 40 {
		if w := h.from(fmt.Sprintf("2001:db8:0:1::%x", i+1), "", "/api/demo"); w.Code == 429 {
			refused++
		}
	}
	if refused < 15 {
		t.Errorf("%d of 40 from one network were refused", refused)
	}
	for i := range 3 * keysKept {
		h.from(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "", "/healthz")
	}
	h.server.throttle.mu.Lock()
	defer h.server.throttle.mu.Unlock()
	if n := len(h.server.throttle.young) + len(h.server.throttle.old); n > keysKept {
		t.Errorf("%d are remembered", n)
	}
}

// TestWebsocketHijack: a page of another site, whatever it says, does not read the board by somebody's cookie; nor does a session that
// has ended.
func TestWebsocketHijack(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	for name, header := range map[string]http.Header{
		"another site":            {"Origin": {"https://elsewhere.example"}},
		"null":                    {"Origin": {"null"}},
		"a longer host":           {"Origin": {h.url + ".elsewhere.example"}},
		"another port":            {"Origin": {"http://127.0.0.1:1"}},
		"user info":               {"Origin": {"http://" + h.host() + "@elsewhere.example"}},
		"two origins":             {"Origin": {h.url, "https://elsewhere.example"}},
		"another scheme":          {"Origin": {"file://" + h.host()}},
		"no origin, by a browser": {"Sec-Fetch-Site": {"cross-site"}},
		"same site, other origin": {"Origin": {h.url}, "Sec-Fetch-Site": {"same-site"}},
	} {
		conn, status := c.connect(websocket.Dialer{}, "", header)
		if conn != nil {
			conn.Close()
		}
		if status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, status)
		}
	}
	cookie := c.cookie()
	c.do(http.MethodDelete, "/api/session", nil).want(t, 204)
	conn, status := h.browser().connect(websocket.Dialer{}, "", http.Header{"Cookie": {cookie}, "Origin": {h.url}})
	if conn != nil {
		conn.Close()
	}
	if status != http.StatusUnauthorized {
		t.Errorf("with the cookie of a session that has ended: %d, want 401", status)
	}
}

// TestWebsocketOfHTTPSPages: where the panel is reached by https, a page that came by http is another's.
func TestWebsocketOfHTTPSPages(t *testing.T) {
	h := open(t, func(d *Deps) { d.Auth.SecureCookie = true })
	signedIn := h.browser().do(http.MethodPost, "/api/session", map[string]string{"login": "operator", "password": password}).want(t, http.StatusOK)
	cookie, _, _ := strings.Cut(signedIn.header.Get("Set-Cookie"), ";") // which a browser keeps from http
	c := h.browser()
	for origin, want := range map[string]int{"http://" + h.host(): 403, "https://" + h.host(): 101} {
		conn, status := c.connect(websocket.Dialer{}, "", http.Header{"Origin": {origin}, "Cookie": {cookie}})
		if conn != nil {
			conn.Close()
		}
		if status != want {
			t.Errorf("%s: %d, want %d", origin, status, want)
		}
	}
}

// TestSocketsAreBounded: so many by one session, so many by one person; those that close make room.
func TestSocketsAreBounded(t *testing.T) {
	h := open(t)
	c, other := h.as("operator"), h.as("operator")
	var opened []*websocket.Conn
	dial := func(c *client) int {
		conn, status := c.connect(websocket.Dialer{}, "", nil)
		if conn != nil {
			opened = append(opened, conn)
		}
		return status
	}
	t.Cleanup(func() {
		for _, conn := range opened {
			conn.Close()
		}
	})
	for range socketsPerSession {
		if status := dial(c); status != 101 {
			t.Fatalf("a tab gets %d", status)
		}
	}
	if status := dial(c); status != http.StatusTooManyRequests {
		t.Errorf("one too many gets %d", status)
	}
	for range socketsPerPerson - socketsPerSession {
		dial(other)
	}
	if status := dial(h.as("operator")); status != http.StatusTooManyRequests {
		t.Errorf("by a third session: %d", status)
	}
	if status := dial(h.as("operator2")); status != 101 {
		t.Errorf("another person gets %d", status)
	}
	opened[0].Close()
	eventually(t, "a tab that closed makes room", func() bool { return dial(c) == 101 })
}

// TestWebsocketFlood: whoever says much by a socket that is there to listen is cut off; so is a frame too long, or none at all.
func TestWebsocketFlood(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	first := byte(websocket.TextMessage)
	for name, flood := range map[string]func(*websocket.Conn) error{
		"empty parts of a message without an end": func(w *websocket.Conn) error {
			_, err := w.NetConn().Write([]byte{first, 0x80, 0, 0, 0, 0})
			first = 0 // a continuation
			return err
		},
		"texts": func(w *websocket.Conn) error { return w.WriteMessage(websocket.TextMessage, []byte("x")) },
		"pings": func(w *websocket.Conn) error {
			return w.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		},
		"pongs nobody asked for": func(w *websocket.Conn) error {
			return w.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))
		},
		"a long frame": func(w *websocket.Conn) error {
			return w.WriteMessage(websocket.BinaryMessage, make([]byte, 2*readLimit))
		},
		"no frame": func(w *websocket.Conn) error {
			_, err := w.NetConn().Write([]byte("\xff\xff\xff\xff garbage"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn, status := c.connect(websocket.Dialer{}, "", nil)
			if conn == nil {
				t.Fatalf("not connected: %d", status)
			}
			defer conn.Close()
			go func() {
				for range 10_000 {
					if flood(conn) != nil {
						return
					}
				}
			}()
			_ = conn.SetReadDeadline(time.Now().Add(patienceOfTests))
			for {
				if _, _, err := conn.ReadMessage(); err != nil {
					if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
						t.Error("nobody is cut off")
					}
					return
				}
			}
		})
	}
	c.do(http.MethodGet, "/api/session", nil).want(t, 200)
}

// TestSlowBody: a body that comes drop by drop is not waited for, and the server answers others meanwhile.
func TestSlowBody(t *testing.T) {
	const bodyWait = 500 * time.Millisecond
	h := open(t, func(d *Deps) { d.BodyWait = bodyWait })
	conn, err := net.Dial("tcp", h.host())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "POST /api/session HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", h.host())
	began := time.Now()
	go func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(conn, " "); err != nil {
				tick.Stop()
				return
			}
		}
	}()
	h.as("operator")
	_ = conn.SetReadDeadline(time.Now().Add(patienceOfTests))
	got, _ := io.ReadAll(bufio.NewReader(conn))
	if took := time.Since(began); took > patienceOfTests/2 || !strings.HasPrefix(string(got), "HTTP/1.1 408") || strings.Contains(string(got), "200 OK") {
		t.Errorf("after %s: %.200q", took, got)
	}
}

// TestSignOffAfterTheClose: when the day is closed, operators are signed off, once their talk and its result are over; who closes the
// day, the ward and whoever signs in afterwards are not.
func TestSignOffAfterTheClose(t *testing.T) {
	h := open(t)
	free, talking, boss, ward := h.as("operator"), h.as("operator2"), h.as("supervisor"), h.as("ward")
	talking.do(http.MethodPost, "/api/desks/desk2/sit", map[string]any{}).want(t, 200)
	free.do(http.MethodPost, "/api/desks/desk1/sit", map[string]any{}).want(t, 200)
	board := free.watch("")
	board.until("snapshot")
	h.set(func() { h.desks[1].State = dialer.DeskInCall })
	h.clock.forward(time.Minute)
	closed := dayclose.Close{ID: "close-1", Day: dialer.DateOf(tuesday), Step: dayclose.Closed, BegunAt: h.clock.Now(), Moved: h.clock.Now()}
	h.server.d.Hub.ShowClose(closed)
	board.saysBye("session")
	free.do(http.MethodGet, "/api/desks", nil).problem(t, 401, "unauthorized")
	h.set(func() {
		if h.desks[0].Operator != "" {
			t.Errorf("%s still sits at a desk", h.desks[0].Operator)
		}
	})
	for _, state := range []dialer.DeskState{dialer.DeskInCall, dialer.DeskWrapUp} {
		h.set(func() { h.desks[1].State = state })
		talking.do(http.MethodGet, "/api/desks", nil).want(t, 200)
	}
	h.set(func() { h.desks[1].State = dialer.DeskReady })
	talking.do(http.MethodGet, "/api/desks", nil).problem(t, 401, "unauthorized")
	boss.do(http.MethodGet, "/api/desks", nil).want(t, 200)
	ward.do(http.MethodGet, "/api/desks", nil).want(t, 200)
	h.clock.forward(time.Minute)
	h.as("operator").do(http.MethodGet, "/api/desks", nil).want(t, 200)
}

// TestSignOffAfterAnotherNodesClose: a close that nobody here was told of is found within a minute.
func TestSignOffAfterAnotherNodesClose(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	c.do(http.MethodGet, "/api/desks", nil).want(t, 200)
	h.clock.forward(askCloses)
	h.closing.mu.Lock()
	h.closing.list = []dayclose.Close{{ID: "close-1", Step: dayclose.Closed, Moved: h.clock.Now()}}
	h.closing.mu.Unlock()
	c.do(http.MethodGet, "/api/desks", nil).problem(t, 401, "unauthorized")
}

// TestAfterASlowBodyNothingFollows: what comes after a body that was not waited for is the rest of it. A proxy that uses the connection again for
// others must not have it taken for a request.
func TestAfterASlowBodyNothingFollows(t *testing.T) {
	h := open(t, func(d *Deps) { d.BodyWait = 200 * time.Millisecond })
	conn, err := net.Dial("tcp", h.host())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patienceOfTests))
	_, _ = fmt.Fprintf(conn, "POST /api/session HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", h.host())
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusRequestTimeout || !answer.Close {
		t.Errorf("answered with %d, and the connection is closed: %v", answer.StatusCode, answer.Close)
	}
	_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: elsewhere\r\n\r\n")
	if got, _ := io.ReadAll(r); len(got) > 0 {
		t.Errorf("the rest of the body was answered: %.100q", got)
	}
}
