package sip

import (
	"sync"
	"time"
)

// fade lets lanes go 64·T1 after their legs were gone. All wait equally long, so they go in the order they came, and one
// timer is enough.
type fade struct {
	after time.Duration

	mu      sync.Mutex
	began   time.Time
	waiting []fading // the oldest first
	timer   *time.Timer
}

// fading is a lane that is to be let go.
type fading struct {
	lane *lane
	due  time.Duration // since fade began
}

// add has a lane abandon what it keeps when its time has come.
func (f *fade) add(l *lane) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.began.IsZero() {
		f.began = time.Now()
	}
	f.waiting = append(f.waiting, fading{l, time.Since(f.began) + f.after})
	if len(f.waiting) == 1 {
		f.timer = time.AfterFunc(f.after, f.next)
	}
}

// next lets those go whose time has come.
func (f *fade) next() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Since(f.began)
	n := 0
	for n < len(f.waiting) && f.waiting[n].due <= now {
		l := f.waiting[n].lane
		l.post(l.abandon)
		n++
	}
	clear(f.waiting[:n])
	f.waiting = f.waiting[n:]
	if len(f.waiting) == 0 {
		f.waiting = nil
		return
	}
	f.timer.Reset(f.waiting[0].due - now)
}

// stop forgets all: the agent has ended.
func (f *fade) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
	f.waiting = nil
}
