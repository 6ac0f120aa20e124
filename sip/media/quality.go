package media

import "time"

// Quality is how sound came through for a while in one direction.
type Quality struct {
	Packets   int64         // that came
	Lost      int64         // that did not; negative where some came late or twice
	Jitter    time.Duration // RFC 3550 §6.4.1
	RoundTrip time.Duration // between us and the far end; 0 if not known
	Codec     Codec
}

// Received is the quality of what came from the far end between two looks at
// a leg; false when nothing came.
func Received(before, after Stats) (Quality, bool) {
	q := Quality{
		Packets: int64(after.PacketsIn - before.PacketsIn), Lost: after.Lost - before.Lost, //nolint:gosec // counts of one call
		Jitter: after.Jitter, RoundTrip: after.Far.RoundTrip, Codec: after.Codec,
	}
	return q, q.Packets > 0
}

// Reported is the quality of what we sent between two looks, as the far end's
// reports say; false without a report between them. A report that names no
// stream of ours has no figures, and says nothing.
func Reported(before, after Stats) (Quality, bool) {
	far := after.Far
	sent := int64(after.PacketsOut - before.PacketsOut) //nolint:gosec // counts of one call
	silent := far.Jitter == 0 && far.RoundTrip == 0 && far.Lost == 0
	if far.Reports == before.Far.Reports || silent || sent <= 0 {
		return Quality{}, false
	}
	// The far end counts for itself, a little behind us: no more is lost than was sent.
	lost := min(far.Lost-before.Far.Lost, sent)
	return Quality{Packets: sent - max(lost, 0), Lost: lost, Jitter: far.Jitter, RoundTrip: far.RoundTrip, Codec: after.Codec}, true
}

// Loss is the share of packets lost, 0 to 1.
func (q Quality) Loss() float64 {
	lost := max(q.Lost, 0)
	if lost == 0 {
		return 0
	}
	return float64(lost) / float64(lost+max(q.Packets, 0))
}

// Delay is the way from mouth to ear as far as it can be known: half the round
// trip, the packet that must be full before it leaves, and the jitter buffer,
// which is somebody else's and taken to hold twice the jitter, a packet at
// least.
func (q Quality) Delay() time.Duration {
	return q.RoundTrip/2 + Frame + max(Frame, 2*q.Jitter)
}

// MOS is what the E-model makes of it.
func (q Quality) MOS() float64 { return MOS(RFactor(q.Codec, q.Loss(), q.Delay())) }

const (
	// qualityWindow is the time over which the worst is looked for.
	qualityWindow = 5 * time.Second
	// qualityPackets is how many packets a window must have to be judged: of
	// fewer, one lost would weigh too much.
	qualityPackets = 50
)

// Figures is the quality of a direction since a Meter began. Recent and Worst
// are mean opinions of windows of five seconds, those of our packets from one
// report of the far end to the next. Recent is 0 where the last had too little
// to be judged.
type Figures struct {
	Quality

	Recent, Worst float64
}

// Meter makes figures out of looks at a leg's Stats, which should be taken each
// second: jitter is the mean of what was seen. The zero value is ready for
// Begin. It has no clock and no lock.
type Meter struct {
	in, out tally
	last    Stats // at the last look
	window  tally // what came since from
	from    time.Time
	told    Stats // when the far end's last report was seen
}

// Begin counts from here on, also when another far end takes the leg's place:
// what was counted stays.
func (m *Meter) Begin(s Stats, at time.Time) {
	m.last, m.told = s, s
	m.window, m.from = tally{}, at
}

// Look takes a snapshot.
func (m *Meter) Look(s Stats, at time.Time) {
	if q, ok := Received(m.last, s); ok || q.Lost != 0 {
		m.in.add(q)
		m.window.add(q)
	}
	m.last = s
	if at.Sub(m.from) >= qualityWindow {
		m.in.judge(m.window.sum)
		m.window, m.from = tally{}, at
	}
	if q, ok := Reported(m.told, s); ok {
		m.out.add(q)
		m.out.judge(q)
		m.told = s
	}
}

// In is how the far end's sound reached us; false when none did.
func (m *Meter) In() (Figures, bool) {
	in := m.in
	in.worse(m.window.sum)
	return in.figures()
}

// Out is how ours reached the far end, as that says; false when it never said.
func (m *Meter) Out() (Figures, bool) { return m.out.figures() }

// tally adds up qualities. Its jitter and round trip are means, weighted by
// packets.
type tally struct {
	sum    Quality
	timed  int64 // packets whose round trip is known
	recent float64
	worst  float64
}

func (t *tally) add(q Quality) {
	t.sum.Packets += q.Packets
	t.sum.Lost += q.Lost
	t.sum.Codec = q.Codec
	t.sum.Jitter = mean(t.sum.Jitter, q.Jitter, q.Packets, t.sum.Packets)
	if q.RoundTrip > 0 {
		t.timed += q.Packets
		t.sum.RoundTrip = mean(t.sum.RoundTrip, q.RoundTrip, q.Packets, t.timed)
	}
}

// mean moves a mean by part of all.
func mean(before, now time.Duration, part, all int64) time.Duration {
	if part <= 0 || all <= 0 {
		return before
	}
	return before + time.Duration(float64(now-before)*float64(part)/float64(all))
}

// judge takes a window's quality as the most recent.
func (t *tally) judge(q Quality) {
	t.recent = 0
	if q.counts() {
		t.recent = q.MOS()
	}
	t.worse(q)
}

// worse takes a window's quality as the worst if it is.
func (t *tally) worse(q Quality) {
	if mos := q.MOS(); q.counts() && (t.worst == 0 || mos < t.worst) {
		t.worst = mos
	}
}

// counts reports whether there is enough to be judged.
func (q Quality) counts() bool { return q.Packets+max(q.Lost, 0) >= qualityPackets }

// figures has no worst that is better than the whole.
func (t *tally) figures() (Figures, bool) {
	if t.sum.Packets <= 0 {
		return Figures{}, false
	}
	worst := t.sum.MOS()
	if t.worst != 0 {
		worst = min(worst, t.worst)
	}
	return Figures{t.sum, t.recent, worst}, true
}
