package fleet

import (
	"sync"
	"sync/atomic"
	"time"
)

// flag is raised by many and lowered by one.
type flag struct{ up atomic.Bool }

func (f *flag) raise()      { f.up.Store(true) }
func (f *flag) lower() bool { return f.up.Swap(false) }

// lifeNow is this process's life in the register, and how long its lease runs by our own monotonic clock: counted from before
// the beat was sent, it ends no later than the register's.
type lifeNow struct {
	mu    sync.Mutex
	now   Life
	until time.Time
	done  chan struct{} // closed when the life is over
	n     uint64        // what it has published
}

func (l *lifeNow) begin(now Life, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done != nil {
		close(l.done)
	}
	l.now, l.until, l.done, l.n = now, until, make(chan struct{}), 0
}

func (l *lifeNow) life() Life {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// over is closed when that life is no longer this process's.
func (l *lifeNow) over(life Life) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now != life {
		gone := make(chan struct{})
		close(gone)
		return gone
	}
	return l.done
}

func (l *lifeNow) prolong(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = until
}

func (l *lifeNow) leased() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

// next numbers what is published.
func (l *lifeNow) next() (Life, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return l.now, l.n
}
