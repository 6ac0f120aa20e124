package sip

import (
	"context"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kakeru/dialer"
	"kakeru/sip/media"
)

func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" || f.Name == "test.fuzz" })
	if !asked {
		// These tests wait for timers far more than they compute: several side by side, however few the cores.
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// The library's timers hold for the whole process, so every test here uses these: 64·T1 is 1.28 s.
var testTimers = Timers{T1: 20 * time.Millisecond, T2: 80 * time.Millisecond, T4: 100 * time.Millisecond}

// patience bounds every wait of a test: far beyond what anything takes, so that only what never comes fails.
const patience = 20 * time.Second

// Numbers of a made-up range: nobody has them.
const (
	testNumber   = dialer.Number("0300001234")
	testCallerID = "0300009999"
)

// rig is an agent between two scripted peers: a desk phone at a fixed address, and a trunk.
type rig struct {
	*Agent

	desk, trunk *peer
}

func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{desk: newPeer(t), trunk: newPeer(t)}
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@" + r.desk.addr.String()}}
	cfg.Trunks = []Trunk{labTrunk(r.trunk.addr)}
	for _, f := range change {
		f(&cfg)
	}
	r.Agent = startAgent(t, cfg)
	return r
}

func testConfig() Config {
	cfg := Config{
		Listen: "127.0.0.1:0",
		Timers: testTimers,
		Secret: []byte("of all processes of a test"),
		Media:  media.Config{BindIP: netip.MustParseAddr("127.0.0.1"), PortMin: 24000, PortMax: 28999},
	}
	if os.Getenv("KAKERU_TEST_LOG") != "" {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return cfg
}

func labTrunk(at netip.AddrPort) Trunk {
	return Trunk{Name: "lab", Address: at.String(), Domain: "carrier.invalid", Prefix: "0", CallerID: testCallerID, Lab: true}
}

func startAgent(t *testing.T, cfg Config) *Agent {
	t.Helper()
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := within(t, done, "Run to return"); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return a
}

// aCall is the id of a call that a test makes.
const aCall = "01234567-89ab-7def-8123-456789abcdef"

// line prepares a call to testNumber.
func (r *rig) line(t *testing.T) dialer.Line {
	t.Helper()
	n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: aCall, Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// customer prepares a call and dials its customer leg.
func (r *rig) customer(t *testing.T) *watched {
	t.Helper()
	w := watch(r.line(t).Customer())
	w.Dial()
	return w
}

// watched is a leg whose facts a test reads.
type watched struct {
	dialer.Leg

	all []dialer.LegFact
}

func watch(l dialer.Leg) *watched { return &watched{Leg: l} }

// next is the next fact; false when there is none any more.
func (w *watched) next(t *testing.T) (dialer.LegFact, bool) {
	t.Helper()
	select {
	case f, ok := <-w.Facts():
		if ok {
			w.all = append(w.all, f)
		}
		return f, ok
	case <-time.After(patience):
		t.Fatalf("no fact came; so far: %v", w.kinds())
		return dialer.LegFact{}, false
	}
}

// until reads facts up to the first of a kind.
func (w *watched) until(t *testing.T, kind dialer.LegFactKind) dialer.LegFact {
	t.Helper()
	for {
		f, ok := w.next(t)
		if !ok {
			t.Fatalf("the facts ended without %q: %v", kind, w.kinds())
		}
		if f.Kind == kind {
			return f
		}
	}
}

// untilEvent reads facts up to the first with an evidence.
func (w *watched) untilEvent(t *testing.T, event dialer.EvidenceEvent) dialer.LegFact {
	t.Helper()
	for {
		f, ok := w.next(t)
		if !ok {
			t.Fatalf("the facts ended without evidence %q: %v", event, w.kinds())
		}
		if f.Evidence.Event == event {
			return f
		}
	}
}

// gone reads to the end and checks the promise: exactly one gone, last, then closed.
func (w *watched) gone(t *testing.T) dialer.LegFact {
	t.Helper()
	f := w.until(t, dialer.LegIsGone)
	if _, more := w.next(t); more {
		t.Errorf("a fact came after gone: %v", w.kinds())
	}
	return f
}

// kinds are the facts so far, in short.
func (w *watched) kinds() []string {
	var all []string
	for _, f := range w.all {
		all = append(all, string(f.Kind)+"/"+string(f.Evidence.Event))
	}
	return all
}

// saw reports whether an evidence has come.
func (w *watched) saw(event dialer.EvidenceEvent) bool {
	for _, f := range w.all {
		if f.Evidence.Event == event {
			return true
		}
	}
	return false
}

// within receives from c, or fails.
func within[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("not reached")
	}
}

// eventually polls until ok, or fails.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !polled(ok) {
		t.Fatalf("waited in vain until %s", what)
	}
}

// polled is false when ok did not come true in time.
func polled(ok func() bool) bool {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			return false
		}
	}
	return true
}
