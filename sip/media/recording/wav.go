package recording

import "encoding/binary"

const (
	rate     = 8000 // frames a second
	channels = 2
	muLaw    = 7    // WAVE_FORMAT_MULAW
	silent   = 0xff // μ-law's zero

	wavHeaderSize = 58
)

// wavHeader is a WAV file's header for so many frames of two octets. What is not PCM has a fact chunk with their number.
func wavHeader(frames int64) []byte {
	size := uint32(frames * channels) //nolint:gosec // a talk of a day has 1.4 GB
	h := make([]byte, 0, wavHeaderSize)
	put := binary.LittleEndian
	h = put.AppendUint32(append(h, "RIFF"...), wavHeaderSize-8+size)
	h = put.AppendUint32(append(h, "WAVEfmt "...), 18)
	h = put.AppendUint16(h, muLaw)
	h = put.AppendUint16(h, channels)
	h = put.AppendUint32(h, rate)
	h = put.AppendUint32(h, rate*channels) // octets a second
	h = put.AppendUint16(h, channels)      // octets a frame
	h = put.AppendUint16(h, 8)             // bits a sample
	h = put.AppendUint16(h, 0)             // no more of the format
	h = put.AppendUint32(append(h, "fact"...), 4)
	h = put.AppendUint32(h, size/channels)
	return put.AppendUint32(append(h, "data"...), size)
}
