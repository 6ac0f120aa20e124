package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

// FuzzParseHeader holds our in-place reader against pion's parser: where both
// accept a packet, they must see the same.
func FuzzParseHeader(f *testing.F) {
	plain, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: 9, Timestamp: 160, SSRC: 3}, Payload: []byte{1, 2, 3}}).Marshal()
	f.Add(plain)
	f.Add([]byte{0xb1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 7, 7, 2, 2})
	f.Add([]byte{0x80})
	f.Add([]byte{0xa0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, packet []byte) {
		h, ok := parseHeader(packet)
		if !ok {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(bytes.Clone(packet)) != nil {
			return // pion also checks inside extensions, which we pass on unread
		}
		if h.pt != p.PayloadType || h.marker != p.Marker || h.seq != p.SequenceNumber || h.ts != p.Timestamp || h.ssrc != p.SSRC {
			t.Fatalf("%+v read as %+v", p.Header, h)
		}
		if !bytes.Equal(packet[h.from:h.to], p.Payload) {
			t.Fatalf("payload [%d:%d], pion has %d octets", h.from, h.to, len(p.Payload))
		}
	})
}

func TestParseHeaderRefuses(t *testing.T) {
	good := make([]byte, 12)
	good[0] = 0x80
	if _, ok := parseHeader(good); !ok {
		t.Fatal("an empty packet is RTP")
	}
	for name, packet := range map[string][]byte{
		"too short":              good[:11],
		"version 1":              append([]byte{0x40}, good[1:]...),
		"more CSRCs than bytes":  append([]byte{0x8f}, good[1:]...),
		"extension without head": append([]byte{0x90}, good[1:]...),
		"extension too long":     append(append([]byte{0x90}, good[1:]...), 0, 0, 0xff, 0xff),
		"padding too long":       append(append([]byte{0xa0}, good[1:]...), 200),
		"padding of 0":           append(append([]byte{0xa0}, good[1:]...), 0),
	} {
		if _, ok := parseHeader(packet); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWriteHeaderIsReadBack(t *testing.T) {
	packet := make([]byte, 20)
	packet[0] = rtpVersionBits
	want := header{pt: 101, marker: true, seq: 65535, ts: 1 << 31, ssrc: 77, from: 12, to: 20}
	writeHeader(packet, want)
	if got, ok := parseHeader(packet); !ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
