package webui

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// turnstile is a listener that holds no more connections than it may, in all and of one address, so that whoever opens many takes
// away no more than their own. It counts before TLS and before the first byte; a websocket is counted until it ends. What is too
// much is closed without a word: an answer would cost more than the connection.
type turnstile struct {
	net.Listener
	all, each int
	exempt    func(netip.Addr) bool // proxies, behind whom everybody is
	refused   func()
	log       *slog.Logger

	mu    sync.Mutex
	open  int
	of    map[netip.Addr]int
	told  time.Time // when the log was told last
	quiet int       // how many were refused since
}

// The most connections, unless the settings say otherwise. Over TLS a browser has two or three (HTTP/2 and the live board), without it up
// to seven: so one address has room for an office of 70 screens, and sixteen such addresses for all that they may.
const (
	connectionsInAll = 8192
	connectionsEach  = 512
	tellAgain        = time.Minute
)

func newTurnstile(l net.Listener, of Connections, exempt func(netip.Addr) bool, refused func(), log *slog.Logger) *turnstile {
	if of.All == 0 {
		of.All = connectionsInAll
	}
	if of.Each == 0 {
		of.Each = connectionsEach
	}
	return &turnstile{Listener: l, all: of.All, each: of.Each, exempt: exempt, refused: refused, log: log, of: map[netip.Addr]int{}}
}

// Accept implements net.Listener.
func (t *turnstile) Accept() (net.Conn, error) {
	for {
		c, err := t.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr, at := network(c.RemoteAddr())
		if t.enter(at, t.exempt(addr)) {
			return &passer{Conn: c, leave: sync.OnceFunc(func() { t.leave(at) })}, nil
		}
		t.refuse(c)
	}
}

// network is who is connected, and whom that is counted for: the address, of IPv6 the /64 that one subscriber has.
func network(a net.Addr) (who, of netip.Addr) {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return who, of
	}
	who = tcp.AddrPort().Addr().Unmap().WithZone("")
	if who.Is6() {
		wide, _ := who.Prefix(64) // 64 bits fit
		return who, wide.Addr()
	}
	return who, who
}

func (t *turnstile) enter(at netip.Addr, exempt bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open >= t.all || t.of[at] >= t.each && !exempt {
		return false
	}
	t.open++
	t.of[at]++
	return true
}

func (t *turnstile) leave(at netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
	if t.of[at]--; t.of[at] == 0 {
		delete(t.of, at)
	}
}

// refuse closes a connection that is too much. The log hears of it once a minute, whoever knocks.
func (t *turnstile) refuse(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // no port of ours waits for whoever opened it
	}
	_ = c.Close()
	t.refused()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quiet++
	if time.Since(t.told) < tellAgain {
		return
	}
	t.log.Warn("more connections than are allowed; some were closed", "closed", t.quiet, "open", t.open, "addresses", len(t.of))
	t.told, t.quiet = time.Now(), 0
}

// passer is a connection that is counted until it is closed.
type passer struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *passer) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
