package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// clipLimit bounds an announcement: longer ones are a mistake, and a call that
// ends must end.
const clipLimit = 30 * time.Second

var errNotWAV = errors.New("it is no WAV file; make one with: sox IN -r 8000 -c 1 -b 16 -e signed OUT.wav")

// ReadWAV reads an announcement: a WAV file of 8000 Hz, one channel, 16-bit
// linear PCM, at most 30 s. Errors say what is wrong and how it is mended.
func ReadWAV(path string) ([]int16, error) {
	f, err := os.Open(path) //nolint:gosec // the settings say which
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	// Ten times what may be: enough to say that it is too long.
	raw, err := io.ReadAll(io.LimitReader(f, int64(samples(10*clipLimit))*2))
	if err != nil {
		return nil, err
	}
	return parseWAV(raw)
}

// parseWAV reads RIFF's chunks; those that we do not know are passed over.
func parseWAV(raw []byte) ([]int16, error) {
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return nil, errNotWAV
	}
	fits := false
	for rest := raw[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:8]))
		rest = rest[8:]
		body := rest[:min(size, int64(len(rest)))]
		switch name {
		case "fmt ":
			if err := telephone(body); err != nil {
				return nil, err
			}
			fits = true
		case "data":
			if !fits {
				return nil, errNotWAV
			}
			return clip(body)
		}
		rest = rest[min(size+size%2, int64(len(rest))):]
	}
	return nil, errNotWAV
}

// telephone checks a format chunk.
func telephone(body []byte) error {
	if len(body) < 16 {
		return errNotWAV
	}
	format, channels := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:])
	rate, bits := binary.LittleEndian.Uint32(body[4:]), binary.LittleEndian.Uint16(body[14:])
	const pcm, extensible = 1, 0xfffe
	if format != pcm && format != extensible || channels != 1 || rate != SampleRate || bits != 16 {
		return fmt.Errorf("it has %d Hz, %d channels, %d bits; 8000 Hz, 1 channel, 16 bits of PCM are wanted: "+
			"sox IN -r 8000 -c 1 -b 16 -e signed OUT.wav", rate, channels, bits)
	}
	return nil
}

func clip(body []byte) ([]int16, error) {
	n := len(body) / 2
	if n == 0 || n > samples(clipLimit) {
		return nil, fmt.Errorf("it lasts %s; more than nothing and at most %s is wanted",
			(time.Duration(n) * time.Second / SampleRate).Round(time.Second/10), clipLimit)
	}
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return pcm, nil
}

// Clip plays pcm once.
func Clip(pcm []int16) Source {
	return For(time.Duration(len(pcm))*time.Second/SampleRate, Loop(pcm, 0))
}
