package hearing

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer/dialertest/full"
	"kakeru/sip/media"
)

// The labelled set that thresholds were chosen by: made here, of the tones and
// the voice of sip/media and of arithmetic.

// maker lays sounds end to end. All its draws come from one seed.
type maker struct {
	rnd *rand.Rand
	off float64 // every tone's frequency, relative to what it should be
	pcm []int16
}

func (m *maker) at() time.Duration { return time.Duration(len(m.pcm)) * time.Second / sampleRate }

func (m *maker) between(least, most time.Duration) time.Duration {
	return least + time.Duration(m.rnd.Int64N(int64(most-least)+1))
}

func samples(d time.Duration) int { return int(d * sampleRate / time.Second) }

func (m *maker) quiet(d time.Duration) { m.pcm = append(m.pcm, make([]int16, samples(d))...) }

func (m *maker) play(d time.Duration, s media.Source) { m.pcm = append(m.pcm, media.Render(d, s)...) }

const loud = 5800

// tone is the sum of sines, each modulated.
func (m *maker) tone(d time.Duration, depth, modulation float64, hz ...float64) {
	n := samples(d)
	start := m.rnd.Float64()
	for i := range n {
		t := float64(i) / sampleRate
		v := 0.0
		for _, f := range hz {
			v += math.Sin(2*math.Pi*(f*(1+m.off)*t+start)) / float64(len(hz))
		}
		v *= (1 + depth*math.Sin(2*math.Pi*modulation*t)) / (1 + depth)
		m.pcm = append(m.pcm, int16(loud*v))
	}
}

func (m *maker) steady(d time.Duration, hz ...float64) { m.tone(d, 0, 0, hz...) }

// voices are half a minute of speech each, made once.
var voices = sync.OnceValue(func() (clips [8][]int16) {
	for i := range clips {
		clips[i] = media.Render(30*time.Second, media.NewSpeech(uint64(i)+11))
	}
	return clips
})

func (m *maker) speak(d time.Duration) {
	clips := voices()
	m.play(d, media.Loop(clips[m.rnd.IntN(len(clips))], m.rnd.IntN(20*sampleRate)))
}

// A class is a kind of example; make lays its sound and says what is there.
type class struct {
	name string
	make func(m *maker, x *example)
}

// voiceFor speaks and notes from when to when: a voice may begin or end with a
// pause of its own.
func (m *maker) voiceFor(x *example, d time.Duration) {
	begin := len(m.pcm)
	m.speak(d)
	first, last := -1, begin
	for i, v := range m.pcm[begin:] {
		if v > 500 || v < -500 {
			last = begin + i
			if first < 0 {
				first = last
			}
		}
	}
	if first < 0 {
		return
	}
	if x.spoke[1] == 0 {
		x.spoke[0] = time.Duration(first) * time.Second / sampleRate
	}
	x.spoke[1] = time.Duration(last) * time.Second / sampleRate
}

// answers makes the example a call that somebody or something answered.
func (m *maker) answers(x *example, recorder bool) {
	x.answered = true
	x.after = m.between(2*time.Second, 30*time.Second)
	if recorder && m.rnd.IntN(10) < 7 {
		x.after = mobileAnswerTimes[m.rnd.IntN(3)] + m.between(-time.Second, time.Second)
	}
}

func (m *maker) cadence(n int, off time.Duration, on func()) {
	for range n {
		on()
		m.quiet(off)
	}
}

