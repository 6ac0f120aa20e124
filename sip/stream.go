package sip

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// What one connection may have waiting for it, and how often it may send what is no SIP.
const (
	queueKept   = 256
	rubbishKept = 8
)

// parcel is a message that waits to be sent. lost is told when it cannot be any more; nil if nobody asks.
type parcel struct {
	text  []byte
	by    namer
	lost  func(error)
	again bool        // it was to leave by a connection that ended before
	late  func() bool // it may not leave any more; nil for never
}

func (p parcel) tell(why error) {
	if p.lost != nil {
		p.lost(why)
	}
}

// stream is one connection. Two goroutines live as long as it does: one connects and reads, the other writes. Nobody else
// touches the connection, so whoever has something to send never waits for it.
type stream struct {
	set  *streams
	to   place
	room room         // of one of ours; set before it is dialled
	last atomic.Int64 // when something was last read, in Unix nanoseconds; 0 for never
	used atomic.Int64 // when a message was last given to it
	// stands is true from when messages can pass.
	stands atomic.Bool
	once   sync.Once
	wake   chan struct{}
	done   chan struct{} // closed when it is over

	guest   guest     // who has opened it, if we have not; set before it is served
	since   time.Time // when there came to be one, by the agent's clock
	came    uint64    // the how manyth it is of those that others have opened
	left    bool      // it is counted no more; streams.mu guards it
	rubbish int       // the reader's

	mu    sync.Mutex
	conn  net.Conn // nil before it is connected
	queue []parcel
	over  error // why it is over; nil while it is not
	// closing ends it as soon as the queue is empty.
	closing bool
}

func newStream(c *streams, to place) *stream {
	s := &stream{set: c, to: to, since: c.agent.cfg.Now(), wake: make(chan struct{}, 1), done: make(chan struct{})}
	s.used.Store(time.Now().UnixNano())
	return s
}

// flow is the place that messages by this connection come from.
func (s *stream) flow() place { return place{AddrPort: s.to.AddrPort, by: s.to.by, flow: true} }

// greeted reports whether the handshake of TLS is done.
func (s *stream) greeted() bool { return s.to.by == overTLS && s.stands.Load() }

// heard is when something was last read.
func (s *stream) heard() time.Time { return time.Unix(0, s.last.Load()) }

// push queues a message.
func (s *stream) push(p parcel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over != nil:
		return s.over
	case len(s.queue) >= queueKept:
		return errQueueFull
	}
	s.queue = append(s.queue, p)
	s.nudge()
	return nil
}

// nudge has the writer look at the queue.
func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// dial opens the connection, and then serves it.
func (s *stream) dial() {
	conn, err := s.connect(s.set.ctx)
	if err != nil {
		s.set.connected(s, err)
		s.close(err)
		return
	}
	s.serve(conn)
}

func (s *stream) connect(ctx context.Context) (net.Conn, error) {
	connecting, cancel := context.WithTimeout(ctx, s.set.agent.cfg.ConnectWithin)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(connecting, "tcp", s.to.AddrPort.String())
	if err != nil {
		return nil, linkError{err}
	}
	if s.to.by != overTLS {
		return conn, nil
	}
	secure, err := s.set.agent.certs.client(s.to.name)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return tls.Client(conn, secure), nil
}

// serve reads until the connection ends, and has another goroutine write.
func (s *stream) serve(conn net.Conn) {
	s.mu.Lock()
	over := s.over
	s.conn = conn
	s.mu.Unlock()
	if over != nil {
		_ = conn.Close()
		return
	}
	err := s.greet(conn)
	if !s.to.flow {
		s.set.connected(s, err)
	}
	if err == nil {
		s.stands.Store(true)
		s.set.work.Go(func() { s.write(conn) })
		err = linkError{s.read(conn)}
	}
	s.close(err)
}

// greet is the handshake of TLS.
func (s *stream) greet(conn net.Conn) error {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.set.ctx, s.set.agent.cfg.ConnectWithin)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return linkError{err}
	}
	return nil
}

// write sends what is queued, one message after the other.
func (s *stream) write(conn net.Conn) {
	for {
		p, ok, last := s.take()
		if last {
			s.close(errNotRunning)
			return
		}
		if !ok {
			select {
			case <-s.wake:
				continue
			case <-s.done:
				return
			}
		}
		if p.late != nil && p.late() {
			p.tell(errLate)
			continue
		}
		_ = conn.SetWriteDeadline(time.Now().Add(s.set.agent.cfg.Timers.whole())) // fails only when it is closed
		n, err := conn.Write(p.text)
		if err == nil {
			continue
		}
		if n == 0 {
			s.putBack(p)
		} else {
			p.tell(linkError{err})
		}
		s.close(linkError{err})
		return
	}
}

