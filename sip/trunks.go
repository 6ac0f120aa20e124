package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// uplink is a trunk as it stands now: where it can be reached, which of its addresses answer, and whether it has us
// registered.
type uplink struct {
	agent *Agent
	trunk Trunk
	reg   *registration // nil when the trunk asks for none

	mu         sync.Mutex
	ended      bool
	sought     bool    // its addresses were looked up once, be it in vain
	spots      []*spot // by preference
	registered bool
	refused    bool // a registration has failed, or run out
	said       int  // the status that refused the last registration; 0 for none
	state      dialer.TrunkState
	since      time.Time
	past       *dialer.TrunkPast // the last trouble; one that goes on has no end yet
	shown      dialer.TrunkView  // as last told
	next       *time.Timer
}

// mostAddresses bounds how many of a trunk's addresses are taken, by preference: each is asked every round, and how many there are says whoever answers for its name.
const mostAddresses = 64

// spot is one address of a trunk.
type spot struct {
	at       place
	answered bool      // it has answered an OPTIONS
	silent   bool      // it had, and no longer does
	said     int       // the status by which it called itself out of service; 0 for none
	closed   time.Time // it said 503 with Retry-After: not before then (RFC 3261 §21.5.4)
}

func newUplinks(a *Agent) []*uplink {
	var all []*uplink
	for _, t := range a.cfg.Trunks {
		u := &uplink{agent: a, trunk: t, state: dialer.TrunkStarting, since: a.cfg.Now()}
		if t.Register {
			u.reg = newRegistration(u)
		}
		all = append(all, u)
	}
	return all
}

// uplink finds a trunk by name; nil where there is none.
func (a *Agent) uplink(name string) *uplink {
	i := slices.IndexFunc(a.uplinks, func(u *uplink) bool { return name != "" && u.trunk.Name == name })
	if i < 0 {
		return nil
	}
	return a.uplinks[i]
}

