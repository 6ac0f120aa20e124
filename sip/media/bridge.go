package media

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Bridge joins the sound of two legs, and of further phones while a call is
// handed on. It is safe for concurrent use.
type Bridge struct {
	pool     *Pool
	legs     [sides]atomic.Pointer[leg]
	to       [sides]atomic.Int32 // whom each side's sound goes to, counted from 1; 0 is nobody
	muted    [sides]atomic.Bool
	wideband atomic.Bool
	every    time.Duration // between RTCP reports
	onKey    atomic.Pointer[func(from Side, key Press)]
	poller   *poller
	taps     []*Tap // guarded by the poller

	mu     sync.Mutex // guards the change of a far end by signalling
	closed bool       // guarded by the poller
	ended  sync.WaitGroup
}

// NewBridge opens the sockets of both sides and starts to listen. Nothing is
// passed on before Connect. Close it whatever happens.
func (p *Pool) NewBridge() (*Bridge, error) {
	poller, err := p.enter()
	if err != nil {
		return nil, err
	}
	b := &Bridge{pool: p, poller: poller, every: p.config.RTCPInterval}
	for _, side := range []Side{Desk, Customer} {
		if err := b.Open(side); err != nil {
			b.Close()
			return nil, err
		}
	}
	b.reports()
	return b, nil
}

// Open opens a side's sockets. It may be called again.
func (b *Bridge) Open(side Side) error {
	if b.leg(side) != nil {
		return nil
	}
	lent, rtp, rtcp, err := lend(b.pool, openSocket)
	if err != nil {
		return err
	}
	l := newLeg(b, side, lent, rtp, rtcp)
	if taken, err := b.take(l); !taken {
		l.close()
		return err
	}
	return nil
}

// Renew gives a side to somebody new: what was agreed on there, and where a NAT had its sound come from, was another's, who is not heard there any more.
func (b *Bridge) Renew(side Side) {
	l := b.leg(side)
	b.mu.Lock()
	defer b.mu.Unlock()
	l.local.renew()
	l.nat = netip.Addr{}
	l.far.Store(nil)
}

// take has a new leg's sockets read, unless another was quicker.
func (b *Bridge) take(l *leg) (taken bool, err error) {
	b.poller.mu.Lock()
	defer b.poller.mu.Unlock()
	switch {
	case b.closed:
		return false, ErrClosed
	case b.leg(l.side) != nil:
		return false, nil
	}
	if err := errors.Join(b.poller.add(l.rtp), b.poller.add(l.rtcp)); err != nil {
		b.poller.remove(l.rtp)
		b.poller.remove(l.rtcp)
		return false, err
	}
	b.legs[l.side].Store(l)
	return true, nil
}

// start has do done from a time on, until it says that it is over or the bridge is closed.
func (b *Bridge) start(at time.Time, do func(now time.Time) (next time.Time, goesOn bool)) {
	b.poller.mu.Lock()
	defer b.poller.mu.Unlock()
	if !b.closed {
		b.poller.start(&beat{owner: b, due: at, do: do})
	}
}

// leg is a side's; nil before it is open.
func (b *Bridge) leg(side Side) *leg { return b.legs[side].Load() }

// all are the legs there are.
func (b *Bridge) all() []*leg {
	var all []*leg
	for side := range sides {
		if l := b.leg(side); l != nil {
			all = append(all, l)
		}
	}
	return all
}

// Secure says whether a side's sound shall be protected: what its SDP, offers
// and answers alike, must be from now on.
func (b *Bridge) Secure(side Side, s Security) { b.leg(side).local.Secure(s) }

// Wideband says whether the call's line carries G.722: whether our SDP, offers and answers alike, has it from now on. Nobody
// is offered it while another side is known not to have it, for nothing would be gained.
func (b *Bridge) Wideband(on bool) { b.wideband.Store(on) }

// settle has a leg's SDP speak of what it can share with the others.
func (l *leg) settle() {
	wide := l.bridge.wideband.Load()
	for _, other := range l.bridge.all() {
		far := other.far.Load()
		wide = wide && (other == l || far == nil || far.speaks(G722))
	}
	l.local.Wideband(wide)
}

// Secured reports whether the side's sound is protected.
func (b *Bridge) Secured(side Side) bool {
	l := b.leg(side)
	if l == nil {
		return false
	}
	far := l.far.Load()
	return far != nil && far.srtp != nil
}

