package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
)

// faultKept is how long a place that could not be connected to is not tried again for a message that can go by UDP.
const faultKept = 10 * time.Minute

// streams are the agent's connections: those that far ends have opened, and ours. Requests of ours go by the connection
// that is open to their place, or open one; responses go by the connection their request came by (RFC 3261 §18).
type streams struct {
	agent *Agent
	ctx   context.Context //nolint:containedctx // the agent's own life: it ends what is being dialled
	end   context.CancelFunc
	work  sync.WaitGroup

	mu        sync.Mutex // never held over I/O
	ended     bool
	listeners []net.Listener
	all       map[*stream]bool      // those that are not over, whatever they are found by
	open      map[place]*stream     // theirs by their flow, ours by the place they were opened to
	back      map[place]*stream     // ours by their flow; apart, since a far end can name the place that somebody's phone has connected from
	theirs    map[netip.Addr]int    // how many each has opened, by guest.of
	accounts  map[dialer.DeskID]int // by guest.desk
	homes     map[netip.Addr]int    // how many the strangers of each home have
	taken     int                   // how many all of them have
	strangers int                   // how many those have who were nobody that we know when they came
	settled   int                   // how many those whom the settings name
	lack      lack
	arrivals  arrivals
	came      uint64
	ours      [len(streamsOurs)]int // how many we have, by room
	named     *buckets[namer]       // what each may have us connect to in the room of far ends
	faults    map[place]linkFault
	noLink    noLink
}

// linkFault is why a place could not be connected to.
type linkFault struct {
	why error
	at  time.Time
}

func newStreams(a *Agent) *streams {
	s := &streams{
		agent: a, all: map[*stream]bool{}, open: map[place]*stream{}, back: map[place]*stream{},
		theirs: map[netip.Addr]int{}, accounts: map[dialer.DeskID]int{}, homes: map[netip.Addr]int{},
		faults: map[place]linkFault{}, arrivals: newArrivals(), named: newBuckets[namer](dialRate, dialBurst),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// serve takes what connects to l.
func (c *streams) serve(l net.Listener, by transport, secure *tls.Config) {
	c.mu.Lock()
	c.listeners = append(c.listeners, l)
	c.mu.Unlock()
	c.work.Go(func() {
		for {
			conn, err := l.Accept()
			switch {
			case err == nil:
				c.admit(conn, by, secure)
			case errors.Is(err, net.ErrClosed) || c.ctx.Err() != nil:
				return
			default:
				// Out of descriptors, most likely: others may give some back.
				c.agent.log.Warn("sip: a connection could not be taken", "err", err)
				pause(c.ctx, c.agent.cfg.Timers.T1)
			}
		}
	})
}

func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// admit serves a connection of a far end, unless there are too many.
func (c *streams) admit(conn net.Conn, by transport, secure *tls.Config) {
	from := remote(conn)
	if c.agent.strange.shuns(from.Addr()) {
		_ = conn.Close()
		return
	}
	s := newStream(c, place{AddrPort: from, by: by, flow: true})
	s.guest = c.agent.guest(from.Addr())
	if !c.take(s) {
		_ = conn.Close()
		return
	}
	if secure != nil {
		conn = tls.Server(conn, secure)
	}
	c.work.Go(func() { s.serve(conn) })
}

// remote is where a TCP connection comes from or goes to.
func remote(conn net.Conn) netip.AddrPort {
	at, _ := conn.RemoteAddr().(*net.TCPAddr) // what a TCP connection's address is
	return netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), at.AddrPort().Port())
}

// write sends a message by the connection to a place, else by that to another place, if one is given. It does not wait:
// its lost is called when the message could not leave after all.
func (c *streams) write(to, or place, p parcel) error {
	s, err := c.reach(to, p.by)
	if err != nil && or.IsValid() {
		s, err = c.reach(or, p.by)
	}
	if err != nil {
		return err
	}
	s.used.Store(time.Now().UnixNano())
	if err := s.push(p); err != nil {
		if !c.retry(s, p) {
			return err
		}
	}
	return nil
}

