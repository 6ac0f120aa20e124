package hearing

import (
	"math"
	"time"
)

const (
	pure      = 0.75     // share of a block's power from which on it is a tone
	same      = 0.025    // how far a tone may stand from its frequency, relative: 2 % and what noise adds
	bridged   = 4        // blocks that may fail within a tone: the troughs of a modulation, a phase reversal
	outlasted = 200 * ms // a gap that ends a tone
)

// near reports whether hz is one that should be want.
func near(hz, want float64) bool { return math.Abs(hz-want) <= same*want }

// run is one tone: blocks with the same sine.
type run struct {
	from, to    time.Duration
	hz          float64 // mean
	n, misses   int     // blocks that fitted, and that failed since the last that did
	levels      spread  // of its blocks, but for the first and the last: they may be half full
	late        spread  // levels that follow those: of the last block, and of what may have failed since
	swings      int     // how often its level rose above its mean
	up          bool    // it stands above it
	known       bool    // it is the tone that was heard before
	after       int     // blocks since its end
	loud, heard int     // those of them that were nearly as loud as it was, and that were no part of the noise or the room
}

func (r *run) length() time.Duration { return r.to - r.from }

// unsteady is the variance of the tone's level, relative to its mean squared:
// 0 for a steady tone, m²/2 for a sine that modulates by m (less what a block
// of 20 ms evens out).
func (r *run) unsteady() float64 {
	if r.levels.n == 0 {
		return 1
	}
	return r.levels.relative()
}

// Noise 10 dB below a steady tone makes 0.003, a ringback of 16 Hz and 85 %
// has 0.25, the syllables of a voice more than 0.01.
const (
	steadiest = 0.01
	flat      = 0.04
)

func (r *run) power() float64 {
	mean := r.levels.mean()
	if r.levels.n == 0 {
		mean = r.late.mean()
	}
	return mean * mean / 2
}

// quietSince reports whether the tone was followed by a pause.
func (r *run) quietSince() bool { return r.loud <= 2+r.after/5 }

// stillSince reports whether nothing at all followed it.
func (r *run) stillSince() bool { return r.heard <= 2+r.after/5 }

// follow counts blocks that are not the tone's, over a line's noise.
func (r *run) follow(power, noise float64, blocks int) {
	const nearly, faintest = 0.25, 0.01
	r.after += blocks
	if power > nearly*r.power() {
		r.loud += blocks
	}
	if power > above*noise && power > faintest*r.power() {
		r.heard += blocks
	}
}

// swing notes the level of a block that may be the tone's last.
func (r *run) swing(b block) {
	r.late.add(b.level)
	up := r.levels.n > 0 && b.level > r.levels.mean()
	if up && !r.up {
		r.swings++
	}
	r.up = up
}

// pulses reports whether the level goes up and down about 16 times a second,
// and does not just fade.
func (r *run) pulses() bool {
	seconds := r.length().Seconds()
	return r.unsteady() > flat && float64(r.swings) > 10*seconds && float64(r.swings) < 22*seconds+2
}

// add takes a block into the tone if it belongs there.
func (r *run) add(b block, end time.Duration) bool {
	if b.purity < pure || !near(b.hz, r.hz) {
		return false
	}
	r.n++
	r.misses, r.after, r.loud, r.heard = 0, 0, 0, 0
	r.hz += (b.hz - r.hz) / float64(r.n)
	if r.n > 2 {
		r.levels.join(r.late)
	}
	r.late = spread{}
	r.swing(b)
	r.to = end
	return true
}

// tones cuts the blocks into runs.
type tones struct {
	open bool
	run  run
	last float64 // frequency of the tone before
}

// Lengths from which on a run is a tone. The steadier it is, the sooner: vowels
// are short, and their level moves.
const (
	knownTone     = 40 * ms
	steadiestTone = 160 * ms
	flatTone      = 240 * ms
	modulatedTone = 300 * ms
)

// tone reports whether the run is one.
func (r *run) tone() bool {
	long, unsteady := r.length(), r.unsteady()
	return long >= knownTone && r.known ||
		long >= steadiestTone && unsteady < steadiest ||
		long >= flatTone && unsteady < flat ||
		long >= modulatedTone && near(r.hz, network) && r.pulses()
}

// sounding reports whether a tone stands now.
func (t *tones) sounding() bool { return t.open && t.run.tone() }

// block takes the next block and returns the run that it ended, if any.
func (t *tones) block(b block, noise float64, end time.Duration) (ended run, ok bool) {
	if t.open {
		if t.run.add(b, end) {
			return run{}, false
		}
		t.run.swing(b)
		t.run.follow(b.power, noise, 1)
		t.run.misses++
		if t.run.misses <= bridged && (b.purity < pure || t.run.misses == 1) {
			return run{}, false
		}
		ended, ok = t.close(), true
	}
	if b.purity >= pure {
		t.open = true
		t.run = run{from: end - blockTime, hz: b.hz, known: near(b.hz, t.last)}
		t.run.add(b, end)
	}
	return ended, ok
}

// close ends the run that stands.
func (t *tones) close() run {
	t.open = false
	if t.run.tone() {
		t.last = t.run.hz
	}
	return t.run
}
