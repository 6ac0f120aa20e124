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
	files int
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	needs(t, "sox", "espeak-ng")
	return &studio{t: t, dir: t.TempDir(), clips: map[string]string{}}
}

func (s *studio) run(program string, args ...string) {
	s.t.Helper()
	if out, err := exec.CommandContext(s.t.Context(), program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}

// file is a new name.
func (s *studio) file(ext string) string {
	s.files++
	return filepath.Join(s.dir, fmt.Sprintf("%d.%s", s.files, ext))
}

// clip makes a clip once: sox, of nothing, with these effects.
func (s *studio) clip(effects string) string {
	s.t.Helper()
	if made, ok := s.clips[effects]; ok {
		return made
	}
	out := s.file("raw")
	s.clips[effects] = out
	s.run("sox", append(append([]string{"-D", "-R", "-n"}, sources(out)...), strings.Fields(effects)...)...)
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
	s.run("sox", append(append([]string{"-D", "-R", wav}, sources(out)...), strings.Fields(
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
	if d = d.Round(100 * ms); d > 0 { // so that the clips serve often
		r.add(r.clip(fmt.Sprintf("trim 0 %.1f", d.Seconds())))
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
	args := []string{"-D", "-R", "-m"}
	for i, text := range elsewhere {
		args = append(args, sources(s.say(crowd[i], text))...)
	}
	s.run("sox", append(append(append(args, raw...), out), "repeat", "9", "gain", "-n", "0")...)
	return out
}

// print joins the reel's clips, sends them through a line and gives the samples.
func (r *reel) print(l line) []int16 {
	r.t.Helper()
	coded, out := r.file(l.codec), r.file("out")
	args := []string{"-D", "-R"}
	if l.noise == "" {
		args = append(args, sources(r.parts...)...)
	} else {
		joined := r.file("joined")
		r.run("sox", append(append(append(args, sources(r.parts...)...), raw...), joined)...)
		args = append(append(args, "-m"), sources(joined, r.noise(l))...)
	}
	args = append(args, l.format()...)
	if l.codec == "amr-nb" {
		args = append(args, "-C", "7") // 12.2 kbit/s, as mobile networks use
	}
	args = append(args, coded)
	args = append(args, strings.Fields(l.effects)...)
	r.run("sox", append(args, "gain", fmt.Sprint(l.level), "trim", "0", fmt.Sprintf("%.3f", r.at.Seconds()))...)
	decode := append(append([]string{"-D", "-R"}, l.format()...), coded)
	r.run("sox", append(append(decode, raw...), out)...)
	octets, err := os.ReadFile(out)
	if err != nil {
		r.t.Fatal(err)
	}
	pcm := make([]int16, len(octets)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(octets[2*i:]))
	}
	return pcm
}

// format is how sox is told of the codec's file.
func (l line) format() []string {
	if l.codec == "amr-nb" {
		return []string{"-t", "amr-nb"}
	}
	return []string{"-t", l.codec, "-r", "8000", "-c", "1"}
}

// sources are clips as sox takes them.
func sources(clips ...string) []string {
	var args []string
	for _, c := range clips {
		args = append(append(args, raw...), c)
	}
	return args
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
	args := append(append([]string{"-D", "-R"}, sources(babble)...), sources(out)...)
	r.run("sox", append(args, "trim", "0", "30", "gain", fmt.Sprint(l.gain))...)
	return out
}
