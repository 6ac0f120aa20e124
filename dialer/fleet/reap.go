package fleet

import (
	"context"
	"time"
)

// reap closes what a node left whose lease has run out: one at a time, apart from the beats, which must go on meanwhile.
func (f *Fleet) reap(ctx context.Context) {
	f.mu.Lock()
	if f.reaping || f.state != Live {
		f.mu.Unlock()
		return
	}
	f.reaping = true
	f.work.Add(1)
	f.mu.Unlock()
	go func() {
		defer f.work.Done()
		for f.reapOne(ctx) {
		}
		f.mu.Lock()
		f.reaping = false
		f.mu.Unlock()
	}()
}

// reapOne is true when there may be another. What could not be finished is found again when the lease that the register
// gives for it has run out, by this node or another.
func (f *Fleet) reapOne(ctx context.Context) bool {
	rctx, cancel := context.WithTimeout(ctx, f.d.Beat)
	dead, ok, err := f.d.Nodes.Reap(rctx)
	cancel()
	if err != nil || !ok {
		return false
	}
	began := time.Now()
	log := f.log.With("dead", dead.Node)
	log.Warn("a node has fallen silent; this one closes what it left")
	open, err := f.d.Nodes.Left(ctx, dead)
	if err != nil {
		log.Error("what a node left could not be read; it will be tried again", "err", err)
		return false
	}
	f.engine.TakeOver(ctx, open)
	if err := f.d.Nodes.Bury(ctx, dead); err != nil {
		log.Error("a dead node's desks could not be freed; it will be tried again", "err", err)
		return false
	}
	log.Warn("what a node left is closed", "attempts", len(open), "took", time.Since(began).Round(time.Millisecond))
	f.offer(said{Look: true})
	f.wake()
	return true
}

// wake has the register read at once.
func (f *Fleet) wake() {
	select {
	case f.poke <- struct{}{}:
	default:
	}
}
