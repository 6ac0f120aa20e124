package sip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab/ports"
	"kakeru/sip/media"
)

// Programs of others: SIPp plays the carrier, baresip the desk phone. The tests are left out only where they are not
// installed.

func needs(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed; apt-get install %s", program, debianPackage)
	}
}

// localPort is a port of the test's own, for UDP and TCP, as is the one after it: programs take two in a row, for RTP and
// RTCP or for TCP and TLS.
func localPort(t *testing.T) netip.AddrPort {
	t.Helper()
	return ports.Lend(t, 2)
}

// output collects what a program writes.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// program runs until it ends or the test does.
type program struct {
	said output
	done chan error
	kill func() // and do not wait
}

func start(t *testing.T, dir, name string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	return run(t, cmd)
}

func run(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{done: make(chan error, 1), kill: func() { _ = cmd.Process.Kill() }}
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { p.done <- cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd.Args[0], p.said.String())
		}
	})
	return p
}

// sipp plays one call of a scenario and echoes its sound. ok fails the test unless the scenario went as written.
type sipp struct {
	*program

	at     netip.AddrPort
	errors string // the file that names each message it did not expect
}

// passesOver has SIPp wait for what it expects, whatever else comes. Our T1 is so short here that a slow SIPp gets a request
// again when it has gone on already; and an answer is repeated until its ACK by any transport (RFC 3261 §13.3.1.4). Without
// this it gives up at the first message that its scenario does not have.
var passesOver = []string{"-default_behaviors", "all,-abortunexp"}

func startSipp(t *testing.T, scenario string, more ...string) *sipp {
	t.Helper()
	return startSippAt(t, localPort(t), scenario, more...)
}

func startSippAt(t *testing.T, at netip.AddrPort, scenario string, more ...string) *sipp {
	t.Helper()
	needs(t, "sipp", "sip-tester")
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	// SIPp takes the second port after its sound's for video, asked or not, and ends where that is another's.
	dir, sound := t.TempDir(), ports.Lend(t, 4).Port()
	s := &sipp{at: at, errors: filepath.Join(dir, "errors")}
	network := "udp"
	if i := slices.Index(more, "-t"); i >= 0 && more[i+1] == "t1" {
		network = "tcp"
	} else {
		more = append(more, passesOver...)
	}
	s.program = start(t, dir, "sipp", append([]string{
		"-sf", file, "-i", "127.0.0.1", "-p", fmt.Sprint(s.at.Port()), "-mi", "127.0.0.1",
		"-mp", fmt.Sprint(sound), "-rtp_echo", "-m", "1", "-nostdin", "-timeout", "30s", "-timeout_error", "-trace_err", "-error_file", s.errors,
	}, more...)...)
	// What had to be repeated before it was there, it would take for something new. One that calls may be through already.
	eventually(t, "SIPp listens", func() bool { return listening(t, network, s.at.Port()) || len(s.done) > 0 })
	return s
}

func (s *sipp) ok(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.done:
		if err != nil {
			said, _ := os.ReadFile(s.errors)
			t.Errorf("SIPp: %v\n%s", err, said)
		}
	case <-time.After(patience):
		t.Error("SIPp still waits for something")
	}
}

func sippRig(t *testing.T, scenario string) (*rig, *sipp) {
	t.Helper()
	s := startSipp(t, scenario)
	return newRig(t, withAuth, func(c *Config) { c.Trunks[0].Address = s.at.String() }), s
}

func TestSippRefuses(t *testing.T) {
	for _, c := range []struct {
		scenario      string
		status, cause int
	}{{"busy", 486, 0}, {"unallocated", 404, 1}} {
		t.Run(c.scenario, func(t *testing.T) {
			r, s := sippRig(t, c.scenario)
			w := r.customer(t)
			if f := w.gone(t); !f.FarEnded {
				t.Error("it was the carrier that refused")
			}
			if got := final(w); got.Status != c.status || got.Cause != c.cause {
				t.Errorf("%+v", got)
			}
			s.ok(t)
		})
	}
}