func (s *stream) take() (p parcel, ok, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return parcel{}, false, s.closing
	}
	p = s.queue[0]
	s.queue = s.queue[1:]
	return p, true, false
}

// putBack has a message be the next again.
func (s *stream) putBack(p parcel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append([]parcel{p}, s.queue...)
}

// read hands on each message that comes, until the connection ends or the far end breaks the rules. A message that has begun
// must be complete in time, however slowly it comes; so must the first message of a stranger.
func (s *stream) read(conn net.Conn) error {
	var (
		cut   framing
		buf   = make([]byte, 4096)
		begun = time.Now()
		known = !s.to.flow
	)
	for {
		waits := !cut.partial()
		deadline := begun.Add(s.set.agent.cfg.Timers.whole())
		if waits && known {
			deadline = s.idleUntil()
		}
		_ = conn.SetReadDeadline(deadline) // fails only when it is closed, and then Read does
		n, err := conn.Read(buf)
		if err != nil && waits && timedOut(err) && s.needed() {
			continue
		}
		if err != nil {
			return err
		}
		s.last.Store(time.Now().UnixNano())
		cut.feed(buf[:n])
		messages, err := s.handOn(&cut)
		if err != nil {
			s.refuse(conn, err)
			return err
		}
		if messages > 0 || waits && known {
			begun = time.Now()
		}
		known = known || messages > 0
	}
}

// errRubbish ends a connection by which no SIP comes.
var errRubbish = errors.New("what it says is no SIP")

// handOn passes on what is complete, and counts it.
func (s *stream) handOn(cut *framing) (messages int, err error) {
	for {
		text, err := cut.next()
		switch bad, broken := errors.AsType[*errFraming](err); {
		case broken && !s.set.agent.admits(s.to.Addr(), bad.head):
			// What has no end is a message of theirs too. Were it not counted, a stranger could connect, break the framing, be answered
			// and connect again for ever, and no ban would come of it.
			return messages, errTooMuch
		case err != nil || text == nil:
			return messages, err
		case bytes.Equal(text, emptyLine):
			if err := s.push(parcel{text: crlf}); err != nil { // the pong
				return messages, err
			}
		default:
			switch err := s.set.agent.hear(text, s.to, s.sayUnread); {
			case err == nil:
				messages++
			case errors.Is(err, errTooMuch):
				return messages, err
			default:
				if s.rubbish++; s.rubbish > rubbishKept {
					return messages, errRubbish
				}
			}
		}
	}
}

// sayUnread answers what cannot be read, by the connection it came by.
func (s *stream) sayUnread(text []byte, _ netip.AddrPort) {
	_ = s.push(parcel{text: text}) // it is over, or far behind with reading: nothing is owed to either
}

// refuse tells whoever sent a message without a boundary why its connection ends.
func (s *stream) refuse(conn net.Conn, why error) {
	bad, ok := errors.AsType[*errFraming](why)
	if !ok || bad.head == nil || overdone(bad.head) {
		return
	}
	text := bad.without()
	if misread(text) != nil {
		return
	}
	m, err := sip.ParseMessage(text)
	req, ok := m.(*sip.Request)
	if err != nil || !ok || req.IsAck() || req.Via() == nil {
		return
	}
	req.SetSource(s.to.AddrPort.String())
	res := answer{status: bad.status, reason: bad.reason}.respond(req, statelessTag(req))
	_ = conn.SetDeadline(time.Now().Add(s.set.agent.cfg.ConnectWithin))
	if _, err := conn.Write([]byte(res.String())); err != nil {
		return
	}
	// What is unread when a connection is closed resets it, and the answer is lost with it.
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, longestMessage)
	}
}

// close ends the connection. What waits to be sent by it goes by another, if it can.
func (s *stream) close(why error) {
	s.once.Do(func() {
		s.set.forget(s) // first: whoever looks for a connection from now on finds another
		s.mu.Lock()
		s.over = orElse(why, error(errNoFlow))
		conn, unsent := s.conn, s.queue
		s.queue = nil
		s.mu.Unlock()
		close(s.done)
		if conn != nil {
			_ = conn.Close() // it is over, whatever it says
		}
		for _, p := range unsent {
			if !s.set.retry(s, p) {
				p.tell(why)
			}
		}
	})
}

// finish closes the connection when what is queued has left, after T1 at the latest.
func (s *stream) finish() {
	s.mu.Lock()
	s.closing = true
	connected := s.conn != nil
	s.mu.Unlock()
	if connected {
		s.nudge()
		select {
		case <-s.done:
		case <-time.After(s.set.agent.cfg.Timers.T1):
		}
	}
	s.close(errNotRunning)
}
