package dialertest

import (
	"context"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// Wire is a fleet.Wire in memory, for all nodes of a test.
type Wire struct {
	faults

	mu    sync.Mutex
	ears  []*ear
	inbox map[fleet.Life][]letter
	shown []fleet.Message // all that was ever published
	sent  map[fleet.Life][]fleet.Message
	held  map[dialer.NodeID]bool
}

type ear struct {
	life fleet.Life
	wait []fleet.Message
	wake chan struct{}
	deaf bool // what is published does not come here
	gap  bool
}

type letter struct {
	fleet.Message

	until time.Time
}

var _ fleet.Wire = (*Wire)(nil)

// NewWire returns a wire that nobody listens to.
func NewWire() *Wire {
	return &Wire{inbox: map[fleet.Life][]letter{}, sent: map[fleet.Life][]fleet.Message{}, held: map[dialer.NodeID]bool{}}
}

// Again has everything come once more that was ever said, as somebody may who writes in Redis: what is published in the order that it had, and
// what was sent as if it were sent now.
func (w *Wire) Again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.ears {
		for _, m := range w.shown {
			if m.From.Node != e.life.Node {
				e.wait = append(e.wait, m)
			}
		}
		for _, m := range w.sent[e.life] {
			w.inbox[e.life] = append(w.inbox[e.life], letter{m, time.Now().Add(time.Minute)})
		}
		e.call()
	}
}

// Hold has what is sent to a node wait, as in a Redis that stands still, until it is let go: then it comes as if it were sent in that moment.
func (w *Wire) Hold(id dialer.NodeID, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[id] = on
	for _, e := range w.ears {
		if e.life.Node == id && !on {
			for i := range w.inbox[e.life] {
				w.inbox[e.life][i].until = time.Now().Add(time.Minute)
			}
			e.call()
		}
	}
}

// Deafen has nothing that is published come to a node, until it hears again: then it is told of the gap.
func (w *Wire) Deafen(id dialer.NodeID, deaf bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.ears {
		if e.life.Node == id {
			e.gap = e.gap || e.deaf && !deaf
			e.deaf = deaf
			e.call()
		}
	}
}

func (e *ear) call() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Publish implements fleet.Wire.
func (w *Wire) Publish(ctx context.Context, m fleet.Message) error {
	how := w.of("Publish")
	if err := how.pass(ctx, queuePatience, dialer.ErrQueueDown); err != nil {
		return err
	}
	w.mu.Lock()
	w.shown = append(w.shown, m)
	for _, e := range w.ears {
		if e.life.Node != m.From.Node && !e.deaf {
			e.wait = append(e.wait, m)
			e.call()
		}
	}
	w.mu.Unlock()
	return how.answer(ctx, queuePatience, dialer.ErrQueueDown)
}

// Send implements fleet.Wire.
func (w *Wire) Send(ctx context.Context, to fleet.Life, m fleet.Message, within time.Duration) error {
	how := w.of("Send")
	if err := how.pass(ctx, queuePatience, dialer.ErrQueueDown); err != nil {
		return err
	}
	w.mu.Lock()
	w.inbox[to] = append(w.inbox[to], letter{m, time.Now().Add(within)})
	w.sent[to] = append(w.sent[to], m)
	for _, e := range w.ears {
		if e.life == to {
			e.call()
		}
	}
	w.mu.Unlock()
	return how.answer(ctx, queuePatience, dialer.ErrQueueDown)
}

// Listen implements fleet.Wire.
func (w *Wire) Listen(ctx context.Context, me fleet.Life, ears fleet.Ears) error {
	e := &ear{life: me, wake: make(chan struct{}, 1), gap: true}
	w.mu.Lock()
	w.ears = append(w.ears, e)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ears = slices.DeleteFunc(w.ears, func(x *ear) bool { return x == e })
	}()
	for {
		w.mu.Lock()
		heard, told, gap := e.wait, w.inbox[me], e.gap
		e.wait, e.gap = nil, false
		if w.held[me.Node] {
			told = nil
		} else {
			delete(w.inbox, me)
		}
		w.mu.Unlock()
		if gap {
			ears.Gap()
		}
		for _, m := range heard {
			ears.Heard(m)
		}
		for _, l := range told {
			if time.Now().Before(l.until) {
				ears.Told(l.Message)
			}
		}
		select {
		case <-e.wake:
		case <-ctx.Done():
			return nil
		}
	}
}
