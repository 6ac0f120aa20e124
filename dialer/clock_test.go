package dialer_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/dialertest/bubble"
)

// clocks are this machine's clock and the ledger's, either of which may be set wrong by so much.
type clocks struct {
	wall, ledger atomic.Int64
	slow         atomic.Int64 // how long the ledger takes to answer
	asked        atomic.Int64
	down         atomic.Bool

	mu     sync.Mutex
	alerts []dialer.Alert
}

func (c *clocks) watch() *dialer.Watch {
	began := time.Now()
	return dialer.NewWatch(dialer.WatchDeps{
		Wall:  func() time.Time { return time.Now().Add(time.Duration(c.wall.Load())) },
		Count: func() time.Duration { return time.Since(began) },
		Ledger: func(context.Context) (time.Time, error) {
			c.asked.Add(1)
			if c.down.Load() {
				return time.Time{}, dialer.ErrLedgerDown
			}
			half := time.Duration(c.slow.Load()) / 2
			time.Sleep(half)
			at := time.Now().Add(time.Duration(c.ledger.Load()))
			time.Sleep(half)
			return at, nil
		},
		Alert: func(a dialer.Alert) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.alerts = append(c.alerts, a)
		},
	})
}

func (c *clocks) told() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kinds []string
	for _, a := range c.alerts {
		kinds = append(kinds, a.Kind)
	}
	c.alerts = nil
	return strings.Join(kinds, " ")
}

func set(at *atomic.Int64, d time.Duration) { at.Store(int64(d)) }

// inClocks runs a test in a bubble, with a watch that runs.
func inClocks(t *testing.T, test func(*testing.T, *clocks, *dialer.Watch)) {
	t.Helper()
	bubble.Run(t, func(t *testing.T) {
		c := &clocks{}
		w := c.watch()
		if err := w.Compare(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- w.Run(ctx) }()
		test(t, c, w)
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

// shows fails unless a watch shows the true time plus so much.
func shows(t *testing.T, w *dialer.Watch, plus time.Duration) {
	t.Helper()
	if off := w.Now().Sub(time.Now().Round(0)) - plus; off.Abs() > 20*time.Millisecond {
		t.Errorf("the watch is off by %v", off)
	}
}

// Whoever sets this machine's clock changes nothing in the house but that nothing is dialled until it is set right.
func TestAClockThatIsSetMovesNothing(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, time.Hour, -90 * time.Second, 26 * time.Hour} {
		inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
			time.Sleep(10 * time.Second)
			before := w.Now()
			set(&c.wall, jump)
			if moved := w.Now().Sub(before); moved != 0 {
				t.Fatalf("%v: the watch moved by %v", jump, moved)
			}
			time.Sleep(3 * time.Second) // it is noticed within a look, not within a minute
			shows(t, w, 0)
			if off := w.Offset() + jump; off.Abs() > 20*time.Millisecond {
				t.Errorf("%v: offset %v", jump, w.Offset())
			}
			no := w.Refusal()
			if no == nil || no.Rule != dialer.ClockOff || no.JA == "" || c.told() != "clock_off" {
				t.Fatalf("%v: %v", jump, no)
			}
			set(&c.wall, 0)
			time.Sleep(3 * time.Second)
			if no := w.Refusal(); no != nil || c.told() != "clock_back" {
				t.Errorf("%v: mended, and yet %v", jump, no)
			}
			shows(t, w, 0)
		})
	}
}

// A little wrong is told, and set right by the watch itself: nothing is refused.
func TestAClockThatIsALittleWrongIsTold(t *testing.T) {
	inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
		set(&c.ledger, 5*time.Second)
		time.Sleep(61 * time.Second)
		shows(t, w, 5*time.Second)
		if no := w.Refusal(); no != nil || c.told() != "clock_off" || w.Offset().Round(time.Second) != 5*time.Second {
			t.Errorf("%v, offset %v", no, w.Offset())
		}
		set(&c.ledger, 1500*time.Millisecond)
		time.Sleep(6 * time.Second)
		shows(t, w, 1500*time.Millisecond)
		if said := c.told(); said != "clock_back" {
			t.Errorf("told %q", said)
		}
	})
}