var classes = []class{
	{"ringback", func(m *maker, x *example) {
		x.want, x.may = []Kind{Ringback}, []Kind{Silence}
		m.play(m.between(4500*ms, 10*time.Second), media.Ringback.Source())
		m.quiet(500 * ms)
	}},
	{"ringback off pitch", func(m *maker, x *example) {
		x.want = []Kind{Ringback}
		m.cadence(2+m.rnd.IntN(3), 1900*ms, func() { m.tone(m.between(950*ms, 1050*ms), 0.7+0.3*m.rnd.Float64(), 15+2*m.rnd.Float64(), 400) })
	}},
	{"ringback as beat", func(m *maker, x *example) {
		x.want, x.may = []Kind{Ringback}, []Kind{Silence}
		m.quiet(m.between(0, time.Second))
		m.cadence(2+m.rnd.IntN(2), 1950*ms, func() { m.steady(time.Second, 392, 408) })
	}},
	{"ringback, then a person", func(m *maker, x *example) {
		x.want = []Kind{Ringback, Speech, Silence}
		m.cadence(2, 2*time.Second, func() { m.tone(time.Second, 0.85, 16, 400) })
		m.tone(m.between(100*ms, 900*ms), 0.85, 16, 400)
		m.quiet(m.between(200*ms, time.Second))
		m.voiceFor(x, m.between(600*ms, 2*time.Second))
		m.quiet(m.between(2500*ms, 4*time.Second))
	}},
	{"busy", func(m *maker, x *example) {
		x.want = []Kind{Busy}
		m.play(m.between(2200*ms, 6*time.Second), media.Busy.Source())
	}},
	{"busy off pitch", func(m *maker, x *example) {
		x.want = []Kind{Busy}
		on, off := m.between(420*ms, 600*ms), m.between(420*ms, 600*ms)
		m.cadence(3+m.rnd.IntN(5), off, func() { m.steady(on, 400) })
	}},
	{"reorder", func(m *maker, x *example) {
		x.want = []Kind{Busy}
		m.cadence(5+m.rnd.IntN(5), 250*ms, func() { m.steady(250*ms, 400) })
	}},
	{"dial tone", func(m *maker, x *example) {
		x.want = []Kind{DialTone}
		m.quiet(m.between(0, time.Second))
		m.steady(m.between(2*time.Second, 6*time.Second), 400)
	}},
	{"fax calls", func(m *maker, x *example) {
		x.want = []Kind{FaxCNG, Silence}
		m.answers(x, false)
		m.quiet(m.between(0, time.Second))
		m.cadence(2+m.rnd.IntN(2), 3*time.Second, func() { m.steady(500*ms, 1100) })
	}},
	{"fax answers", func(m *maker, x *example) {
		x.want = []Kind{FaxCED, Silence}
		m.answers(x, false)
		m.quiet(m.between(200*ms, 2*time.Second))
		m.steady(m.between(2600*ms, 4*time.Second), 2100)
		m.quiet(4 * time.Second)
	}},
	{"modem answers", func(m *maker, x *example) {
		x.want = []Kind{FaxCED, Silence}
		m.answers(x, false)
		m.quiet(m.between(200*ms, 2*time.Second))
		for range 7 { // ITU-T V.8: 15 Hz at 20 %, turned round every 450 ms
			m.tone(450*ms, 0.2, 15, 2100)
		}
		m.quiet(4 * time.Second)
	}},
	{"greeting and beep", func(m *maker, x *example) {
		x.want = []Kind{Speech, Beep, Recorder, Silence}
		m.answers(x, true)
		m.quiet(m.between(200*ms, time.Second))
		m.voiceFor(x, m.between(4*time.Second, 12*time.Second))
		m.quiet(m.between(100*ms, 1500*ms))
		m.steady(m.between(200*ms, 1500*ms), 600+900*m.rnd.Float64())
		m.quiet(m.between(2500*ms, 4*time.Second))
	}},
	{"short greeting and beeps", func(m *maker, x *example) {
		x.want = []Kind{Speech, Beep, Recorder, Silence}
		m.answers(x, true)
		m.quiet(m.between(200*ms, time.Second))
		m.voiceFor(x, m.between(2*time.Second, 4*time.Second))
		m.quiet(m.between(100*ms, time.Second))
		hz := 600 + 900*m.rnd.Float64()
		m.cadence(1+m.rnd.IntN(3), 300*ms, func() { m.steady(300*ms, hz) })
		m.quiet(m.between(2500*ms, 4*time.Second))
	}},
	{"greeting still going on", func(m *maker, x *example) {
		x.want = []Kind{Speech, Recorder}
		m.answers(x, true)
		m.quiet(m.between(200*ms, time.Second))
		m.voiceFor(x, m.between(7*time.Second, 14*time.Second))
	}},
	{"person", func(m *maker, x *example) {
		x.want = []Kind{Speech, Silence}
		m.answers(x, false)
		m.quiet(m.between(200*ms, 2*time.Second))
		m.voiceFor(x, m.between(500*ms, 2*time.Second))
		for range m.rnd.IntN(4) {
			m.quiet(m.between(1500*ms, 4*time.Second))
			m.voiceFor(x, m.between(500*ms, 5*time.Second))
		}
		m.quiet(m.between(2500*ms, 4*time.Second))
	}},
	{"talkative person", func(m *maker, x *example) {
		x.want = []Kind{Speech, Silence}
		m.answers(x, false)
		m.voiceFor(x, m.between(2*time.Second, 3500*ms))
		m.quiet(m.between(2500*ms, 4*time.Second))
	}},
	{"nobody", func(m *maker, x *example) {
		x.want = []Kind{Silence}
		m.answers(x, false)
		m.quiet(m.between(4*time.Second, 8*time.Second))
	}},
	{"melody", func(m *maker, _ *example) { m.melody(sines(1)) }},
	{"melody with overtones", func(m *maker, _ *example) { m.melody(sines(1, 0.5, 0.3, 0.2)) }},
	{"melody of a synthesizer", func(m *maker, _ *example) { m.melody(sines(1, 0, 0.33, 0, 0.2)) }},
	{"melody of strings", func(m *maker, _ *example) { m.melody(m.strings(1)) }},
	{"chords of strings", func(m *maker, _ *example) { m.melody(m.strings(1, 1.26, 1.5)) }},
	{"a person, then a melody", func(m *maker, x *example) {
		x.want = []Kind{Speech}
		m.answers(x, false)
		m.voiceFor(x, m.between(1500*ms, 2500*ms))
		m.quiet(m.between(300*ms, time.Second))
		m.melody([]func(float64, int) []float64{sines(1), m.strings(1), m.strings(1, 1.26, 1.5)}[m.rnd.IntN(3)])
	}},
	{"one note", func(m *maker, x *example) { // as high as the network's tone, and fading
		x.may = []Kind{Silence}
		hz := 390 + 20*m.rnd.Float64()
		for range 4 {
			m.note(sines(1)(hz, samples(m.between(500*ms, 1200*ms))), 0.3)
			m.quiet(m.between(500*ms, 2*time.Second))
		}
	}},
	{"keys", func(m *maker, x *example) {
		x.want = []Kind{Speech, Silence}
		m.answers(x, false)
		m.voiceFor(x, 2*time.Second)
		for range 5 {
			m.quiet(200 * ms)
			m.steady(m.between(80*ms, 400*ms), []float64{697, 770, 852, 941}[m.rnd.IntN(4)], []float64{1209, 1336, 1477}[m.rnd.IntN(3)])
		}
		m.quiet(2500 * ms)
	}},
	{"special information tones", func(m *maker, x *example) {
		x.want = []Kind{Speech, Silence}
		m.steady(330*ms, 950)
		m.steady(330*ms, 1400)
		m.steady(330*ms, 1800)
		m.quiet(200 * ms)
		m.voiceFor(x, m.between(2*time.Second, 5*time.Second))
		m.quiet(2500 * ms)
	}},
	{"foreign tones", func(m *maker, x *example) {
		x.may = []Kind{Silence} // nobody speaks
		switch m.rnd.IntN(3) {
		case 0:
			m.cadence(2, 2*time.Second, func() { m.steady(2*time.Second, 440, 480) })
		case 1:
			m.cadence(5, 500*ms, func() { m.steady(500*ms, 440+40*m.rnd.Float64()) })
		case 2:
			m.steady(5*time.Second, 350, 440)
		}
	}},
	{"test tone after speech", func(m *maker, x *example) {
		x.want = []Kind{Speech}
		m.voiceFor(x, 2*time.Second)
		m.steady(m.between(2*time.Second, 5*time.Second), 700+700*m.rnd.Float64())
	}},
	{"siren", func(m *maker, _ *example) {
		phase := 0.0
		for i := range samples(6 * time.Second) {
			hz := 900 + 350*math.Sin(2*math.Pi*float64(i)/sampleRate*0.7)
			phase += hz / sampleRate
			m.pcm = append(m.pcm, int16(loud*math.Sin(2*math.Pi*phase)))
		}
	}},
}

