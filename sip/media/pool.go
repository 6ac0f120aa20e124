package media

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
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
	// Networks are where sound may come from besides the address of its signalling, on legs that are behind a NAT.
	Networks []netip.Prefix
	// RTCPInterval is the mean time between our reports; 5 s if 0 (RFC 3550 §6.2).
	RTCPInterval time.Duration
	// Log gets one line for each thing that should not happen; nil for none.
	Log *slog.Logger
}

// Pool lends pairs of UDP ports. It is safe for concurrent use.
type Pool struct {
	config Config
	log    *slog.Logger

	mu      sync.Mutex
	lent    []bool // by pair
	next    int    // where the search goes on: a freed port rests before it is lent again
	pollers []*poller
	ears    ears
}

// loan is a pair of neighbouring ports that is lent.
type loan struct {
	pool  *Pool
	index int
}

// Pair is an RTP and an RTCP socket on neighbouring ports, for simulated phones.
type Pair struct {
	loan
	RTP, RTCP *net.UDPConn

	once sync.Once
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

// outside is where something is sent that a far end has asked for: nowhere, as the unspecified address says, if that is a port of this machine's own, where
// others listen. Only where all of us is on one machine the far end may be, too; a port of a call's is one even there, or two far ends who name each other's
// would have sound go round and round between them.
func (p *Pool) outside(at netip.AddrPort) netip.AddrPort {
	alone := p.config.BindIP.IsLoopback() || p.config.AdvertiseIP.IsLoopback()
	if (!at.Addr().IsLoopback() || alone) && !p.isLent(at) {
		return at
	}
	nowhere := netip.IPv4Unspecified()
	if at.Addr().Is6() {
		nowhere = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(nowhere, at.Port())
}

// isLent reports whether it is one of ours, of a call that there is.
func (p *Pool) isLent(at netip.AddrPort) bool {
	if ip := at.Addr(); ip != p.config.BindIP && ip != p.config.AdvertiseIP || at.Port() < p.config.PortMin {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pair := int(at.Port()-p.config.PortMin) / 2
	return pair < len(p.lent) && p.lent[pair]
}

// Open lends a free pair of ports with both sockets bound. Close the Pair to give it back.
func (p *Pool) Open() (*Pair, error) {
	lent, rtp, rtcp, err := lend(p, func(at netip.AddrPort) (*net.UDPConn, error) {
		network := "udp6"
		if at.Addr().Is4() {
			network = "udp4"
		}
		return net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	})
	if err != nil {
		return nil, err
	}
	return &Pair{loan: lent, RTP: rtp, RTCP: rtcp}, nil
}

// lend finds a free pair of ports and opens both. Pairs that another program holds are passed over.
func lend[S io.Closer](p *Pool, open func(netip.AddrPort) (S, error)) (lent loan, rtp, rtcp S, err error) {
	for range p.lent {
		index, ok := p.take()
		if !ok {
			break
		}
		lent = loan{p, index}
		if rtp, rtcp, err = both(netip.AddrPortFrom(p.config.BindIP, lent.port()), open); err == nil {
			return lent, rtp, rtcp, nil
		}
		lent.giveBack()
		if !errors.Is(err, syscall.EADDRINUSE) {
			return lent, rtp, rtcp, fmt.Errorf("media: cannot open an RTP port: %w", err)
		}
	}
	return lent, rtp, rtcp, ErrPortsExhausted
}

func both[S io.Closer](at netip.AddrPort, open func(netip.AddrPort) (S, error)) (rtp, rtcp S, err error) {
	if rtp, err = open(at); err != nil {
		return rtp, rtcp, err
	}
	if rtcp, err = open(netip.AddrPortFrom(at.Addr(), at.Port()+1)); err != nil {
		err = errors.Join(err, rtp.Close())
	}
	return rtp, rtcp, err
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

// enter finds a poller for one more bridge.
func (p *Pool) enter() (*poller, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, poller := range p.pollers {
		if poller.bridges < perPoller {
			poller.bridges++
			return poller, nil
		}
	}
	poller, err := newPoller()
	if err != nil {
		return nil, err
	}
	go poller.run()
	poller.bridges = 1
	p.pollers = append(p.pollers, poller)
	return poller, nil
}

// leave takes a bridge from its poller, which ends with the last.
func (p *Pool) leave(from *poller) {
	p.mu.Lock()
	from.bridges--
	last := from.bridges == 0
	if last {
		p.pollers = slices.DeleteFunc(p.pollers, func(q *poller) bool { return q == from })
	}
	p.mu.Unlock()
	if last {
		from.end()
	}
}

func (l loan) port() uint16 { return l.pool.config.PortMin + uint16(2*l.index) }

// Addr is the advertised address of the RTP socket.
func (l loan) Addr() netip.AddrPort { return netip.AddrPortFrom(l.pool.config.AdvertiseIP, l.port()) }

func (l loan) giveBack() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.pool.lent[l.index] = false
}

// Close closes both sockets and returns the ports. It may be called again.
func (p *Pair) Close() {
	p.once.Do(func() {
		if err := errors.Join(p.RTP.Close(), p.RTCP.Close()); err != nil {
			p.pool.log.Warn("closing RTP ports", "err", err)
		}
		p.giveBack()
	})
}
