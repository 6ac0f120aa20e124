package media

import (
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// Side is one of the ends of a bridged call.
type Side uint8

// The operator's phone, the party that was called, and two more sides for
// phones that the call is handed on to, or that the operator asks with: those
// are there only after Open.
const (
	Desk Side = iota
	Customer
	Other
	Aside
	sides
)

// String names the side for logs and metrics.
func (s Side) String() string {
	switch s {
	case Desk:
		return "desk"
	case Customer:
		return "customer"
	case Other:
		return "other"
	default:
		return "aside"
	}
}

// kind is what a payload type stands for in a packet.
type kind uint8

const (
	kindNone kind = iota
	kindPCMU
	kindPCMA
	kindG722
	kindEvent
	kinds
)

func kindOf(c Codec) kind { return kindPCMU + kind(c) }

func (k kind) audio() bool  { return k > kindNone && k < kindEvent }
func (k kind) codec() Codec { return Codec(k - kindPCMU) }

// notSent marks a kind that the far end did not accept.
const notSent = 0xff

// farEnd is what we know of a leg's peer. It is never changed, only replaced.
type farEnd struct {
	said   Description
	rtp    endpoint // where we send, and who may speak
	rtcp   endpoint
	behind netip.Addr // the signalling peer's address, if it is behind NAT
	known  time.Time  // since when there is an SDP of the far end's
	// What it said is not where it speaks from, behind NAT: until a valid packet
	// came, any port of behind may speak; its address is kept from then on.
	rtpLatched, rtcpLatched bool

	heard  [128]kind    // what its payload types mean
	spoken [kinds]uint8 // the payload types to use towards it
	srtp   *protection  // nil for RTP/AVP
}

func newFarEnd(said Description, ourEventPT uint8) *farEnd {
	f := &farEnd{said: said, rtp: newEndpoint(said.RTP), rtcp: newEndpoint(said.RTCP)}
	for i := range f.spoken {
		f.spoken[i] = notSent
	}
	if ourEventPT != 0 {
		f.heard[ourEventPT] = kindEvent
	}
	// A peer should send the numbers that we gave, many send their own.
	if said.EventPT != 0 {
		f.heard[said.EventPT], f.spoken[kindEvent] = kindEvent, said.EventPT
	}
	for _, format := range said.Formats {
		k := kindOf(format.Codec)
		f.heard[format.PT] = k
		f.heard[format.Codec.staticPT()] = k
		if f.spoken[k] == notSent {
			f.spoken[k] = format.PT
		}
	}
	return f
}

// codec is the far end's favourite.
func (f *farEnd) codec() Codec { return f.said.Formats[0].Codec }

// speaks reports whether the far end has a codec.
func (f *farEnd) speaks(c Codec) bool { return f.spoken[kindOf(c)] != notSent }

// codecFor is what to make of sound that the far end does not understand: the other law if it has that, which costs a table.
func (f *farEnd) codecFor(k kind) Codec {
	if c := k.codec(); c.law() && f.speaks(c.Other()) {
		return c.Other()
	}
	return f.codec()
}

// sendable reports whether the far end wants packets, and has an address.
func (f *farEnd) sendable() bool { return !f.said.Held() && !f.rtp.Addr().IsUnspecified() }

// mayLatch reports whether a packet from an address other than rtp may be the
// far end behind its NAT.
func (f *farEnd) mayLatch(from netip.AddrPort, latched bool, networks []netip.Prefix) bool {
	return !latched && f.behind.IsValid() && (from.Addr() == f.behind ||
		slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(from.Addr()) }))
}

// movedPort reports whether a packet comes from another port of the host that was latched: one datagram that forges the host's address must not
// make us deaf to it for the whole call.
func (f *farEnd) movedPort(from netip.AddrPort) bool {
	return f.rtpLatched && f.behind.IsValid() && from.Addr() == f.rtp.Addr()
}

func (f *farEnd) latchRTP(at netip.AddrPort) {
	f.rtp, f.rtpLatched = newEndpoint(at), true
	if f.said.Muxed {
		f.rtcp, f.rtcpLatched = f.rtp, true
	}
}

func (f *farEnd) latchRTCP(at netip.AddrPort) {
	if !f.said.Muxed { // there it is sound alone that says where sound goes
		f.rtcp, f.rtcpLatched = newEndpoint(at), true
	}
}

// leg is one side of a bridge: our sockets, the far end, the counts.
type leg struct {
	loan
	side      Side
	bridge    *Bridge
	rtp, rtcp *socket
	local     *Local

	wide converter  // what our far end does not understand
	nat  netip.Addr // set by BehindNAT; guarded by bridge.mu
	far  atomic.Pointer[farEnd]
	tone atomic.Pointer[playing]
	soon early // guarded by the poller
	in   inbound
	out  outbound
	keys keyQueue
	read keyReader // guarded by the poller
}

