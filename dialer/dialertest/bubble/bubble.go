// Package bubble runs a test on synctest's own clock, on one processor.
//
// The one processor is for the race detector. A bubble has one race context for all its timers, and when two fall due at
// the same instant, one run by the bubble's root and one by a goroutine that looks at a timer's channel, two threads use
// that context at once and the detector itself dies: SIGSEGV in __tsan::SlotLock, a dump of registers and no word of the
// test (https://go.dev/issue/78156, Go 1.26). Timers run on the system stack, which nothing preempts, so that on one
// processor there are never two. A race is found by what happens before what, not by chance: one processor hides none.
package bubble

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// Run is [synctest.Test] on one processor. Bubbles may run side by side: the last one out gives the processors back.
func Run(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	enter()
	defer leave()
	synctest.Test(t, f)
}

var up struct {
	sync.Mutex
	bubbles    int
	processors int // what there were before the first
}

func enter() {
	up.Lock()
	defer up.Unlock()
	if up.bubbles++; up.bubbles == 1 {
		up.processors = runtime.GOMAXPROCS(1)
	}
}

func leave() {
	up.Lock()
	defer up.Unlock()
	if up.bubbles--; up.bubbles == 0 {
		runtime.GOMAXPROCS(up.processors)
	}
}
