package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// pipe stands between the node and a store, and can be cut as a network is: without anybody being told. What was under way
// is held, and comes late when the wire is joined again, unless the connection is broken then.
type pipe struct {
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	target string // the store's socket
	state  wire
	change chan struct{} // closed when state changes
	conns  map[net.Conn]bool
	closed bool
}

// wire is what a pipe lets through.
type wire struct {
	noRequests, noAnswers bool
	delay                 time.Duration // of each piece of an answer
	cutAfter              int           // the next answer is cut off after so many octets, and its connection broken; 0: none is
}

func newPipe(t testing.TB, target string) *pipe {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipe{listener: l, target: target, change: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.work.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *pipe) addr() string { return p.listener.Addr().String() }

func (p *pipe) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.carry(near) })
	}
}

// carry connects one client with the store. A store that is not there is a connection that breaks.
func (p *pipe) carry(near net.Conn) {
	defer func() { _ = near.Close() }()
	if !p.keep(near) {
		return
	}
	defer p.forget(near)
	p.pass(false, nil) // nobody reaches a store over a wire that is cut
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	far, err := net.Dial("unix", target) //nolint:noctx // a socket of this machine
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !p.keep(far) {
		return
	}
	defer p.forget(far)
	var both sync.WaitGroup
	both.Go(func() { p.copy(far, near, false); _ = far.Close() })
	both.Go(func() { p.copy(near, far, true); _ = near.Close() })
	both.Wait()
}

func (p *pipe) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.conns[c] = true
	}
	return !p.closed
}

func (p *pipe) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

var errCut = errors.New("cut off")

func (p *pipe) copy(to io.Writer, from io.Reader, answers bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		piece := buf[:n]
		cut := p.pass(answers, &piece)
		if len(piece) > 0 {
			if _, werr := to.Write(piece); werr != nil {
				return
			}
		}
		if err != nil || cut != nil {
			return
		}
	}
}

// pass waits until a piece may go through; the piece may be cut short then.
func (p *pipe) pass(answers bool, piece *[]byte) error {
	for {
		p.mu.Lock()
		w, change, closed := p.state, p.change, p.closed
		if piece != nil && answers && w.cutAfter > 0 && len(*piece) > 0 {
			*piece = (*piece)[:min(len(*piece), w.cutAfter-1)]
			p.state.cutAfter = 0
			p.mu.Unlock()
			return errCut
		}
		p.mu.Unlock()
		switch {
		case closed:
			return errCut
		case answers && w.noAnswers, !answers && w.noRequests:
			<-change
		case answers && w.delay > 0 && piece != nil:
			select {
			case <-time.After(w.delay):
			case <-change:
			}
			return nil
		default:
			return nil
		}
	}
}

// set makes the wire be so.
func (p *pipe) set(w wire) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = w
	close(p.change)
	p.change = make(chan struct{})
}

// breakAll breaks every connection, as a router does that has forgotten them.
func (p *pipe) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// join puts the wire right. What was held comes late, or its connections are found broken.
func (p *pipe) join(rnd *rand.Rand) {
	if rnd.IntN(2) == 0 {
		p.breakAll()
	}
	p.set(wire{})
}

// lead takes the wire to another store, and breaks what was connected to the one before.
func (p *pipe) lead(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
	p.breakAll()
}

func (p *pipe) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.breakAll()
	p.set(wire{})
	p.work.Wait()
}