func TestSippAnswers(t *testing.T) {
	for _, c := range []struct {
		scenario string
		first    dialer.LegFactKind
	}{{"answer", dialer.LegRinging}, {"early", dialer.LegEarly}, {"challenge", dialer.LegRinging}} {
		t.Run(c.scenario, func(t *testing.T) {
			r, s := sippRig(t, c.scenario)
			w := r.customer(t)
			w.until(t, c.first)
			w.until(t, dialer.LegAnswered)
			w.Confirm()
			w.Drop()
			if f := w.gone(t); f.FarEnded {
				t.Error("we hung up")
			}
			if w.saw(dialer.EvChallenged) != (c.scenario == "challenge") {
				t.Errorf("evidence: %v", w.kinds())
			}
			s.ok(t)
		})
	}
}

func TestSippDoesNotAnswer(t *testing.T) {
	r, s := sippRig(t, "no_answer")
	w := r.customer(t)
	w.until(t, dialer.LegRinging)
	w.Drop()
	if f := w.gone(t); f.FarEnded {
		t.Error("we cancelled")
	}
	if got := final(w); got.Status != 487 {
		t.Errorf("%+v", got)
	}
	s.ok(t)
}

// obeysHeaders reports whether this baresip knows auto-answer by header, which came with version 1.1.
func obeysHeaders(t *testing.T) bool {
	t.Helper()
	path, err := exec.LookPath("baresip")
	if err != nil {
		t.Fatal(err)
	}
	libraries, _ := filepath.Glob("/usr/lib/*/libbaresip.so*")
	for _, file := range append(libraries, path) {
		if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte("answer-after")) {
			return true
		}
	}
	return false
}

// startBaresip registers a baresip with us as phone1. Its answering is what the account's further parameters say.
func startBaresip(t *testing.T, registrar netip.AddrPort, answering string) *program {
	t.Helper()
	return startBaresipAs(t, baresipAccount{user: "phone1", password: "desk secret", registrar: registrar, answering: answering})
}

type baresipAccount struct {
	user, password string
	registrar      netip.AddrPort
	answering      string
	modules        string // further lines of its settings
	codec          string // pcmu if empty
	voice          []byte // the file it plays; a made-up voice if nil
	by             transport
	ca             string         // whom it trusts, over TLS
	at             netip.AddrPort // where it listens; anywhere if not set. Its TLS is at the port behind
	outside        bool           // it does not register: it is somewhere in the public network
	keys           netip.AddrPort // where its keys can be pressed, if set
}

func startBaresipAs(t *testing.T, as baresipAccount) *program {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	modules := "/usr/lib/baresip/modules"
	if found, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(found) > 0 {
		modules = found[0]
	}
	sound := filepath.Join(dir, "voice.wav")
	if as.voice == nil {
		as.voice = wav(media.SampleRate, media.Render(20*time.Second, media.NewSpeech(1)))
	}
	write("voice.wav", string(as.voice))
	rtp, every := ports.Lend(t, 20).Port(), 60
	if !as.at.IsValid() {
		as.at = localPort(t)
	}
	if as.outside {
		every = 0
	}
	if as.keys.IsValid() {
		as.modules += "\nmodule_app ctrl_tcp.so\nctrl_tcp_listen " + as.keys.String()
	}
	write("config", strings.Join([]string{
		"sip_listen " + as.at.String(), "net_interface 127.0.0.1", "call_max_calls 1",
		"audio_source aufile," + sound, "audio_player aubridge,nowhere", "audio_alert aubridge,nowhere",
		"rtp_ports " + fmt.Sprintf("%d-%d", rtp, rtp+19), "module_path " + modules,
		"sip_cafile " + as.ca, as.modules, "module g711.so", "module aufile.so", "module aubridge.so", "module_app account.so", "module_app menu.so", "",
	}, "\n"))
	write("accounts", fmt.Sprintf("<sip:%s@%s;transport=%s>;auth_user=%s;auth_pass=%q;regint=%d;audio_codecs=%s;%s\n",
		as.user, as.registrar, strings.ToLower(as.by.token()), as.user, as.password, every, orElse(as.codec, "pcmu"), as.answering))
	write("contacts", "")
	return start(t, dir, "baresip", "-f", dir, "-v", "-s")
}

