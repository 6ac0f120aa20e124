//go:build !production

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"kakeru/dialer"
	"kakeru/sip"
	"kakeru/sip/media"
)

// callsFigures are what `kakeru bench calls` measures.
type callsFigures struct {
	Rate       float64 `json:"rate"`
	Calls      int     `json:"calls"`
	CallsPerS  float64 `json:"calls_per_s"`
	Failed     int     `json:"failed"`
	CPUPer1000 float64 `json:"cpu_s_per_1000_calls"`
	SetupP50   float64 `json:"setup_added_p50_ms"`
	SetupP99   float64 `json:"setup_added_p99_ms"`
	RSSStart   int     `json:"rss_start_bytes"`
	RSS        int     `json:"rss_bytes"`
	RSSPeak    int     `json:"rss_peak_bytes"`
	Goroutines int     `json:"goroutines_left"`
	Sockets    int     `json:"sockets_left"`
}

// benchCalls has whole calls made at a rate: both legs rung, answered, acknowledged, bridged and hung up, with far ends in
// another process that answer at once and make no sound. What it measures is this process alone.
func benchCalls(ctx context.Context, o benchFlags) (f callsFigures, err error) {
	switch o.ledger {
	case "on":
		return benchWhole(ctx, o)
	case "off":
	default:
		return f, errUsage{"--ledger is on or off"}
	}
	desk, stopDesk, err := startAnswerer(ctx)
	if err != nil {
		return f, err
	}
	defer stopDesk()
	carrier, stopCarrier, err := startAnswerer(ctx)
	if err != nil {
		return f, err
	}
	defer stopCarrier()
	before, sockets := runtime.NumGoroutine(), openSockets()
	load, err := newCallLoad(desk, carrier)
	if err != nil {
		return f, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- load.agent.Run(ctx) }()
	profiled, err := profile(o.profiles)
	if err != nil {
		stop()
		return f, errors.Join(err, <-ran)
	}
	start := residentBytes()
	f = load.run(ctx, o)
	f.RSSStart = start
	wrong := profiled()
	rest(ctx, o.rest)
	f.RSS = residentBytes()
	stop()
	err = errors.Join(wrong, <-ran)
	f.Goroutines, f.Sockets = leftOpen(before, sockets)
	return f, err
}

// leftOpen is how many goroutines and sockets there are more than before. A goroutine that has said its last word is counted
// until it has had a turn to end, so those that do end are given a moment to.
func leftOpen(goroutines, sockets int) (g, s int) {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(time.Millisecond) {
		g, s = max(0, runtime.NumGoroutine()-goroutines), max(0, openSockets()-sockets)
		if g+s == 0 || time.Now().After(end) {
			return g, s
		}
	}
}

// startAnswerer starts a far end in a process of its own.
func startAnswerer(ctx context.Context) (at netip.AddrPort, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return at, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "lab", "answerer") //nolint:gosec // ourselves
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return at, nil, err
	}
	if err := cmd.Start(); err != nil {
		return at, nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // ended by our signal
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		at, err = netip.ParseAddrPort(line[strings.LastIndexByte(strings.TrimSpace(line), ' ')+1 : len(line)-1])
	}
	if err != nil {
		stop()
		return at, nil, fmt.Errorf("the far end did not start: %w", err)
	}
	return at, stop, nil
}

// callLoad makes calls between two far ends.
type callLoad struct {
	agent *sip.Agent

	mu     sync.Mutex
	setups []time.Duration
	failed atomic.Int64
	peak   atomic.Int64
}

func newCallLoad(desk, carrier netip.AddrPort) (*callLoad, error) {
	agent, err := sip.New(sip.Config{
		Listen: "127.0.0.1:0",
		Media:  media.Config{BindIP: netip.MustParseAddr("127.0.0.1"), PortMin: 10000, PortMax: 59999},
		Desks:  []sip.Desk{{ID: "desk1", URI: "sip:201@" + desk.String()}},
		Trunks: []sip.Trunk{{Name: "lab", Address: carrier.String(), CallerID: "0300009999", Lab: true}},
	})
	if err != nil {
		return nil, err
	}
	return &callLoad{agent: agent}, agent.Start()
}

// run makes calls at the rate for as long as was asked: the clock, not the calls before, says when the next one begins.
func (l *callLoad) run(ctx context.Context, o benchFlags) callsFigures {
	total := int(o.rate * o.seconds)
	cpu, began := cpuTime(), time.Now()
	var all sync.WaitGroup
	for i := range total {
		due := began.Add(time.Duration(float64(i) / o.rate * float64(time.Second)))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			total = i
		}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			if err := l.call(ctx); err != nil {
				l.failed.Add(1)
			}
		})
		if i%256 == 0 {
			l.peak.Store(max(l.peak.Load(), int64(residentBytes())))
		}
	}
	all.Wait()
	took, spent := time.Since(began), cpuTime()-cpu
	f := callsFigures{
		Rate: o.rate, Calls: total, Failed: int(l.failed.Load()), RSSPeak: int(l.peak.Load()),
		SetupP50: percentile(l.setups, 50), SetupP99: percentile(l.setups, 99),
	}
	if total > 0 {
		f.CallsPerS = float64(total-f.Failed) / took.Seconds()
		f.CPUPer1000 = spent.Seconds() / float64(total) * 1000
	}
	return f
}

var errLegLost = errors.New("a leg ended before it was answered")

// callWithin is when a call that has not come about counts as failed.
const callWithin = 5 * time.Second

// call makes one whole call and times what we add to it: the far ends answer at once.
func (l *callLoad) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	began := time.Now()
	line, err := l.agent.Prepare(ctx, dialer.CallOrder{
		ID: dialer.CallID(dialer.NewID(began)), Desk: "desk1", Click: dialer.NewClick("desk1"), Number: "0300001234", Sample: true,
	})
	if err != nil {
		return err
	}
	defer line.Close()
	var lost error
	for _, leg := range []dialer.Leg{line.Desk(), line.Customer()} {
		leg.Dial()
		if lost = answered(ctx, leg); lost != nil {
			break
		}
		leg.Confirm()
	}
	line.Join()
	setup := time.Since(began)
	line.Customer().Drop()
	line.Desk().Drop()
	if lost != nil {
		return lost
	}
	for _, leg := range []dialer.Leg{line.Customer(), line.Desk()} {
		if err := gone(ctx, leg); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setups = append(l.setups, setup)
	return nil
}

func answered(ctx context.Context, leg dialer.Leg) error {
	for {
		select {
		case f, ok := <-leg.Facts():
			switch {
			case !ok || f.Kind == dialer.LegIsGone:
				return errLegLost
			case f.Kind == dialer.LegAnswered:
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func gone(ctx context.Context, leg dialer.Leg) error {
	for {
		select {
		case _, ok := <-leg.Facts():
			if !ok {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rest waits, so that what is kept for late answers is forgotten, and gives memory back that nobody uses.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	debug.FreeOSMemory()
}

// cpuTime is what this process has spent, in user and system mode.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails only for arguments that are wrong
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentBytes is this process's resident memory; 0 where it cannot be read.
func residentBytes() int { return residentOf(os.Getpid()) }

// residentOf is another process's.
func residentOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 1 {
		pages, _ := strconv.Atoi(fields[1])
		return pages * os.Getpagesize()
	}
	return 0
}

// openSockets counts this process's sockets.
func openSockets() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
