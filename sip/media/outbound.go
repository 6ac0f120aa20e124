package media

import (
	"math/rand/v2"
	"sync"
	"time"
)

// clockSlip is how far a stream's timestamps may part from the clock on the
// wall between two packets before we take it for a new stream: a music-on-hold
// source that keeps the SSRC but not the time.
const clockSlip = 2 * time.Second

// outbound renumbers what leaves on a leg, so that the far end sees one
// stream. Its lock is for those who do not have the poller's: who asks for the
// figures, or is about to press keys.
type outbound struct {
	ssrc uint32 // ours, for the whole call

	mu       sync.Mutex
	packets  uint64
	bytes    uint64 // of whole RTP packets
	payload  uint64 // octets without header and padding, for the SR
	failed   uint64
	started  bool
	seq      uint16    // highest sent
	ts       uint32    // of the last audio packet
	audioAt  time.Time // when that was sent; events do not move either
	source   uint32    // SSRC of the stream at present, as it came to us
	seqShift uint16    // what is added to its numbers
	tsShift  uint32
	reserved bool // keys are being sent: no stream but that of source passes
}

func newOutbound() outbound {
	return outbound{ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), ts: rand.Uint32()}
}

// renumber turns the header of a packet of any stream into that of ours. False
// means that the packet may not leave now.
func (o *outbound) renumber(h header, audio bool, n int, now time.Time) (header, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reserved && h.ssrc != o.source {
		return h, false
	}
	if !o.started || h.ssrc != o.source || o.restarted(h, audio, now) {
		o.join(h, now)
		// A talkspurt begins (RFC 3551 §4.1). An event's marker says whether it is
		// the event's first packet (RFC 4733 §2.3), which is its sender's to know.
		h.marker = h.marker || audio
	}
	h.ssrc = o.ssrc
	h.seq += o.seqShift
	h.ts += o.tsShift
	if int16(h.seq-o.seq) > 0 {
		o.seq = h.seq
		if audio {
			o.ts, o.audioAt = h.ts, now
		}
	}
	o.packets++
	o.bytes += uint64(n)
	o.payload += uint64(h.to - h.from)
	return h, true
}

// reserve gives the far end's ear to one new stream alone, h's, until it
// releases it.
func (o *outbound) reserve(h header, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.join(h, now)
	o.reserved = true
}

// release does nothing for a stream that another has followed.
func (o *outbound) release(ssrc uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reserved = o.reserved && o.source != ssrc
}

// restarted reports a new start under the same SSRC.
func (o *outbound) restarted(h header, audio bool, now time.Time) bool {
	if jumped(o.seq, h.seq+o.seqShift) {
		return true
	}
	if !audio {
		return false
	}
	moved := time.Duration(int32(h.ts+o.tsShift-o.ts)) * time.Second / SampleRate
	slip := moved - now.Sub(o.audioAt)
	return slip > clockSlip || slip < -clockSlip
}

// join makes the stream of h go on where the last one stopped, with the pause
// between them in whole frames.
func (o *outbound) join(h header, now time.Time) {
	if !o.started {
		o.audioAt = now
	}
	pause := now.Sub(o.audioAt).Round(Frame)
	o.source, o.started = h.ssrc, true
	o.seqShift = o.seq + 1 - h.seq
	o.tsShift = o.ts + uint32(samples(max(pause, Frame))) - h.ts
}

// skip closes the gap of a packet that is not sent on, because the far end
// holds or cannot take it: to the far end it is no loss.
func (o *outbound) skip(h header) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.started && h.ssrc == o.source {
		o.seqShift--
	}
}

func (o *outbound) sendFailed() {
	o.mu.Lock()
	o.failed++
	o.mu.Unlock()
}
