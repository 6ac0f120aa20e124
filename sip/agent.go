package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

var errNotRunning = errors.New("sip: the agent does not run: call Start or Run first; after its end make a new one")

// Agent is the phone: it implements dialer.Phone. It is safe for concurrent use.
type Agent struct {
	cfg      Config
	log      *slog.Logger
	pool     *media.Pool
	tags     tags
	register *registrar
	strange  *strangers
	uplinks  []*uplink                       // never changed, only the uplinks are
	watched  map[dialer.DeskID]*subscription // never changed, only the subscriptions are
	metrics  *metrics
	streams  *streams
	ladders  *ladders
	certs    *certificates
	notices  serial // callbacks to the owner, one at a time
	crew     crew
	fade     fade
	callers  callers
	deaf     chan struct{} // closed when nobody listens to the talks any more

	announcement, notice []int16

	mu        sync.Mutex // guards what follows; once the agent runs it is never held over I/O
	phase     phase
	lanes     map[string]*lane
	mostLanes int // that there were since lanes was made
	tell      func(desk dialer.DeskID, registered bool)
	trunked   func(dialer.TrunkView)
	comes     func(dialer.Incoming)
	used      map[dialer.DeskID]bool // the phones that are used outside our calls
	elsewhere func(desk dialer.DeskID, used bool)
	stopped   chan struct{}

	// Set by Start, before anything reads them.
	conn     *net.UDPConn
	addr     netip.AddrPort
	secure   netip.AddrPort // of the TLS listener, if there is one
	us       string         // host:port that others reach us by, over UDP and TCP
	usTLS    string         // over TLS
	buffer   int
	layer    *sip.TransportLayer
	readDone chan struct{}
}

// phase is how far the agent's own life has come.
type phase int

const (
	phaseNew phase = iota
	phaseRunning
	phaseEnding
	phaseStopped
)

var _ dialer.Phone = (*Agent)(nil)

// New checks the configuration; the error lists everything that is wrong, by key. Nothing is opened before Start.
func New(cfg Config) (*Agent, error) {
	cfg = cfg.withDefaults()
	pool, err := media.NewPool(cfg.Media)
	announcement, wrong := readClip("sip.announcement", cfg.Announcement)
	notice, wrongToo := readClip("recording.notice", cfg.RecordingNotice)
	if err := errors.Join(cfg.validate(), err, wrong, wrongToo); err != nil {
		return nil, err
	}
	a := &Agent{announcement: announcement, notice: notice, cfg: cfg, log: cfg.Log, pool: pool, lanes: map[string]*lane{}, stopped: make(chan struct{}), deaf: make(chan struct{})}
	a.crew.next = make(chan func())
	a.notices.crew = &a.crew
	a.fade.after = cfg.Timers.whole()
	a.certs = newCertificates(cfg.TLS, cfg.Log)
	a.streams = newStreams(a)
	a.ladders = newLadders(a)
	a.tags, a.register = newTags(cfg.Secret), newRegistrar(a)
	a.strange = newStrangers(a)
	a.uplinks = newUplinks(a)
	a.watched, a.used = map[dialer.DeskID]*subscription{}, map[dialer.DeskID]bool{}
	for _, d := range cfg.Desks {
		if cfg.profile(d).DialogEvent && d.Trunk == "" {
			a.watched[d.ID] = newSubscription(a, d.ID)
		}
	}
	a.metrics, err = newMetrics(a)
	return a, err
}

// readClip reads what is to be played; nil when nothing is named.
func readClip(key, path string) ([]int16, error) {
	if path == "" {
		return nil, nil
	}
	clip, err := media.ReadWAV(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return clip, nil
}

// Start opens the socket and begins to listen. Run ends what it began.
func (a *Agent) Start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.phase {
	case phaseRunning:
		return nil
	case phaseEnding, phaseStopped:
		return errNotRunning
	default:
	}
	if err := a.cfg.Timers.take(); err != nil {
		return err
	}
	if err := a.listen(); err != nil {
		a.cfg.Timers.release()
		return err
	}
	a.read()
	a.phase = phaseRunning
	a.register.watch()
	a.register.recall()
	for _, u := range a.uplinks {
		u.begin()
	}
	a.crew.start(func() { a.hearTalks(a.deaf) })
	return nil
}

