package media

import (
	"math"
	"testing"
	"time"
)

// strength is the amplitude of hz in pcm (Goertzel).
func strength(pcm []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / SampleRate
	var s1, s2 float64
	for _, v := range pcm {
		s1, s2 = float64(v)+2*math.Cos(w)*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - 2*math.Cos(w)*s1*s2
	return 2 * math.Sqrt(max(power, 0)) / float64(len(pcm))
}

func loudness(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

func between(pcm []int16, from, to time.Duration) []int16 {
	return pcm[samples(from):samples(to)]
}

func TestTonesHaveTheirFrequencyAndCadence(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		tone     Tone
		hz       float64
		on, off  [2]time.Duration
		onAgain  time.Duration // start of the next burst, 0 if none within 10 s
		straight bool          // unmodulated
	}{
		{Ringback, 400, [2]time.Duration{0, s}, [2]time.Duration{s, 3 * s}, 3 * s, false},
		{Busy, 400, [2]time.Duration{0, s / 2}, [2]time.Duration{s / 2, s}, s, true},
		{FaxCNG, 1100, [2]time.Duration{0, s / 2}, [2]time.Duration{s / 2, 3500 * time.Millisecond}, 3500 * time.Millisecond, true},
		{FaxCED, 2100, [2]time.Duration{0, 3300 * time.Millisecond}, [2]time.Duration{3300 * time.Millisecond, 10 * s}, 0, true},
		{Beep, 1000, [2]time.Duration{0, s / 2}, [2]time.Duration{s / 2, 10 * s}, 0, true},
		{DialTone, 400, [2]time.Duration{0, 10 * s}, [2]time.Duration{}, 0, true},
	} {
		t.Run(c.tone.String(), func(t *testing.T) {
			pcm := Render(10*s, c.tone.Source())
			on := between(pcm, c.on[0], c.on[1])
			if got := strength(on, c.hz); got < toneAmplitude*0.4 {
				t.Errorf("%v Hz has amplitude %.0f", c.hz, got)
			}
			if c.straight && strength(on, c.hz) < toneAmplitude*0.95 {
				t.Errorf("amplitude %.0f, want %d", strength(on, c.hz), toneAmplitude)
			}
			if sides := strength(on, c.hz+16); !c.straight && sides < toneAmplitude*0.1 {
				t.Errorf("no 16 Hz modulation: side band %.0f", sides)
			}
			if off := between(pcm, c.off[0], c.off[1]); len(off) > 0 && loudness(off) != 0 {
				t.Error("not silent in the pause")
			}
			if c.onAgain > 0 && loudness(between(pcm, c.onAgain, c.onAgain+s/4)) < 1000 {
				t.Error("does not come again")
			}
		})
	}
}

func TestSilenceIsSilent(t *testing.T) {
	for _, tone := range []Tone{Silence, Tone(200)} {
		if pcm := Render(time.Second, tone.Source()); loudness(pcm) != 0 || len(pcm) != SampleRate {
			t.Errorf("%v: %d samples, loudness %.1f", tone, len(pcm), loudness(pcm))
		}
	}
}

func TestSequenceAndForAndLoop(t *testing.T) {
	clip := []int16{1, 2, 3}
	frame := make([]int16, 8)
	src := Sequence(For(clockUnits(4), Loop(clip, 1)), For(clockUnits(2), Loop(clip, 0)))
	if n := src.Fill(frame); n != 6 || frame[0] != 2 || frame[3] != 2 || frame[4] != 1 || frame[5] != 2 {
		t.Errorf("got %v (%d)", frame, n)
	}
	if n := src.Fill(frame); n != 0 {
		t.Errorf("an ended sequence gave %d more", n)
	}
	if n := Loop(nil, 5).Fill(frame); n != len(frame) || loudness(frame) != 0 {
		t.Error("an empty loop is not silence")
	}
}

func TestSpeechIsRepeatableAndShapedLikeSpeech(t *testing.T) {
	const length = 20 * time.Second
	a, b, other := Render(length, NewSpeech(7)), Render(length, NewSpeech(7)), Render(length, NewSpeech(8))
	same := true
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("same seed differs at sample %d", i)
		}
		same = same && a[i] == other[i]
	}
	if same {
		t.Error("another seed gave the same sound")
	}
	if l := loudness(a); l < 500 || l > 8000 {
		t.Errorf("loudness %.0f is not that of speech", l)
	}
	loud, quiet := 0, 0
	for at := time.Duration(0); at < length; at += Frame {
		switch l := loudness(between(a, at, at+Frame)); {
		case l > 800:
			loud++
		case l < 50:
			quiet++
		}
	}
	if loud < 300 || quiet < 30 {
		t.Errorf("%d loud and %d quiet frames of 1000: no syllables and pauses", loud, quiet)
	}
}
