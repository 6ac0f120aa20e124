package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kakeru/sip/lab/ports"
)

// Programs that nobody here wrote: baresip is the desk phone, SIPp the carrier.

// needs fails a test whose program is not installed: one that is left out proves nothing.
func needs(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is not installed; run: sudo apt-get install -y --no-install-recommends %s", program, debianPackage)
	}
}

// other is a running program of somebody else's.
type other struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how it ended; read it after exited is closed

	mu   sync.Mutex
	said strings.Builder
}

// startOther starts a program in dir and hands on each line that it writes.
func startOther(t *testing.T, dir string, line func(string), name string, args ...string) *other {
	t.Helper()
	o := &other{t: t, name: name, cmd: exec.Command(name, args...), exited: make(chan struct{})} //nolint:gosec,noctx // the test's own arguments; ended by the test
	o.cmd.Dir = dir
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write := io.Pipe()
	o.cmd.Stdout, o.cmd.Stderr = write, write
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for s := bufio.NewScanner(read); s.Scan(); {
			o.hear(s.Text())
			line(s.Text())
		}
	}()
	go func() {
		o.err = o.cmd.Wait()
		_ = write.Close()
		<-drained
		close(o.exited)
	}()
	t.Cleanup(o.end)
	return o
}

func (o *other) hear(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.said.WriteString(line + "\n")
}

func (o *other) output() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.String()
}

// over waits for a program's own end and returns how it ended.
func (o *other) over() error {
	o.t.Helper()
	select {
	case <-o.exited:
		return o.err
	case <-time.After(20 * time.Second):
		o.t.Fatalf("%s does not end", o.name)
		return nil
	}
}

// end asks the program to end and makes sure that it is gone.
func (o *other) end() {
	_ = o.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-o.exited:
	case <-time.After(10 * time.Second):
		o.t.Errorf("%s did not end when asked", o.name)
		_ = o.cmd.Process.Kill()
		<-o.exited
	}
	if o.t.Failed() {
		o.t.Logf("%s said:\n%s", o.name, tailOf(o.output()))
	}
}

func tailOf(s string) string { return s[max(0, len(s)-6000):] }

// sippCarrier is SIPp as a carrier: it takes so many calls, echoes their sound, and then ends.
type sippCarrier struct {
	*other

	addr     netip.AddrPort
	errors   string // file of what was out of place
	messages string // file with a line for each message
}

func startSIPp(t *testing.T, scenario string, calls int) *sippCarrier {
	t.Helper()
	needs(t, "sipp", "sip-tester")
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &sippCarrier{addr: ports.Lend(t, 1), errors: filepath.Join(dir, "errors.log"), messages: filepath.Join(dir, "messages.log")}
	s.other = startOther(t, dir, func(string) {}, "sipp", "-sf", file, "-i", "127.0.0.1", "-p", fmt.Sprint(s.addr.Port()),
		"-mi", "127.0.0.1", "-mp", fmt.Sprint(ports.Lend(t, 4).Port()), "-rtp_echo", "-m", fmt.Sprint(calls), "-nostdin",
		"-timeout", "180s", "-timeout_error", "-trace_err", "-error_file", s.errors,
		"-trace_shortmsg", "-shortmessage_file", s.messages)
	return s
}

// invites are the Call-IDs of the calls SIPp saw.
func (s *sippCarrier) invites() map[string]bool {
	s.t.Helper()
	b, err := os.ReadFile(s.messages)
	if err != nil {
		s.t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		// day, time, seconds, R or S, Call-ID, CSeq, first line
		if f := strings.Split(line, "\t"); len(f) == 7 && f[3] == "R" && strings.HasPrefix(f[6], "INVITE ") {
			seen[f[4]] = true
		}
	}
	return seen
}

// baresip is a desk phone with an account for each desk. It is set never to answer by itself (answermode=manual) but
// when a header of the INVITE asks for it (sip_autoanswer=yes). baresip knows such headers since 1.1. Of an older one
// the test is the finger: it looks at the INVITE that baresip itself says it got, and presses "accept" when the header
// stands there, and only then.
type baresip struct {
	*other

	dir         string
	knowsHeader bool
	control     string // address of its ctrl_tcp

	asked bool // the INVITE being read asks for an answer; belongs to the goroutine that reads what baresip says
}

// toneHz is what the desk phone says into its microphone.
const toneHz = 440