func newLeg(b *Bridge, side Side, lent loan, rtp, rtcp *socket) *leg {
	l := &leg{loan: lent, side: side, bridge: b, rtp: rtp, rtcp: rtcp, local: NewLocal(lent.Addr()), out: newOutbound()}
	rtp.hear, rtcp.hear = l.heardRTP, l.heardRTCP
	return l
}

// close closes the sockets, which nobody reads any more, and returns the ports.
func (l *leg) close() {
	if err := errors.Join(l.rtp.Close(), l.rtcp.Close()); err != nil {
		l.pool.log.Warn("closing RTP ports", "err", err)
	}
	l.giveBack()
}

// setFar makes what an SDP says the leg's far end. One that repeats itself, as
// a 200 does after a 183, changes nothing, so a latched address stays.
func (l *leg) setFar(said Description) error {
	l.bridge.mu.Lock()
	defer l.bridge.mu.Unlock()
	old := l.far.Load()
	if old != nil && old.said.equal(said) {
		return nil
	}
	far := newFarEnd(said, l.local.EventPT())
	far.rtp, far.rtcp = newEndpoint(l.pool.outside(said.RTP)), newEndpoint(l.pool.outside(said.RTCP))
	far.behind, far.known = l.nat, time.Now()
	if old != nil {
		far.known = old.known
	}
	if ours, theirs := l.local.pair(); ours != nil {
		var before *protection
		if old != nil {
			before = old.srtp
		}
		var err error
		if far.srtp, err = protect(before, ours, theirs); err != nil {
			return ErrNoCrypto
		}
	}
	l.far.Store(far)
	return nil
}

// heardRTP takes a packet off the RTP socket and passes it on. It is the hot
// path: it allocates nothing and takes only the short locks of the counts. The
// packet is rewritten where it lies.
func (l *leg) heardRTP(packet []byte, from netip.AddrPort, now time.Time) {
	far := l.far.Load()
	latch := far != nil && from != far.rtp.AddrPort &&
		(far.mayLatch(from, far.rtpLatched, l.pool.config.Networks) && !l.soon.waits(from, far, now) || far.movedPort(from) && l.in.silent(now))
	if far == nil {
		l.soon.note(from)
	}
	if far == nil || from != far.rtp.AddrPort && !latch {
		l.in.stranger()
		return
	}
	if far.said.Muxed && isReport(packet) {
		l.heardReports(packet, from, far, now)
		return
	}
	if far.srtp != nil {
		var ok bool
		if packet, ok = far.srtp.in.openRTP(packet); !ok {
			l.in.notProtected()
			return
		}
	}
	h, ok := parseHeader(packet)
	if !ok {
		l.in.notRTP()
		return
	}
	k := far.heard[h.pt]
	if k == kindNone {
		l.in.notAgreedOn()
		return
	}
	if far.behind.IsValid() && (latch || !far.rtpLatched) {
		l.latch(far, func(f *farEnd) { f.latchRTP(from) })
	}
	l.in.accept(h, k.audio(), len(packet), now)
	if k == kindEvent {
		l.heardKey(packet, h)
	} else {
		for _, t := range l.bridge.taps {
			t.put(l.side, k.codec(), h, packet[h.from:h.to], now)
		}
	}
	l.bridge.relay(l, packet, h, k, now)
}

// latch replaces the far end by a copy that change has altered, unless an SDP
// has just replaced it altogether.
func (l *leg) latch(far *farEnd, change func(*farEnd)) {
	for far != nil {
		latched := *far
		change(&latched)
		if l.far.CompareAndSwap(far, &latched) {
			return
		}
		now := l.far.Load()
		if now == nil || !now.said.equal(far.said) {
			return
		}
		far = now
	}
}

// send converts, renumbers and sends one packet to the leg's far end, if that
// takes what k stands for. It reports whether that takes it, and whether our own socket did.
func (l *leg) send(packet []byte, h header, k kind, now time.Time) (taken bool, err error) {
	far := l.far.Load()
	if far == nil || !far.sendable() || k == kindEvent && far.spoken[k] == notSent {
		l.out.skip(h)
		return false, nil
	}
	if far.spoken[k] == notSent {
		codec := far.codecFor(k)
		l.wide.convert(packet[h.from:h.to], k.codec(), codec)
		k = kindOf(codec)
	}
	h.pt = far.spoken[k]
	h, ok := l.out.renumber(h, k.audio(), len(packet), now)
	if !ok {
		return false, nil
	}
	writeHeader(packet, h)
	if err = l.write(packet, far); err != nil {
		l.out.sendFailed()
	}
	return true, err
}

func (l *leg) write(packet []byte, far *farEnd) error {
	if far.srtp == nil {
		return l.rtp.send(packet, &far.rtp.raw)
	}
	return far.srtp.out.sendRTP(packet, l.rtp, &far.rtp.raw)
}
