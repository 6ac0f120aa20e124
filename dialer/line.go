package dialer

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Run keeps the engine's long work going until ctx is done: leases are renewed, and a queue that was lost, emptied or
// missed something is rebuilt from the ledger.
func (e *Engine) Run(ctx context.Context) error {
	e.takeCalls()
	var tidying sync.WaitGroup
	defer tidying.Wait()
	tidying.Go(func() { e.keepTidy(ctx) })
	tick := time.NewTicker(lineCheck)
	defer tick.Stop()
	for {
		e.mendLine(ctx)
		e.renewClaims(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// takeCalls lets calls in that have come while the engine was not ready.
func (e *Engine) takeCalls() { e.ready.Do(func() { close(e.recovered) }) }

// lineCheck is how often leases are renewed and the queue looked at; well inside Limits.Lease.
const lineCheck = 2 * time.Second

// lineMissed notes that the queue did not take a change: the ledger has it, and the line will be rebuilt from there.
func (e *Engine) lineMissed(what string, id CaseID, err error) {
	e.d.Log.Warn("the queue missed a change; it will be rebuilt", "what", what, "case", id, "err", err)
	e.mu.Lock()
	e.lineStale = true
	e.mu.Unlock()
	if errors.Is(err, ErrQueueDown) {
		e.noteQueueDown()
	}
}

// LineMissed has the line rebuilt from the ledger because the queue did not take what somebody else put into it.
func (e *Engine) LineMissed(err error) { e.lineMissed("put", "", err) }

// LineKept says that other processes have kept the line while this one was away: it need not be built anew for that alone.
func (e *Engine) LineKept() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lineStale = false
}

// Draining reports whether new calls are refused because the house is closing.
func (e *Engine) Draining() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.draining
}

func (e *Engine) noteQueueDown() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.queueDown {
		return
	}
	e.queueDown, e.lineStale = true, true // what comes back may be older than what went
	e.alert(Alert{
		Kind: "queue_down", Text: "待ち行列(Redis)が応答しません。案件を指定した発信はできます",
		TextEN: "the queue (Redis) does not answer; named cases can still be dialled",
	})
}

// mendLine rebuilds the queue when it is back after being away, was emptied, or missed a change.
func (e *Engine) mendLine(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	select {
	case e.mending <- struct{}{}:
		defer func() { <-e.mending }()
	case <-ctx.Done():
		return
	}
	built, err := e.d.Queue.Built(ctx)
	if err != nil {
		e.noteQueueDown()
		return
	}
	e.mu.Lock()
	stale := e.lineStale
	e.mu.Unlock()
	if built && !stale {
		e.noteQueueBack()
		return
	}
	e.mu.Lock()
	e.lineStale = false // a change missed from here on sets it again
	e.mu.Unlock()
	if err := e.d.Queue.Rebuild(ctx, e.d.Line.Waiting(ctx), e.claims()); err != nil {
		e.lineMissed("rebuild", "", err)
		return
	}
	e.d.Log.Info("the queue was rebuilt from the ledger")
	e.noteQueueBack()
	e.d.Board.Show(Change{Type: ChangeQueue, At: e.d.Now()})
}

func (e *Engine) noteQueueBack() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.queueDown {
		e.queueDown = false
		e.alert(Alert{Kind: "queue_back", Text: "待ち行列が復旧しました", TextEN: "the queue is back"})
	}
}

// claims are the leases that the desks hold now.
func (e *Engine) claims() []Claim {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Claim
	for _, id := range e.order {
		if c := e.desks[id].claim; c != nil {
			out = append(out, *c)
		}
	}
	return out
}

// renewClaims prolongs every desk's lease. A claim that was lost on a case only presented is forgotten: another desk may
// have it now.
func (e *Engine) renewClaims(ctx context.Context) {
	for _, c := range e.claims() {
		err := e.d.Queue.Renew(ctx, c, e.d.Limits.Lease)
		switch {
		case err == nil:
		case errors.Is(err, ErrClaimLost):
			e.forgetPresented(ctx, c)
		default:
			e.noteQueueDown()
			return
		}
	}
}

func (e *Engine) forgetPresented(ctx context.Context, c Claim) {
	e.mu.Lock()
	d := e.desks[c.Desk]
	idle := d.view.State == DeskReady && d.held == nil
	e.mu.Unlock()
	if !idle {
		return
	}
	// Another process may have built the line anew, which knows its own leases alone: then nobody has the case.
	again, err := e.d.Queue.Claim(ctx, c.Desk, c.Case, nil, e.d.Limits.Lease)
	if err != nil {
		e.clearPresented(c.Desk, c)
		return
	}
	e.mu.Lock()
	still := d.claim != nil && d.claim.Token == c.Token && d.held == nil
	if still {
		d.claim = &again
	}
	e.mu.Unlock()
	if !still {
		e.release(ctx, again)
	}
}

// follow runs work that outlives the request it came from, but not the engine.
func (e *Engine) follow(work func(context.Context)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.followLocked(work)
}

// followLocked is follow for who has mu.
func (e *Engine) followLocked(work func(context.Context)) {
	if e.draining {
		return
	}
	e.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), e.d.Limits.Reserve)
		defer cancel()
		work(ctx)
	})
}
