package hearing

import (
	"math"
	"time"
)

// Where sound begins, and pauses end it.
const (
	above  = 3.0      // times the floor: 5 dB
	hang   = 240 * ms // a pause within a word or between two
	breath = 1200 * ms
	piece  = 1500 * ms // what goes on for longer is judged anew
)

// What makes sound speech, noise or music. The variance of the power, relative
// to its mean squared, is from block to block 0.01 in white noise, 0.1 in the
// brownest of a line, and more than 0.4 in syllables. Its colour (tilt) changes
// by 0.06 and more from block to block in a voice; 40 % of a voice's blocks are
// louder than the one before.
const (
	moves   = 0.25     // variance of a voice, and more
	steady  = 0.12     // variance of noise, and less
	jump    = 1.8      // times the block before: 2.5 dB; a voice has two
	spoken  = 4        // blocks that a judgement needs
	goingOn = 3        // and while somebody speaks
	noisy   = 25       // blocks that make noise or music of it
	even    = 0.036    // change of tilt below which it is music
	swell   = 1.05     // times the block before: louder
	struck  = 0.16     // share of louder blocks below which it is music: strings that fade
	rises   = 3.0      // times what was before: where in noise a voice sets in
	room    = 0.02     // of the loudest: what stays below is others in the room, 17 dB
	settled = 300 * ms // after as much of the same, what was before a rise was noise
)

// voice tells speech from noise and music by how loudness and colour move.
type voice struct {
	recent  recent
	floor   floor
	last    moment // the block before; a tone's has no power
	stretch stretch
	talk    talk
	loud    time.Duration // until when something sounded, speech or not
}

// stretch is sound without a pause, or a piece of it: what goes on is judged anew.
type stretch struct {
	open, speech bool
	music        bool
	afterMusic   bool
	loudest      float64
	before       talk // to go back to when it turns out to be music
	from, to     time.Duration
	n            int     // blocks above the floor
	swells       int     // how often one of those was louder than the block before
	jumps        int     // how often one of those was far louder or fainter than the block before
	flux         float64 // how much its tilt went up and down, in all
	powers       spread  // of all blocks up to the last of those
	since        spread  // and up to now
}

// talk is the stretches that were speech.
type talk struct {
	heard       bool
	first, last time.Duration
	total       time.Duration
	opening     time.Duration // length of the first words, up to a pause for an answer
	opened      bool          // that pause has come
	loudest     float64       // block's power
}

// block takes the next block.
func (v *voice) block(m moment) {
	if oldest, ok := v.recent.push(m); ok {
		v.hear(&oldest)
	}
}

// gap takes the time up to now in which nothing came. A long one is a pause:
// whatever waited for more is judged without.
func (v *voice) gap(now time.Duration) {
	for now-v.recent.newest().end > hang {
		m, ok := v.recent.pop()
		if !ok {
			break
		}
		v.hear(&m)
	}
	v.answerDue(now)
}

func (v *voice) hear(m *moment) {
	if m.tone { // it is neither speech nor a pause
		v.last = moment{}
	} else {
		v.sound(m)
	}
	v.answerDue(m.end)
}

// answerDue ends the first words when a pause for an answer has come.
func (v *voice) answerDue(now time.Duration) {
	t, s := &v.talk, &v.stretch
	if t.heard && !t.opened {
		t.opening = t.last - t.first
		t.opened = (!s.open || now-s.to > hang) && now-t.last >= breath
	}
}

func (v *voice) sound(m *moment) {
	last := v.last
	if v.last = *m; last.power > 0 {
		v.floor.add((last.power + m.power) / 2)
	}
	active := m.power > above*v.floor.level()
	s := &v.stretch
	switch {
	case s.open && m.from-s.to > hang:
		s.open = false
	case s.open && active && m.from-s.from >= piece:
		*s = stretch{open: true, from: m.from, to: m.from, before: v.talk, afterMusic: s.music}
	}
	if !s.open && active {
		*s = stretch{open: true, from: m.from, to: m.from, before: v.talk}
	}
	if s.open {
		s.since.add(m.power)
	}
	if s.open && active {
		v.hears(m, last)
	}
}

// hears takes a block above the floor into the stretch.
func (v *voice) hears(m *moment, last moment) {
	s := &v.stretch
	before := s.powers.mean()
	s.n++
	s.powers = s.since
	if last.power > 0 && s.n > 1 {
		if m.power > jump*last.power || last.power > jump*m.power {
			s.jumps++
		}
		if m.power > swell*last.power {
			s.swells++
		}
		s.flux += math.Abs(m.tilt - last.tilt)
	}
	s.loudest = max(s.loudest, m.power)
	near := s.loudest > room*v.talk.loudest
	if near && s.n >= spoken {
		v.loud = m.end
	}
	switch {
	case s.music:
	case s.n >= noisy && s.musical():
		s.music, s.speech, v.talk = true, false, s.before
	case s.speech:
		v.talk.goesOn(s.to, m)
	case near:
		v.judge(m, before)
	}
	s.to = m.end
}

// musical reports whether what sounds hardly changes its colour, or is struck and
// then fades.
func (s *stretch) musical() bool {
	return s.flux < even*float64(s.n) || float64(s.swells) < struck*float64(s.n)
}

// judge says what a stretch is that ends with m, as soon as that can be said.
// before is its power without m.
func (v *voice) judge(m *moment, before float64) {
	s, enough := &v.stretch, spoken
	switch {
	case s.afterMusic:
		enough = noisy
	case v.talk.heard && s.from-v.talk.last < breath:
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
	t.loudest = max(t.loudest, m.power)
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
