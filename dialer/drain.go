package dialer

import (
	"context"
	"time"
)

// Drain ends the engine in phases: new clicks are refused at once, talks (and clicks that are being worked on) may go on
// until ctx is done, then what is left is hung up. It returns when every call has ended and its end is written.
func (e *Engine) Drain(ctx context.Context) {
	e.mu.Lock()
	e.draining = true
	e.mu.Unlock()
	e.takeCalls() // an engine that never ran has none to wait for
	gone := make(chan struct{})
	go func() {
		e.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return
	case <-ctx.Done():
	}
	e.mu.Lock()
	e.closing = true
	left := make([]*call, 0, len(e.calls))
	for _, c := range e.calls {
		left = append(left, c)
	}
	e.mu.Unlock()
	for _, c := range left {
		c.post(posted{fact: HangupAsked, by: BySystem})
	}
	select {
	case <-gone:
	case <-time.After(e.d.Limits.Ending + endGrace):
		e.d.Log.Error("calls were still ending when the time to drain was over", "calls", len(left))
	}
}