// When it is the ledger's clock that jumps, running calls go on by the time they had.
func TestALedgersClockThatJumpsIsNotBelieved(t *testing.T) {
	inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
		set(&c.ledger, time.Hour)
		time.Sleep(61 * time.Second)
		shows(t, w, 0)
		if w.Refusal() == nil {
			t.Error("calls are made by a clock that nobody can trust")
		}
		// Both agree: so it was this machine's that had been wrong, and now is right.
		set(&c.wall, time.Hour)
		time.Sleep(6 * time.Second)
		shows(t, w, time.Hour)
		if no := w.Refusal(); no != nil {
			t.Error(no)
		}
	})
}

// A clock that was not compared yet is not believed: a ledger that answers late has a node that starts go by its own machine's.
func TestAClockThatWasNotComparedIsNotBelieved(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		c := &clocks{}
		c.down.Store(true)
		w := c.watch()
		for range 2 {
			if no := w.Refusal(); no == nil || no.Rule != dialer.ClockOff || no.JA == "" || no.EN == "" {
				t.Errorf("%v", no)
			}
			if err := w.Compare(t.Context()); !errors.Is(err, dialer.ErrLedgerDown) {
				t.Errorf("%v", err)
			}
		}
		c.down.Store(false)
		if err := w.Compare(t.Context()); err != nil || w.Refusal() != nil {
			t.Errorf("compared: %v, %v", err, w.Refusal())
		}
	})
}

// A machine whose clock is wrong from the start goes by the ledger's, and dials nobody.
func TestAWrongClockAtTheStart(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		c := &clocks{}
		set(&c.wall, -time.Hour)
		w := c.watch()
		shows(t, w, -time.Hour)
		if err := w.Compare(t.Context()); err != nil {
			t.Fatal(err)
		}
		shows(t, w, 0)
		if w.Refusal() == nil || w.Offset().Round(time.Second) != time.Hour {
			t.Errorf("offset %v", w.Offset())
		}
	})
}

// The way there and back is taken out of a reading, a slow one is not believed, and a silent ledger changes nothing.
func TestReadingsOfADistantClock(t *testing.T) {
	inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
		set(&c.slow, 600*time.Millisecond)
		set(&c.ledger, 3*time.Second)
		time.Sleep(65 * time.Second)
		shows(t, w, 3*time.Second)
		set(&c.slow, 4*time.Second)
		set(&c.ledger, 0)
		time.Sleep(time.Minute)
		shows(t, w, 3*time.Second)
		set(&c.slow, 0)
		c.down.Store(true)
		time.Sleep(10 * time.Minute)
		shows(t, w, 3*time.Second)
		if err := w.Compare(t.Context()); !errors.Is(err, dialer.ErrLedgerDown) {
			t.Errorf("%v", err)
		}
		c.down.Store(false)
		time.Sleep(6 * time.Second)
		shows(t, w, 0)
	})
}

// All is well: the ledger is asked once a minute, and what is right to within a reading is left alone.
func TestTheClocksAreComparedOnceAMinute(t *testing.T) {
	inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
		c.asked.Store(0)
		set(&c.slow, 10*time.Millisecond)
		set(&c.ledger, 2*time.Millisecond)
		time.Sleep(10*time.Minute + 30*time.Second)
		if n := c.asked.Load(); n < 27 || n > 33 { // three readings each
			t.Errorf("asked %d times in ten minutes", n)
		}
		if off := w.Now().Sub(time.Now().Round(0)); off != 0 {
			t.Errorf("set by %v for nothing", off)
		}
	})
}

