package fleet

import (
	"context"
	"time"

	"kakeru/dialer"
)

// A desk has one owner, and passes from one to the next only while it is idle: its owner's engine lets it go first, then the
// register says so, then the other's engine takes it up. What fails in between is set right by the next look: a desk that the
// register calls ours, and that our engine does not have, is taken up.

// hold has one change of desks at a time, and every look at them whole. ok is false when ctx is done first.
func (f *Fleet) hold(ctx context.Context) (release func(), ok bool) {
	select {
	case f.hands <- struct{}{}:
		return func() { <-f.hands }, true
	case <-ctx.Done():
		return nil, false
	}
}

// settleIn takes up the desks that are this node's, and of those that nobody has its share: all, when it is alone.
func (f *Fleet) settleIn(ctx context.Context) error {
	release, ok := f.hold(ctx)
	if !ok {
		return ctx.Err()
	}
	defer release()
	if err := f.adoptOwn(ctx); err != nil {
		return err
	}
	return f.takeFree(ctx, func(dialer.DeskID) bool { return true })
}

// moveDesks brings the desks where they belong.
func (f *Fleet) moveDesks(ctx context.Context) {
	release, ok := f.hold(ctx)
	if !ok {
		return
	}
	defer release()
	if err := f.look(ctx); err != nil { // as it stands now that nothing moves
		return
	}
	f.mu.Lock()
	state, before := f.state, f.free
	f.free = map[dialer.DeskID]bool{}
	for _, d := range f.d.Desks {
		if f.standing.Desks[d.ID].Node == "" {
			f.free[d.ID] = true
		}
	}
	f.mu.Unlock()
	if state != Live {
		f.giveAll(ctx)
		return
	}
	err := f.adoptOwn(ctx)
	if err == nil {
		// Who has the phone comes first: the others wait a beat.
		err = f.takeFree(ctx, func(id dialer.DeskID) bool { return before[id] || f.registered(id) })
	}
	if err != nil {
		f.log.Warn("desks could not be taken up", "err", err)
	}
	f.giveSurplus(ctx)
	f.follow(ctx)
}

func (f *Fleet) registered(id dialer.DeskID) bool {
	up := f.d.Phone.Registered(id)
	return up != nil && *up
}

// own are the desks that this node's engine has.
func (f *Fleet) own() map[dialer.DeskID]dialer.DeskView {
	own := map[dialer.DeskID]dialer.DeskView{}
	for _, d := range f.engine.Desks() {
		own[d.ID] = d
	}
	return own
}

// adoptOwn takes up what the register calls ours.
func (f *Fleet) adoptOwn(ctx context.Context) error {
	own := f.own()
	f.mu.Lock()
	var seats []dialer.Seat
	for _, d := range f.d.Desks {
		if o := f.standing.Desks[d.ID]; o.Node == f.d.ID && own[d.ID].ID == "" {
			seats = append(seats, dialer.Seat{Desk: d.ID, Operator: o.Operator})
		}
	}
	f.mu.Unlock()
	return f.adopt(ctx, seats)
}

func (f *Fleet) adopt(ctx context.Context, seats []dialer.Seat) error {
	if len(seats) == 0 {
		return nil
	}
	ids := make([]dialer.DeskID, len(seats))
	for i, s := range seats {
		ids[i] = s.Desk
	}
	if f.d.Phones != nil {
		f.d.Phones.Recall(ctx, ids)
	}
	f.log.Info("desks taken up", "desks", ids)
	f.forgetDesks(ids)
	return f.engine.Adopt(ctx, seats)
}

// takeFree takes, of the desks that nobody has and that may be taken, those whose phone is registered here, and others up to
// this node's share.
func (f *Fleet) takeFree(ctx context.Context, may func(dialer.DeskID) bool) error {
	room := f.share() - len(f.own())
	f.mu.Lock()
	var want []dialer.DeskID
	for _, d := range f.d.Desks {
		here := f.registered(d.ID)
		if f.standing.Desks[d.ID].Node != "" || !may(d.ID) || !here && room <= 0 {
			continue
		}
		want = append(want, d.ID)
		room--
	}
	f.mu.Unlock()
	if len(want) == 0 {
		return nil
	}
	got, err := f.d.Nodes.Take(ctx, want)
	if err != nil {
		return err
	}
	return f.adopt(ctx, got)
}

// share is how many desks are a node's when all have as many.
func (f *Fleet) share() int {
	nodes := 0
	for _, n := range f.alive() {
		if n.State == Live {
			nodes++
		}
	}
	nodes = max(nodes, 1)
	return (len(f.d.Desks) + nodes - 1) / nodes
}

