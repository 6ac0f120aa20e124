// Command tally runs the suites of tests and counts what passed and failed in
// all of them together:
//
//	tally test   Go with the race detector, web unit tests, browser tests
//	tally long   tests named Long…, then every fuzz target for 30 s
//
// A suite that fails does not keep the next from running. A suite that fails
// without naming a test (it did not compile, it timed out), or that succeeds
// without having run any, counts as one failure. The last line is always
// "N passed, N failed"; the exit status is 1 when anything failed.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
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
}

// tally is what a suite came to.
type tally struct{ passed, failed, skipped int }

func main() {
	if len(os.Args) != 2 {
		usage()
	}
	var suites []suite
	switch os.Args[1] {
	case "test":
		suites = everyday()
	case "long":
		suites = long()
	default:
		usage()
	}
	if !runAll(suites, os.Stdout) {
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: tally test|long")
	os.Exit(2)
}

func everyday() []suite {
	return []suite{
		{name: "go", args: goTest("-timeout", "9m", "./..."), count: countGo},
		{name: "web", dir: app, args: []string{"npm", "test"}, count: countText},
		{name: "browser", dir: app, args: []string{"npm", "run", "test:browser"}, count: countText},
	}
}

func long() []suite {
	suites := []suite{{
		name: "long", env: []string{"KAKERU_LONG=1"},
		args:  goTest("-timeout", "40m", "-run", "Long", "./..."),
		count: countGo,
	}}
	for _, target := range fuzzTargets() {
		suites = append(suites, suite{
			name:  "fuzz " + target.pkg + " " + target.name,
			args:  []string{"go", "test", "-json", "-run", "^$", "-fuzz", "^" + target.name + "$", "-fuzztime", "30s", target.pkg},
			count: countGo,
		})
	}
	return suites
}

func goTest(args ...string) []string {
	return append([]string{"go", "test", "-race", "-json"}, args...)
}

// runAll reports whether everything passed.
func runAll(suites []suite, out io.Writer) bool {
	var all tally
	summary := ""
	for _, s := range suites {
		fmt.Fprintf(out, "== %s\n", s.name)
		began := time.Now()
		got := s.run(out)
		all.passed += got.passed
		all.failed += got.failed
		summary += fmt.Sprintf("%-10s %5d passed %5d failed %5d skipped  %s\n",
			s.name, got.passed, got.failed, got.skipped, time.Since(began).Round(time.Second))
	}
	fmt.Fprintf(out, "\n%s%d passed, %d failed\n", summary, all.passed, all.failed)
	return all.failed == 0
}

func (s suite) run(out io.Writer) tally {
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), s.env...)
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
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