// sines are notes with overtones of these strengths.
func sines(overtones ...float64) func(hz float64, n int) []float64 {
	return func(hz float64, n int) []float64 {
		note := make([]float64, n)
		for i := range note {
			for k, a := range overtones {
				note[i] += a * math.Sin(2*math.Pi*hz*float64(k+1)*float64(i)/sampleRate)
			}
		}
		return note
	}
}

// strings are plucked, as Karplus and Strong did it, at these intervals.
func (m *maker) strings(intervals ...float64) func(hz float64, n int) []float64 {
	return func(hz float64, n int) []float64 {
		note := make([]float64, n)
		for _, by := range intervals {
			ring := make([]float64, int(sampleRate/(hz*by/2)))
			for i := range ring {
				ring[i] = 2*m.rnd.Float64() - 1
			}
			for i := range note {
				at, next := i%len(ring), (i+1)%len(ring)
				note[i] += ring[at] / float64(len(intervals))
				ring[at] = 0.498 * (ring[at] + ring[next])
			}
		}
		return note
	}
}

// note plays one that fades to nothing within so many seconds.
func (m *maker) note(note []float64, seconds float64) {
	n := len(note)
	for i, v := range note {
		fade := min(1, float64(n-i)/400) * math.Exp(-float64(i)/sampleRate/seconds)
		m.pcm = append(m.pcm, int16(loud*0.6*v*fade))
	}
}

// melody is notes of a scale.
func (m *maker) melody(play func(hz float64, n int) []float64) {
	scale := []float64{0, 2, 4, 5, 7, 9, 11, 12, 14, 16}
	root, fade := 300+300*m.rnd.Float64(), 0.3+1.5*m.rnd.Float64()
	for range 16 {
		hz := root * math.Exp2(scale[m.rnd.IntN(len(scale))]/12)
		m.note(play(hz, samples(m.between(150*ms, 700*ms))), fade)
	}
}

