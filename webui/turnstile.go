package webui

import (
	"container/list"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
)

// turnstile is a listener that holds no more connections than it may, in all and of one address, so that whoever opens many takes
// away no more than their own. It counts before TLS and before the first byte; a websocket is counted until it ends. What is too
// much is closed without a word: an answer would cost more than the connection. Strangers behind a shared address do not keep out
// those who work there: where an address has its share, one of its connections that keeps no place gives way to the new one. A place
// is kept by who has shown on it that they are signed in. Chance says which gives way, or whoever floods would choose. Where all are
// taken, one of the address that has most of those gives way to whoever comes: some twenty strangers would shut the centre out otherwise.
type turnstile struct {
	net.Listener
	all, each int
	exempt    func(netip.Addr) bool // proxies, behind whom everybody is
	refused   func()
	log       *slog.Logger
	now       dialer.Clock // of how long a connection has been there

	mu    sync.Mutex
	open  int
	of    map[netip.Addr]*origin
	crowd crowd
	fresh *list.List // those that have just come and so give way to nobody, the oldest first
	told  time.Time  // when the log was told last
	quiet int        // how many were refused since

	kept  map[dialer.UserID]int // how many places somebody keeps
	stays map[string]*stay      // by the token that keeps them
}

// The most connections, unless the settings say otherwise. Over TLS a browser has two or three (HTTP/2 and the live board), without it up
// to seven: so one address has room for an office of 70 screens, and sixteen such addresses for all that they may.
const (
	connectionsInAll = 8192
	connectionsEach  = 512
	tellAgain        = time.Minute
	// givesWayAfter is how old a connection is, at least, that gives way: in that time whoever is signed in has asked for something.
	givesWayAfter = 5 * time.Second
)

func newTurnstile(l net.Listener, of Connections, exempt func(netip.Addr) bool, refused func(), log *slog.Logger) *turnstile {
	if of.All == 0 {
		of.All = connectionsInAll
	}
	if of.Each == 0 {
		of.Each = connectionsEach
	}
	return &turnstile{
		Listener: l, all: of.All, each: of.Each, exempt: exempt, refused: refused, log: log, now: time.Now, of: map[netip.Addr]*origin{}, fresh: list.New(),
		kept: map[dialer.UserID]int{}, stays: map[string]*stay{},
	}
}

// Accept implements net.Listener.
func (t *turnstile) Accept() (net.Conn, error) {
	for {
		c, err := t.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr, at := network(c.RemoteAddr())
		p := &passer{Conn: c, at: at, door: t}
		away, ok := t.enter(p, t.exempt(addr))
		if away != nil {
			t.refuse(away.Conn)
		}
		if ok {
			return p, nil
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

// enter counts a connection, unless it is too much. away is one that has given way to it, and is to be closed.
func (t *turnstile) enter(p *passer, exempt bool) (away *passer, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.ripen(now)
	switch o := t.of[p.at]; {
	case o != nil && o.open >= t.each && !exempt:
		away = o.givesWay()
	case t.open >= t.all && len(t.crowd) > 0:
		away = t.crowd[0].givesWay()
	default:
		t.add(p, now)
		return nil, true
	}
	if away == nil {
		return nil, false
	}
	t.remove(away)
	t.add(p, now)
	return away, true
}

func (t *turnstile) leave(p *passer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remove(p)
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
	at     netip.Addr
	door   *turnstile
	since  time.Time
	keeper atomic.Pointer[holder] // who keeps its place; nil is nobody. It is set with the door's mu

	// What follows needs the door's mu.
	from  *origin       // nil when it is not counted
	fresh *list.Element // where it is among those that have just come; nil when it was there for a while
	loose int           // where it is among those of its origin that give way, counted from 1; 0 is not among them
}

// Close implements net.Conn.
func (c *passer) Close() error {
	defer c.door.leave(c)
	return c.Conn.Close()
}

type passerKey struct{}

// withPasser has the requests of a connection know it (http.Server.ConnContext).
func withPasser(ctx context.Context, c net.Conn) context.Context {
	if wrapped, ok := c.(*tls.Conn); ok {
		c = wrapped.NetConn()
	}
	return context.WithValue(ctx, passerKey{}, c)
}
