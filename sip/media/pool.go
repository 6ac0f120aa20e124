package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// ErrPortsExhausted says that every RTP port pair of the range is in use, by us or by
// other programs. Widen PortMin–PortMax, or find what does not hang up.
var ErrPortsExhausted = errors.New("media: no free RTP port pair in the configured range")

// Config says where our sockets stand.
type Config struct {
	// BindIP is the local address of the sockets; 0.0.0.0 or :: needs AdvertiseIP. Sound goes by its IP version alone.
	BindIP netip.Addr
	// AdvertiseIP is what our SDP tells others; BindIP if not set.
	AdvertiseIP netip.Addr
	// PortMin and PortMax bound the ports, both inclusive. A call takes two
	// pairs of an even and the next odd port.
	PortMin, PortMax uint16
	// RTCPInterval is the mean time between our reports; 5 s if 0 (RFC 3550 §6.2).
	RTCPInterval time.Duration
	// Log gets one line for each thing that should not happen; nil for none.
	Log *slog.Logger
}

// Pool lends pairs of UDP ports. It is safe for concurrent use.
type Pool struct {
	config Config
	log    *slog.Logger

	mu   sync.Mutex
	lent []bool // by pair
	next int    // where the search goes on: a freed port rests before it is lent again
}

// Pair is an RTP and an RTCP socket on neighbouring ports.
type Pair struct {
	RTP, RTCP *net.UDPConn

	pool  *Pool
	index int
	once  sync.Once
}

// NewPool checks the configuration. It opens nothing yet.
func NewPool(c Config) (*Pool, error) {
	if !c.AdvertiseIP.IsValid() {
		c.AdvertiseIP = c.BindIP
	}
	switch {
	case !c.BindIP.IsValid() || c.BindIP.Is4() != c.AdvertiseIP.Is4() || c.BindIP.Is4In6():
		return nil, errors.New("media: bind and advertised address must be IP addresses of one version")
	case c.AdvertiseIP.IsUnspecified():
		return nil, errors.New("media: bound to all addresses: set the advertised address, the one that phones can reach")
	}
	c.PortMin += c.PortMin % 2
	pairs := (int(c.PortMax) + 1 - int(c.PortMin)) / 2
	if c.PortMin == 0 || pairs < 2 {
		return nil, fmt.Errorf("media: RTP port range must hold at least 4 ports above 0, got %d–%d", c.PortMin, c.PortMax)
	}
	if c.RTCPInterval == 0 {
		c.RTCPInterval = 5 * time.Second
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Pool{config: c, log: log, lent: make([]bool, pairs)}, nil
}

// Open lends a free pair of ports with both sockets bound. Pairs that another
// program holds are passed over. Close the Pair to give it back.
func (p *Pool) Open() (*Pair, error) {
	for range p.lent {
		index, ok := p.take()
		if !ok {
			return nil, ErrPortsExhausted
		}
		pair, err := p.bind(index)
		if err == nil {
			return pair, nil
		}
		p.giveBack(index)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("media: cannot open an RTP port: %w", err)
		}
	}
	return nil, ErrPortsExhausted
}

// Free is the number of port pairs not lent out.
func (p *Pool) Free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := 0
	for _, lent := range p.lent {
		if !lent {
			free++
		}
	}
	return free
}

func (p *Pool) take() (index int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range p.lent {
		index = p.next
		p.next = (p.next + 1) % len(p.lent)
		if !p.lent[index] {
			p.lent[index] = true
			return index, true
		}
	}
	return 0, false
}

func (p *Pool) giveBack(index int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lent[index] = false
}

func (p *Pool) bind(index int) (*Pair, error) {
	port := p.config.PortMin + uint16(2*index)
	rtp, err := p.listen(port)
	if err != nil {
		return nil, err
	}
	rtcp, err := p.listen(port + 1)
	if err != nil {
		return nil, errors.Join(err, rtp.Close())
	}
	return &Pair{RTP: rtp, RTCP: rtcp, pool: p, index: index}, nil
}

func (p *Pool) listen(port uint16) (*net.UDPConn, error) {
	at := netip.AddrPortFrom(p.config.BindIP, port)
	network := "udp6"
	if at.Addr().Is4() {
		network = "udp4"
	}
	return net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
}

// Addr is the advertised address of the RTP socket.
func (p *Pair) Addr() netip.AddrPort {
	return netip.AddrPortFrom(p.pool.config.AdvertiseIP, p.pool.config.PortMin+uint16(2*p.index))
}

// Close closes both sockets and returns the ports. It may be called again.
func (p *Pair) Close() {
	p.once.Do(func() {
		if err := errors.Join(p.RTP.Close(), p.RTCP.Close()); err != nil {
			p.pool.log.Warn("closing RTP ports", "err", err)
		}
		p.pool.giveBack(p.index)
	})
}
