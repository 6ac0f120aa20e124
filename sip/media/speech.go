package media

import (
	"math"
	"math/rand/v2"
)

// NewSpeech returns an endless sound with the rhythm and spectrum of speech:
// harmonics of a wandering voice pitch under vowel-like formants, in syllables
// of 100–250 ms with hissing onsets, in phrases with pauses between. It says
// nothing; it makes level meters, jitter buffers and ears behave as with a
// voice. The same seed gives the same sound.
func NewSpeech(seed uint64) Source {
	return &speech{rnd: rand.New(rand.NewPCG(seed, 0x5eec))}
}

const (
	harmonics      = 16
	sineSteps      = 1024
	speechLevel    = 9000.0
	lowestVoice    = 110.0 // Hz
	highestVoice   = 240.0
	onsetShare     = 0.15 // of a syllable: consonant noise
	phraseSyllable = 7    // syllables in a phrase, on average
)

// sine is one period; a table because a lab runs hundreds of voices at once.
var sine = func() (t [sineSteps]float64) {
	for i := range t {
		t[i] = math.Sin(2 * math.Pi * float64(i) / sineSteps)
	}
	return t
}()

type speech struct {
	rnd    *rand.Rand
	left   int // samples until the next syllable or pause
	length int
	silent bool
	hz     float64
	phase  float64 // of the voice, in periods
	gain   [harmonics]float64
}

// Fill implements Source.
func (s *speech) Fill(frame []int16) int {
	for i := range frame {
		if s.left == 0 {
			s.next()
		}
		s.left--
		frame[i] = s.sample()
	}
	return len(frame)
}

// next draws a syllable, or a pause at the end of a phrase.
func (s *speech) next() {
	s.silent = !s.silent && s.length > 0 && s.rnd.IntN(phraseSyllable) == 0
	if s.silent {
		s.length = SampleRate*3/10 + s.rnd.IntN(SampleRate/2)
	} else {
		s.length = SampleRate/10 + s.rnd.IntN(SampleRate*3/20)
		s.hz = s.pitch()
		s.vowel()
	}
	s.left = s.length
}

// pitch wanders a little from syllable to syllable.
func (s *speech) pitch() float64 {
	if s.hz == 0 {
		return lowestVoice + s.rnd.Float64()*(highestVoice-lowestVoice)
	}
	return min(max(s.hz*(0.92+0.16*s.rnd.Float64()), lowestVoice), highestVoice)
}

// vowel sets the strength of each harmonic by two formants.
func (s *speech) vowel() {
	first, second := 300+500*s.rnd.Float64(), 900+1300*s.rnd.Float64()
	sum := 0.0
	for i := range s.gain {
		hz := s.hz * float64(i+1)
		s.gain[i] = 0.1/float64(i+1) + hump(hz, first, 150) + 0.5*hump(hz, second, 250)
		sum += s.gain[i]
	}
	for i := range s.gain {
		s.gain[i] /= sum
	}
}

func hump(hz, centre, width float64) float64 {
	d := (hz - centre) / width
	return 1 / (1 + d*d)
}

func (s *speech) sample() int16 {
	if s.silent {
		return int16(s.rnd.IntN(9) - 4)
	}
	done := 1 - float64(s.left)/float64(s.length)
	envelope := sine[int(done*sineSteps/2)%sineSteps]
	if done < onsetShare {
		return int16(speechLevel * 0.4 * envelope * (2*s.rnd.Float64() - 1))
	}
	s.phase += s.hz / SampleRate
	s.phase -= math.Floor(s.phase)
	v := 0.0
	for i, g := range s.gain {
		v += g * sine[int(s.phase*float64(i+1)*sineSteps)%sineSteps]
	}
	return int16(speechLevel * envelope * v)
}
