package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kakeru/dialer/dialertest/full"
)

// TestBenchMedia has every system there is carry four calls for a moment: all packets come through, to the right ends, and
// every figure that others rely on is there. How fast they are is not asked.
func TestBenchMedia(t *testing.T) {
	full.Only(t)
	t.Setenv(asBinary, "1") // the relays are this binary again
	var out, errs bytes.Buffer
	args := []string{"bench", "media", "--calls", "4", "--seconds", "0.5", "--json"}
	if code := dispatch(t.Context(), args, streams{&out, &errs}); code != 0 {
		t.Fatalf("exit status %d: %s", code, errs.String())
	}
	var f map[string]float64
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatalf("not one flat object of numbers: %v: %s", err, out.String())
	}
	for _, name := range []string{
		"calls", "seconds", "cpu_s_per_call_minute", "floor_cpu_s_per_call_minute", "delay_p50_ms", "delay_p99_ms",
		"lost", "bytes_per_call", "allocs_per_packet",
	} {
		if _, ok := f[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	for _, kind := range mediaSystems() {
		cpu, measured := f[kind.prefix+"cpu_s_per_call_minute"]
		if measured != (kind.there() && kind.prefix != "direct_") || measured && cpu <= 0 {
			t.Errorf("%s: measured %v, %v CPU s a call-minute", kind.name, measured, cpu)
		}
		if !kind.there() {
			continue
		}
		if sent := f[kind.prefix+"sent"]; sent == 0 || sent > 4*2*30 { // 200; on a busy machine not quite, or some of before
			t.Errorf("%s: %v packets were sent", kind.name, sent)
		}
		for _, none := range []string{"lost", "misdelivered", "lost_by_generator"} {
			if n, ok := f[kind.prefix+none]; n != 0 || !ok {
				t.Errorf("%s%s: %v", kind.prefix, none, n)
			}
		}
	}
	if f["allocs_per_packet"] > 1 {
		t.Errorf("%v allocations a packet", f["allocs_per_packet"])
	}
}

func TestBenchMediaRefusesWhatCannotBe(t *testing.T) {
	for _, args := range [][]string{
		{"--calls", "0"}, {"--calls", "5001"}, {"--calls", "many"}, {"--seconds", "0"}, {"--seconds", "0.01"}, {"--repeat", "0"}, {"--repeat", "100"},
		{"more"},
	} {
		var errs bytes.Buffer
		if code := dispatch(t.Context(), append([]string{"bench", "media"}, args...), streams{&errs, &errs}); code != 2 {
			t.Errorf("%v: exit status %d: %s", args, code, errs.String())
		}
	}
}

// badRelay does to packets what none should.
type badRelay struct {
	direct

	to  netip.AddrPort // where all are sent; to their sender if there is none
	err error
}

func (r badRelay) bridge(_ context.Context, desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	if r.to.IsValid() {
		return r.to, r.to, r.err
	}
	return desk, customer, r.err
}

// measureBad measures for a moment; for longer where the machine was too busy to send anything in it.
func measureBad(t *testing.T, r badRelay) (row mediaRow, err error) {
	t.Helper()
	kind := mediaSystemKind{start: func(context.Context) (mediaSystem, error) { return r, nil }}
	for _, seconds := range []float64{0.1, 1, 5} {
		if row, err = measureMedia(t.Context(), benchFlags{calls: 2, seconds: seconds}, kind, 1); err != nil || row.sent > 0 {
			break
		}
	}
	return row, err
}

// TestWhatARelayLosesIsSeen: a figure that could not be wrong would prove nothing.
func TestWhatARelayLosesIsSeen(t *testing.T) {
	nobody, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	row, err := measureBad(t, badRelay{to: portOf(nobody)})
	if err != nil || row.sent == 0 || row.heard != 0 || lostByIt(row) != row.sent {
		t.Errorf("all are swallowed: %v, %+v", err, row)
	}
	row, err = measureBad(t, badRelay{})
	if err != nil || row.sent == 0 || row.heard != 0 || row.strays != row.sent || lostByIt(row) != row.sent {
		t.Errorf("all come back to their sender: %v, %+v", err, row)
	}
}

// TestOutOfSocketsSaysWhatToRaise has every system run out of files, in processes of their own.
func TestOutOfSocketsSaysWhatToRaise(t *testing.T) {
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	few := syscall.Rlimit{Cur: 400, Max: was.Max}
	t.Setenv(asBinary, "1")
	for _, kind := range mediaSystems()[1:] {
		if !kind.there() || kind.prefix == "listening_" { // a recorder says no more than that it cannot write
			continue
		}
		short := kind
		short.start = func(ctx context.Context) (mediaSystem, error) {
			s, err := kind.start(ctx)
			if err == nil {
				err = unix.Prlimit(s.pid(), unix.RLIMIT_NOFILE, (*unix.Rlimit)(&few), nil)
			}
			return s, err
		}
		_, err := measureMedia(t.Context(), benchFlags{calls: 300, seconds: 0.1}, short, 1)
		if !outOfSockets(err) {
			t.Errorf("%s: %v", kind.name, err)
			continue
		}
		if got := whatToRaise(err, 300).Error(); !strings.Contains(got, "about 1300 open files of one process") || !strings.Contains(got, "ulimit -n") {
			t.Errorf("%s: %s", kind.name, got)
		}
	}
	_, err := measureBad(t, badRelay{err: errors.New("another")})
	if err == nil || outOfSockets(err) || outOfSockets(nil) {
		t.Errorf("another error is taken for that: %v", err)
	}
}

// TestFullEarIsNotTheRelaysLoss has the far ends' sockets overflow: the kernel's word for it must be heard.
func TestFullEarIsNotTheRelaysLoss(t *testing.T) {
	ears, err := openEars()
	if err != nil {
		t.Fatal(err)
	}
	defer ears.close()
	load := &mediaLoad{ears: ears}
	load.add(0, ears.ears[0].at, ears.ears[0].at, rand.New(rand.NewPCG(1, 1)))
	now := time.Now()
	for ears.drops() == 0 { // nobody reads
		load.send(&load.streams[0], now, mediaWindow{now, now, now.Add(time.Hour)})
		if load.sent > 100_000 {
			t.Fatal("a socket that nobody reads took 100,000 packets")
		}
	}
	dropped := ears.drops()
	if lostByIt(mediaRow{sent: load.sent, heard: load.sent - dropped, dropped: dropped}) != 0 {
		t.Error("what the generator dropped counts as lost")
	}
	ears.stopped.Store(true)
	ears.listen(2) // one last look, by which all that was kept is read
	if got := ears.heard + ears.strays; got != load.sent-dropped {
		t.Errorf("%d sent, %d dropped, %d read", load.sent, dropped, got)
	}
}

// TestInterruptedBenchMediaEnds: Ctrl-C in the middle ends the relays too, for their end is waited for.
func TestInterruptedBenchMediaEnds(t *testing.T) {
	full.Only(t)
	t.Setenv(asBinary, "1")
	for _, kind := range mediaSystems() {
		if !kind.there() {
			continue
		}
		ctx, interrupt := context.WithCancel(t.Context())
		pid := 0
		watched := kind
		watched.start = func(ctx context.Context) (mediaSystem, error) {
			s, err := kind.start(ctx)
			if err == nil {
				pid = s.pid()
				time.AfterFunc(50*time.Millisecond, interrupt) // somewhere in the middle; where makes no difference
			}
			return s, err
		}
		_, err := measureMedia(ctx, benchFlags{calls: 2, seconds: 60}, watched, 1)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", kind.name, err)
		}
		if pid != 0 && syscall.Kill(pid, 0) == nil {
			t.Errorf("%s goes on as process %d", kind.name, pid)
		}
		interrupt()
	}
}

