package media

import "math/bits"

// Other is the other law.
func (c Codec) Other() Codec { return c ^ 1 }

// All tables are filled once at start and only read afterwards.
var (
	decodeTable  = [2]*[256]int16{PCMU: decodeLaw(decodeMuLaw), PCMA: decodeLaw(decodeALaw)}
	encodeTable  = [2]*[1 << 14]byte{PCMU: encodeLaw(encodeMuLaw), PCMA: encodeLaw(encodeALaw)}
	convertTable = [2]*[256]byte{PCMU: convertLaw(PCMU), PCMA: convertLaw(PCMA)}
)

// Encode writes the G.711 octets of pcm (16-bit, 8 kHz) to dst, which must be
// at least as long, and returns how many it wrote.
func (c Codec) Encode(dst []byte, pcm []int16) int {
	table := encodeTable[c]
	for i, s := range pcm {
		dst[i] = table[uint16(s)>>2]
	}
	return len(pcm)
}

// Decode writes the 16-bit samples of octets to pcm, which must be at least as
// long, and returns how many it wrote.
func (c Codec) Decode(pcm []int16, octets []byte) int {
	table := decodeTable[c]
	for i, o := range octets {
		pcm[i] = table[o]
	}
	return len(octets)
}

// Convert rewrites octets of law c in place as the other law.
func (c Codec) Convert(octets []byte) {
	table := convertTable[c]
	for i, o := range octets {
		octets[i] = table[o]
	}
}

func decodeLaw(decode func(byte) int16) *[256]int16 {
	var t [256]int16
	for i := range t {
		t[i] = decode(byte(i))
	}
	return &t
}

// encodeLaw tabulates by the upper 14 bits: neither law resolves finer.
func encodeLaw(encode func(int) byte) *[1 << 14]byte {
	var t [1 << 14]byte
	for i := range t {
		t[i] = encode(int(int16(uint16(i) << 2)))
	}
	return &t
}

func convertLaw(from Codec) *[256]byte {
	var t [256]byte
	for i := range t {
		t[i] = encodeTable[from.Other()][uint16(decodeTable[from][i])>>2]
	}
	return &t
}

// muLawBias (33 on the 14-bit scale of G.711 Table 2a) makes every segment
// start at a power of two.
const muLawBias = 33 << 2

func decodeMuLaw(octet byte) int16 {
	v := ^octet
	segment := v >> 4 & 7
	magnitude := (int(v&0x0f)<<3+muLawBias)<<segment - muLawBias
	if v&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func encodeMuLaw(sample int) byte {
	const loudest = 32767 - muLawBias
	sign := byte(0)
	if sample < 0 {
		sign, sample = 0x80, -sample
	}
	biased := min(sample, loudest) + muLawBias
	segment := bits.Len(uint(biased)) - 8
	return ^(sign | byte(segment)<<4 | byte(biased>>(segment+3))&0x0f)
}

// aLawEven inverts the even bits, as G.711 Table 1a sends them.
const aLawEven = 0x55

func decodeALaw(octet byte) int16 {
	v := octet ^ aLawEven
	segment := v >> 4 & 7
	magnitude := int(v&0x0f)<<4 + 8
	if segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if v&0x80 == 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

func encodeALaw(sample int) byte {
	sign := byte(0x80)
	if sample < 0 {
		sign, sample = 0, -sample-1
	}
	segment := max(bits.Len(uint(sample))-8, 0)
	shift := max(segment, 1) + 3
	return (sign | byte(segment)<<4 | byte(sample>>shift)&0x0f) ^ aLawEven
}