// wav is 16-bit mono sound as a file.
func wav(rate uint32, pcm []int16) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(pcm)))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func TestBaresipAndSippTalk(t *testing.T) { baresipTalks(t, media.SRTPOff, "", "") }

// TestBaresipTalksProtected: its SRTP is libsrtp's, not ours.
func TestBaresipTalksProtected(t *testing.T) {
	t.Parallel()
	baresipTalks(t, media.SRTPRequired, ";mediaenc=srtp-mand", "module srtp.so")
}

func baresipTalks(t *testing.T, security media.Security, account, modules string) {
	t.Helper()
	needs(t, "baresip", "baresip-core")
	s := startSipp(t, "answer")
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret", SRTP: security}}
	cfg.Trunks = []Trunk{labTrunk(s.at)}
	a := startAgent(t, cfg)
	here := make(chan bool, 10)
	a.OnRegistered(func(_ dialer.DeskID, up bool) { here <- up })
	answering := "answermode=manual;sip_autoanswer=yes;sip_autoanswer_beep=off"
	if !obeysHeaders(t) {
		t.Log("this baresip knows no auto-answer by header: it answers every call, and the lab's phone proves the header")
		answering = "answermode=auto"
	}
	phone := startBaresipAs(t, baresipAccount{
		user: "phone1", password: "desk secret", registrar: a.Addr(), answering: answering + account, modules: modules,
	})
	if !within(t, here, "baresip to register") {
		t.Fatal("baresip went")
	}
	n, err := a.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	desk, w := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	desk.until(t, dialer.LegAnswered)
	desk.Confirm()
	w.Dial()
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	n.Join()
	bridge := n.(*line).bridge
	eventually(t, "sound goes both ways, through both programs", func() bool {
		return bridge.Stats(media.Desk).PacketsIn > 25 && bridge.Stats(media.Customer).PacketsIn > 25
	})
	// Its first RTCP may leave before its SRTP stands.
	if secured := bridge.Secured(media.Desk); secured != (security == media.SRTPRequired) || bridge.Stats(media.Desk).Exposed > 1 {
		t.Errorf("protected: %v, %+v", secured, bridge.Stats(media.Desk))
	}
	if err := bridge.SendDigits(media.Desk, "5#"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "baresip hears two keys", func() bool {
		said := phone.said.String()
		return strings.Contains(said, "received event: '5' (end=1)") && strings.Contains(said, "received event: '#' (end=1)")
	})
	w.Drop()
	w.gone(t)
	desk.Drop()
	desk.gone(t)
	s.ok(t)
}

func TestBaresipRingsWithoutOurHeader(t *testing.T) {
	needs(t, "baresip", "baresip-core")
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret", Phone: "lift"}}
	cfg.Trunks = []Trunk{labTrunk(netipLocal)}
	a := startAgent(t, cfg)
	here := make(chan bool, 10)
	a.OnRegistered(func(_ dialer.DeskID, up bool) { here <- up })
	startBaresip(t, a.Addr(), "answermode=manual;sip_autoanswer=yes")
	within(t, here, "baresip to register")
	n, err := a.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	desk := watch(n.Desk())
	desk.Dial()
	desk.until(t, dialer.LegRinging)
	desk.Drop()
	desk.gone(t)
	if countKind(desk.all, dialer.LegAnswered) != 0 {
		t.Error("it answered, though nothing asked it to")
	}
}
