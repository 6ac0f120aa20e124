package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kakeru/configs"
)

// asServer has the test binary behave as `kakeru serve` whose clock can be set while it runs: it names the file that says
// by how much the clock is wrong. A library loaded before the program (faketime) cannot do that: Go asks the kernel
// without going through the C library. Timers go on as they do when a machine's clock is set; SIP's are shortened.
const asServer = "KAKERU_TEST_CLOCK"

// wrongClock reads how wrong its file says it is.
type wrongClock struct{ path string }

func (c wrongClock) now() time.Time {
	now := time.Now()
	b, err := os.ReadFile(c.path)
	if err != nil {
		return now
	}
	by, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil || by == 0 {
		return now
	}
	return now.Add(time.Duration(by)) // its monotonic reading goes along: harder than a real clock, on which it does not
}

// set replaces the file in one step.
func (c wrongClock) set(by time.Duration) error {
	if err := os.WriteFile(c.path+".new", []byte(strconv.FormatInt(int64(by), 10)), 0o600); err != nil {
		return err
	}
	return os.Rename(c.path+".new", c.path)
}

// serveBy is runServe by another clock.
func serveBy(clock string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, name := range []string{asServer, asBinary, faultSeed, faultCell, faultTimes, soakTime} {
		_ = os.Unsetenv(name) // they are no settings
	}
	err := func() error {
		s, err := configs.Load(args[len(args)-1])
		if err != nil {
			return err
		}
		a, err := newApp(ctx, s, appOptions{
			fast: true, now: wrongClock{clock}.now, log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
		})
		if err != nil {
			return err
		}
		return a.run(ctx, func(context.Context) error { return nil }, func(url string) { fmt.Println("kakeru ready " + url) })
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, oneLine(err))
		return 1
	}
	return 0
}

func TestAWrongClockIsAsWrongAsItsFileSays(t *testing.T) {
	c := wrongClock{filepath.Join(t.TempDir(), "clock")}
	off := func() time.Duration { return time.Until(c.now()).Round(time.Minute) }
	if off() != 0 {
		t.Errorf("without a file it is off by %s", off())
	}
	if err := c.set(-time.Hour); err != nil {
		t.Fatal(err)
	}
	if off() != -time.Hour {
		t.Errorf("set back an hour it is off by %s", off())
	}
}
