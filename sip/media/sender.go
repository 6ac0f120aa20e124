package media

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// stall is how far behind a stream of ours may be and still catch up. After more,
// as when the machine has slept, it goes on as if no time had passed.
const stall = 10 * Frame

// following is when the frame after one that was due is due: a schedule counted
// from the start, so that a late wake-up delays one frame, never those after it.
func following(due, now time.Time) time.Time {
	if now.Sub(due) > stall {
		due = now
	}
	return due.Add(Frame)
}

// pace calls tick at once and then every Frame. It returns when tick says false
// or done is closed.
func pace(done <-chan struct{}, tick func(now time.Time) bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Now(); ; due = following(due, time.Now()) {
		timer.Reset(time.Until(due))
		select {
		case <-done:
			return
		case <-timer.C:
			if !tick(time.Now()) {
				return
			}
		}
	}
}

// Sender plays sources as one RTP stream, a packet every 20 ms. Run belongs to
// one goroutine, the rest is safe for concurrent use.
type Sender struct {
	conn   *net.UDPConn
	target atomic.Pointer[target]
	sent   atomic.Uint64

	packet [rtpHeaderSize + frameSamples]byte
	h      header
}

// target is where and as what the stream goes; nil is nowhere.
type target struct {
	addr   netip.AddrPort
	format Format
}

// NewSender makes a sender on conn, which it does not own. It sends nothing
// before Target.
func NewSender(conn *net.UDPConn) *Sender {
	s := &Sender{conn: conn}
	s.packet[0] = rtpVersionBits
	s.h = header{ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), ts: rand.Uint32(), from: rtpHeaderSize}
	return s
}

// Target sends to what the far end's SDP says from now on; while that holds
// us, the stream goes on in time and stays unsent.
func (s *Sender) Target(far Description) {
	if far.Held() || far.RTP.Addr().IsUnspecified() {
		s.target.Store(nil)
		return
	}
	s.target.Store(&target{far.RTP, far.Formats[0]})
}

// Sent is the number of packets sent.
func (s *Sender) Sent() uint64 { return s.sent.Load() }

// Run plays src until it or ctx ends.
func (s *Sender) Run(ctx context.Context, src Source) {
	var pcm [frameSamples]int16
	s.h.marker = true
	pace(ctx.Done(), func(time.Time) bool {
		n := src.Fill(pcm[:])
		if n > 0 {
			s.send(pcm[:n])
		}
		s.h.ts += frameSamples
		return n == len(pcm)
	})
}

func (s *Sender) send(pcm []int16) {
	to := s.target.Load()
	if to == nil {
		return
	}
	s.h.pt = to.format.PT
	writeHeader(s.packet[:], s.h)
	s.h.seq++
	s.h.marker = false
	n := rtpHeaderSize + to.format.Codec.Encode(s.packet[rtpHeaderSize:], pcm)
	if _, err := s.conn.WriteToUDPAddrPort(s.packet[:n], to.addr); err == nil {
		s.sent.Add(1)
	}
}
