package media

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxPacket is more than any RTP packet of G.711 and any compound RTCP packet takes; longer datagrams are dropped.
	maxPacket = 2048
	// gather is how long packets are let gather before they are read, once many come: a wake-up costs as much as it does to
	// pass on five packets, and nobody hears a millisecond.
	gather = time.Millisecond
	// busy is how many packets a second are many: as many as there would be wake-ups by gathering, and some more. Fifteen
	// calls have as many.
	busy = 1500
	// season is how long packets are counted before the poller changes its ways.
	season = 100 * time.Millisecond
	// longestWait is how long a poller waits that has nothing to do. The garbage collector interrupts it by a signal; should
	// none come, it waits no longer.
	longestWait = 100 * time.Millisecond
	// maxPasses bounds how often the sockets are looked through before the lock is given away: somebody may send without end.
	maxPasses = 32
	// perPoller is how many bridges a poller serves before another is started.
	perPoller = 1000
)

// poller reads the sockets of many bridges, and sends what has to leave at a time of its own: tones, keys, reports. It is one
// goroutine. Few packets are passed on the moment they come; of many, what has come in a millisecond.
//
// Whatever reads, writes or closes a socket of a bridge does so with its poller's lock.
type poller struct {
	epoll, bell int // what wakes it: packets, and whoever has something new for it
	done        chan struct{}

	mu      sync.Mutex
	sockets []*socket // by descriptor
	beats   []*beat
	first   time.Time // no beat is due before
	over    bool

	// The rest is the goroutine's own.
	events  [256]unix.EpollEvent
	buffer  [maxPacket]byte
	from    sockaddr
	now     time.Time // of this look at the sockets
	packets int       // read since the season began
	season  time.Time
	gathers bool
	poll    [1]unix.PollFd
	until   unix.Timespec

	bridges int // guarded by the pool
}

// beat is something that is done at its times, until it says that it is over.
type beat struct {
	owner *Bridge
	due   time.Time
	do    func(now time.Time) (next time.Time, goesOn bool)
}

// frames has do called every Frame from now on.
func frames(do func(now time.Time) (goesOn bool)) func(now time.Time) (time.Time, bool) {
	var due time.Time
	return func(now time.Time) (time.Time, bool) {
		if due.IsZero() {
			due = now
		}
		due = following(due, now)
		return due, do(now)
	}
}

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, bell, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(bell)})
	}
	if err != nil {
		_ = unix.Close(epoll) // the first error says more
		_ = unix.Close(bell)  // -1 where there is none
		return nil, fmt.Errorf("media: %w", err)
	}
	return &poller{
		epoll: epoll, bell: bell, done: make(chan struct{}),
		poll: [1]unix.PollFd{{Fd: int32(epoll), Events: unix.POLLIN}},
	}, nil
}

// run goes on until end.
func (p *poller) run() {
	defer close(p.done)
	addProcessors(1)
	defer addProcessors(-1)
	for p.round() {
		p.wait()
	}
	_ = unix.Close(p.bell) // nobody is left who could be told
	_ = unix.Close(p.epoll)
}

// round does what there is to do; false when the poller is over.
func (p *poller) round() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = time.Now()
	began := p.now
	dry := p.drain()
	p.beat()
	p.decide(began, dry)
	return !p.over
}

// drain reads until nothing is left, or as long as it may: a packet of each socket at a time, so that one that is flooded
// does not keep the others waiting.
func (p *poller) drain() (dry bool) {
	for range maxPasses {
		n := readable(p.epoll, p.events[:])
		if n == 0 {
			return true
		}
		for _, e := range p.events[:n] {
			if int(e.Fd) == p.bell {
				p.hush()
			} else {
				p.read(p.sockets[e.Fd])
			}
		}
		p.now = time.Now()
	}
	return false
}

func (p *poller) read(s *socket) {
	n, ok := s.receive(p.buffer[:], &p.from)
	if !ok {
		return // an error of an earlier send: it says nothing about the socket
	}
	p.packets++
	if n > len(p.buffer) {
		n = 0 // what is cut is no packet
	}
	s.hear(p.buffer[:n], p.from.addrPort(), p.now)
}

// beat does what is due.
func (p *poller) beat() {
	if p.now.Before(p.first) || len(p.beats) == 0 {
		return
	}
	p.first = p.now.Add(time.Hour)
	p.beats = slices.DeleteFunc(p.beats, func(b *beat) bool {
		goesOn := true
		if !b.due.After(p.now) {
			b.due, goesOn = b.do(p.now)
		}
		if goesOn && b.due.Before(p.first) {
			p.first = b.due
		}
		return !goesOn
	})
}

// decide says how long there is nothing to do.
func (p *poller) decide(began time.Time, dry bool) {
	if passed := began.Sub(p.season); passed >= season {
		p.gathers = float64(p.packets) > busy*passed.Seconds()
		p.packets, p.season = 0, began
	}
	now := time.Now()
	rest := longestWait
	if len(p.beats) > 0 {
		rest = min(rest, p.first.Sub(now))
	}
	if p.gathers {
		rest = min(rest, gather-now.Sub(began))
	}
	if !dry {
		rest = 0
	}
	p.until = unix.NsecToTimespec(int64(max(rest, 0)))
}

// wait waits as long as was decided: for a packet or, where they are let gather, just so.
func (p *poller) wait() {
	polled := p.poll[:]
	if p.gathers {
		polled = nil
	}
	if p.until.Nano() != 0 {
		_ = await(polled, &p.until) // interrupted, it is only looked again
	}
}

// addProcessors gives the Go scheduler as many more to run goroutines on. A poller takes one for itself: what waits for
// packets without telling the scheduler keeps the one it runs on, and the others shall not go short.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
}

var processors sync.Mutex

// wake ends a wait. A bell that rings already needs no second pull.
func (p *poller) wake() { _, _ = unix.Write(p.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (p *poller) hush() {
	var count [8]byte
	_, _ = unix.Read(p.bell, count[:])
}

// start has a beat done from now on. It needs p.mu.
func (p *poller) start(b *beat) {
	p.beats = append(p.beats, b)
	p.first = time.Time{}
	p.wake()
}

// leave forgets a bridge's beats. It needs p.mu.
func (p *poller) leave(owner *Bridge) {
	p.beats = slices.DeleteFunc(p.beats, func(b *beat) bool { return b.owner == owner })
}

// end ends the poller, of which no bridge is left, and waits for it.
func (p *poller) end() {
	p.mu.Lock()
	p.over = true
	p.wake()
	p.mu.Unlock()
	<-p.done
}

// add has the poller read a socket. It needs p.mu.
func (p *poller) add(s *socket) error {
	for len(p.sockets) <= s.fd {
		p.sockets = append(p.sockets, nil) // descriptors are small numbers
	}
	p.sockets[s.fd] = s
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, s.fd,
		&unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)}))
}

// remove forgets a socket. It needs p.mu. Closing it would end the polling as well, but not while a child process that is
// just being started has it open too.
func (p *poller) remove(s *socket) {
	p.sockets[s.fd] = nil
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, s.fd, nil) // where it was never added, nothing is lost
}