// In the whole engine: an hour forth brings no case up early and loses no lease, an hour back opens no shut centre, and the
// click is told why nothing is dialled.
func TestNobodyIsDialledByAWrongClock(t *testing.T) {
	for name, jump := range map[string]time.Duration{"forth": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				c := &clocks{}
				w := c.watch()
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				h.close()
				h.deps.Now, h.deps.ClockWrong = w.Now, w.Refusal
				h.open()
				go func() { _ = w.Run(ctx) }()
				h.sit(first, desk1)
				h.sit(second, desk2)
				ids := h.cases(2)
				h.must(h.ledger.Defer(t.Context(), ids[1], dialer.CaseNext{
					State: dialer.CaseWaiting, Due: w.Now().Add(30 * time.Minute), Why: "希望の時刻です",
				}))
				h.LineMissed(nil)
				time.Sleep(3 * sec)
				if got, err := h.Present(t.Context(), first, desk1, "", false); err != nil || got != ids[0] {
					t.Fatalf("%s, %v", got, err)
				}

				set(&c.wall, jump) // nobody has noticed yet
				h.refused(h.click(next(second, desk2)), dialer.QueueEmpty)
				time.Sleep(5 * sec)
				h.refused(h.click(next(second, desk2)), dialer.ClockOff)
				h.refused(h.click(dialer.DialRequest{Asker: supervisor, Desk: desk2, Case: ids[1]}), dialer.NotYourDesk)
				time.Sleep(5 * time.Minute) // longer than a lease
				h.deskIs(desk1, dialer.DeskReady, ids[0])

				set(&c.wall, 0)
				time.Sleep(6 * sec)
				h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
				h.ended(h.dial(first, desk1, ""))
				h.refused(h.click(next(second, desk2)), dialer.QueueEmpty)
			})
		})
	}
}

// TestAClockThatIsBoths: where server and ledger stand on one machine, whoever sets its clock moves both. The house goes on by what was counted, and dials nobody
// until the clock is set right, or a person has looked and started it anew.
func TestAClockThatIsBoths(t *testing.T) {
	for _, jump := range []time.Duration{-2 * time.Hour, 10 * time.Hour, -90 * time.Second} {
		inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
			time.Sleep(10 * time.Second)
			set(&c.wall, jump)
			set(&c.ledger, jump)
			time.Sleep(3 * time.Second)
			shows(t, w, 0)
			if no := w.Refusal(); no == nil || no.Rule != dialer.ClockOff || c.told() != "clock_off" {
				t.Fatalf("%v: %v", jump, no)
			}
			time.Sleep(10 * time.Minute)
			shows(t, w, 0)
			if again := c.told(); w.Refusal() == nil || again != "" {
				t.Errorf("%v: it is believed after a while, or told again: %q", jump, again)
			}
			set(&c.wall, 0)
			set(&c.ledger, 0)
			time.Sleep(time.Minute + 3*time.Second)
			if no := w.Refusal(); no != nil || c.told() != "clock_back" {
				t.Errorf("%v: set right, and %v", jump, no)
			}
			shows(t, w, 0)
		})
	}
}

// TestAClockThatIsMovedByManySmallSteps: none of which would be noticed by itself.
func TestAClockThatIsMovedByManySmallSteps(t *testing.T) {
	inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
		time.Sleep(10 * time.Second)
		for i := range 10 {
			set(&c.wall, -25*time.Second*time.Duration(i+1))
			set(&c.ledger, -25*time.Second*time.Duration(i+1))
			time.Sleep(61 * time.Second)
		}
		if off := w.Now().Sub(time.Now().Round(0)); off < -time.Minute-time.Second || w.Refusal() == nil {
			t.Errorf("the watch is off by %v, and calls are refused: %v", off, w.Refusal())
		}
	})
}

// TestAMachineThatCountsALittleWrong goes on for a week without a word.
func TestAMachineThatCountsALittleWrong(t *testing.T) {
	inClocks(t, func(t *testing.T, c *clocks, w *dialer.Watch) {
		for day := range 7 {
			for hour := range 24 {
				late := time.Duration(day*24+hour) * 200 * time.Millisecond // 4.8 s a day
				set(&c.wall, late)
				set(&c.ledger, late)
				time.Sleep(time.Hour)
			}
		}
		if no := w.Refusal(); no != nil || c.told() != "" {
			t.Errorf("%v", no)
		}
	})
}