// least is the node, other than this one, that takes desks and has the fewest, and how many; none when there is no other.
func (f *Fleet) least() (to dialer.NodeID, has int) {
	counts := map[dialer.NodeID]int{}
	for _, n := range f.alive() {
		if n.Node != f.d.ID && n.State == Live {
			counts[n.Node] = 0
		}
	}
	f.mu.Lock()
	for _, o := range f.standing.Desks {
		if _, counted := counts[o.Node]; counted {
			counts[o.Node]++
		}
	}
	f.mu.Unlock()
	for id, n := range counts {
		if to == "" || n < has || n == has && id < to {
			to, has = id, n
		}
	}
	return to, has
}

// giveSurplus gives empty desks whose phone is not here to a node that has fewer than its share.
func (f *Fleet) giveSurplus(ctx context.Context) {
	own, share := f.own(), f.share()
	surplus := len(own) - share
	for _, d := range f.d.Desks {
		to, has := f.least()
		if surplus <= 0 || to == "" || has >= share {
			return
		}
		v, mine := own[d.ID]
		if !mine || v.State != dialer.DeskEmpty || f.registered(d.ID) {
			continue
		}
		if f.give(ctx, d.ID, to, false) {
			surplus--
		}
	}
}

// giveAll gives away, at the end of this node's life, what is idle, with who sits there. Where there is no other node the desks
// stay until the end.
func (f *Fleet) giveAll(ctx context.Context) {
	for id := range f.own() {
		if to, _ := f.least(); to != "" {
			f.give(ctx, id, to, true)
		}
	}
}

// give passes a desk on. It needs hold.
func (f *Fleet) give(ctx context.Context, id dialer.DeskID, to dialer.NodeID, owing bool) bool {
	who, idle := f.engine.GiveUp(ctx, id, owing)
	if !idle {
		return false
	}
	seat := dialer.Seat{Desk: id, Operator: who}
	ok, err := f.d.Nodes.Give(ctx, seat, to)
	switch {
	case err != nil:
		f.log.Warn("a desk could not be given on; who has it is seen at the next look", "desk", id, "err", err)
		return false
	case !ok:
		if err := f.engine.Adopt(ctx, []dialer.Seat{seat}); err != nil {
			f.log.Warn("a desk was not taken, and is taken up again later", "desk", id, "err", err)
		}
		return false
	}
	f.mu.Lock()
	f.standing.Desks[id] = Owner{Node: to, Operator: who}
	f.mu.Unlock()
	f.log.Info("a desk passes on", "desk", id, "to", to)
	f.offer(said{Look: true})
	return true
}

// follow asks the owner of a desk for it whose phone has registered here and is no longer there.
func (f *Fleet) follow(ctx context.Context) {
	own := f.own()
	for _, d := range f.d.Desks {
		if _, mine := own[d.ID]; mine || !f.registered(d.ID) {
			continue
		}
		v, at := f.elsewhere(d.ID)
		if at.Node == "" || v.Registered == nil || *v.Registered {
			continue
		}
		f.mu.Lock()
		known := f.wanted[d.ID]
		f.wanted[d.ID] = true
		if !known {
			f.work.Add(1)
		}
		f.mu.Unlock()
		if known {
			continue
		}
		go func() {
			defer f.work.Done()
			if _, err := f.ask(ctx, at, command{Do: doGive, Desk: d.ID}); err == nil {
				f.wake()
			}
			f.mu.Lock()
			delete(f.wanted, d.ID)
			f.mu.Unlock()
		}()
	}
}

// errKept: the desk stays where it is.
var errKept = dialer.Refuse(dialer.DeskBusy)

// giveTo passes a desk on to a node that asked for it.
func (f *Fleet) giveTo(ctx context.Context, id dialer.DeskID, to dialer.NodeID) error {
	release, ok := f.hold(ctx)
	if !ok {
		return ctx.Err()
	}
	defer release()
	if f.registered(id) || !f.give(ctx, id, to, false) {
		return errKept
	}
	return nil
}

// drainLook is how often a node that is about to end looks for desks that have become idle.
const drainLook = 100 * time.Millisecond

// Drain ends this node's work in phases: its desks pass to the others as they become idle, talks may go on until ctx is done, then
// what is left is hung up. It returns when every call has ended and its end is written.
func (f *Fleet) Drain(ctx context.Context) {
	f.mu.Lock()
	f.state = Draining
	f.mu.Unlock()
	f.wake()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		f.engine.Drain(ctx)
	}()
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for {
		f.giveIdle(context.WithoutCancel(ctx))
		select {
		case <-tick.C:
		case <-gone:
			f.giveIdle(context.WithoutCancel(ctx))
			return
		}
	}
}

func (f *Fleet) giveIdle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, f.d.Beat)
	defer cancel()
	if release, ok := f.hold(ctx); ok {
		defer release()
		f.giveAll(ctx)
	}
}
