package media

import "encoding/binary"

// The fixed headers of RFC 3550: §5.1, and §6.4 up to the sender's SSRC.
const (
	rtpHeaderSize  = 12
	rtcpHeaderSize = 8
)

const (
	rtpVersionBits = 0x80 // version 2 in the upper two bits
	rtpPadding     = 0x20
	rtpExtension   = 0x10
	rtpMarker      = 0x80
)

// header is what the relay needs of an RTP header. The relay rewrites packets
// where they lie instead of parsing them into a structure and back.
type header struct {
	pt     uint8
	marker bool
	seq    uint16
	ts     uint32
	ssrc   uint32
	from   int // the payload is packet[from:to], padding left out
	to     int
}

// isReport reports whether a packet of a port that has both is RTCP (RFC 5761 §4).
func isReport(packet []byte) bool { return len(packet) > 1 && packet[1] >= 192 && packet[1] <= 223 }

// parseHeader checks a packet as RFC 3550 A.1 asks; false means: not RTP.
func parseHeader(packet []byte) (header, bool) {
	if len(packet) < rtpHeaderSize || packet[0]&0xc0 != rtpVersionBits {
		return header{}, false
	}
	h := header{
		pt:     packet[1] & 0x7f,
		marker: packet[1]&rtpMarker != 0,
		seq:    binary.BigEndian.Uint16(packet[2:]),
		ts:     binary.BigEndian.Uint32(packet[4:]),
		ssrc:   binary.BigEndian.Uint32(packet[8:]),
		from:   rtpHeaderSize + 4*int(packet[0]&0x0f),
		to:     len(packet),
	}
	if packet[0]&rtpExtension != 0 {
		if len(packet) < h.from+4 {
			return header{}, false
		}
		h.from += 4 + 4*int(binary.BigEndian.Uint16(packet[h.from+2:]))
	}
	if packet[0]&rtpPadding != 0 {
		h.to -= int(packet[len(packet)-1])
		if h.to == len(packet) {
			return header{}, false // padding that does not count itself
		}
	}
	return h, h.from <= h.to
}

// writeHeader overwrites the fields that the relay renumbers; contributing
// sources and extensions stay.
func writeHeader(packet []byte, h header) {
	packet[1] = h.pt
	if h.marker {
		packet[1] |= rtpMarker
	}
	binary.BigEndian.PutUint16(packet[2:], h.seq)
	binary.BigEndian.PutUint32(packet[4:], h.ts)
	binary.BigEndian.PutUint32(packet[8:], h.ssrc)
}
