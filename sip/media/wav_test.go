package media

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wav writes a WAV file of a format, with a chunk that nobody knows before the sound.
func wav(format, channels uint16, rate uint32, bits uint16, data []byte) []byte {
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	b.WriteString("RIFF....WAVE")
	put([]byte("LIST"), uint32(3), []byte{1, 2, 3, 0})
	put([]byte("fmt "), uint32(16), format, channels, rate, rate*uint32(channels)*uint32(bits)/8, channels*bits/8, bits)
	put([]byte("data"), uint32(len(data)), data)
	return b.Bytes()
}

func TestWAVIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "closed.wav")
	if err := os.WriteFile(path, wav(1, 1, 8000, 16, []byte{1, 0, 0xff, 0xff, 0, 0x80}), 0o600); err != nil {
		t.Fatal(err)
	}
	pcm, err := ReadWAV(path)
	if err != nil || len(pcm) != 3 || pcm[0] != 1 || pcm[1] != -1 || pcm[2] != -32768 {
		t.Errorf("%v, %v", pcm, err)
	}
	frame := make([]int16, 10)
	if n := Clip(pcm).Fill(frame); n != 3 || frame[2] != -32768 {
		t.Errorf("%d of %v", n, frame)
	}
	if _, err := ReadWAV(path + "x"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestWAVThatCannotBePlayed(t *testing.T) {
	second := make([]byte, 16000)
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"stereo":     {wav(1, 2, 8000, 16, second), "2 channels"},
		"CD quality": {wav(1, 1, 44100, 16, second), "44100 Hz"},
		"8 bits":     {wav(1, 1, 8000, 8, second), "8 bits"},
		"A-law":      {wav(6, 1, 8000, 16, second), "PCM"},
		"no sound":   {wav(1, 1, 8000, 16, nil), "0s"},
		"too long":   {wav(1, 1, 8000, 16, bytes.Repeat(second, 31)), "31s"},
		"an MP3":     {[]byte("ID3............................."), "no WAV"},
		"cut":        {wav(1, 1, 8000, 16, second)[:20], "no WAV"},
		"empty":      {nil, "no WAV"},
	} {
		if _, err := parseWAV(c.raw); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzWAV(f *testing.F) {
	f.Add(wav(1, 1, 8000, 16, []byte{1, 0}))
	f.Add(wav(1, 1, 8000, 16, nil)[:30])
	f.Fuzz(func(t *testing.T, raw []byte) {
		if pcm, err := parseWAV(raw); err == nil && (len(pcm) == 0 || len(pcm) > samples(clipLimit)) {
			t.Errorf("%d samples", len(pcm))
		}
	})
}
