package hearing

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"kakeru/sip/media"
)

const second = time.Second

// play is what an ear says of a sound that is on the line from its first sample.
func play(pcm []int16) *Ear {
	e := New(Config{})
	e.Frame(pcm)
	return e
}

func lay(seed uint64) *maker { return &maker{rnd: rand.New(rand.NewPCG(seed, 7))} }

func apart(got, want, by time.Duration) bool { return (got - want).Abs() > by }

func TestTonesOfTheNetworkAndOfFaxes(t *testing.T) {
	for _, c := range []struct {
		tone            media.Tone
		kind            Kind
		lasts           time.Duration
		from, to, total time.Duration
		least           float64
	}{
		{media.Ringback, Ringback, 9 * second, 0, 7 * second, 3 * second, 0.95},
		{media.Ringback, Ringback, 700 * ms, 0, 0, 0, 0.5}, // while the first still rings
		{media.Busy, Busy, 5 * second, 0, 4500 * ms, 2500 * ms, 0.9},
		{media.DialTone, DialTone, 4 * second, 0, 4 * second, 4 * second, 0.95},
		{media.FaxCNG, FaxCNG, 8 * second, 0, 7500 * ms, 1500 * ms, 0.95},
		{media.FaxCED, FaxCED, 4 * second, 0, 3300 * ms, 3300 * ms, 0.95},
	} {
		t.Run(c.tone.String(), func(t *testing.T) {
			e := play(media.Render(c.lasts, c.tone.Source()))
			h := e.Hint(c.kind)
			if h.Kind != c.kind || h.Confidence < c.least || h.Confidence >= 1 {
				t.Errorf("%+v", h)
			}
			if c.to > 0 && (apart(h.From, c.from, 40*ms) || apart(h.To, c.to, 40*ms) || apart(h.Total, c.total, 120*ms)) {
				t.Errorf("%v to %v, %v in all; want %v to %v, %v", h.From, h.To, h.Total, c.from, c.to, c.total)
			}
			for _, k := range Kinds() {
				if k != c.kind && k != Silence && e.Hint(k).Confidence >= Likely {
					t.Errorf("it is no %s: %+v", k, e.Hint(k))
				}
			}
		})
	}
}

// A tone that stands 2 % beside its frequency is it, one that stands 5 % beside is not.
func TestHowFarATonesFrequencyMayBeOff(t *testing.T) {
	for _, off := range []float64{-0.05, -0.04, -0.02, 0, 0.02, 0.04, 0.05} {
		want := math.Abs(off) <= 0.02
		for k, sound := range map[Kind]func(m *maker){
			Busy:     func(m *maker) { m.cadence(4, 500*ms, func() { m.steady(500*ms, 400) }) },
			Ringback: func(m *maker) { m.cadence(2, 2*second, func() { m.tone(second, 0.85, 16, 400) }) },
			DialTone: func(m *maker) { m.steady(3*second, 400) },
			FaxCNG:   func(m *maker) { m.cadence(2, 3*second, func() { m.steady(500*ms, 1100) }) },
			FaxCED:   func(m *maker) { m.steady(3*second, 2100) },
		} {
			m := lay(1)
			m.off = off
			sound(m)
			if h := play(m.pcm).Hint(k); h.Confidence >= Likely != want {
				t.Errorf("%s off by %v: %+v", k, off, h)
			}
		}
	}
}

func TestHowLongATonesPartsMayBe(t *testing.T) {
	for _, c := range []struct {
		kind    Kind
		hz      float64
		on, off time.Duration
		want    bool
	}{
		{Busy, 400, 500 * ms, 500 * ms, true},
		{Busy, 400, 420 * ms, 600 * ms, true},
		{Busy, 400, 250 * ms, 250 * ms, true},
		{Busy, 400, 500 * ms, 2 * second, false},
		{Busy, 400, 1100 * ms, 500 * ms, false},
		{Busy, 400, 60 * ms, 500 * ms, false},
		{FaxCNG, 1100, 430 * ms, 2600 * ms, true},
		{FaxCNG, 1100, 570 * ms, 3400 * ms, true},
		{FaxCNG, 1100, 200 * ms, 3 * second, false},
		{FaxCNG, 1100, second, 3 * second, false},
		{DialTone, 400, 1300 * ms, 200 * ms, false},
		{FaxCED, 2100, 300 * ms, second, false},
	} {
		m := lay(2)
		m.cadence(4, c.off, func() { m.steady(c.on, c.hz) })
		if h := play(m.pcm).Hint(c.kind); h.Confidence >= Likely != c.want {
			t.Errorf("%s of %v on, %v off: %+v", c.kind, c.on, c.off, h)
		}
	}
}

