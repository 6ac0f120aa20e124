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
	"syscall"
	"time"

	"github.com/emiago/sipgo/sip"
)

const defaultPort = 5060

// lookupLimit bounds the resolution of a peer's host name.
const lookupLimit = 2 * time.Second

// listen opens our one UDP socket with a receive buffer for bursts, and tells how many bytes the kernel granted.
func listen(address string, buffer int) (*net.UDPConn, int, error) {
	at, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return nil, 0, fmt.Errorf("sip.listen: %w", err)
	}
	conn, err := net.ListenUDP("udp4", at)
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

// hop is where the messages of one transaction go: one place, by our socket. It implements the library's
// Connection, so a transaction cannot leave from another port, and no message is refused for its size: IP fragments
// what exceeds the MTU.
type hop struct {
	agent *Agent
	to    place
}

var _ sip.Connection = hop{}

// WriteMsg implements sip.Connection.
func (h hop) WriteMsg(m sip.Message) error {
	var b strings.Builder
	m.StringWrite(&b)
	_, err := h.agent.conn.WriteToUDPAddrPort([]byte(b.String()), h.to.AddrPort)
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

// splitHostPort reads "host" or "host:port".
func splitHostPort(address string) (host string, port uint16, err error) {
	if !strings.Contains(address, ":") {
		address = net.JoinHostPort(address, strconv.Itoa(defaultPort))
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

// resolve finds the IPv4 address of host:port. An address is taken as it is, a name is looked up.
func resolve(ctx context.Context, at hostPort) (place, error) {
	if addr, err := netip.ParseAddr(at.host); err == nil {
		if !addr.Unmap().Is4() {
			return place{}, errors.New("only IPv4 addresses are supported")
		}
		return place{AddrPort: netip.AddrPortFrom(addr.Unmap(), at.port)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", at.host)
	if err != nil || len(found) == 0 {
		return place{}, errors.New("the host name cannot be resolved")
	}
	return place{AddrPort: netip.AddrPortFrom(found[0].Unmap(), at.port)}, nil
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
