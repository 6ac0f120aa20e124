package hearing

import (
	"encoding/binary"
	"testing"
	"time"

	"kakeru/sip/media"
)

// FuzzEar plays any sound in pieces of any length, with gaps and an answer
// anywhere, and asks after each.
func FuzzEar(f *testing.F) {
	for _, tone := range []media.Tone{media.Silence, media.Ringback, media.Busy, media.FaxCNG, media.FaxCED, media.Beep} {
		f.Add(script(media.Render(2*time.Second, tone.Source())))
	}
	f.Add(script(media.Render(2*time.Second, media.NewSpeech(1))))
	f.Add([]byte{0, 0, 0, 1, 0xff, 0xff, 1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		e := New(Config{})
		var pcm [640]int16
		for len(data) >= 3 {
			op, arg := data[0], binary.LittleEndian.Uint16(data[1:])
			data = data[3:]
			switch op {
			case 0:
				e.Answered(time.Duration(int16(arg)) * time.Millisecond)
			case 1:
				e.Skip(time.Duration(int16(arg)) * time.Millisecond)
			case 2:
				e.Skip(time.Duration(int16(arg)) << 47)
			default:
				n := min(int(arg)%len(pcm), len(data)/2)
				for i := range n {
					pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
				}
				data = data[2*n:]
				for range 1 + int(op)/32 { // so that little data makes a long sound
					e.Frame(pcm[:n])
				}
			}
			sane(t, e)
		}
	})
}

// script is a sound in frames of 20 ms, as the fuzz target reads it.
func script(pcm []int16) []byte {
	var data []byte
	for at := 0; at+blockSamples <= len(pcm); at += blockSamples {
		data = append(data, 3, blockSamples, 0)
		for _, v := range pcm[at : at+blockSamples] {
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		}
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