func TestDelayCounts(t *testing.T) {
	var c delayCounts
	if c.at(0.99) != 0 {
		t.Error("none have a delay")
	}
	for i := range 1000 {
		c.add(time.Duration(i+1) * time.Microsecond)
	}
	for share, want := range map[float64]float64{0.5: 0.5, 0.99: 0.99, 0.999: 0.999, 1: 1} {
		if got := c.at(share); got != want {
			t.Errorf("%v of them: %v ms, want %v", share, got, want)
		}
	}
	var odd delayCounts
	odd.add(-time.Second) // a clock that was set back
	odd.add(time.Minute)
	if odd.at(0.5) != 0 || odd.at(1) != 500 {
		t.Errorf("%v and %v ms", odd.at(0.5), odd.at(1))
	}
}

// TestMediaTable computes medians and ratios within rounds, and says what was left out and what went wrong.
func TestMediaTable(t *testing.T) {
	row := func(cpu time.Duration, delay float64, lost int) mediaRow {
		return mediaRow{cpu: cpu, sent: 6000 + lost, heard: 6000, passed: 6000, delay: [3]float64{delay, 2 * delay, 3 * delay}, resident: 20480, mallocs: 600}
	}
	direct := mediaRow{sent: 6000, heard: 6000, delay: [3]float64{0.5, 1, 1}}
	kinds := mediaSystems()
	f := &mediaFigures{calls: 2, seconds: 1, systems: []mediaSystemKind{kinds[0], kinds[1], kinds[len(kinds)-1]}, rounds: [][]mediaRow{
		{direct, row(200*time.Millisecond, 1, 0), row(100*time.Millisecond, 2, 0)}, // half
		{direct, row(100*time.Millisecond, 1, 7), row(100*time.Millisecond, 3, 0)}, // as much
		{direct, row(500*time.Millisecond, 1, 3), row(100*time.Millisecond, 9, 0)}, // a fifth
	}}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"cpu_s_per_call_minute": 0.1, "floor_cpu_s_per_call_minute": 0.2, "cpu_to_floor": 0.5, "delay_p50_ms": 2.5, "delay_p99_ms": 5.5,
		"delay_p999_ms": 8.5, "direct_delay_p50_ms": 0.5, "floor_lost": 7, "lost": 0, "bytes_per_call": 10240, "allocs_per_packet": 0.1, "rounds": 3,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if _, ok := got["rtpengine_cpu_s_per_call_minute"]; ok {
		t.Error("rtpengine has a figure that nobody measured")
	}
	f.rounds[0][1].dropped, f.rounds[0][2].strays = 4, 5
	var out bytes.Buffer
	f.print(&out)
	for _, want := range []string{
		"2 calls, both ways, 1 s after warming up; median of 3", "CPU, kakeru to goroutine per socket: 0.50", "allocations per packet, kakeru: 0.1000",
		"rtpengine is not installed and was left out", "goroutine per socket: the generator itself lost up to 4", "kakeru: up to 5 packets came to the wrong end",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

// needRTPEngine skips without the program, which only `make bench-media` installs.
func needRTPEngine(t *testing.T) {
	t.Helper()
	if !hasRTPEngine() {
		t.Skip("rtpengine is not installed")
	}
}

// TestRTPEngineIsDriven talks to the real one.
func TestRTPEngineIsDriven(t *testing.T) {
	needRTPEngine(t)
	system, err := startRTPEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := system.(*rtpengine)
	defer r.stop()
	seen := map[netip.AddrPort]bool{}
	for range 3 {
		toDesk, toCustomer, err := r.bridge(t.Context(), netip.MustParseAddrPort("127.0.0.1:30000"), netip.MustParseAddrPort("127.0.0.1:30002"))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []netip.AddrPort{toDesk, toCustomer} {
			if at.Addr() != loopback || at.Port() < relayPortMin || at.Port() > relayPortMax || seen[at] {
				t.Errorf("sound goes to %v", at)
			}
			seen[at] = true
		}
	}
	if _, err := r.ng.sound(t.Context(), ngOrder{Command: "offer", CallID: "bad", FromTag: "a", SDP: "no SDP"}); err == nil || !strings.Contains(err.Error(), "Failed to parse SDP") {
		t.Errorf("an offer that is none: %v", err)
	}
	r.stop()
	if syscall.Kill(r.pid(), 0) == nil {
		t.Error("it goes on")
	}
	if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
		t.Errorf("its folder: %v", err)
	}
}

// TestRTPEngineThatDoesNotStart is said at once, with the reason.
func TestRTPEngineThatDoesNotStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rtpengine"), []byte("#!/bin/sh\necho some trouble >&2\necho the port is taken >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	_, err := startRTPEngine(t.Context())
	if err == nil || !strings.Contains(err.Error(), `it says "the port is taken"`) {
		t.Errorf("%v", err)
	}
}