func startBaresip(t *testing.T, registrar netip.AddrPort, accounts []account) *baresip {
	t.Helper()
	needs(t, "baresip", "baresip-core")
	p := &baresip{dir: t.TempDir(), control: ports.Lend(t, 1).String(), knowsHeader: knowsAutoAnswer(t)}
	modules := "/usr/lib/baresip/modules"
	if found, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(found) > 0 {
		modules = found[0]
	}
	rtp := ports.Lend(t, 20).Port()
	p.write(t, "voice.wav", string(toneWAV(toneHz, 30)))
	p.write(t, "contacts", "")
	p.write(t, "config", strings.Join([]string{
		"sip_listen " + ports.Lend(t, 1).String(), "net_interface 127.0.0.1", "call_max_calls 4",
		"audio_source aufile," + filepath.Join(p.dir, "voice.wav"), "audio_player aubridge,nowhere", "audio_alert aubridge,nowhere",
		fmt.Sprintf("rtp_ports %d-%d", rtp, rtp+19), "ctrl_tcp_listen " + p.control, "snd_path " + p.dir, "module_path " + modules,
		"module g711.so", "module sndfile.so", "module aufile.so", "module aubridge.so",
		"module_app account.so", "module_app menu.so", "module_app ctrl_tcp.so", "",
	}, "\n"))
	var lines strings.Builder
	for i, a := range accounts {
		by := "udp"
		if i > 0 { // a place of its own: where two desks' phones are at one, neither is asked to pick up by itself
			by = "tcp"
		}
		fmt.Fprintf(&lines, "<sip:%s@%s;transport=%s>;auth_user=%s;auth_pass=%q;regint=60;audio_codecs=pcmu;"+
			"answermode=manual;sip_autoanswer=yes;sip_autoanswer_beep=off\n", a.user, registrar, by, a.user, a.password)
	}
	p.write(t, "accounts", lines.String())
	p.other = startOther(t, p.dir, p.read, "baresip", "-f", p.dir, "-v", "-s")
	for !strings.Contains(p.output(), "baresip is ready") {
		select {
		case <-p.exited:
			t.Fatalf("baresip ended at once: %v", p.err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return p
}

func (p *baresip) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// knowsAutoAnswer reports whether the baresip that is installed obeys auto-answer headers.
func knowsAutoAnswer(t *testing.T) bool {
	t.Helper()
	program, err := exec.LookPath("baresip")
	if err != nil {
		t.Fatal(err)
	}
	libraries, _ := filepath.Glob("/usr/lib/*/libbaresip.so*")
	for _, file := range append(libraries, program) {
		if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte("answer-after")) {
			return true
		}
	}
	return false
}

// read follows what baresip says: its trace of each message, and what it makes of it.
func (p *baresip) read(line string) {
	switch {
	case strings.HasPrefix(line, "INVITE sip:"):
		p.asked = false
	case strings.HasPrefix(line, "Call-Info:") && strings.Contains(line, ";answer-after=0"):
		p.asked = true
	case strings.Contains(line, ": Incoming call from: ") && p.asked && !p.knowsHeader:
		p.press("accept")
	}
}

// press gives baresip a command, as its keys would.
func (p *baresip) press(command string) {
	conn, err := net.Dial("tcp4", p.control) //nolint:noctx // loopback
	if err != nil {
		p.hear("the test cannot reach baresip's keys: " + err.Error())
		return
	}
	defer func() { _ = conn.Close() }()
	body := fmt.Sprintf(`{"command":%q,"params":"","token":"finger"}`, command)
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(conn, "%d:%s,", len(body), body); err != nil {
		p.hear("baresip's keys cannot be pressed: " + err.Error())
	}
	if _, err := conn.Read(make([]byte, 1024)); err != nil { // its answer: the command was taken
		p.hear("baresip's keys do not answer: " + err.Error())
	}
}

// heard is what share of the sound that baresip played was its own tone come back, by the longest call: 0 to 1.
func (p *baresip) heard() float64 {
	files, _ := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	best := 0.0
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil {
			best = max(best, toneShare(b, toneHz))
		}
	}
	return best
}

const wavRate = 8000

// toneWAV is so many seconds of a tone, 16 bits at 8 kHz.
func toneWAV(hz float64, seconds int) []byte {
	n := wavRate * seconds
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, wavRate)
	b = binary.LittleEndian.AppendUint32(b, 2*wavRate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n)) //nolint:gosec // a few seconds
	for i := range n {
		s := int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/wavRate))
		b = binary.LittleEndian.AppendUint16(b, uint16(s)) //nolint:gosec // its bits
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8)) //nolint:gosec // a few seconds
	return b
}

// toneShare is the share of a WAV's energy that lies at hz, of its loudest second.
func toneShare(wav []byte, hz float64) float64 {
	const head = 44
	best := 0.0
	for at := head; at+2*wavRate <= len(wav); at += wavRate {
		var re, im, all float64
		for i := range wavRate {
			s := float64(int16(binary.LittleEndian.Uint16(wav[at+2*i:]))) //nolint:gosec // its bits
			re += s * math.Cos(2*math.Pi*hz*float64(i)/wavRate)
			im += s * math.Sin(2*math.Pi*hz*float64(i)/wavRate)
			all += s * s
		}
		if all > wavRate*100 { // louder than hiss
			best = max(best, 2*(re*re+im*im)/(wavRate*all))
		}
	}
	return best
}