func TestABeep(t *testing.T) {
	talk := func(m *maker) { m.speak(3 * second) }
	for _, c := range []struct {
		name          string
		before        func(m *maker)
		hz            float64
		lasts         time.Duration
		after         func(m *maker)
		least, atMost float64
	}{
		{"after speech, then quiet", talk, 1000, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
		{"just over", talk, 1000, 500 * ms, func(m *maker) { m.quiet(200 * ms) }, 0.3, 0.49},
		{"quiet for half a second", talk, 1000, 500 * ms, func(m *maker) { m.quiet(600 * ms) }, 0.5, 0.9},
		{"then speech", talk, 1000, 500 * ms, talk, 0, 0.49},
		{"lowest", talk, 600, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
		{"highest", talk, 1500, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
		{"too low", talk, 560, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0, 0},
		{"too high", talk, 1600, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0, 0},
		{"shortest", talk, 1000, 200 * ms, func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
		{"longest", talk, 1000, 1500 * ms, func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
		{"too short", talk, 1000, 120 * ms, func(m *maker) { m.quiet(2 * second) }, 0, 0},
		{"too long", talk, 1000, 1700 * ms, func(m *maker) { m.quiet(2 * second) }, 0, 0},
		{"like a fax's", talk, 1100, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
		{"nobody spoke", func(m *maker) { m.quiet(3 * second) }, 1000, 500 * ms, func(m *maker) { m.quiet(2 * second) }, 0, 0.49},
		{"long after speech", func(m *maker) { m.speak(3 * second); m.quiet(12 * second) }, 1000, 500 * ms,
			func(m *maker) { m.quiet(2 * second) }, 0, 0.49},
		{"after another tone", func(m *maker) { m.speak(3 * second); m.steady(400*ms, 700) }, 1000, 500 * ms,
			func(m *maker) { m.quiet(2 * second) }, 0, 0.49},
		{"before another tone", talk, 1000, 500 * ms, func(m *maker) { m.quiet(100 * ms); m.steady(400*ms, 700) }, 0, 0.49},
		{"again", func(m *maker) { m.speak(3 * second); m.steady(300*ms, 1000); m.quiet(300 * ms) }, 1000, 300 * ms,
			func(m *maker) { m.quiet(2 * second) }, 0.9, 1},
	} {
		m := lay(3)
		c.before(m)
		m.quiet(200 * ms)
		at := m.at()
		m.steady(c.lasts, c.hz)
		c.after(m)
		h := play(m.pcm).Hint(Beep)
		if h.Confidence < c.least || h.Confidence > c.atMost {
			t.Errorf("%s: %+v", c.name, h)
		}
		if c.least >= Likely && (apart(h.To, at+c.lasts, 40*ms) || apart(h.Total, c.lasts, 40*ms) && c.name != "again") {
			t.Errorf("%s: to %v, %v in all; want %v, %v", c.name, h.To, h.Total, at+c.lasts, c.lasts)
		}
	}
}

func TestWhenSomebodySpoke(t *testing.T) {
	m := lay(4)
	var x example
	m.quiet(second)
	m.voiceFor(&x, 4*second)
	m.quiet(3 * second)
	e := play(m.pcm)
	h := e.Hint(Speech)
	if h.Confidence < 0.9 || apart(h.From, x.spoke[0], 100*ms) || apart(h.To, x.spoke[1], 100*ms) {
		t.Errorf("%+v; want %v", h, x.spoke)
	}
	if h.Total > h.To-h.From || h.Total < 2*second {
		t.Errorf("%v of %v was spoken", h.Total, h.To-h.From)
	}
	if s := e.Hint(Silence); s.Confidence < Likely || apart(s.From, x.spoke[1], 100*ms) || s.To != e.Now() {
		t.Errorf("%+v", s)
	}
	m.speak(second)
	if s := play(m.pcm).Hint(Silence); s.Confidence != 0 {
		t.Errorf("somebody speaks: %+v", s)
	}
}

// Noise is neither speech nor a tone, however loud, and whenever it sets in.
func TestNoiseIsSilence(t *testing.T) {
	for _, quiet := range []time.Duration{0, second, 5 * second} {
		for _, level := range []float64{30, 300, 3000} {
			for _, colour := range []float64{0, 0.5, 1} {
				rnd := rand.New(rand.NewPCG(5, 5))
				pcm := make([]int16, samples(quiet), samples(quiet+6*second))
				hiss := 0.0
				for range 6 * sampleRate {
					hiss = 0.9*colour*hiss + rnd.NormFloat64()
					pcm = append(pcm, int16(max(-32768, min(32767, level*hiss))))
				}
				e := play(pcm)
				for _, h := range e.Hints() {
					if h.Kind != Silence && h.Confidence >= Likely {
						t.Errorf("noise of %v, colour %v, after %v: %+v", level, colour, quiet, h)
					}
				}
				if h := e.Hint(Silence); h.Confidence < Likely {
					t.Errorf("noise of %v, colour %v, after %v: %+v", level, colour, quiet, h)
				}
			}
		}
	}
}

func TestTheAnswerBeginsTheTalkAnew(t *testing.T) {
	m := lay(6)
	m.speak(4 * second)
	e := play(m.pcm)
	if e.Hint(Recorder).Confidence != 0 {
		t.Error("nobody has answered")
	}
	e.Answered(8 * second)
	if h := e.Hint(Speech); h.Confidence != 0 {
		t.Errorf("that was before the answer: %+v", h)
	}
	e.Answered(20 * second) // counts no more
	m.pcm = nil
	m.quiet(second)
	m.speak(2 * second)
	e.Frame(m.pcm)
	if h := e.Hint(Speech); h.Confidence < Likely || h.From < 5*second-100*ms {
		t.Errorf("%+v", h)
	}
	if h := e.Hint(Recorder); h.From != 4*second || h.To != e.Now() || h.Confidence >= Likely {
		t.Errorf("%+v", h)
	}
}

func TestWhatMakesARecorderLikely(t *testing.T) {
	words := func(d time.Duration) func(m *maker) {
		return func(m *maker) { m.quiet(400 * ms); m.speak(d); m.quiet(2 * second) }
	}
	greeting := func(m *maker) { words(6 * second)(m); m.steady(600*ms, 1000); m.quiet(2 * second) }
	for _, c := range []struct {
		name          string
		after         time.Duration
		sound         func(m *maker)
		least, atMost float64
	}{
		{"answered when docomo's mailbox does", 15 * second, nil, 0.5, 0.7},
		{"SoftBank's", 20 * second, nil, 0.5, 0.7},
		{"au's", 24 * second, nil, 0.5, 0.7},
		{"at another time", 8 * second, nil, 0.2, 0.3},
		{"who knows when", Unknown, nil, 0.2, 0.3},
		{"before it can have rung", 500 * ms, nil, 0.3, 0.5},
		{"15 s, and a short word", 15 * second, words(1200 * ms), 0, 0.3},
		{"15 s, and nothing is said", 15 * second, func(m *maker) { m.quiet(5 * second) }, 0, 0.49},
		{"15 s, and a long speech", 15 * second, func(m *maker) { m.quiet(400 * ms); m.speak(9 * second) }, 0.9, 1},
		{"8 s, and a long speech", 8 * second, func(m *maker) { m.quiet(400 * ms); m.speak(9 * second) }, 0.7, 1},
		{"8 s, speech and a beep", 8 * second, greeting, 0.9, 1},
		{"a short greeting and a beep", 8 * second, func(m *maker) { words(1400 * ms)(m); m.steady(600*ms, 1000); m.quiet(2 * second) }, 0.5, 1},
		{"a fax", 15 * second, func(m *maker) { m.quiet(second); m.steady(3*second, 2100) }, 0, 0.2},
	} {
		m := lay(7)
		e := New(Config{})
		e.Answered(c.after)
		if c.sound != nil {
			c.sound(m)
			e.Frame(m.pcm)
		}
		if h := e.Hint(Recorder); h.Confidence < c.least || h.Confidence > c.atMost {
			t.Errorf("%s: %+v; talk %+v", c.name, h, e.voice.talk)
		}
	}
}

func TestTheWorthOfAnAnswersTime(t *testing.T) {
	c := New(Config{AnswerTimes: []time.Duration{15 * second}}).config
	for _, w := range []struct {
		after time.Duration
		want  float64
	}{
		{-second, 0}, {0, asEarly}, {early, asEarly}, {early + 1, 0}, {12 * second, 0}, {13500 * ms, asOnTime}, {15 * second, asOnTime},
		{16500 * ms, asOnTime}, {17250 * ms, asOnTime / 2}, {18 * second, 0}, {time.Hour, 0}, {math.MaxInt64, 0},
	} {
		if got := c.timeWorth(w.after); math.Abs(got-w.want) > 1e-9 {
			t.Errorf("%v: %v, want %v", w.after, got, w.want)
		}
	}
	last := math.Inf(-1)
	for d := time.Duration(0); d < 12*second; d += 50 * ms {
		got := wordsWorth(d)
		if got < last || got < asShortWords || got > asLongWords {
			t.Fatalf("words of %v are worth %v, after %v", d, got, last)
		}
		last = got
	}
}

func TestConfig(t *testing.T) {
	for _, prior := range []float64{0, 1, -1, 2, math.NaN(), math.Inf(1)} {
		if e := New(Config{Prior: prior}); e.config.Prior != usualPrior || !slices.Equal(e.config.AnswerTimes, mobileAnswerTimes) {
			t.Errorf("%v: %+v", prior, e.config)
		}
	}
	e := New(Config{Prior: 0.9, AnswerTimes: []time.Duration{}})
	e.Answered(15 * second)
	if h := e.Hint(Recorder); math.Abs(h.Confidence-0.9) > 1e-9 {
		t.Errorf("no time of an answer tells anything: %+v", h)
	}
}

// How the samples come is all the same.
func TestFramesOfAnyLength(t *testing.T) {
	m := lay(8)
	m.speak(3 * second)
	m.quiet(200 * ms)
	m.steady(500*ms, 1000)
	m.quiet(2 * second)
	want := play(m.pcm)
	if want.Hint(Beep).Confidence < Likely || want.Hint(Speech).Confidence < Likely {
		t.Fatalf("%+v", want.Hints())
	}
	for _, n := range []int{1, 7, 80, 159, 160, 161, 240, 480, 1000} {
		e := New(Config{})
		for part := range slices.Chunk(m.pcm, n) {
			e.Frame(part)
			e.Frame(nil)
		}
		if !reflect.DeepEqual(e.Hints(), want.Hints()) || e.Now() != want.Now() {
			t.Errorf("frames of %d: %+v\nwant %+v", n, e.Hints(), want.Hints())
		}
	}
}

func TestGaps(t *testing.T) {
	e := New(Config{})
	e.Skip(-second)
	e.Skip(0)
	if e.Now() != 0 {
		t.Errorf("it is %v", e.Now())
	}
	e.Frame(make([]int16, 200))
	if e.Now() != 20*ms {
		t.Errorf("40 samples wait for the rest of their block, and it is %v", e.Now())
	}
	e.Skip(second)
	if e.Now() != 1025*ms {
		t.Errorf("the 40 samples took their time as well, and it is %v", e.Now())
	}
	e.Skip(math.MaxInt64)
	if e.Now() != 1025*ms+longestSkip {
		t.Errorf("%v", e.Now())
	}
	for k, h := range map[Kind]Hint{Silence: e.Hint(Silence)} {
		if h.Confidence < 0.9 || h.To != e.Now() {
			t.Errorf("%s: %+v", k, h)
		}
	}
}

// A tone goes on through a lost packet or three, and ends in a longer gap.
func TestAGapWithinATone(t *testing.T) {
	for _, c := range []struct {
		gap  time.Duration
		want time.Duration
	}{{20 * ms, 2020 * ms}, {100 * ms, 2100 * ms}, {160 * ms, 2160 * ms}, {400 * ms, 0}} {
		m := lay(9)
		m.steady(time.Second, 2100)
		e := play(m.pcm)
		e.Skip(c.gap)
		e.Frame(m.pcm)
		if h := e.Hint(FaxCED); c.want > 0 && h.Total != c.want || c.want == 0 && h.Total > 1100*ms {
			t.Errorf("gap of %v: %+v", c.gap, h)
		}
	}
}

// A sender that is silent sends nothing: the pause is a pause all the same.
func TestASenderThatSendsNothingInPauses(t *testing.T) {
	m := lay(10)
	e := New(Config{})
	e.Answered(15 * second)
	m.speak(1200 * ms)
	e.Frame(m.pcm)
	e.Skip(4 * second)
	if h := e.Hint(Recorder); h.Confidence > 0.3 {
		t.Errorf("a short word and a pause: %+v", h)
	}
	m.pcm = nil
	m.speak(2 * second)
	m.steady(500*ms, 1000)
	e.Frame(m.pcm)
	e.Skip(4 * second)
	if h := e.Hint(Beep); h.Confidence < 0.9 {
		t.Errorf("%+v", h)
	}
	if h := e.Hint(Silence); h.Confidence < 0.6 {
		t.Errorf("%+v", h)
	}
}

// How long after its beginning each kind is likely, on a clean line.
func TestHowSoon(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		sound func(m *maker)
		after time.Duration // what it begins after
		soon  time.Duration
	}{
		{Speech, func(m *maker) { m.quiet(second); m.pcm = append(m.pcm, media.Render(2*second, media.NewSpeech(3))...) }, second, 600 * ms},
		{Silence, func(m *maker) { m.quiet(3 * second) }, 0, 2 * second},
		{Ringback, func(m *maker) { m.tone(second, 0.85, 16, 400) }, 0, 620 * ms},
		{Busy, func(m *maker) { m.cadence(3, 500*ms, func() { m.steady(500*ms, 400) }) }, 0, 1600 * ms},
		{DialTone, func(m *maker) { m.steady(2*second, 400) }, 0, 1520 * ms},
		{Beep, func(m *maker) { m.speak(2 * second); m.steady(500*ms, 1000); m.quiet(second) }, 2500 * ms, 420 * ms},
		{FaxCNG, func(m *maker) { m.steady(500*ms, 1100); m.quiet(second) }, 0, 600 * ms},
		{FaxCED, func(m *maker) { m.steady(second, 2100) }, 0, 520 * ms},
	} {
		m := lay(12)
		c.sound(m)
		e := New(Config{})
		for part := range slices.Chunk(m.pcm, blockSamples) {
			if e.Frame(part); e.Hint(c.kind).Confidence >= Likely {
				break
			}
		}
		if h := e.Hint(c.kind); h.Confidence < Likely || e.Now()-c.after > c.soon {
			t.Errorf("%s: only after %v, want %v: %+v", c.kind, e.Now()-c.after, c.soon, h)
		}
	}
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d is called %q", k, k)
		}
		seen[k.String()] = true
	}
	if len(seen) != int(kinds) || kinds.String() != "unknown" {
		t.Errorf("%d kinds, and %q", len(seen), kinds)
	}
	e := New(Config{})
	if h := e.Hint(kinds + 3); h != (Hint{Kind: kinds + 3}) {
		t.Errorf("%+v", h)
	}
	if h := e.Hints(); len(h) != 0 {
		t.Errorf("nothing was heard, but %+v", h)
	}
}

// Sounds at the edge of what 16 bits hold say nothing.
func TestExtremes(t *testing.T) {
	for name, at := range map[string]func(i int) int16{
		"highest":     func(int) int16 { return 32767 },
		"lowest":      func(int) int16 { return -32768 },
		"alternating": func(i int) int16 { return []int16{32767, -32768}[i%2] },
		"an impulse":  func(i int) int16 { return []int16{32767, 0}[min(i%8000, 1)] },
		"faint":       func(i int) int16 { return int16(i % 2) },
	} {
		pcm := make([]int16, 5*sampleRate)
		for i := range pcm {
			pcm[i] = at(i)
		}
		for _, h := range play(pcm).Hints() {
			if h.Kind != Silence && h.Confidence >= Likely {
				t.Errorf("%s: %+v", name, h)
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	pcm := media.Render(10*second, media.Sequence(media.For(4*second, media.NewSpeech(1)), media.Beep.Source()))
	e, at := New(Config{}), 0
	e.Answered(15 * second)
	if n := testing.AllocsPerRun(2000, func() {
		e.Frame(pcm[at : at+blockSamples])
		at = (at + blockSamples) % len(pcm)
		if at == 0 {
			e.Skip(300 * ms)
		}
		for k := range kinds {
			_ = e.Hint(k)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	m := lay(11)
	m.steady(10*second, 400)
	tone := m.pcm
	noise := make([]int16, 10*sampleRate)
	for i := range noise {
		noise[i] = int16(300 * m.rnd.NormFloat64())
	}
	for _, c := range []struct {
		name string
		pcm  []int16
	}{
		{"silence", make([]int16, 10*sampleRate)}, {"noise", noise}, {"speech", media.Render(10*second, media.NewSpeech(1))}, {"tone", tone},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, at := New(Config{}), 0
			b.ReportAllocs()
			for b.Loop() {
				e.Frame(c.pcm[at : at+blockSamples])
				at = (at + blockSamples) % len(c.pcm)
			}
		})
	}
}
