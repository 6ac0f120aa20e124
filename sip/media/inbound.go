package media

import (
	"sync"
	"time"
)

// maxDropout is the largest step of sequence numbers that can be loss; beyond
// it the sender has started anew (RFC 3550 A.1). maxMisorder is the same
// backwards.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// jumped reports whether a step from one sequence number to the next is a new
// start and not loss or reordering.
func jumped(last, seq uint16) bool {
	step := int16(seq - last)
	return step > maxDropout || step < -maxMisorder
}

// inbound counts what arrives on a leg. The poller writes, whoever asks for the
// figures reads.
type inbound struct {
	mu         sync.Mutex
	packets    uint64
	bytes      uint64
	events     uint64
	strangers  uint64
	malformed  uint64
	unexpected uint64
	exposed    uint64
	last       time.Time

	source          // the sender at present
	lostSoFar int64 // by earlier senders

	far farReports
}

// farReports is what the far end's RTCP told us.
type farReports struct {
	count     uint64
	lastSR    uint32 // middle 32 bits of its last SR's time (RFC 3550 §6.4.1)
	lastSRAt  time.Time
	lost      int64  // of our packets, as it counts
	jitter    uint32 // timestamp units
	roundTrip time.Duration
}

// source is the reception state of one SSRC (RFC 3550 A.1, A.3, A.8).
type source struct {
	ssrc     uint32
	known    bool
	base     uint32 // first extended sequence number
	highest  uint32 // highest extended sequence number
	received uint32
	transit  uint32
	timed    bool   // transit is set
	jitter   uint32 // in timestamp units, times 16

	expectedBefore, receivedBefore uint32 // at the last report
}

// accept counts a packet of n octets from the far end.
func (in *inbound) accept(h header, audio bool, n int, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.packets++
	in.bytes += uint64(n)
	in.last = now
	if !in.known || in.ssrc != h.ssrc || jumped(uint16(in.highest), h.seq) {
		in.lostSoFar += in.lost()
		// One cycle ahead, so that a packet from before the first stays positive.
		first := 1<<16 + uint32(h.seq)
		in.source = source{ssrc: h.ssrc, known: true, base: first, highest: first}
	}
	in.received++
	extended := in.highest + uint32(int32(int16(h.seq-uint16(in.highest))))
	in.base = min(in.base, extended)
	in.highest = max(in.highest, extended)
	if !audio { // an event's timestamp stands still (RFC 4733 §2.2)
		in.events++
		return
	}
	in.spread(h.ts, now)
}

// silentAfter is how long nothing came from a source that counts as gone.
const silentAfter = time.Second

func (in *inbound) silent(now time.Time) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return now.Sub(in.last) > silentAfter
}

// begun is where clocks of ours are counted from, so that nobody's setting the
// machine's clock is taken for jitter.
var begun = time.Now()

// spread updates the interarrival jitter (RFC 3550 A.8).
func (s *source) spread(ts uint32, now time.Time) {
	arrival := uint32(now.Sub(begun).Microseconds() * (SampleRate / 1000) / 1000)
	transit := arrival - ts
	if s.timed {
		d := int32(transit - s.transit)
		if d < 0 {
			d = -d
		}
		s.jitter += uint32(d) - (s.jitter+8)>>4
	}
	s.transit, s.timed = transit, true
}

func (s *source) expected() uint32 {
	if !s.known {
		return 0
	}
	return s.highest - s.base + 1
}

// lost is negative when packets were duplicated.
func (s *source) lost() int64 { return int64(s.expected()) - int64(s.received) }

// fraction is the share lost since the last call, in 1/256 (RFC 3550 A.3).
func (s *source) fraction() uint8 {
	expected := s.expected() - s.expectedBefore
	received := s.received - s.receivedBefore
	s.expectedBefore, s.receivedBefore = s.expected(), s.received
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)<<8/expected, 255))
}

func (in *inbound) stranger()    { in.count(&in.strangers) }
func (in *inbound) notRTP()      { in.count(&in.malformed) }
func (in *inbound) notAgreedOn() { in.count(&in.unexpected) }

// notProtected: plain, forged or repeated, where SRTP was agreed on.
func (in *inbound) notProtected() { in.count(&in.exposed) }

func (in *inbound) count(what *uint64) {
	in.mu.Lock()
	*what++
	in.mu.Unlock()
}
