package hearing

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The held-out set is sounded by programs that nobody here wrote: espeak-ng
// speaks, sox makes every tone, tune and noise, joins them and sends them
// through filters and codecs. What is done here is the cutting list.

// needs skips a test whose program is not installed.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed; apt-get install %s", p, p)
		}
	}
}

// raw is how sox is told of headerless 8 kHz, 16-bit, one channel.
var raw = []string{"-t", "raw", "-r", "8000", "-e", "signed-integer", "-b", "16", "-L", "-c", "1"}

// studio keeps the clips that it made, by how they were made.
type studio struct {
	t     *testing.T
	dir   string
	clips map[string]string
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	needs(t, "sox", "espeak-ng")
	return &studio{t, t.TempDir(), map[string]string{}}
}

func (s *studio) run(program string, args ...string) {
	s.t.Helper()
	if out, err := exec.CommandContext(s.t.Context(), program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}

// file is a new name.
func (s *studio) file(ext string) string {
	return filepath.Join(s.dir, fmt.Sprintf("%d.%s", len(s.clips), ext))
}

// clip makes a clip once: sox, of nothing, with these effects.
func (s *studio) clip(effects string) string {
	s.t.Helper()
	if made, ok := s.clips[effects]; ok {
		return made
	}
	out := s.file("raw")
	s.clips[effects] = out
	s.run("sox", append(append([]string{"-D", "-n"}, append(raw, out)...), strings.Fields(effects)...)...)
	return out
}

// voiced is who speaks: a voice of espeak-ng, words a minute and pitch.
type voiced struct {
	name         string
	speed, pitch int
}

// say makes a clip of spoken words, without the stillness around them.
func (s *studio) say(v voiced, text string) string {
	s.t.Helper()
	key := fmt.Sprint(v, text)
	if made, ok := s.clips[key]; ok {
		return made
	}
	wav, out := s.file("wav"), s.file("raw")
	s.clips[key] = out
	s.run("espeak-ng", "-v", v.name, "-s", fmt.Sprint(v.speed), "-p", fmt.Sprint(v.pitch), "-w", wav, text)
	s.run("sox", append(append([]string{"-D", wav}, append(raw, out)...), strings.Fields(
		"silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse gain -n -6")...)...)
	return out
}

// reel is clips to be joined.
type reel struct {
	*studio

	x     *example
	rnd   *rand.Rand
	parts []string
	at    time.Duration
}

func (r *reel) between(least, most time.Duration) time.Duration {
	return (least + time.Duration(r.rnd.Int64N(int64(most-least)+1))).Round(10 * ms)
}

func (r *reel) add(clip string) {
	r.t.Helper()
	info, err := os.Stat(clip)
	if err != nil {
		r.t.Fatal(err)
	}
	r.parts = append(r.parts, clip)
	r.at += time.Duration(info.Size()/2) * time.Second / sampleRate
}

func (r *reel) quiet(d time.Duration) {
	if d > 0 {
		r.add(r.clip(fmt.Sprintf("trim 0 %.2f", d.Seconds())))
	}
}

// tone adds what sox synthesizes, e.g. "sine 400".
func (r *reel) tone(d time.Duration, synth string) {
	r.add(r.clip(fmt.Sprintf("synth %.2f %s gain -n -12", d.Seconds(), synth)))
}

func (r *reel) speak(v voiced, text string) {
	if r.x.spoke[1] == 0 {
		r.x.spoke[0] = r.at
	}
	r.add(r.say(v, text))
	r.x.spoke[1] = r.at
}

// line is what the way to us does to a sound: effects and a codec of sox, and
// noise (its peak in dB below full scale).
type line struct {
	effects, codec, noise string
	gain                  int
	level                 int
	lost                  float64
}

func (r *reel) line() line {
	pick := func(of ...string) string { return of[r.rnd.IntN(len(of))] }
	return line{
		effects: pick("", "highpass 300 lowpass 3400", "highpass 300 lowpass 3400 compand 0.05,0.2 -60,-60,-30,-18,-10,-10 -3"),
		codec:   pick("al", "ul", "gsm", "amr-nb"),
		noise:   pick("", "", "whitenoise", "pinknoise", "brownnoise", "babble"),
		gain:    -[]int{45, 38, 30}[r.rnd.IntN(3)],
		level:   -r.rnd.IntN(26),
		lost:    []float64{0, 0, 0.01, 0.03}[r.rnd.IntN(4)],
	}
}

// babble is five people speaking at once, somewhere else.
func (s *studio) babble() string {
	if made, ok := s.clips["babble"]; ok {
		return made
	}
	out := s.file("raw")
	s.clips["babble"] = out
	args := []string{"-D", "-m"}
	for i, text := range elsewhere {
		args = append(append(args, raw...), s.say(crowd[i], text))
	}
	s.run("sox", append(append(append(args, raw...), out), "repeat", "9", "gain", "-n", "0")...)
	return out
}

// print joins the reel's clips, sends them through a line and gives the samples.
func (r *reel) print(l line) []int16 {
	r.t.Helper()
	joined, mixed, coded, out := r.file("j.raw"), r.file("m.raw"), r.file(l.codec), r.file("o.raw")
	args := []string{"-D"}
	for _, p := range r.parts {
		args = append(append(args, raw...), p)
	}
	r.run("sox", append(append(args, raw...), joined)...)
	args = []string{"-D"}
	if l.noise == "" {
		args = append(append(args, raw...), joined)
	} else {
		args = append(append(append(append(args, "-m"), raw...), joined), raw...)
		args = append(args, r.noise(l))
	}
	args = append(append(args, raw...), mixed)
	args = append(args, strings.Fields(l.effects)...)
	r.run("sox", append(args, "gain", fmt.Sprint(l.level), "trim", "0", fmt.Sprintf("%.2f", r.at.Seconds()))...)
	encode := []string{"-t", l.codec}
	if l.codec == "amr-nb" {
		encode = append(encode, "-C", "7") // 12.2 kbit/s, as mobile networks do
	} else {
		encode = append(encode, "-r", "8000", "-c", "1")
	}
	r.run("sox", append(append(append([]string{"-D"}, append(raw, mixed)...), encode...), coded)...)
	decode := []string{"-D", "-t", l.codec}
	if l.codec != "amr-nb" {
		decode = append(decode, "-r", "8000", "-c", "1")
	}
	r.run("sox", append(append(decode, coded), append(raw, out)...)...)
	octets, err := os.ReadFile(out)
	if err != nil {
		r.t.Fatal(err)
	}
	pcm := make([]int16, len(octets)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(octets[2*i:]))
	}
	for _, f := range []string{joined, mixed, coded, out} {
		_ = os.Remove(f) // the folder goes in the end
	}
	return pcm
}

// noise is half a minute of it.
func (r *reel) noise(l line) string {
	if l.noise != "babble" {
		return r.clip(fmt.Sprintf("synth 30 %s gain -n %d", l.noise, l.gain))
	}
	key := fmt.Sprint("babble", l.gain)
	if made, ok := r.clips[key]; ok {
		return made
	}
	babble, out := r.babble(), r.file("raw")
	r.clips[key] = out
	r.run("sox", append(append(append([]string{"-D"}, append(raw, babble)...), append(raw, out)...), "trim", "0", "30", "gain", fmt.Sprint(l.gain))...)
	return out
}
