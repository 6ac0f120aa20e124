package dialertest

import (
	"context"
	"sync"
	"time"
)

// Fault is how one operation of a fake goes wrong.
type Fault struct {
	// Slow delays the operation; it fails as the port says when the caller's deadline comes first.
	Slow time.Duration
	// Hang never answers: the operation fails at the caller's deadline.
	Hang bool
	// Lost does the work and then hangs: the caller cannot know that it was done.
	Lost bool
	// Err fails at once with this error.
	Err error
}

// faults are the faults of a fake by the operation's name; the name "" holds for all.
type faults struct {
	mu sync.Mutex
	by map[string]Fault
}

// Break makes an operation (a method's name, or "" for all) go wrong from now on. The zero Fault heals it.
func (f *faults) Break(op string, how Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = map[string]Fault{}
	}
	f.by[op] = how
}

func (f *faults) of(op string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if how, ok := f.by[op]; ok {
		return how
	}
	return f.by[""]
}

// pass waits as the fault says and returns nil when the operation may go on; down is the port's error for an answer that
// does not come, and patience how long the adapter waits when the caller gave no deadline.
func (how Fault) pass(ctx context.Context, patience time.Duration, down error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if how.Hang {
		<-ctx.Done()
		return down
	}
	if how.Slow > 0 {
		t := time.NewTimer(how.Slow)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return down
		}
	}
	if ctx.Err() != nil {
		return down
	}
	return how.Err
}

// answer keeps the answer of work that was done, when the fault says so.
func (how Fault) answer(ctx context.Context, patience time.Duration, down error) error {
	if !how.Lost {
		return nil
	}
	return Fault{Hang: true}.pass(ctx, patience, down)
}
