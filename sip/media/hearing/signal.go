package hearing

import "time"

// Frequencies in Hz: of all tones of the Japanese network, and of a fax that
// calls or answers.
const (
	network = 400.0
	calling = 1100.0
	answers = 2100.0
)

// within reports whether d lies between two lengths.
func within(d, least, most time.Duration) bool { return least <= d && d <= most }

// signals makes hints of tones and the pauses between them.
type signals struct {
	hints  [kinds]Hint
	last   run // the tone that ended last; its n is 0 before the first
	series series
	melody melody
}

// series is a cadence under way: tones of one kind, each a pause after the other.
type series struct {
	Hint

	n int
}

// sounding looks at a tone that still stands: what needs no end to be known.
func (s *signals) sounding(r *run) {
	long, unsteady := r.length(), r.unsteady()
	switch {
	case near(r.hz, network) && unsteady < flat && long >= 1500*ms:
		s.alone(DialTone, r, grow(long, 1500*ms, 4000*ms))
	case near(r.hz, network) && r.pulses() && within(long, 600*ms, 1300*ms):
		if s.hints[Ringback].Confidence < Likely {
			s.alone(Ringback, r, Likely)
		}
	case near(r.hz, answers) && unsteady < flat && long >= 500*ms:
		s.alone(FaxCED, r, grow(long, 500*ms, 2500*ms))
	}
}

// grow goes from 0.6 to 0.97 as length goes from one to the other.
func grow(length, from, to time.Duration) float64 {
	return 0.6 + 0.37*min(float64(length-from)/float64(to-from), 1)
}

// alone hints at a signal that is one tone.
func (s *signals) alone(k Kind, r *run, confidence float64) {
	s.hints[k] = Hint{Kind: k, Confidence: confidence, From: r.from, To: r.to, Total: r.length()}
}

// ended looks at a tone that is over. spoke tells whether somebody spoke
// before it.
func (s *signals) ended(r *run, spoke bool) {
	s.melody.note(r, &s.last)
	fax := near(r.hz, calling) && within(r.length(), 400*ms, 640*ms) && r.unsteady() < flat
	switch {
	case near(r.hz, network):
		s.progress(r)
	case fax:
		s.faxCalls(r, spoke)
	default:
		s.series = series{}
	}
	s.beeps(r, spoke)
	s.last = *r
}

// progress is a tone of the network.
func (s *signals) progress(r *run) {
	const ringPause, ringMost = 1500 * ms, 2600 * ms
	on, steady, pulses := r.length(), r.unsteady() < flat, r.pulses()
	switch {
	case pulses && within(on, 700*ms, 1300*ms):
		s.count(Ringback, r, s.follows(r, ringPause, ringMost), [...]float64{0.7, 0.95, 0.97})
	case pulses && within(on, 300*ms, 700*ms): // begun or broken off within the tone
		s.count(Ringback, r, s.follows(r, ringPause, ringMost), [...]float64{0.4, 0.9, 0.95})
	case steady && within(on, 800*ms, 1300*ms): // a gateway that lost the modulation
		s.count(Ringback, r, s.follows(r, ringPause, ringMost), [...]float64{0.2, 0.6, 0.8})
	case steady && within(on, 150*ms, 700*ms):
		s.count(Busy, r, s.follows(r, 150*ms, 700*ms), [...]float64{0.2, 0.7, 0.92})
	default:
		s.series = series{}
	}
}

// faxCalls is a tone like a calling fax's. Once, after speech, it is a beep.
func (s *signals) faxCalls(r *run, spoke bool) {
	once := 0.55
	if spoke || s.melody.notes > 1 {
		once = 0.2
	}
	s.count(FaxCNG, r, s.follows(r, 2500*ms, 3600*ms), [...]float64{once, 0.95, 0.97})
}

// follows reports whether r came a pause after the same tone.
func (s *signals) follows(r *run, least, most time.Duration) bool {
	return s.last.n > 0 && near(s.last.hz, r.hz) && s.last.quietSince() && within(r.from-s.last.to, least, most)
}

// count takes a tone into its cadence, or begins one, and hints at it by how
// often its tone came: once, twice, more.
func (s *signals) count(k Kind, r *run, follows bool, confidence [3]float64) {
	if !follows || s.series.Kind != k || s.series.n == 0 {
		s.series = series{Hint: Hint{Kind: k, From: r.from}}
	}
	now := &s.series
	now.To, now.Total = r.to, now.Total+r.length()
	now.Confidence = max(now.Confidence, confidence[min(now.n, 2)])
	now.n++
	if now.Confidence >= s.hints[k].Confidence {
		s.hints[k] = now.Hint
	}
}

// pause takes a block that belongs to no tone.
func (s *signals) pause(power, noise float64) {
	if s.last.n == 0 {
		return
	}
	s.last.follow(power, noise, 1)
	s.afterBeep()
}
