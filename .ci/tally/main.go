// Command tally runs the suites of tests and counts what passed and failed in
// all of them together:
//
//	tally test   Go with the race detector, web unit tests, browser tests: what is over within ten minutes of them
//	tally full   all of them
//	tally long   every Go test at its full size (KAKERU_LONG=1), then every fuzz target for 30 s,
//	             and every screen, looked at and held against how it looked
//
// A suite that fails does not keep the next from running. A suite that fails
// without naming a test (it did not compile, it timed out), or that succeeds
// without having run any, counts as one failure. The last line is always
// "N passed, N failed"; the exit status is 1 when anything failed.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"time"
)

// app is where the panel's sources stand.
const app = "webui/app"

// suite is one command that runs tests.
type suite struct {
	name  string
	dir   string
	env   []string
	args  []string
	count func(output io.Reader, show io.Writer) tally
	// again reports, from what a run that failed has shown, that it failed of the tool and not of what it tests: it is run once more.
	again func(shown string) bool
	// narrow uses one processor: two such suites, one after the other in the list, run at once.
	narrow bool
}

// tally is what a suite came to.
type tally struct{ passed, failed, skipped int }

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit status.
func run(args []string) int {
	// Ctrl-C ends the suite that runs; what was counted so far is still told.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var suites []suite
	switch strings.Join(args, " ") {
	case "test":
		suites = everyday(true)
	case "full":
		suites = everyday(false)
	case "long":
		suites = long(ctx)
	default:
		fmt.Fprintln(os.Stderr, "usage: tally test|full|long")
		return 2
	}
	if !runAll(ctx, suites, os.Stdout) {
		return 1
	}
	return 0
}

// everyday are the suites that prove the behaviour; short: without what takes seconds (package full, browser/run.mjs).
func everyday(short bool) []suite {
	args, env := []string{"-timeout", "40m", "./..."}, []string(nil)
	if short {
		env = []string{"KAKERU_SHORT=1"}
		args = append([]string{"-short", "-p", "3"}, args...) // what is left waits for stores and phones more than it computes
	}
	return []suite{
		{name: "go", args: goTest(args...), count: countGo},
		{name: "web", dir: app, args: []string{"npm", "test"}, count: countText},
		{name: "browser", dir: app, env: env, args: []string{"npm", "run", "test:browser"}, count: countText},
	}
}

func long(ctx context.Context) []suite {
	suites := []suite{{
		name: "long", env: []string{"KAKERU_LONG=1"},
		args:  goTest("-timeout", "40m", "./..."),
		count: countGo,
	}}
	for _, target := range fuzzTargets(ctx) {
		// An input that reaches something new is made smaller first, for up to a minute each as Go has it: where reaching it is chance, as with
		// what a library makes ready at its first use, the whole time went there, and a target tried seven inputs.
		suites = append(suites, suite{
			name:  "fuzz " + target.pkg + " " + target.name,
			args:  []string{"go", "test", "-json", "-run", "^$", "-fuzz", "^" + target.name + "$", "-fuzztime", "30s", "-fuzzminimizetime", "20x", "-parallel", "1", target.pkg},
			count: countGo, again: ranOut, narrow: true,
		})
	}
	return append(suites, suite{name: "look", dir: app, args: []string{"node", "browser/run.mjs", "", "look"}, count: countText})
}

// ranOut reports that a fuzz target that found nothing failed because its time was over: in Go up to 1.26 the deadline can overtake the
// code that takes it for an end (https://go.dev/issue/75804). Whatever is found is written down, and said to be.
func ranOut(shown string) bool {
	return strings.Contains(shown, "\n    context deadline exceeded\n") && !strings.Contains(shown, "Failing input written") && !strings.Contains(shown, "panic:")
}

func goTest(args ...string) []string {
	return append([]string{"go", "test", "-race", "-json", "-count=1"}, args...)
}

// runAll reports whether everything passed.
func runAll(ctx context.Context, suites []suite, out io.Writer) bool {
	var all tally
	var summary strings.Builder
	for len(suites) > 0 {
		n := 1
		if len(suites) > 1 && suites[0].narrow && suites[1].narrow {
			n = 2
		}
		for _, r := range atOnce(ctx, suites[:n], out) {
			all.passed += r.passed
			all.failed += r.failed
			fmt.Fprintf(&summary, "%-10s %5d passed %5d failed %5d skipped  %s\n", r.name, r.passed, r.failed, r.skipped, r.took.Round(time.Second))
		}
		suites = suites[n:]
	}
	fmt.Fprintf(out, "\n%s%d passed, %d failed\n", summary.String(), all.passed, all.failed)
	return all.failed == 0
}

// ran is what became of a suite.
type ran struct {
	tally
	name string
	took time.Duration
}

// atOnce runs suites at the same time. What the first says is shown as it comes, what the others say after it.
func atOnce(ctx context.Context, suites []suite, out io.Writer) []ran {
	results, said := make([]ran, len(suites)), make([]bytes.Buffer, len(suites))
	var running sync.WaitGroup
	for i, s := range suites {
		show := io.Writer(&said[i])
		if i == 0 {
			show = out
		}
		running.Go(func() {
			fmt.Fprintf(show, "== %s\n", s.name)
			began := time.Now()
			results[i] = ran{tally: s.run(ctx, show), name: s.name}
			results[i].took = time.Since(began)
		})
	}
	running.Wait()
	for i := range said {
		_, _ = said[i].WriteTo(out)
	}
	return results
}

// run runs a suite, and once more where that tells more.
func (s suite) run(ctx context.Context, out io.Writer) tally {
	var shown strings.Builder
	got := s.once(ctx, io.MultiWriter(out, &shown))
	if got.failed > 0 && s.again != nil && s.again(shown.String()) {
		fmt.Fprintf(out, "%s ended by its own clock and found nothing: once more\n", s.name)
		return s.once(ctx, out)
	}
	return got
}

func (s suite) once(ctx context.Context, out io.Writer) tally {
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), s.env...)
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	cmd.WaitDelay = 10 * time.Second // for what a killed suite left running
	var failure error
	go func() {
		failure = cmd.Run()
		_ = write.Close() // after failure is set: the reader ends after it
	}()
	got := s.count(read, out)
	switch {
	case failure != nil && got.failed == 0:
		fmt.Fprintf(out, "%s failed: %v\n", s.name, failure)
		got.failed = 1
	case failure == nil && got.passed+got.failed == 0:
		fmt.Fprintf(out, "%s ran no test\n", s.name)
		got.failed = 1
	}
	return got
}
