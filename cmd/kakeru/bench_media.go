//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// benchMedia measures what it costs to pass the sound of calls on: Kakeru's relay, the least that Go code could do, and
// rtpengine where it is installed, each in a process of its own, one after the other, under the same load out of this one.
func benchMedia(ctx context.Context, o benchFlags) (*mediaFigures, error) {
	if o.calls > mostMediaCalls || o.seconds < 0.1 || o.repeat > 99 {
		return nil, errUsage{fmt.Sprintf("media takes 1 to %d --calls, 0.1 or more --seconds, 1 to 99 for --repeat", mostMediaCalls)}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU() + 2)) // the two threads that speak and hear keep one each
	f := &mediaFigures{calls: o.calls, seconds: o.seconds, rounds: make([][]mediaRow, 0, o.repeat)}
	for _, kind := range mediaSystems() {
		if kind.there() {
			f.systems = append(f.systems, kind)
		}
	}
	for round := range o.repeat {
		rows := make([]mediaRow, len(f.systems))
		for i := range f.systems {
			at := (round + i) % len(f.systems) // none is always the first
			row, err := measureMedia(ctx, o, f.systems[at], uint64(round))
			if outOfSockets(err) {
				err = whatToRaise(err, o.calls)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.systems[at].name, err)
			}
			rows[at] = row
		}
		f.rounds = append(f.rounds, rows)
	}
	return f, nil
}

// mediaRow is what was seen of one system in one round.
type mediaRow struct {
	cpu, generatorCPU, othersCPU time.Duration // within the window

	passed              int // packets that arrived within the window
	sent, heard, strays int // those that were sent within it
	failed, dropped     int // that the generator could not send; that its own sockets dropped
	delay, late         [len(mediaShares)]float64
	resident            int // bytes more than before the first call
	mallocs             uint64
}

// mediaShares are the percentiles of delays.
var mediaShares = [...]float64{0.5, 0.99, 0.999}

// measureMedia has one system carry all calls for as long as was asked.
func measureMedia(ctx context.Context, o benchFlags, kind mediaSystemKind, seed uint64) (row mediaRow, err error) {
	ears, err := openEars()
	if err != nil {
		return row, err
	}
	defer ears.close()
	system, err := kind.start(ctx)
	if err != nil {
		return row, err
	}
	defer system.stop()
	before := residentOf(system.pid())
	load := &mediaLoad{ears: ears}
	random := rand.New(rand.NewPCG(seed, 4))
	for call := range o.calls {
		desk, customer := ears.ears[ears.earOf(call, 0)].at, ears.ears[ears.earOf(call, 1)].at
		toDesk, toCustomer, err := system.bridge(ctx, desk, customer)
		if ctx.Err() != nil {
			return row, ctx.Err() // and the relay has been told to end
		}
		if err != nil {
			return row, fmt.Errorf("call %d: %w", call+1, err)
		}
		load.add(call, toDesk, toCustomer, random)
	}
	err = row.watch(ctx, system, load, time.Duration(o.seconds*float64(time.Second)))
	row.resident = max(0, residentOf(system.pid())-before)
	return row, err
}

// watch runs the load and looks at what is spent while it is steady.
func (r *mediaRow) watch(ctx context.Context, system mediaSystem, load *mediaLoad, length time.Duration) error {
	runtime.GC() // and not while packets are sent
	var threads sync.WaitGroup
	w := newMediaWindow(length)
	load.ears.window = w
	threads.Go(func() { load.ears.listen(len(load.streams)) })
	spoken := make(chan struct{})
	threads.Go(func() { defer close(spoken); load.speak(ctx, w) })
	rest := func(until time.Time) { _ = pause(ctx, time.Until(until)) }

	rest(w.from)
	mallocs, err := system.mallocs()
	dropped, start := load.ears.drops(), spentNow(system.pid())
	rest(w.until)
	end := spentNow(system.pid())
	after, err2 := system.mallocs()
	<-spoken
	load.ears.stopped.Store(true)
	threads.Wait()

	r.cpu, r.generatorCPU = end.system-start.system, end.generator-start.generator
	r.othersCPU = max(0, time.Duration(runtime.NumCPU())*end.at.Sub(start.at)-(end.idle-start.idle)-r.cpu-r.generatorCPU)
	r.sent, r.failed, r.passed, r.heard, r.strays = load.sent, load.failed, load.ears.passed, load.ears.heard, load.ears.strays
	r.dropped, r.mallocs = load.ears.drops()-dropped, after-mallocs
	for i, share := range mediaShares {
		r.delay[i], r.late[i] = load.ears.delays.at(share), load.late.at(share)
	}
	return errors.Join(ctx.Err(), err, err2)
}

// spent is what had been spent at one moment.
type spent struct {
	at                      time.Time
	system, generator, idle time.Duration
}

func spentNow(pid int) spent { return spent{time.Now(), cpuOf(pid), cpuTime(), idleTime()} }

// cpuOf is what another process has spent, in user and system mode, all its threads together, to the nanosecond, where
// /proc/PID/stat counts in steps of 10 ms. The clock's number is what clock_getcpuclockid (3) makes of a process.
func cpuOf(pid int) time.Duration {
	const scheduled = 2
	var t unix.Timespec
	if pid == 0 || unix.ClockGettime(int32(^pid<<3|scheduled), &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// idleTime is how long this machine's processors have had nothing to do, together.
func idleTime() time.Duration {
	const idle, waiting, step = 4, 5, 10 * time.Millisecond
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) <= waiting {
		return 0
	}
	a, _ := strconv.Atoi(fields[idle])
	b, _ := strconv.Atoi(fields[waiting])
	return time.Duration(a+b) * step
}

// median is that of figures; 0 of none.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