// TestNGAsksAgain plays an rtpengine that loses the first datagram and answers with an old cookie before the right one.
func TestNGAsksAgain(t *testing.T) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan string, 1)
	served := make(chan []string)
	go func() {
		var asked []string
		defer func() { served <- asked }()
		buffer := make([]byte, 2048)
		for {
			n, from, err := server.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			asked = append(asked, string(buffer[:n]))
			if len(asked) == 1 {
				continue // lost
			}
			cookie, _, _ := strings.Cut(string(buffer[:n]), " ")
			_, _ = server.WriteToUDPAddrPort([]byte("0 {\"result\":\"old\"}"), from)
			_, _ = server.WriteToUDPAddrPort([]byte(cookie+" "+<-answers), from)
		}
	}()
	c, err := dialNG(portOf(server))
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	answers <- `{"result":"pong"}`
	if r, err := c.ask(t.Context(), ngOrder{Command: "ping"}); err != nil || r.Result != "pong" {
		t.Errorf("%+v, %v", r, err)
	}
	answers <- `{"result":"error","error-reason":"Unknown call-id"}`
	if _, err := c.ask(t.Context(), ngOrder{Command: "answer"}); err == nil || err.Error() != "ng: Unknown call-id" {
		t.Errorf("%v", err)
	}
	answers <- `d6:result4:ponge`
	if _, err := c.ask(t.Context(), ngOrder{Command: "ping"}); err == nil || !strings.HasPrefix(err.Error(), "ng: ") {
		t.Errorf("%v", err)
	}
	_ = server.Close()
	asked := <-served
	if len(asked) != 4 || asked[0] != asked[1] || asked[0] != `1 {"command":"ping"}` {
		t.Errorf("asked %q", asked)
	}
}