// retry has a message go by a new connection to where an old one went: far ends close those they have not used for a while.
func (c *streams) retry(old *stream, p parcel) bool {
	if p.again || old.to.flow || !old.stands.Load() {
		return false
	}
	p.again = true
	s, err := c.reach(old.to, p.by)
	return err == nil && s.push(p) == nil
}

// reach finds the connection to a place, or begins to open one, for whoever has us write there.
func (c *streams) reach(to place, by namer) (*stream, error) {
	if s := c.find(to); s != nil {
		return s, nil
	}
	if to.flow {
		// A phone that has lost its connection comes back by another, and says so by registering.
		if s := c.find(c.agent.register.forwarded(to)); s != nil {
			return s, nil
		}
		return nil, errNoFlow
	}
	room := c.agent.roomFor(to)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open[to] != nil:
		return c.open[to], nil
	case c.ended:
		return nil, errNotRunning
	case c.ours[room] >= streamsOurs[room]:
		return nil, errNoStreams
	case room == roomFarEnds && !c.named.take(by, c.agent.cfg.Now()):
		return nil, errTooManyDials
	}
	c.ours[room]++
	s := newStream(c, to)
	s.room = room
	c.all[s], c.open[to], c.back[s.flow()] = true, s, s
	c.work.Go(s.dial)
	return s, nil
}

func (c *streams) find(to place) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(to)
}

// at needs c.mu. A flow is first that of who has connected to us; ours has no say in it, whether it can be opened or not.
func (c *streams) at(to place) *stream {
	if s := c.open[to]; s != nil || !to.flow {
		return s
	}
	return c.back[to]
}

// forget is told by a stream that it is over.
func (c *streams) forget(s *stream) {
	c.mu.Lock()
	delete(c.all, s)
	if c.open[s.to] == s {
		delete(c.open, s.to)
	}
	if c.back[s.flow()] == s {
		delete(c.back, s.flow())
	}
	if s.to.flow {
		c.leave(s)
	} else {
		c.ours[s.room]--
	}
	stays := c.ended || c.at(s.flow()) != nil // a phone is there as long as one of them is
	c.mu.Unlock()
	if !stays {
		c.agent.register.flowClosed(s.flow())
	}
}

// connected notes how an attempt to connect to a stream's place ended; nil is well.
func (c *streams) connected(s *stream, why error) {
	leftOut, says := c.attempted(s, why)
	switch {
	case !says:
	case leftOut > 0:
		c.agent.log.Warn("sip: no connection", "to", s.to, "why", why, "others_left_out", leftOut)
	default:
		c.agent.log.Warn("sip: no connection", "to", s.to, "why", why)
	}
}

// attempted is connected but for its line, and reports whether there is one, and how many were left out before: far ends can name any number of places.
func (c *streams) attempted(s *stream, why error) (leftOut int, says bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) >= streamsKept {
		clear(c.faults) // what is wrong is soon found again
	}
	delete(c.faults, s.to)
	if why == nil || c.ended {
		return 0, false
	}
	c.faults[s.to] = linkFault{why, time.Now()}
	if s.room != roomFarEnds {
		return 0, true
	}
	return c.noLink.says(c.agent.cfg.Now())
}

// fault is why a place could not be connected to, not long ago; nil when it could, or was not tried.
func (c *streams) fault(to place) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.faults[to]; ok && time.Since(f.at) < faultKept {
		return f.why
	}
	return nil
}

// doubt closes the connection to a place if nothing has come by it since: it may be open at our end only.
func (c *streams) doubt(to place, since time.Time) {
	if s := c.find(to); s != nil && s.stands.Load() && s.heard().Before(since) {
		s.close(errors.New("it was silent"))
	}
}

// counts is how many connections there are, by transport.
func (c *streams) counts() map[transport]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[transport]int{overTCP: 0, overTLS: 0}
	for s := range c.all {
		all[s.to.by]++
	}
	return all
}

// close ends everything; what waits to be sent has another T1 for it.
func (c *streams) close() error {
	c.mu.Lock()
	c.ended = true
	all := slices.Collect(maps.Keys(c.all)) // not what is found by a place: the wait below is for each of them
	listeners := c.listeners
	c.mu.Unlock()
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	for _, s := range all {
		c.work.Go(s.finish)
	}
	c.end()
	c.work.Wait()
	return errors.Join(errs...)
}
