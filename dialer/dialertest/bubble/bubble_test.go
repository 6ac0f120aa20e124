package bubble_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer/dialertest/bubble"
)

// Timers of many goroutines fall due at the same instants, some with a goroutine that looks at a channel: what kills the
// race detector in two of three runs on two processors.
func TestTimersThatFallDueTogether(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	for range 300 {
		bubble.Run(t, func(t *testing.T) {
			if n := runtime.GOMAXPROCS(0); n != 1 {
				t.Errorf("a bubble has %d processors, want 1", n)
			}
			for range 8 {
				go func() {
					for i := range 10 {
						due := time.Duration(i) * time.Millisecond
						timer := time.NewTimer(due)
						time.AfterFunc(due, func() {})
						time.Sleep(due)
						select {
						case <-timer.C:
						default:
						}
					}
				}()
			}
			time.Sleep(time.Second)
			synctest.Wait()
		})
	}
	if after := runtime.GOMAXPROCS(0); after != before {
		t.Errorf("there are %d processors after the last bubble, want the %d there were", after, before)
	}
}
