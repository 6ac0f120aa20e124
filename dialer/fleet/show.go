package fleet

import (
	"context"
	"time"

	"kakeru/dialer"
)

// outRoom is how many changes may wait to be published. When more come, the others get the whole picture instead.
const outRoom = 1024

// pictureGap is the least time between two whole pictures.
const pictureGap = 250 * time.Millisecond

var _ dialer.Board = (*Fleet)(nil)

// Show implements dialer.Board: this node's panels see a change at once, the others' by the wire.
func (f *Fleet) Show(c dialer.Change) {
	f.d.Board.Show(c)
	if private(c) {
		return
	}
	s := said{Change: &change{Change: c}}
	if c.Call != nil {
		s.Change.Quality = c.Call.Quality
	}
	f.offer(s)
}

// private is what concerns this node alone: its own lines, its own way to the stores.
func private(c dialer.Change) bool {
	return c.Type == dialer.ChangeTrunk || c.Alert != nil && (c.Alert.Kind == "queue_down" || c.Alert.Kind == "queue_back")
}

// offer has something published. It never blocks.
func (f *Fleet) offer(s said) {
	select {
	case f.out <- s:
	default:
		f.lost.raise()
	}
}

// publish tells the others what is to be told, in order: nobody else does. Changes are kept from nobody: while no other node is
// there they are forgotten, and whoever comes is shown the whole picture.
func (f *Fleet) publish(ctx context.Context) {
	again := time.NewTicker(pictureGap)
	defer again.Stop()
	for {
		select {
		case s := <-f.out:
			if (s.Change != nil || s.Beat) && f.alone() || f.tell(ctx, s) != nil {
				f.lost.raise()
			}
		case <-again.C:
			f.picture(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// picture publishes everything there is to see of this node, when something was lost or somebody has asked. Changes that were
// shown before stand before it; those that come after it may be in it already, and change nothing then.
func (f *Fleet) picture(ctx context.Context) {
	if f.alone() || !f.lost.lower() {
		return
	}
	s := snapshot{Desks: f.engine.Desks(), Calls: []seenCall{}}
	for _, c := range f.engine.Calls() {
		s.Calls = append(s.Calls, seen(c))
	}
	if f.tell(ctx, said{Snapshot: &s}) != nil {
		f.lost.raise()
	}
}

// tellWithin bounds one publication.
const tellWithin = time.Second

// tell publishes something at once. It is the publisher's.
func (f *Fleet) tell(ctx context.Context, s said) error {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	life, n := f.me.next()
	s.N = n
	err := f.d.Wire.Publish(ctx, Message{From: life, ID: f.newID(), Body: s.write()})
	f.shown(err)
	return err
}

// shown tells once that the others are not shown what happens here, and that they are again.
func (f *Fleet) shown(err error) {
	switch was := f.unheard.Swap(err != nil); {
	case err != nil && !was:
		f.log.Warn("the other nodes are not shown what happens at this one", "err", err)
	case err == nil && was:
		f.log.Info("the other nodes are shown again what happens at this one")
	}
}

// Heard says whether the wire took what this node showed the others last.
func (f *Fleet) Heard() bool { return !f.unheard.Load() }
