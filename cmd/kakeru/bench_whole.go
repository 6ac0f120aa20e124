//go:build !production

package main

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
	"kakeru/sip/lab"
)

// benchWhole is benchCalls with everything: line, ledger, panel, and one open socket that reads all live frames. Operators,
// phones and carrier are another process; what is measured is this one alone. At the end everybody's word about every call
// is compared.
func benchWhole(ctx context.Context, o benchFlags) (f callsFigures, err error) {
	before, sockets := runtime.NumGoroutine(), openSockets()
	w := &wholeRun{o: o, run: &clickRun{panel: map[dialer.DeskID][]seenCall{}, carrier: map[string]lab.CallLog{}}}
	if err := w.inDir(ctx); err != nil {
		return f, err
	}
	f = w.figures
	f.Goroutines, f.Sockets = leftOpen(before, sockets)
	return f, w.run.agree()
}

// wholeRun is one run with everything.
type wholeRun struct {
	o       benchFlags
	run     *clickRun
	figures callsFigures
}

// inDir makes stores of its own, and the centre on them.
func (w *wholeRun) inDir(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "kakeru-calls-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := logger("error", streams{err: os.Stderr})
	private, err := startStores(ctx, dir, log)
	if err != nil {
		return err
	}
	defer private.stop()
	out, err := startOperators(ctx)
	if err != nil {
		return err
	}
	defer out.stop()
	s := labSettings(benchDesks(int(w.o.rate/deskFor)+2), out.carrier(), false)
	for i := range s.SIP.Desks { // all at the one far end that answers for them
		d := &s.SIP.Desks[i]
		d.Address, d.User, d.Password = "sip:"+d.User+"@"+out.at.Desks, "", ""
	}
	s.HTTP.Addr, s.StateDir, s.Centre.AlwaysOpen = "127.0.0.1:0", dir, true
	s.Database.URL, s.Redis.URL = private.ledger, private.redis.URL()
	a, err := newApp(ctx, s, appOptions{log: log, numberRuleOff: true})
	if err != nil {
		return err
	}
	return w.inHouse(ctx, a, out)
}

// deskFor is how many calls a second need another desk: each call and its result keep one for less than 0.4 s, or the rate
// does not hold.
const deskFor = 2.5

// inHouse runs the house for as long as the calls take, and then reads what everyone saw.
func (w *wholeRun) inHouse(ctx context.Context, a *app, out *operators) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	calls := int(w.o.rate * w.o.seconds)
	logins := append(benchLogins(len(a.settings.SIP.Desks)), login{"board", "bench", dialer.RoleSupervisor, "bench-password-of-a-bench"})
	done := make(chan error, 1)
	err := a.run(ctx, func(ctx context.Context) error { return furnishBench(ctx, a, logins, calls) }, func(url string) {
		go func() {
			defer stop()
			done <- w.measure(ctx, a, out, orders{URL: url, Logins: logins, Rate: w.o.rate, Calls: calls})
		}()
	})
	select {
	case measured := <-done:
		return errors.Join(err, measured)
	default:
		return err // the house never got ready
	}
}

// measure has the operators work.
func (w *wholeRun) measure(ctx context.Context, a *app, out *operators, o orders) error {
	if err := out.tell(o, &struct{}{}); err != nil { // everybody sits down
		return err
	}
	profiled, err := profile(w.o.profiles)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what taking the list in took
	w.figures.RSSStart = residentBytes()
	peak, watched := watchMemory()
	began, cpu := time.Now(), cpuTime()
	var r reportedCalls
	if err := out.tell(struct{}{}, &r); err != nil { // and clicks
		return err
	}
	took, spent := time.Since(began), cpuTime()-cpu
	if err := profiled(); err != nil {
		return err
	}
	watched()
	w.figures = callsFigures{
		Rate: o.Rate, Calls: o.Calls, Failed: r.Failed, RSSStart: w.figures.RSSStart, RSSPeak: int(peak.Load()),
		CallsPerS: float64(o.Calls-r.Failed) / took.Seconds(), CPUPer1000: spent.Seconds() / float64(o.Calls) * 1000,
	}
	var setups []time.Duration
	for desk, seen := range r.Panel {
		w.run.panel[desk] = seen
		for _, s := range seen {
			if !s.Talked.IsZero() {
				setups = append(setups, s.Talked.Sub(s.Clicked))
			}
		}
	}
	w.figures.SetupP50, w.figures.SetupP99 = percentile(setups, 50), percentile(setups, 99)
	for _, c := range r.Carrier {
		w.run.carrier[c.CallID] = c
	}
	w.run.desks, w.run.done = a.engine.Desks(), r.Done
	if w.run.ledger, err = allAttempts(ctx, a.ledger, began); err != nil {
		return err
	}
	rest(ctx, w.o.rest)
	w.figures.RSS = residentBytes()
	return nil
}

// watchMemory keeps the most that this process has held until it is told to stop.
func watchMemory() (*atomic.Int64, func()) {
	peak := &atomic.Int64{}
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			peak.Store(max(peak.Load(), int64(residentBytes())))
			select {
			case <-tick.C:
			case <-over:
				return
			}
		}
	}()
	return peak, func() { close(over); <-done }
}

// orders are what the operators' process is told first.
type orders struct {
	URL    string  `json:"url"`
	Logins []login `json:"logins"` // one for each desk, in their order, and a supervisor for the board
	Rate   float64 `json:"rate"`
	Calls  int     `json:"calls"`
}

// standing says where the operators' process answers calls.
type standing struct {
	Desks   string `json:"desks"`
	Carrier string `json:"carrier"`
}

// reportedCalls are what the operators' process has seen.
type reportedCalls struct {
	Panel   map[dialer.DeskID][]seenCall `json:"panel"`
	Carrier []lab.CallLog                `json:"carrier"`
	Done    report.Progress              `json:"done"`
	Failed  int                          `json:"failed"`
}

// operators is the process of everybody outside the house.
type operators struct {
	*child

	at standing
}

// carrier is where the trunk leads.
func (p *operators) carrier() netip.AddrPort {
	at, _ := netip.ParseAddrPort(p.at.Carrier) // as it was written
	return at
}

func startOperators(ctx context.Context) (*operators, error) {
	c, err := startChild(ctx, "the operators' process", "bench", "operators")
	if err != nil {
		return nil, err
	}
	p := &operators{child: c}
	if err := p.read(&p.at); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}