// condition is what a line does to a sound.
type condition struct {
	snr   float64 // dB; 0 is no noise
	level float64 // dB
	law   int     // PCMU, PCMA, or neither
	lost  float64
	crowd float64 // dB that people in the room are fainter; 0 is nobody
	sways float64 // how far a low-rate codec's loudness goes up and down from block to block
}

func (m *maker) condition() condition {
	return condition{
		snr:   []float64{0, 0, 30, 20, 10}[m.rnd.IntN(5)],
		level: -30 * m.rnd.Float64(),
		law:   m.rnd.IntN(3),
		lost:  []float64{0, 0, 0.01, 0.05}[m.rnd.IntN(4)],
		sways: []float64{0, 0, 0.1, 0.2}[m.rnd.IntN(4)],
		crowd: []float64{0, 0, 0, 30, 22, 15}[m.rnd.IntN(6)],
	}
}

// through is the sound at the far end of a line.
func (m *maker) through(c condition) {
	gain := math.Pow(10, c.level/20)
	noise := 0.0
	if c.snr > 0 {
		noise = loudness(m.pcm) * math.Pow(10, -c.snr/20)
	}
	if c.crowd > 0 {
		m.crowd(loudness(m.pcm) * math.Pow(10, -c.crowd/20))
	}
	colour := m.rnd.Float64() // white to brown
	hiss, sway := 0.0, 1.0
	for i, v := range m.pcm {
		if i%(blockSamples/2) == 0 {
			sway = 1 + c.sways*(2*m.rnd.Float64()-1)
		}
		hiss = 0.9*colour*hiss + m.rnd.NormFloat64()
		scale := math.Sqrt(1 - 0.81*colour*colour) // of equal power
		m.pcm[i] = int16(max(-32768, min(32767, gain*(sway*float64(v)+noise*scale*hiss))))
	}
	if c.law < 2 {
		codec := media.Codec(c.law)
		octets := make([]byte, len(m.pcm))
		codec.Encode(octets, m.pcm)
		codec.Decode(m.pcm, octets)
	}
}

// crowd adds four voices at once, of this effective value together.
func (m *maker) crowd(effective float64) {
	babble := make([]float64, len(m.pcm))
	sum := 0.0
	for n := range 4 {
		clip, from := voices()[n], m.rnd.IntN(20*sampleRate)
		for i := range babble {
			babble[i] += float64(clip[(from+i)%len(clip)])
		}
	}
	for _, v := range babble {
		sum += v * v
	}
	scale := effective / math.Sqrt(sum/float64(len(babble)))
	for i, v := range babble {
		m.pcm[i] = int16(max(-32768, min(32767, float64(m.pcm[i])+scale*v)))
	}
}

// loudness is the effective value of a sound without its pauses; of nothing it
// is that of a voice.
func loudness(pcm []int16) float64 {
	sum, n := 0.0, 0
	for part := range slices.Chunk(pcm, blockSamples) {
		power := 0.0
		for _, v := range part {
			power += float64(v) * float64(v)
		}
		if power > faint*blockSamples {
			sum += power
			n += len(part)
		}
	}
	if n == 0 {
		return 1500
	}
	return math.Sqrt(sum / float64(n))
}

// one is the nth example of a class.
func one(of, n int) (example, condition) {
	c := classes[of]
	m := &maker{rnd: rand.New(rand.NewPCG(uint64(of), uint64(n)))}
	m.off = 0.01 * float64(n%5-2)
	x := example{class: c.name}
	c.make(m, &x)
	with := m.condition()
	m.through(with)
	if with.crowd > 0 {
		x.inCompany()
	}
	x.pcm, x.lost = m.pcm, with.lost
	return x, with
}

func made(each int) []example {
	var set []example
	for i := range classes {
		for n := range each {
			x, _ := one(i, n)
			set = append(set, x)
		}
	}
	return set
}

// The floors are a little under what docs/hearing.md shows.
func TestMadeSet(t *testing.T) {
	full.Only(t)
	each, _ := size(20)
	s := judge(made(each))
	t.Log("\n" + s.table())
	s.hold(t, map[Kind]least{
		Speech: {0.87, 0.96}, Silence: {0.94, 0.86}, Ringback: {0.97, 0.97}, Busy: {0.97, 0.97}, DialTone: {0.95, 0.95},
		Beep: {0.95, 0.95}, FaxCNG: {0.9, 0.95}, FaxCED: {0.95, 0.92}, Recorder: {0.78, 0.96},
	})
}
