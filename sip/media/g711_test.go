package media

import (
	"math"
	"testing"
)

// The decoder output values of ITU-T G.711 tables 1a, 1b, 2a and 2b, scaled to
// 16 bits: the ends of the range, zero, and one inside.
func TestDecodeKnownValues(t *testing.T) {
	for _, c := range []struct {
		codec Codec
		octet byte
		want  int16
	}{
		{PCMU, 0xff, 0}, {PCMU, 0x7f, 0}, {PCMU, 0x80, 32124}, {PCMU, 0x00, -32124},
		{PCMU, 0xfe, 8}, {PCMU, 0x7e, -8}, {PCMU, 0xef, 132}, {PCMU, 0x90, 15996},
		{PCMA, 0xd5, 8}, {PCMA, 0x55, -8}, {PCMA, 0xaa, 32256}, {PCMA, 0x2a, -32256},
		{PCMA, 0xd4, 24}, {PCMA, 0xc5, 264}, {PCMA, 0xba, 16128},
	} {
		var pcm [1]int16
		c.codec.Decode(pcm[:], []byte{c.octet})
		if pcm[0] != c.want {
			t.Errorf("%s %#02x: decoded %d, want %d", c.codec, c.octet, pcm[0], c.want)
		}
	}
}

func TestEncodeUndoesDecode(t *testing.T) {
	for _, codec := range []Codec{PCMU, PCMA} {
		for o := range 256 {
			pcm, back := make([]int16, 1), make([]byte, 1)
			codec.Decode(pcm, []byte{byte(o)})
			codec.Encode(back, pcm)
			if codec == PCMU && o == 0x7f {
				o = 0xff // µ-law has two zeros
			}
			if back[0] != byte(o) {
				t.Errorf("%s %#02x → %d → %#02x", codec, o, pcm[0], back[0])
			}
		}
	}
}

func TestEncodePicksTheNearestStep(t *testing.T) {
	for _, codec := range []Codec{PCMU, PCMA} {
		for s := math.MinInt16; s <= math.MaxInt16; s += 7 {
			octet, pcm := make([]byte, 1), make([]int16, 1)
			codec.Encode(octet, []int16{int16(s)})
			codec.Decode(pcm, octet)
			// Half a step is 1/32 of the value in the loud segments, 8 in the quiet
			// ones; the table looks at 14 bits, and the loudest value is clipped.
			allowed := max((abs(s)+muLawBias)/32, 8) + 4
			if abs(s) > 32124 {
				allowed = abs(s) - 32124 + 520
			}
			if d := abs(int(pcm[0]) - s); d > allowed {
				t.Fatalf("%s: %d came back as %d", codec, s, pcm[0])
			}
		}
	}
}

func TestConvertStaysWithinOneStep(t *testing.T) {
	for _, from := range []Codec{PCMU, PCMA} {
		for o := range 256 {
			before, after := make([]int16, 1), make([]int16, 1)
			from.Decode(before, []byte{byte(o)})
			octets := []byte{byte(o)}
			from.Convert(octets)
			from.Other().Decode(after, octets)
			a, b := int(before[0]), int(after[0])
			if abs(a-b) > max(abs(a)/24, 16) {
				t.Errorf("%s %#02x: %d became %d", from, o, a, b)
			}
			if a*b < 0 && abs(a) > 8 {
				t.Errorf("%s %#02x changed sign: %d became %d", from, o, a, b)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }
