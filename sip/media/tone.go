package media

import (
	"math"
	"sync"
	"time"
)

// SampleRate is the sampling rate of everything here, in Hz. RTP timestamps of
// G.711 and of telephone-event count the same unit.
const SampleRate = 8000

// Frame is the length of sound in one RTP packet of ours (RFC 3551 §4.2).
const Frame = 20 * time.Millisecond

// frameSamples is the number of samples, and of G.711 octets, in a Frame.
const frameSamples = SampleRate / 50

// A Source makes sound, 16-bit linear at SampleRate. Fill writes as many
// samples as it still has, up to len(frame), and returns how many: fewer than
// asked means that it has ended. A Source belongs to one goroutine.
type Source interface {
	Fill(frame []int16) int
}

// Tone is a signal of the telephone network.
type Tone uint8

// Japanese call progress tones (ITU-T E.180 Supplement 2, NTT technical
// reference) and the answering machines' signals (ITU-T T.30).
const (
	Silence  Tone = iota // nothing, for ever: keeps a path open
	Ringback             // 400 Hz modulated by 16 Hz, 1 s on, 2 s off
	Busy                 // 400 Hz, 0.5 s on, 0.5 s off
	DialTone             // 400 Hz without pause
	FaxCNG               // 1100 Hz, 0.5 s on, 3 s off: a calling fax
	FaxCED               // 2100 Hz for 3.3 s, then silence: an answering fax
	Beep                 // 1000 Hz for 0.5 s, then silence: "after the tone"
	Hold                 // two soft notes every 4 s: somebody will come back
)

// String names the tone for logs.
func (t Tone) String() string {
	if int(t) < len(toneNames) {
		return toneNames[t]
	}
	return "unknown tone"
}

var toneNames = [...]string{"silence", "ringback", "busy", "dial tone", "fax CNG", "fax CED", "beep", "hold"}

// yields reports whether relayed sound replaces the tone: what the network
// sends is worth more than our imitation of it. Busy tone stays: a stray
// packet of the party that left must not end it.
func (t Tone) yields() bool { return t == Ringback || t == Silence }

// toneAmplitude is about -15 dBm0, the level the Japanese network uses.
const toneAmplitude = 5800

// cadence is a tone's shape: hz (modulated by mod, if not 0), sounding for on,
// then still for off: whole periods, so that rounds join. once keeps it still
// after the first round.
type cadence struct {
	hz, mod float64
	on, off time.Duration
	once    bool
}

var cadences = [...]cadence{
	Silence:  {on: time.Second},
	Ringback: {hz: 400, mod: 16, on: time.Second, off: 2 * time.Second},
	Busy:     {hz: 400, on: time.Second / 2, off: time.Second / 2},
	DialTone: {hz: 400, on: time.Second},
	FaxCNG:   {hz: 1100, on: time.Second / 2, off: 3 * time.Second},
	FaxCED:   {hz: 2100, on: 3300 * time.Millisecond, once: true},
	Beep:     {hz: 1000, on: time.Second / 2, once: true},
	Hold:     {}, // holdRound
}

// Source starts the tone from its beginning; it never ends. An unknown tone is
// silent.
func (t Tone) Source() Source {
	if int(t) >= len(cadences) {
		t = Silence
	}
	if c := cadences[t]; c.once {
		return &toneSource{cadence: c}
	}
	return Loop(rounds[t](), 0)
}

// rounds are one round of each tone that repeats itself, made when it is first
// asked for: hundreds may ring at once.
var rounds = func() (all [len(cadences)]func() []int16) {
	for t, c := range cadences {
		all[t] = sync.OnceValue(func() []int16 { return Render(c.on+c.off, &toneSource{cadence: c}) })
	}
	all[Hold] = sync.OnceValue(holdRound)
	return all
}()

// toneSource plays the first round of a tone, and is still from then on.
type toneSource struct {
	cadence
	at int // samples played
}

// Fill implements Source.
func (s *toneSource) Fill(frame []int16) int {
	on := samples(s.on)
	for i := range frame {
		frame[i] = 0
		if s.at < on && s.hz > 0 {
			frame[i] = int16(toneAmplitude * s.level(s.at))
		}
		s.at++
	}
	return len(frame)
}

// level is the wave at one sample, within ±1.
func (s *toneSource) level(at int) float64 {
	t := float64(at) / SampleRate
	v := math.Sin(2 * math.Pi * s.hz * t)
	if s.mod > 0 {
		v *= (1 + 0.85*math.Sin(2*math.Pi*s.mod*t)) / 1.85
	}
	return v
}

// samples is the number of samples in d.
func samples(d time.Duration) int { return int(d * SampleRate / time.Second) }

// Sequence plays sources one after the other and ends with the last.
func Sequence(sources ...Source) Source { return &sequence{left: sources} }

type sequence struct{ left []Source }

// Fill implements Source.
func (s *sequence) Fill(frame []int16) int {
	n := 0
	for n < len(frame) && len(s.left) > 0 {
		got := s.left[0].Fill(frame[n:])
		if n += got; n < len(frame) {
			s.left = s.left[1:]
		}
	}
	return n
}

// For ends src after d.
func For(d time.Duration, src Source) Source { return &limited{src, samples(d)} }

type limited struct {
	src  Source
	left int
}

// Fill implements Source.
func (l *limited) Fill(frame []int16) int {
	n := l.src.Fill(frame[:min(l.left, len(frame))])
	l.left -= n
	return n
}

// Loop repeats clip for ever, starting at sample offset (taken modulo its
// length). Many Loops may share one clip: it is only read.
func Loop(clip []int16, offset int) Source {
	if len(clip) == 0 {
		return Silence.Source()
	}
	return &loop{clip, offset % len(clip)}
}

type loop struct {
	clip []int16
	at   int
}

// Fill implements Source.
func (l *loop) Fill(frame []int16) int {
	for n := 0; n < len(frame); {
		got := copy(frame[n:], l.clip[l.at:])
		n += got
		l.at = (l.at + got) % len(l.clip)
	}
	return len(frame)
}

// Render plays up to d of src into memory.
func Render(d time.Duration, src Source) []int16 {
	clip := make([]int16, samples(d))
	return clip[:src.Fill(clip)]
}