// Offer is our SDP offer to a side.
func (b *Bridge) Offer(side Side) []byte {
	l := b.leg(side)
	l.settle()
	return l.local.Offer(SendRecv)
}

// OfferAnew is our SDP offer to somebody new at a side, while others may be
// asked at the same side with other security.
func (b *Bridge) OfferAnew(side Side, s Security) []byte {
	l := b.leg(side)
	l.settle()
	return l.local.OfferAnew(SendRecv, s)
}

// Answer takes a side's SDP offer and returns our answer. On an error nothing
// has changed; it matches one of the Err… values of SDP.
func (b *Bridge) Answer(side Side, offer []byte) ([]byte, error) {
	l := b.leg(side)
	l.settle()
	said, err := l.parse(offer)
	if err != nil {
		return nil, err
	}
	answer := l.local.Answer(said)
	return answer, l.setFar(said)
}

// SetRemote takes a side's SDP answer to our offer, from a provisional or the
// final response; the same one again changes nothing. Errors as Answer.
func (b *Bridge) SetRemote(side Side, answer []byte) error {
	l := b.leg(side)
	said, err := l.parse(answer)
	if err != nil {
		return err
	}
	if !l.local.accept(said) {
		return ErrNoCrypto
	}
	return l.setFar(said)
}

// Usable says whether SetRemote would take an answer, from one of several who were asked at a side, with that security.
func (b *Bridge) Usable(side Side, answer []byte, s Security) error {
	_, err := b.leg(side).parseAs(answer, s)
	return err
}

// parse reads what a leg's far end says.
func (l *leg) parse(sdp []byte) (Description, error) { return l.parseAs(sdp, l.local.secured()) }

// parseAs is parse with a security; we can send to addresses of our own IP version alone.
func (l *leg) parseAs(sdp []byte, s Security) (Description, error) {
	said, err := l.local.parse(sdp, s)
	if err == nil && said.RTP.Addr().Is4() != l.local.addr.Addr().Is4() {
		err = ErrOtherFamily
	}
	return said, err
}

// BehindNAT tells that a side's SDP may name an address that we cannot reach:
// the first valid packet from peer, the IP address its signalling comes from, or
// from one of the pool's networks decides where its sound goes, until a new SDP. Call it before or after the
// SDP is set.
func (b *Bridge) BehindNAT(side Side, peer netip.Addr) {
	l := b.leg(side)
	b.mu.Lock()
	defer b.mu.Unlock()
	l.nat = peer.Unmap()
	l.latch(l.far.Load(), func(f *farEnd) { f.behind = l.nat })
}

// Connect has desk and customer hear each other from now on: early media or
// talk.
func (b *Bridge) Connect() { b.Link(Desk, Customer) }

// relay passes a packet of one leg to whoever shall hear it.
func (b *Bridge) relay(from *leg, packet []byte, h header, k kind, now time.Time) {
	listener, ok := b.HearsOf(from.side)
	if !ok {
		return
	}
	to := b.leg(listener)
	if tone := to.tone.Load(); tone != nil {
		if !tone.yields {
			return
		}
		to.tone.CompareAndSwap(tone, nil)
	}
	_, _ = to.send(packet, h, k, now)
}

// Heard reports whether any valid RTP packet has come from the side's far end.
func (b *Bridge) Heard(side Side) bool { return b.Stats(side).PacketsIn > 0 }

// Held reports whether the side's far end has put us on hold.
func (b *Bridge) Held(side Side) bool {
	far := b.leg(side).far.Load()
	return far != nil && far.said.Held()
}

// Takes reports whether the side's far end takes sound at present: it has said where to, and does not hold us.
func (b *Bridge) Takes(side Side) bool {
	l := b.leg(side)
	if l == nil {
		return false
	}
	far := l.far.Load()
	return far != nil && far.sendable()
}

// Close ends all sound, tells the far ends by an RTCP BYE, closes the sockets
// and returns the ports. It may be called again, but not by what a bridge calls.
func (b *Bridge) Close() {
	if !b.shut() {
		return
	}
	for _, l := range b.all() {
		l.close()
	}
	b.ended.Wait()
	b.pool.leave(b.poller)
}

// shut is true for the first caller only.
func (b *Bridge) shut() bool {
	b.poller.mu.Lock()
	defer b.poller.mu.Unlock()
	if b.closed {
		return false
	}
	b.closed = true
	b.poller.leave(b)
	for _, l := range b.all() {
		l.sayBye(time.Now())
		b.poller.remove(l.rtp)
		b.poller.remove(l.rtcp)
	}
	return true
}
