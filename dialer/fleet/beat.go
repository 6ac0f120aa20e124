package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kakeru/dialer"
)

// keep beats until ctx is done, or another process has this node's name.
func (f *Fleet) keep(ctx context.Context) error {
	tick := time.NewTicker(f.d.Beat)
	defer tick.Stop()
	for {
		if err := f.beat(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-f.poke:
		}
	}
}

// beat prolongs the lease, reads how the fleet stands, and does what that asks for. Its error is the end of this process.
func (f *Fleet) beat(ctx context.Context) error {
	f.mu.Lock()
	state := f.state
	f.mu.Unlock()
	sent := time.Now()
	bctx, cancel := context.WithTimeout(ctx, f.d.Beat)
	err := f.d.Nodes.Beat(bctx, state)
	cancel()
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // we are told to stop: what did not get through no longer matters
	case errors.Is(err, dialer.ErrFenced):
		return f.fenced(ctx)
	case err != nil:
		f.missed(err)
		return nil
	}
	f.me.prolong(sent.Add(f.d.Lease))
	f.regained()
	f.mu.Lock()
	settled := f.settled
	f.mu.Unlock()
	if !settled {
		return nil
	}
	f.moveDesks(ctx)
	f.offer(said{Beat: true}) // by which the others see whether they have missed something
	f.reap(ctx)
	f.settle(ctx)
	return nil
}

// missed and regained tell once that the register does not take our beats, and that it does again.
func (f *Fleet) missed(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.downSince.IsZero() {
		f.downSince = time.Now()
		f.log.Error("the lease could not be prolonged", "err", err)
	}
}

func (f *Fleet) regained() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.downSince.IsZero() {
		f.log.Info("the lease is prolonged again", "after", time.Since(f.downSince).Round(time.Millisecond))
		f.downSince = time.Time{}
	}
}

// look reads how the fleet stands, and forgets who is gone.
func (f *Fleet) look(ctx context.Context) error {
	lctx, cancel := context.WithTimeout(ctx, f.d.Beat)
	defer cancel()
	s, err := f.d.Nodes.Standing(lctx)
	if err != nil {
		return err
	}
	f.mu.Lock()
	before := f.standing
	f.standing = s
	f.mu.Unlock()
	f.tellComing(before, s)
	f.forgetDead(s)
	return nil
}

// tellComing logs who came, went or changed.
func (f *Fleet) tellComing(before, now Standing) {
	was := map[dialer.NodeID]Node{}
	for _, n := range before.Nodes {
		was[n.Node] = n
	}
	for _, n := range now.Nodes {
		if b := was[n.Node]; n.Node != f.d.ID && (b.Life != n.Life || b.State != n.State || b.Alive != n.Alive) {
			f.log.Info("another node", "other", n.Node, "epoch", n.Epoch, "state", n.State, "alive", n.Alive)
		}
	}
}

// alive are the nodes whose lease runs, this one among them.
func (f *Fleet) alive() (nodes []Node) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.standing.Nodes {
		if n.Alive && (n.State == Live || n.State == Draining) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (f *Fleet) alone() bool { return len(f.alive()) < 2 }

// fenced is told that this life was ended by another. Its calls are hung up: whoever ended it answers for them. If it was
// reaped, for having slept too long, it begins another; if another process has its name, that one stays.
func (f *Fleet) fenced(ctx context.Context) error {
	f.me.prolong(time.Time{})
	f.log.Error("another node has taken over from this one; its calls are hung up")
	hctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangUpWithin)
	if err := f.engine.HangUpAll(hctx); err != nil {
		f.log.Error("calls were left", "err", err)
	}
	cancel()
	for _, d := range f.engine.Desks() {
		f.engine.GiveUp(ctx, d.ID, true)
	}
	if err := f.look(ctx); err != nil {
		return nil //nolint:nilerr // the next beat is fenced again
	}
	for _, n := range f.alive() {
		if n.Node == f.d.ID {
			return fmt.Errorf("another process has begun as node %q (at %s) and taken over from this one; give each node an id of its own (node.id)", n.Node, n.Label)
		}
	}
	if err := f.Join(ctx); err != nil {
		return nil //nolint:nilerr // the ledger is away: the next beat is fenced again
	}
	f.gap()
	if err := f.again(ctx); err != nil {
		f.log.Warn("what the life before left could not be closed yet", "err", err)
	}
	return nil
}

// hangUpWithin is longer than a leg takes to be gone (64·T1).
const hangUpWithin = 45 * time.Second

// again begins anew after a life that was ended by another.
func (f *Fleet) again(ctx context.Context) error {
	open, err := f.d.Nodes.Left(ctx, f.me.life())
	if err != nil {
		return err
	}
	f.engine.TakeOver(ctx, open)
	if err := f.look(ctx); err != nil {
		return err
	}
	return f.settleIn(ctx)
}

// settle frees the desks whose result was recorded at another node that could not tell us.
func (f *Fleet) settle(ctx context.Context) {
	waits := false
	for _, d := range f.engine.Desks() {
		waits = waits || d.State == dialer.DeskWrapUp
	}
	if !waits || f.alone() {
		return
	}
	at := f.d.Now().Add(-f.d.Beat)
	sctx, cancel := context.WithTimeout(ctx, f.d.Beat)
	defer cancel()
	if owed, err := f.d.Owed.ResultsDue(sctx); err == nil {
		f.engine.Settle(ctx, owed, at)
	}
}
