package hearing

import (
	"math"
	"time"
)

const (
	ms           = time.Millisecond
	sampleRate   = 8000
	blockTime    = 20 * ms
	blockSamples = sampleRate / 50
)

// block is what 20 ms of sound are.
type block struct {
	power  float64 // mean square of the samples
	tilt   float64 // correlation of neighbours: 1 for the lowest pitch, 0 for hiss, -1 for the highest
	hz     float64 // of the sine that fits best; 0 where none was sought
	purity float64 // its share of the power, 0 to 1
	level  float64 // its amplitude
}

// Nothing outside these is a signal that we know; a line's hum and hiss are.
const (
	lowestTone  = 340.0
	highestTone = 2250.0
)

// faint is the power below which a block is taken as still: -64 dB below full
// scale, a little above what G.711 makes of nothing.
const faint = 20 * 20

// measure fits one sine to the block. The sums of the first pass tell its
// frequency: x[n-1]+x[n+1] = 2·cos ω·x[n] holds for every sine, and its total
// least squares solution is not led astray by white noise (Pisarenko's method,
// with edges that need no window). Only where that leaves a good part of the
// power explained is the sine itself measured.
func measure(x *[blockSamples]int16) block {
	var sxx, sxy, syy int64
	last, this := int64(x[0]), int64(x[1])
	for _, v := range x[2:] {
		next := int64(v)
		y := last + next
		sxx += this * this
		sxy += this * y
		syy += y * y
		last, this = this, next
	}
	b := block{power: float64(sxx) / (blockSamples - 2)}
	if b.power < faint {
		return b
	}
	a, d := float64(sxy), float64(syy-2*sxx)
	b.tilt = a / float64(2*max(sxx, 1))
	root := math.Sqrt(d*d + 8*a*a)
	cos := 0.0
	switch {
	case d < 0:
		cos = 2 * a / (root - d)
	case a != 0:
		cos = (d + root) / (4 * a)
	}
	hz := math.Acos(max(-1, min(cos, 1))) * sampleRate / (2 * math.Pi)
	if hz < lowestTone || hz > highestTone || !sinusoidal(cos, float64(sxx), a, float64(syy)) {
		return b
	}
	if b.fit(x, hz, 2); b.purity < pure { // noise that is not white led astray
		b.fit(x, hz, 8)
		b.fit(x, b.hz, 2)
	}
	return b
}

// sinusoidal reports whether what the recurrence leaves unexplained is less
// than noise as strong as the sine would.
func sinusoidal(cos, sxx, sxy, syy float64) bool {
	const asNoisy = 0.5
	c := 2 * cos
	left := syy - 2*c*sxy + c*c*sxx
	return left < asNoisy*(2+c*c)*sxx
}

// fit measures the sine near hz, by Goertzel's recurrence over equal parts of
// the block. What its phase gains from part to part beyond what hz gains is the
// error of hz: two parts tell it exactly, up to 50 Hz; eight tell up to 200.
func (b *block) fit(x *[blockSamples]int16, hz float64, parts int) {
	w := 2 * math.Pi * hz / sampleRate
	sin, cos := math.Sincos(w)
	c, length := 2*cos, blockSamples/parts
	var level, gainRe, gainIm, lastRe, lastIm float64
	for from := 0; from < blockSamples; from += length {
		var s1, s2 float64
		for _, v := range x[from : from+length] {
			s1, s2 = float64(v)+c*s1-s2, s1
		}
		re, im := s1-cos*s2, sin*s2
		gainRe += re*lastRe + im*lastIm
		gainIm += im*lastRe - re*lastIm
		lastRe, lastIm = re, im
		level += math.Sqrt(re*re + im*im)
	}
	drift := math.Remainder(math.Atan2(gainIm, gainRe)-w*float64(length), 2*math.Pi) / float64(length)
	b.hz = max(hz+drift*sampleRate/(2*math.Pi), 0)
	b.level = 2 * level / blockSamples
	b.purity = min(b.level*b.level/(2*b.power), 1)
}
