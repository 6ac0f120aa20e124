package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emiago/sipgo/sip"
)

const defaultPort = 5060

// lookupLimit bounds the resolution of a peer's host name.
const lookupLimit = 2 * time.Second

// portTries is how often a port is looked for that is free for UDP and TCP, where any will do.
const portTries = 20

// listen opens our one UDP socket and, if asked to, the TCP listener of the same address.
func listen(cfg Config) (conn *net.UDPConn, granted int, l net.Listener, err error) {
	for range portTries {
		if conn, granted, err = listenUDP(cfg.Listen, cfg.ReceiveBuffer); err != nil || !cfg.TCP {
			return conn, granted, nil, err
		}
		if l, err = listenTCP(localAddr(conn).String()); err == nil {
			return conn, granted, l, nil
		}
		_ = conn.Close()
		if !strings.HasSuffix(cfg.Listen, ":0") {
			break
		}
	}
	return nil, 0, nil, fmt.Errorf("sip.listen: cannot listen for TCP at %s: %w; is another program using the port?", cfg.Listen, err)
}

func listenTCP(address string) (net.Listener, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	return net.ListenTCP("tcp"+version(at.Addr()), net.TCPAddrFromAddrPort(at))
}

// listenUDP opens a socket with a receive buffer for bursts, and tells how many bytes the kernel granted.
func listenUDP(address string, buffer int) (*net.UDPConn, int, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, 0, fmt.Errorf("sip.listen: %w", err)
	}
	conn, err := net.ListenUDP("udp"+version(at.Addr()), net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, 0, fmt.Errorf("sip.listen: cannot open %s: %w; is another program using the port?", address, err)
	}
	// A kernel that caps the buffer (net.core.rmem_max) grants less without an error; the figure is read back.
	if err := conn.SetReadBuffer(buffer); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("sip.receive_buffer: %w", err), conn.Close())
	}
	granted, err := receiveBuffer(conn)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("sip.receive_buffer: %w", err), conn.Close())
	}
	return conn, granted, nil
}

// localAddr is where a socket is bound.
func localAddr(conn *net.UDPConn) netip.AddrPort {
	at, _ := conn.LocalAddr().(*net.UDPAddr) // what a UDP socket's address is
	return at.AddrPort()
}

// listenerAddr is where a listener is bound.
func listenerAddr(l net.Listener) netip.AddrPort {
	at, _ := l.Addr().(*net.TCPAddr) // what a TCP listener's address is
	return at.AddrPort()
}

// receiveBuffer asks the kernel. Linux reports twice what can be used (socket(7)); this is the usable half.
func receiveBuffer(conn *net.UDPConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var (
		size   int
		asking error
	)
	err = raw.Control(func(fd uintptr) {
		size, asking = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	})
	return size / 2, errors.Join(err, asking)
}

// hop is where the messages of one transaction go: one place, by our socket or by a connection. It implements the
// library's Connection, so a transaction cannot leave from another port, and no message is refused for its size: IP
// fragments what exceeds the MTU.
type hop struct {
	agent *Agent
	to    place
	or    place       // where a response goes when the connection its request came by is closed; zero for nowhere
	lost  func(error) // told when a message could not leave by a connection after all; nil if nobody asks
	stale func() bool // nothing leaves any more; nil for never
	late  func() bool // nor does what waits for a connection; nil for never
}

var _ sip.Connection = hop{}

// largestDatagram is how long a request may be to go by UDP, where nothing is known of the path's MTU (RFC 3261 §18.1.1).
const largestDatagram = 1300

// tooLarge reports whether a request that would go by UDP has to go by TCP, because it would be cut up on the way. A far end
// that was found not to speak TCP gets it all the same.
func (a *Agent) tooLarge(req *sip.Request, to place) bool {
	var n length
	if to.by == overUDP && a.cfg.TCP {
		req.StringWrite(&n)
	}
	if n <= largestDatagram {
		return false
	}
	to.by = overTCP
	return a.streams.fault(to) == nil
}

// length counts what is written.
type length int

// WriteString implements io.StringWriter.
func (n *length) WriteString(s string) (int, error) {
	*n += length(len(s))
	return len(s), nil
}

// text is a message as it travels.
type text []byte

// WriteString implements io.StringWriter.
func (t *text) WriteString(s string) (int, error) {
	*t = append(*t, s...)
	return len(s), nil
}

// texts are reused: by UDP a message has left, or has not, when it was written.
var texts = sync.Pool{New: func() any { t := make(text, 0, 2*largestDatagram); return &t }}

// WriteMsg implements sip.Connection.
func (h hop) WriteMsg(m sip.Message) error {
	if h.stale != nil && h.stale() {
		return nil
	}
	if h.to.by.reliable() {
		t := make(text, 0, largestDatagram)
		m.StringWrite(&t)
		h.agent.ladders.sent(m, t, h.to)
		return h.agent.streams.write(h.to, h.or, parcel{text: t, by: h.namer(m), lost: h.lost, late: h.late})
	}
	t, _ := texts.Get().(*text)
	defer func() {
		if cap(*t) <= longestMessage { // a larger one would be kept for messages that are never as large
			texts.Put(t)
		}
	}()
	*t = (*t)[:0]
	m.StringWrite(t)
	h.agent.ladders.sent(m, *t, h.to)
	_, err := h.agent.conn.WriteToUDPAddrPort(*t, h.to.AddrPort)
	return err
}