// begin looks the trunk up, asks it and registers with it, as far as its settings say.
func (u *uplink) begin() {
	if host, _, err := splitHostPort(u.trunk.Address, u.trunk.by()); err == nil {
		if _, err := netip.ParseAddr(host); err == nil {
			u.find(context.Background()) // asks nobody, and a call may come in at once
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.next = time.AfterFunc(0, u.round)
}

// round is what is done for a trunk every KeepAlive.
func (u *uplink) round() {
	u.agent.crew.start(func() {
		u.find(context.Background())
		if u.reg != nil {
			u.reg.begin()
		}
		if u.trunk.Watch {
			u.askAll()
		}
		u.tellChange()
		u.mu.Lock()
		defer u.mu.Unlock()
		if !u.ended {
			u.next = time.AfterFunc(u.agent.cfg.KeepAlive, u.round)
		}
	})
}

// stop ends the rounds. What the trunk does afterwards is told to nobody.
func (u *uplink) stop() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
	if u.next != nil {
		u.next.Stop()
	}
}

// find looks up where the trunk is. What is known of an address that is still there is kept; a lookup that fails changes
// nothing.
func (u *uplink) find(ctx context.Context) {
	found, err := u.agent.lookup(ctx, u.trunk)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sought = true
	if err != nil {
		u.agent.log.Warn("sip: a trunk's address cannot be found", "trunk", u.trunk.Name, "err", err)
		return
	}
	var now []*spot
	for _, at := range found {
		i := slices.IndexFunc(u.spots, func(s *spot) bool { return s.at == at })
		if i < 0 {
			now = append(now, &spot{at: at})
		} else {
			now = append(now, u.spots[i])
		}
	}
	u.spots = now
}

func (u *uplink) askAll() {
	for _, at := range u.addresses() {
		u.agent.options(optionsFor{uri: "sip:" + u.trunk.domain(), from: u.trunk.uri(u.trunk.from())}, at, func(status int) { u.answered(at, status) })
	}
}

// answered takes what an address said to OPTIONS; status is 0 for nothing. Any answer but "out of service" is a sign of
// life: many carriers refuse OPTIONS. One that never answers may take calls all the same, unless no connection to it can be opened.
func (u *uplink) answered(at place, status int) {
	alive := status != 0 && status != sip.StatusServiceUnavailable
	u.mu.Lock()
	for _, s := range u.spots {
		if s.at == at {
			s.silent = !alive && (s.answered || status != 0 || u.agent.streams.fault(at) != nil)
			s.said = 0
			if s.silent {
				s.said = status
			}
			s.answered = s.answered || alive
		}
	}
	u.mu.Unlock()
	u.tellChange()
}

// close notes a 503's Retry-After.
func (u *uplink) close(at place, res *sip.Response) {
	wait := retryAfter(res)
	if res.StatusCode != sip.StatusServiceUnavailable || wait == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.spots {
		if s.at == at {
			s.closed = u.agent.cfg.Now().Add(wait)
		}
	}
	u.tell()
}

// longestClosed bounds what a Retry-After can do: a carrier that says "in a day" is tried again before.
const longestClosed = 10 * time.Minute

// retryAfter is how long a response asks us to wait (RFC 3261 §20.33), longestClosed at most; 0 where it does not say, or
// cannot be understood.
func retryAfter(res *sip.Response) time.Duration {
	text, _, _ := strings.Cut(value(res, "Retry-After"), "(")
	text, _, _ = strings.Cut(text, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, longestClosed)
}

// addresses are all of the trunk's, by preference.
func (u *uplink) addresses() []place {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []place
	for _, s := range u.spots {
		all = append(all, s.at)
	}
	return all
}

// isAt reports whether one of the trunk's addresses is at an IP address.
func (u *uplink) isAt(ip netip.Addr) bool {
	return slices.ContainsFunc(u.addresses(), func(at place) bool { return at.Addr() == ip })
}

// speaks reports whether what comes from a place can be the trunk's: one that is set to TLS is heard by nothing else, since a datagram's
// source can be forged.
func (u *uplink) speaks(from place) bool { return u.isAt(from.Addr()) && asSafe(from.by, u.trunk.by()) }

// asSafe reports whether a message came by a transport that is no weaker than what was agreed on.
func asSafe(came, agreed transport) bool { return agreed != overTLS || came == overTLS }

// open are the addresses that a call may be sent to now.
func (u *uplink) open(ctx context.Context) []place {
	if len(u.addresses()) == 0 {
		u.find(ctx) // the agent has only just started
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.trunk.Register && !u.registered {
		return nil
	}
	var all []place
	for _, s := range u.spots {
		if !s.silent && !u.agent.cfg.Now().Before(s.closed) {
			all = append(all, s.at)
		}
	}
	return all
}

// setRegistered is told by the registration; said is the status that refused it, 0 for none.
func (u *uplink) setRegistered(yes bool, said int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.registered, u.said = yes, said
	u.refused = u.refused || !yes
	u.tell()
}

// way is one place that a customer's INVITE can go to, with what identifies that INVITE: all fixed before anything is sent,
// so that a handle can name every INVITE that may have left.
type way struct {
	gate   gate
	to     place
	invite savedInvite
}

// Ways per call, and CSeq numbers per way: room for the answers to its challenges.
const (
	waysKept  = 8
	waysApart = 16
)

// ways are the places an order may be sent to, in their order; at least one.
func (a *Agent) ways(ctx context.Context, gates []gate) ([]way, error) {
	var all []way
	for _, g := range gates {
		for _, to := range a.uplink(g.trunk.Name).open(ctx) {
			cseq := uint32(1 + waysApart*len(all)) //nolint:gosec // waysKept of them
			all = append(all, way{g, to, savedInvite{URI: g.trunk.uri(g.user()), Branch: newBranch(), CSeq: cseq}})
			if len(all) == waysKept {
				return all, nil
			}
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	for _, g := range gates {
		a.log.Error("sip: no call can leave by a trunk", "trunk", g.trunk.Name, "why", a.uplink(g.trunk.Name).why())
	}
	return nil, dialer.Refuse(dialer.NoRoute)
}

// serviceNames are what the SRV records of each transport are called (RFC 3263 §4.2): service and protocol.
var serviceNames = map[transport][2]string{overUDP: {"sip", "udp"}, overTCP: {"sip", "tcp"}, overTLS: {"sips", "tcp"}}

// lookup finds the places of a trunk, best first (RFC 3263 §4.2): an address as it is; a name with a port by its A or AAAA
// records; a name without one by its SRV records, and by its addresses where it has none.
func (a *Agent) lookup(ctx context.Context, t Trunk) ([]place, error) {
	by, network := t.by(), network(a.addr.Addr())
	host, port, err := splitHostPort(t.Address, by)
	if err != nil {
		return nil, err
	}
	to := func(addr netip.Addr, port uint16) place {
		p := place{AddrPort: netip.AddrPortFrom(addr.Unmap(), port), by: by}
		if by == overTLS {
			p.name = bare(t.domain())
		}
		return p
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if !fits(addr, network) {
			return nil, errors.New("it is of the other kind of IP address than sip.listen")
		}
		return []place{to(addr, port)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	targets := []*net.SRV{{Target: host, Port: port}}
	if !strings.Contains(t.Address, ":") {
		found, err := a.services(ctx, by, host)
		if err != nil {
			return nil, fmt.Errorf("its SRV records cannot be read; where its name server knows none, write the address with its port: %w", err)
		}
		if len(found) > 0 {
			targets = found[:min(len(found), mostAddresses)]
		}
	}
	var all []place
	for _, target := range targets {
		found, err := a.cfg.Resolver.LookupNetIP(ctx, network, strings.TrimSuffix(target.Target, "."))
		if err != nil {
			continue // the next target may be found
		}
		for _, addr := range found {
			if at := to(addr, target.Port); len(all) < mostAddresses && !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the host name cannot be resolved")
	}
	return all, nil
}

// services are a name's SRV records, best first; none where it has none. That they cannot be read says nothing of whether there are any: what stands at the
// name's own address may be anybody's web server, and no trunk (RFC 3263 §4.2 goes there only when no record was found).
func (a *Agent) services(ctx context.Context, by transport, host string) ([]*net.SRV, error) {
	if strings.Contains(host, ".") {
		host = strings.TrimSuffix(host, ".") + "." // else what the search list makes of it is asked too, whose "no such name" hides that this one failed
	}
	service := serviceNames[by]
	// LookupSRV sorts by priority and shuffles by weight (RFC 2782). It returns the records that it can read beside an error about the others.
	_, found, err := a.cfg.Resolver.LookupSRV(ctx, service[0], service[1], host)
	no := (*net.DNSError)(nil)
	switch {
	case len(found) == 1 && found[0].Target == ".":
		return nil, errors.New("its SRV record says that there is no such service (RFC 2782)")
	case len(found) > 0 || errors.As(err, &no) && no.IsNotFound:
		return found, nil
	}
	return nil, err
}