// listen opens what we are reached by.
func (a *Agent) listen() error {
	if err := a.certs.check(); err != nil {
		return err
	}
	conn, granted, plain, err := listen(a.cfg)
	if err != nil {
		return err
	}
	a.conn, a.buffer, a.addr = conn, granted, localAddr(conn)
	a.us = a.reachedAt(a.addr)
	a.usTLS = a.us
	if plain != nil {
		a.streams.serve(plain, overTCP, nil)
	}
	if a.cfg.TLS.Listen != "" {
		secure, err := listenTCP(a.cfg.TLS.Listen)
		if err != nil {
			err = fmt.Errorf("sip.tls.listen: cannot open %s: %w; is another program using the port?", a.cfg.TLS.Listen, err)
			return errors.Join(err, conn.Close(), a.streams.close())
		}
		a.secure = listenerAddr(secure)
		a.usTLS = a.reachedAt(a.secure)
		a.streams.serve(secure, overTLS, a.certs.server())
	}
	if granted < a.cfg.ReceiveBuffer {
		a.log.Warn("sip: the kernel caps the receive buffer; raise net.core.rmem_max", "asked", a.cfg.ReceiveBuffer, "granted", granted)
	}
	return nil
}

// reachedAt is a socket of ours as others reach it.
func (a *Agent) reachedAt(at netip.AddrPort) string {
	return net.JoinHostPort(orElse(a.cfg.AdvertiseHost, at.Addr().String()), strconv.Itoa(int(at.Port())))
}

// read has the library's transport read and parse what comes; it calls receive for one message after the other.
func (a *Agent) read() {
	a.layer = sip.NewTransportLayer(net.DefaultResolver, sip.NewParser(), nil,
		sip.WithTransportLayerLogger(libraryLog(a.log)), sip.WithTransportLayerReadFilter(a.datagram))
	a.layer.OnMessage(func(m sip.Message) { a.receive(m, nil) })
	a.readDone = make(chan struct{})
	go func() {
		defer close(a.readDone)
		if err := a.layer.ServeUDP(pings{a.conn, a.register.heardFrom}); err != nil {
			a.log.Error("sip: the socket cannot be read any more", "err", err)
		}
	}()
}

// Run starts the agent, if Start did not, and keeps it until ctx is done. Then it hangs up what is left, waits for that
// no longer than StopGrace, and closes. It returns nil after an ordered end, also when there was nothing to end.
func (a *Agent) Run(ctx context.Context) error {
	if ctx.Err() == nil {
		if err := a.Start(); err != nil && !a.ended() {
			return err
		}
	}
	var died error
	select {
	case <-ctx.Done():
	case <-a.stopped:
	case <-a.reading():
		died = errors.New("sip: the socket was closed from outside; start again")
	}
	a.stop()
	return died
}

// reading is closed when the socket is read no more; nil, which blocks, before Start.
func (a *Agent) reading() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.readDone
}

func (a *Agent) ended() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.phase == phaseStopped || a.phase == phaseEnding
}

func (a *Agent) running() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.phase == phaseRunning
}

// stop ends the agent, once; a second caller waits for the first.
func (a *Agent) stop() {
	a.mu.Lock()
	was := a.phase
	if was < phaseEnding {
		a.phase = phaseEnding
	}
	a.mu.Unlock()
	if was >= phaseEnding {
		<-a.stopped
		return
	}
	if was == phaseRunning {
		a.register.stop()
		for _, u := range a.uplinks {
			u.stop()
		}
		a.hangUpAll()
		a.leaveTrunks()
		close(a.deaf)
		a.crew.dismiss()
		for _, l := range a.allLanes() {
			l.cutOff() // a call that was prepared at the last moment; no lane runs any more
		}
		a.close()
	} else {
		a.crew.dismiss()
	}
	a.metrics.unregister()
	a.mu.Lock()
	a.phase = phaseStopped
	a.mu.Unlock()
	close(a.stopped)
}