// LocalAddr implements sip.Connection.
func (h hop) LocalAddr() net.Addr { return h.agent.conn.LocalAddr() }

// Ref implements sip.Connection; the agent owns the socket.
func (h hop) Ref(int) int { return 1 }

// TryClose implements sip.Connection; the agent owns the socket.
func (h hop) TryClose() (int, error) { return 1, nil }

// Close implements sip.Connection; the agent owns the socket.
func (h hop) Close() error { return nil }

// splitHostPort reads "host", "host:port" or "[IPv6]:port"; by is the transport whose port counts where none is said.
func splitHostPort(address string, by transport) (host string, port uint16, err error) {
	if !strings.Contains(address, ":") {
		address = net.JoinHostPort(address, strconv.Itoa(int(by.port())))
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, errors.New("it has no port")
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if host == "" || err != nil || n == 0 {
		return "", 0, errors.New("it has no host, or no port from 1 to 65535")
	}
	return host, uint16(n), nil
}

// network names the addresses that go with one, as the resolver knows them: a socket of one family reaches that alone, one
// that is open to all reaches both.
func network(like netip.Addr) string {
	switch {
	case like.Unmap().Is4():
		return "ip4"
	case like.IsUnspecified() || !like.IsValid():
		return "ip"
	default:
		return "ip6"
	}
}

// version is the network's IP version as it stands behind "udp" and "tcp": none where both will do.
func version(like netip.Addr) string { return strings.TrimPrefix(network(like), "ip") }

// fits reports whether an address is of a network.
func fits(addr netip.Addr, network string) bool {
	return network == "ip" || (network == "ip4") == addr.Unmap().Is4()
}

// resolve finds where a host is. An address is taken as it is, a name is looked up.
func resolve(ctx context.Context, at hostPort, network string) (place, error) {
	to := place{by: at.by}
	if at.by == overTLS {
		to.name = at.host
	}
	if addr, err := netip.ParseAddr(at.host); err == nil {
		if !fits(addr, network) {
			return place{}, errors.New("it is of the other kind of IP address than sip.listen")
		}
		to.AddrPort = netip.AddrPortFrom(addr.Unmap(), at.port)
		return to, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, network, at.host)
	if err != nil || len(found) == 0 {
		return place{}, errors.New("the host name cannot be resolved")
	}
	to.AddrPort = netip.AddrPortFrom(found[0].Unmap(), at.port)
	return to, nil
}

// resolve finds a host that our socket can reach.
func (a *Agent) resolve(ctx context.Context, at hostPort) (place, error) {
	return resolve(ctx, at, network(a.addr.Addr()))
}

// unsaid is the logger the library gets. Its messages may carry whole SIP messages, so only their first words pass.
type unsaid struct{ log *slog.Logger }

// Enabled implements slog.Handler.
func (u unsaid) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && u.log.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (u unsaid) Handle(ctx context.Context, r slog.Record) error {
	u.log.Log(ctx, slog.LevelDebug, "sip library", "says", r.Message)
	return nil
}

// WithAttrs implements slog.Handler.
func (u unsaid) WithAttrs([]slog.Attr) slog.Handler { return u }

// WithGroup implements slog.Handler.
func (u unsaid) WithGroup(string) slog.Handler { return u }

// sentBy is our host:port, in Via and URIs, for a far end that is reached by a transport.
func (a *Agent) sentBy(by transport) string {
	if by == overTLS {
		return a.usTLS
	}
	return a.us
}

// contact is our Contact for a far end that is reached by a transport.
func (a *Agent) contact(by transport) string {
	return "<sip:kakeru@" + a.sentBy(by) + by.parameter() + ">"
}

// isOurs reports whether a response's Via is one we wrote.
func (a *Agent) isOurs(via *sip.ViaHeader) bool {
	for _, us := range []string{a.us, a.usTLS} {
		host, port := sentBy(us)
		if strings.EqualFold(via.Host, host) && orElse(via.Port, defaultPort) == port {
			return true
		}
	}
	return false
}

// send writes a message that no transaction repeats: an ACK, or a stateless answer.
func (a *Agent) send(m sip.Message, to place) { a.sendOr(m, to, place{}) }

// sendOr is send to another place where the connection to the first is closed.
func (a *Agent) sendOr(m sip.Message, to, or place) {
	if req, ok := m.(*sip.Request); ok {
		carry(req, to.by)
	}
	err := (hop{agent: a, to: to, or: or}).WriteMsg(m)
	if _, gone := errors.AsType[noStream](err); gone {
		a.log.Debug("sip: a message could not be sent", "err", err) // whoever closes a connection wants no answer
	} else if err != nil {
		a.log.Warn("sip: a message could not be sent", "err", err)
	}
}
