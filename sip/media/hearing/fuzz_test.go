package hearing

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"kakeru/sip/media"
)

// What a script of the fuzz target has an ear do; each is followed by two
// octets, the lower first.
const (
	doAnswer = iota // after so many ms, signed
	doSkip          // so many ms, signed
	doLeap          // so many days, signed
	doQuiet         // for so many ms
	doTone          // of so many Hz, for as many times 20 ms as one more octet says
	doHear          // so many samples, which follow
	doings
)

// FuzzEar plays any sound in pieces of any length, with gaps and an answer
// anywhere, and asks after each.
func FuzzEar(f *testing.F) {
	tone := func(hz int, blocks, pause byte) []byte {
		return []byte{doTone, byte(hz), byte(hz >> 8), blocks, doQuiet, pause, pause}
	}
	repeat := func(n int, part []byte) (all []byte) {
		for range n {
			all = append(all, part...)
		}
		return all
	}
	speech := hear(media.Render(100*time.Millisecond, media.NewSpeech(1)))
	f.Add(repeat(3, tone(400, 50, 7)))
	f.Add(repeat(4, tone(400, 25, 2)))
	f.Add(repeat(2, tone(1100, 25, 11)))
	f.Add(tone(2100, 150, 8))
	f.Add(append(append([]byte{doAnswer, 0x98, 0x3a}, repeat(5, speech)...), tone(1000, 25, 4)...))
	f.Add([]byte{doSkip, 0xff, 0xff, doLeap, 0xff, 0x7f, doLeap, 0xff, 0xff, doHear, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		e := New(Config{})
		for len(data) >= 3 {
			data = act(e, data[0]%doings, binary.LittleEndian.Uint16(data[1:]), data[3:])
			sane(t, e)
		}
	})
}

// act does one thing of a script and returns the rest of it.
func act(e *Ear, what byte, arg uint16, data []byte) (rest []byte) {
	switch what {
	case doAnswer:
		e.Answered(time.Duration(int16(arg)) * time.Millisecond)
	case doSkip:
		e.Skip(time.Duration(int16(arg)) * time.Millisecond)
	case doLeap:
		e.Skip(time.Duration(int16(arg)) * 24 * time.Hour)
	case doQuiet:
		e.Frame(make([]int16, samples(time.Duration(arg%4000)*time.Millisecond)))
	case doTone:
		if len(data) == 0 {
			return nil
		}
		pcm := make([]int16, int(data[0])*blockSamples)
		for i := range pcm {
			pcm[i] = int16(loud * math.Sin(2*math.Pi*float64(arg)*float64(i)/sampleRate))
		}
		e.Frame(pcm)
		return data[1:]
	case doHear:
		pcm := make([]int16, min(int(arg), len(data)/2))
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		e.Frame(pcm)
		return data[2*len(pcm):]
	}
	return data
}

// hear is the script of a sound.
func hear(pcm []int16) []byte {
	data := []byte{doHear, byte(len(pcm)), byte(len(pcm) >> 8)}
	for _, v := range pcm {
		data = binary.LittleEndian.AppendUint16(data, uint16(v))
	}
	return data
}

// sane checks what every hint promises.
func sane(t *testing.T, e *Ear) {
	t.Helper()
	for k := range kinds {
		h := e.Hint(k)
		if h.Kind != k {
			t.Fatalf("asked for %s: %+v", k, h)
		}
		if !(h.Confidence >= 0 && h.Confidence < 1) { // NaN too
			t.Fatalf("%+v", h)
		}
		if h.From < 0 || h.From > h.To || h.To > e.Now() || h.Total < 0 || h.Total > h.To-h.From {
			t.Fatalf("at %v: %+v", e.Now(), h)
		}
	}
}
