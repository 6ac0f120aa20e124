package webui

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kakeru/dialer"
)

// What one panel may do by its websocket. It has nothing to say; a browser answers pings by itself.
const (
	socketsPerSession = 8  // tabs
	socketsPerPerson  = 16 // in all their sessions
	// saidPerSecond is how many frames a second are read from a panel, pongs included; saidAtOnce as many may come at once.
	saidPerSecond = 5
	saidAtOnce    = 20
)

// seats counts who has how many websockets open.
type seats struct {
	mu       sync.Mutex
	sessions map[string]int // by token
	people   map[dialer.UserID]int
}

func newSeats() *seats { return &seats{sessions: map[string]int{}, people: map[dialer.UserID]int{}} }

// take counts one more socket; ok is false when there are too many. Call leave when it closes.
func (s *seats) take(v visitor) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[v.Token] >= socketsPerSession || s.people[v.User.ID] >= socketsPerPerson {
		return nil, false
	}
	s.sessions[v.Token]++
	s.people[v.User.ID]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sessions[v.Token]--; s.sessions[v.Token] == 0 {
			delete(s.sessions, v.Token)
		}
		if s.people[v.User.ID]--; s.people[v.User.ID] == 0 {
			delete(s.people, v.User.ID)
		}
	}, true
}

// has reports whether a session has a socket open.
func (s *seats) has(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[token] > 0
}

var errTooManySockets = newProblem(http.StatusTooManyRequests, "too_many",
	"この画面を開きすぎています。使っていないタブを閉じてください", "the panel is open too many times; close the tabs that are not used")

// newSayLimit leaves room for the answers to our own pings.
func newSayLimit(ping time.Duration) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(saidPerSecond+2/ping.Seconds()), saidAtOnce)
}

// sparing is a request whose connection, once it is a websocket, is read from no faster than a panel has anything to say. The frames are counted
// where they are understood; parts of a message are not, if they are empty and the last never comes.
type sparing struct {
	http.ResponseWriter
	ping time.Duration
}

// longestFrame is the longest of the frames that a browser sends by itself, which are control frames (RFC 6455 §5.2, §5.5).
const longestFrame = 2 + 4 + 125

func (s sparing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(s.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	bytes := newSayLimit(s.ping)
	bytes.SetLimit(bytes.Limit() * longestFrame)
	bytes.SetBurst(saidAtOnce * longestFrame)
	return sparingConn{conn, bytes}, buffered, nil
}

type sparingConn struct {
	net.Conn
	bytes *rate.Limiter
}

func (c sparingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b[:min(len(b), readLimit)])
	if !c.bytes.AllowN(time.Now(), n) {
		return 0, errTalksTooMuch
	}
	return n, err
}