// hangUpAll drops every leg and waits until each is gone; those that are not by the end of the grace are told so.
func (a *Agent) hangUpAll() {
	var open sync.WaitGroup
	for _, l := range a.allLanes() {
		open.Add(1)
		if !l.post(func() { l.windUp(open.Done) }) {
			open.Done()
		}
	}
	gone := make(chan struct{})
	go func() { open.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(a.cfg.StopGrace):
	}
	var closed sync.WaitGroup
	for _, l := range a.allLanes() {
		closed.Add(1)
		if !l.post(func() { l.cutOff(); closed.Done() }) {
			closed.Done()
		}
	}
	closed.Wait()
	<-gone
}

// leaveTrunks takes our registrations back, as far as that can be done within the grace.
func (a *Agent) leaveTrunks() {
	var open sync.WaitGroup
	for _, u := range a.uplinks {
		if u.reg != nil {
			open.Add(1)
			u.reg.leave(sync.OnceFunc(open.Done))
		}
	}
	done := make(chan struct{})
	go func() { open.Wait(); close(done) }()
	select {
	case <-done:
		return
	case <-time.After(a.cfg.StopGrace):
	}
	for _, u := range a.uplinks {
		if u.reg != nil && !u.reg.lane.post(u.reg.left) {
			break // no lane runs any more
		}
	}
	<-done
}

// windUp drops the lane's leg and calls then when it is gone.
func (l *lane) windUp(then func()) {
	who, ok := l.who.(*leg)
	if !ok || who.over || !who.dialled {
		then()
		return
	}
	who.uponGone = append(who.uponGone, then)
	who.toned = true // there is no time for a tone
	who.drop()
}

// cutOff ends the lane as it stands: the socket is about to close.
func (l *lane) cutOff() {
	if who, ok := l.who.(*leg); ok && who.dialled {
		who.gone(false)
	}
	if who, ok := l.who.(*ender); ok {
		who.finish(errNotRunning)
	}
	if who, ok := l.who.(*subscription); ok {
		who.live = false
		who.stopTimers()
	}
	l.abandon()
	l.endTransactions()
}

func (a *Agent) allLanes() []*lane {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*lane, 0, len(a.lanes))
	for _, l := range a.lanes {
		all = append(all, l)
	}
	return all
}

func (a *Agent) close() {
	if err := errors.Join(a.streams.close(), a.conn.Close(), a.layer.Close()); err != nil && !errors.Is(err, net.ErrClosed) {
		a.log.Warn("sip: closing", "err", err)
	}
	<-a.readDone
	a.fade.stop()
	a.cfg.Timers.release()
}

// Addr is the address we listen at, with the port that was really taken. It is valid after Start.
func (a *Agent) Addr() netip.AddrPort { return a.addr }

// SecureAddr is the address we listen for TLS at; it is not valid where we do not, nor before Start.
func (a *Agent) SecureAddr() netip.AddrPort { return a.secure }

// ReceiveBuffer is how many bytes of receive buffer the kernel granted. It is valid after Start.
func (a *Agent) ReceiveBuffer() int { return a.buffer }

// OnRegistered implements dialer.Phone.
func (a *Agent) OnRegistered(f func(desk dialer.DeskID, registered bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tell = f
}

// cameOrWent tells the owner that a desk's phone can be rung, or no longer.
func (a *Agent) cameOrWent(desk dialer.DeskID, registered bool) {
	a.log.Info("sip: desk phone", "desk", desk, "registered", registered)
	if s := a.watched[desk]; s != nil && registered {
		s.phoneCame()
	} else if s != nil {
		s.phoneWent()
	}
	a.notices.post(func() {
		a.mu.Lock()
		tell := a.tell
		a.mu.Unlock()
		if tell != nil {
			tell(desk, registered)
		}
	})
}
