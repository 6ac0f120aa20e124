package hearing

import (
	"math"
	"time"
)

const (
	blockTime = 20 * ms
	above     = 3.0      // times the floor: where sound begins, 5 dB
	moves     = 0.25     // relative variance of the power from which on it is a voice
	jump      = 1.8      // times the block before: 2.5 dB
	spoken    = 4        // blocks that a judgement needs
	goingOn   = 3        // and while somebody speaks
	noisy     = 25       // blocks of steady sound that are noise
	steady    = 0.12     // relative variance of the power up to which they are
	rises     = 3.0      // times what was before: where in noise a voice sets in
	hang      = 240 * ms // a pause within a word or between two
	settled   = 300 * ms // after as much of the same, what was before a rise was noise
	breath    = 1200 * ms
)

// voice tells speech from noise by how the loudness moves. White noise has a
// relative variance of 0.01 from block to block, the brownest of a line 0.1,
// syllables more than 0.4.
type voice struct {
	recent  recent
	floor   floor
	last    float64 // power of the block before; 0 after a tone
	stretch stretch
	talk    talk
	loud    time.Duration // until when something sounded, speech or not
}

// moment is a block as the voice sees it.
type moment struct {
	power     float64
	from, end time.Duration
	tone      bool
}

// recent holds what was heard last until it is known whether it was a tone's:
// vowels begin as tones do.
type recent struct {
	moments [possible]moment
	n       int // of all moments so far
}

// possible is the number of blocks after which a sine is a tone or none.
const possible = int(modulatedTone / blockTime)

// push takes the newest and returns the oldest, if there are as many.
func (r *recent) push(m moment) (oldest moment, ok bool) {
	at := &r.moments[r.n%possible]
	oldest, *at = *at, m
	r.n++
	return oldest, r.n > possible
}

// claim gives a tone its blocks, and the one in which it begins.
func (r *recent) claim(from time.Duration) {
	for i := range r.moments {
		if m := &r.moments[i]; m.end >= from {
			m.tone = true
		}
	}
}

// stretch is sound without a pause.
type stretch struct {
	open, speech bool
	from, to     time.Duration
	n            int    // blocks above the floor
	jumps        int    // how often one of those was far louder or fainter than the block before
	powers       spread // of all blocks up to the last of those
	since        spread // and up to now
}

// talk is the stretches that were speech.
type talk struct {
	heard       bool
	first, last time.Duration
	total       time.Duration
	opening     time.Duration // length of the first words, up to a pause for an answer
	opened      bool          // that pause has come
}

// block takes the next block.
func (v *voice) block(m moment) {
	m, ok := v.recent.push(m)
	if !ok {
		return
	}
	if m.tone { // it is neither speech nor a pause
		v.last = 0
	} else {
		v.sound(&m)
	}
	if v.talk.heard && !v.talk.opened {
		v.talk.opening = v.talk.last - v.talk.first
		v.talk.opened = !v.stretch.open && m.end-v.talk.last >= breath
	}
}

func (v *voice) sound(m *moment) {
	last := v.last
	if v.last = m.power; last > 0 {
		v.floor.add((last + m.power) / 2)
	}
	s := &v.stretch
	if s.open && m.from-s.to > hang {
		s.open = false
	}
	active := m.power > above*v.floor.level()
	if !s.open && active {
		*s = stretch{open: true, from: m.from, to: m.from}
	}
	if !s.open {
		return
	}
	before := s.powers
	s.since.add(m.power)
	if !active {
		return
	}
	s.n++
	s.powers = s.since
	if last > 0 && s.n > 1 && (m.power > jump*last || last > jump*m.power) {
		s.jumps++
	}
	if s.speech {
		v.talk.goesOn(s.to, m)
	}
	s.to = m.end
	if s.n >= spoken {
		v.loud = m.end
	}
	if !s.speech {
		v.judge(m, before.mean())
	}
}

// judge says what a stretch is that ends with m, as soon as that can be said.
// before is its power without m.
func (v *voice) judge(m *moment, before float64) {
	s, enough := &v.stretch, spoken
	if v.talk.heard && s.from-v.talk.last < breath {
		enough = goingOn
	}
	switch moved := s.powers.relative(); {
	case moved > moves && s.jumps > 1 && s.n >= enough:
		s.speech = true
		from := s.from
		if m.end-from > settled && m.power > rises*before {
			from = m.from // what was before it was noise
		}
		v.talk.goesOn(from, m)
	case moved < steady && s.n >= noisy:
		v.floor.raise(s.powers.mean())
		s.open = false
	}
}

// goesOn takes what was spoken from a time to the end of m into the talk.
func (t *talk) goesOn(from time.Duration, m *moment) {
	if !t.heard {
		t.heard, t.first = true, from
	}
	t.total += m.end - max(from, t.last)
	t.last = m.end
}

// restart forgets what was spoken.
func (v *voice) restart() {
	v.recent, v.stretch, v.talk = recent{}, stretch{}, talk{}
}

// hint is what was said so far; within a tune it is the tune's own sound.
func (t *talk) hint(m *melody) Hint {
	if !t.heard {
		return Hint{Kind: Speech}
	}
	sure := 0.35 + 0.6*(1-math.Exp(-t.total.Seconds()/0.6))
	if m.notes >= aTune && t.first > m.from-between {
		sure /= 2
	}
	return Hint{Kind: Speech, Confidence: sure, From: t.first, To: t.last, Total: t.total}
}
