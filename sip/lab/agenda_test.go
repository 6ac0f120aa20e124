package lab

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer/dialertest/bubble"
)

// The instants of RFC 3261 §17.1.2.2 and §13.3.1.4 for T1 = 500 ms, in units of
// T1 from the start.
func TestDoublingFollowsTheRFC(t *testing.T) {
	next := doubling(500 * time.Millisecond)
	var at []int
	total := time.Duration(0)
	for d := next(); d > 0; d = next() {
		total += d
		at = append(at, int(total/(500*time.Millisecond)))
	}
	if want := []int{1, 3, 7, 15, 23, 31, 39, 47, 55, 63}; !slices.Equal(at, want) {
		t.Errorf("sent again at %v, want %v", at, want)
	}
}

func TestAgendaDoesThingsInTimeAndOrder(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		a := newAgenda()
		defer a.stop()
		start := time.Now()
		var done []string
		do := func(what string) func() {
			return func() { done = append(done, what+" "+time.Since(start).String()) }
		}
		a.after(3*time.Second, do("third"))
		a.after(time.Second, func() {
			do("first")()
			a.after(time.Second, do("second"))
		})
		cancel := a.after(2*time.Second, do("never"))
		stop := a.repeat(func() time.Duration { return 900 * time.Millisecond }, do("again"))
		a.after(time.Second, func() { cancel(); stop() })
		for len(done) < 4 {
			<-a.C
			a.run()
		}
		want := []string{"again 900ms", "first 1s", "second 2s", "third 3s"}
		if !slices.Equal(done, want) {
			t.Errorf("done %q, want %q", done, want)
		}
		select {
		case <-a.C:
			a.run()
		case <-time.After(time.Minute):
		}
		if len(done) != 4 {
			t.Errorf("later still: %q", done[4:])
		}
	})
}
