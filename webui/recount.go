package webui

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

const (
	// recountGap is the least time between two sums of the ledger.
	recountGap = 500 * time.Millisecond
	// recountWait is how long a sum may take.
	recountWait = 2 * time.Second
	// recountAlways is how often everything is read again although nothing seems to have changed: midnight passes, cases
	// become due, other processes write.
	recountAlways = 30 * time.Second
	// recountAgain is how soon what could not be read is tried again.
	recountAgain = 3 * time.Second
	// pendingKept bounds the attempts whose end is waited for.
	pendingKept = 1000
)

// recounter reads from the ledger and the queue what the board shows of them, after something may have changed it. It
// notes what is asked and answers with frames, so nobody waits for a store but itself.
type recounter struct {
	s    *Server
	wake chan struct{}

	mu       sync.Mutex
	figures  bool                   // to be summed again
	queue    bool                   // to be counted again
	attempts map[dialer.CallID]bool // to be shown once the ledger has their end
	latest   report.Progress
	counted  *Depth
}

func newRecounter(s *Server) *recounter {
	return &recounter{s: s, wake: make(chan struct{}, 1), figures: true, queue: true, attempts: map[dialer.CallID]bool{}}
}

func (r *recounter) figuresChanged() { r.note(func() { r.figures = true }) }

func (r *recounter) queueChanged() { r.note(func() { r.queue = true }) }

// attemptChanged shows an attempt again, and the figures with it.
func (r *recounter) attemptChanged(id dialer.CallID) {
	r.note(func() {
		r.figures = true
		if len(r.attempts) < pendingKept {
			r.attempts[id] = true
		}
	})
}

func (r *recounter) note(what func()) {
	r.mu.Lock()
	what()
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// progress returns the newest figures; those of an empty month before the first sum.
func (r *recounter) progress() report.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.latest
	if p.Month == "" {
		p.Month = monthOf(r.s.d.Now())
	}
	return whole(p)
}

// depth returns the newest depth of the queue; nil before the first count.
func (r *recounter) depth() *Depth {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counted
}

// run works until ctx is done.
func (r *recounter) run(ctx context.Context) {
	always := time.NewTicker(recountAlways)
	defer always.Stop()
	var again <-chan time.Time
	for {
		if !r.once(ctx) {
			again = time.After(recountAgain)
		}
		select {
		case <-time.After(recountGap):
		case <-ctx.Done():
			return
		}
		select {
		case <-r.wake:
		case <-again:
			again = nil
		case <-always.C:
			r.note(func() { r.figures, r.queue = true, true })
			_ = r.s.names.read(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// once reads what was asked for since the last time; ok is false when something must be tried again.
func (r *recounter) once(ctx context.Context) (ok bool) {
	ctx, cancel := context.WithTimeout(ctx, recountWait)
	defer cancel()
	r.mu.Lock()
	figures, queue, ids := r.figures, r.queue, slices.Sorted(maps.Keys(r.attempts))
	r.figures, r.queue, r.attempts = false, false, map[dialer.CallID]bool{}
	r.mu.Unlock()
	if r.s.names.empty() {
		_ = r.s.names.read(ctx)
	}
	left := map[dialer.CallID]bool{}
	for _, id := range ids {
		if r.showAttempt(ctx, id) {
			figures = true // what was summed while its end waited in the spool had it not
		} else {
			left[id] = true
		}
	}
	figures = figures && !r.sum(ctx)
	queue = queue && !r.count(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.figures, r.queue = r.figures || figures, r.queue || queue
	maps.Copy(r.attempts, left)
	return !figures && !queue && len(left) == 0
}

// showAttempt shows an attempt that has ended. The engine shows a call's end before the ledger has it, so it may be
// asked for too early.
func (r *recounter) showAttempt(ctx context.Context, id dialer.CallID) (done bool) {
	a, err := r.s.d.Results.Attempt(ctx, id)
	switch {
	case isGone(err):
		return true
	case err != nil || a.EndedAt.IsZero():
		return false
	}
	a.Evidence = nil
	r.s.d.Hub.publish(frameAttempt, withoutNote(r.s.dressAttempt(a)))
	return true
}

func (r *recounter) sum(ctx context.Context) (done bool) {
	p, err := r.s.d.Figures.Progress(ctx, monthOf(r.s.d.Now()))
	if err != nil {
		return false
	}
	p = whole(p)
	r.mu.Lock()
	r.latest = p
	r.mu.Unlock()
	r.s.d.Hub.publish(string(dialer.ChangeProgress), p)
	return true
}

func (r *recounter) count(ctx context.Context) (done bool) {
	held, err := r.s.d.Cases.Held(ctx, heldShown)
	if err != nil {
		return false
	}
	d, err := r.s.depth(ctx, len(held))
	if err != nil {
		return false
	}
	r.mu.Lock()
	r.counted = &d
	r.mu.Unlock()
	r.s.d.Hub.publish(string(dialer.ChangeQueue), QueueChanged{Depth: d})
	return true
}
