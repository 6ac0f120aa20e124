package media

import "time"

// Stats is a snapshot of a leg's sound. "In" is from the far end to us.
type Stats struct {
	PacketsIn, BytesIn   uint64 // RTP, headers included
	EventsIn             uint64 // of PacketsIn, those of key presses
	PacketsOut, BytesOut uint64
	SendFailed           uint64 // of PacketsOut, those the system refused
	Lost                 int64  // of the far end's packets, by sequence numbers; duplicates count back
	Jitter               time.Duration
	Strangers            uint64    // packets of others than the far end, dropped
	Malformed            uint64    // packets that were not RTP, dropped
	Unexpected           uint64    // packets of a payload type not agreed on, dropped
	Exposed              uint64    // packets plain, forged or repeated where SRTP was agreed on, dropped
	LastIn               time.Time // zero if none came
	Direction            Direction // that the far end's SDP gave; sendrecv before there is one
	Codec                Codec     // the far end's favourite
	Far                  FarStats
}

// FarStats is what the far end's RTCP reports say.
type FarStats struct {
	Reports   uint64
	Lost      int64 // of our packets; negative when it got some twice
	Jitter    time.Duration
	RoundTrip time.Duration // 0 if not known
}

// Stats is the state of a side at this moment; all zero before it is open.
func (b *Bridge) Stats(side Side) Stats {
	l := b.leg(side)
	var s Stats
	if l == nil {
		return s
	}
	l.in.mu.Lock()
	s.PacketsIn, s.BytesIn, s.EventsIn = l.in.packets, l.in.bytes, l.in.events
	s.Lost = l.in.lostSoFar + l.in.lost()
	s.Jitter = clockUnits(l.in.jitter >> 4)
	s.Strangers, s.Malformed, s.Unexpected = l.in.strangers, l.in.malformed, l.in.unexpected
	s.Exposed = l.in.exposed
	s.LastIn = l.in.last
	s.Far = FarStats{l.in.far.count, signed24(l.in.far.lost), clockUnits(l.in.far.jitter), l.in.far.roundTrip}
	l.in.mu.Unlock()
	l.out.mu.Lock()
	s.PacketsOut, s.BytesOut, s.SendFailed = l.out.packets, l.out.bytes, l.out.failed
	l.out.mu.Unlock()
	if far := l.far.Load(); far != nil {
		s.Direction, s.Codec = far.said.Direction, far.codec()
	}
	return s
}

// signed24 reads a cumulative number of packets lost: 24 bits with a sign (RFC
// 3550 §6.4.1).
func signed24(n int64) int64 { return int64(int32(uint32(n)<<8) >> 8) } //nolint:gosec // that is how it is read

// clockUnits turns RTP timestamp units into time.
func clockUnits(n uint32) time.Duration { return time.Duration(n) * time.Second / SampleRate }
