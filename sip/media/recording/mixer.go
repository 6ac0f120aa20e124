package recording

import (
	"slices"
	"sync"
	"time"
)

const (
	operator = iota // channel 1
	customer        // channel 2
)

const (
	// settleTime is how long a chunk waits for packets that are late.
	settleTime = 300 * time.Millisecond
	// ringFrames is how much sound waits for the disk: 8.2 s. It is a power of two, since every octet asks where it belongs.
	ringFrames = 1 << 16
	ringMask   = ringFrames - 1
	// spare is how much sound may be written over, or stand behind an end, before that is a gap, for the recording and each of its
	// pauses: the last packets' ends, streams that follow one another, and a thousandth of the time for clocks that run apart.
	spare = rate / 10
)

// Pause is a time in which nothing was recorded, since somebody asked for that.
type Pause struct{ From, Until time.Time }

// mixer is the time line: two channels of μ-law, from which the oldest sound is taken. A pause takes no time on it. All its times are of the clock
// that packets bear, with what the machine counts (time.Now): by any other they would come before it began, or in its future.
type mixer struct {
	mu     sync.Mutex
	began  time.Time
	ended  time.Time // zero while it goes on
	pauses []Pause   // of the one that lasts, Until is zero
	paused time.Duration
	since  time.Time // what came before is not recorded: when it began, or went on after a pause

	tracks [channels]track
	ring   [ringFrames * channels]byte
	taken  int64 // frames
	lost   int64 // frames that found no room, or came too late
	over   int64 // frames that others were written over, or that came from before all that is placed
}

func newMixer(now time.Time) *mixer {
	m := &mixer{began: now, since: now}
	hush(m.ring[:])
	return m
}

func hush(octets []byte) {
	for i := range octets {
		octets[i] = silent
	}
}

// stopped needs m.mu: when the time line stopped, by a pause or the end; zero while it runs.
func (m *mixer) stopped() time.Time {
	if n := len(m.pauses); n > 0 && m.pauses[n-1].Until.IsZero() {
		return m.pauses[n-1].From
	}
	return m.ended
}

// place needs m.mu: where an instant is on the time line.
func (m *mixer) place(at time.Time) int64 {
	if stop := m.stopped(); !stop.IsZero() && at.After(stop) {
		at = stop
	}
	return max(0, int64((at.Sub(m.began)-m.paused)*rate/time.Second))
}

// pause stops the time line, or has it go on. It reports whether that changed anything.
func (m *mixer) pause(on bool, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.pauses)
	is := n > 0 && m.pauses[n-1].Until.IsZero()
	if is == on || !m.ended.IsZero() {
		return false
	}
	if on {
		m.pauses = append(m.pauses, Pause{From: now})
		return true
	}
	p := &m.pauses[n-1]
	p.Until = now
	m.paused += now.Sub(p.From)
	m.since = now
	m.tracks = [channels]track{} // a stream's stamps went on meanwhile
	return true
}

// end stops the time line for good.
func (m *mixer) end(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended.IsZero() {
		return
	}
	m.ended = now
	if n := len(m.pauses); n > 0 && m.pauses[n-1].Until.IsZero() {
		m.pauses[n-1].Until = now
		m.paused += now.Sub(m.pauses[n-1].From)
	}
}

// packet is one packet's sound, in μ-law.
type packet struct {
	ssrc, stamp uint32
	seq         uint16
	at          time.Time
	octets      []byte
}

// put writes a packet to a channel. What comes behind what was taken is too late, and lost; so is what is further ahead than the
// ring is long, for the disk is too slow. What others are written over is lost too, unless they say the same.
func (m *mixer) put(channel int, p packet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(len(p.octets))
	if stop := m.stopped(); !stop.IsZero() && !p.at.Before(stop) {
		return
	}
	if p.at.Before(m.since) {
		if !m.silenced(p.at) {
			m.over += n // a moment's is spared: it was under way when this began, or went on
		}
		return
	}
	begins := m.tracks[channel].put(p, m.place(p.at))
	from := min(max(0, m.taken-begins), n)
	until := min(max(from, m.taken+ringFrames-begins), n)
	m.lost += from + n - until
	for i, octet := range p.octets[from:until] {
		at := (begins+from+int64(i))&ringMask*channels + int64(channel)
		if was := m.ring[at]; was != silent && was != octet {
			m.over++
		}
		m.ring[at] = octet
	}
}

// silenced needs m.mu: whether somebody had asked that nothing be recorded then.
func (m *mixer) silenced(at time.Time) bool {
	return slices.ContainsFunc(m.pauses, func(p Pause) bool { return !at.Before(p.From) && at.Before(p.Until) })
}

// take moves the oldest sound into a chunk and returns its length in octets: a whole chunk when one is complete, else, with all,
// what there is. 0 is nothing.
func (m *mixer) take(chunk *[chunkOctets]byte, now time.Time, all bool) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	until := m.place(now)
	if !all {
		until = m.place(now.Add(-settleTime))
	}
	n := min(until-m.taken, chunkFrames)
	if n <= 0 || n < chunkFrames && !all {
		return 0
	}
	for left := chunk[:n*channels]; len(left) > 0; { // in two pieces where the ring begins anew
		at := m.taken & ringMask * channels
		size := copy(left, m.ring[at:])
		hush(m.ring[at : at+int64(size)])
		left = left[size:]
		m.taken += int64(size / channels)
	}
	return int(n * channels)
}

// tally is how the time line went. Of all that was put, what is not lost stands in the recording, but for what is spared.
func (m *mixer) tally() (pauses []Pause, ended time.Time, lost int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lost = m.lost
	if gone := m.over + m.behind(); gone > spare*int64(1+len(m.pauses))+m.taken/1000 {
		lost += gone
	}
	return append(pauses, m.pauses...), m.ended, lost
}

// behind needs m.mu: how much sound stands where the recording has ended.
func (m *mixer) behind() (frames int64) {
	if m.ended.IsZero() {
		return 0
	}
	for at := m.place(m.ended); at < m.taken+ringFrames; at++ {
		for channel := range int64(channels) {
			if m.ring[at&ringMask*channels+channel] != silent {
				frames++
			}
		}
	}
	return frames
}
