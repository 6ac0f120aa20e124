package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/queue"
	"kakeru/sip"
)

// roaming has a desk's phone found by whichever node takes the desk over: it keeps in Redis where the phones registered here are,
// and tells the agent of those that were registered elsewhere.
type roaming struct {
	agent *sip.Agent // set at wiring, before anything runs
	book  queue.PhoneBook
	log   *slog.Logger
	wake  chan struct{}

	mu      sync.Mutex
	changed map[dialer.DeskID][]byte // to be written
}

func newRoaming(book queue.PhoneBook, log *slog.Logger) *roaming {
	return &roaming{book: book, log: log, wake: make(chan struct{}, 1), changed: map[dialer.DeskID][]byte{}}
}

// note has it written that a phone is somewhere else now.
func (r *roaming) note(desk dialer.DeskID, where []byte) {
	r.mu.Lock()
	r.changed[desk] = where
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// keepAgain is how soon what could not be written is tried again.
const keepAgain = 2 * time.Second

// Run writes what was noted until ctx is done. While Redis is away it waits: the newest is what counts.
func (r *roaming) Run(ctx context.Context) error {
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil
		}
		for !r.write(ctx) {
			select {
			case <-time.After(keepAgain):
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// write is false when something is left to be written.
func (r *roaming) write(ctx context.Context) bool {
	r.mu.Lock()
	now := r.changed
	r.changed = map[dialer.DeskID][]byte{}
	r.mu.Unlock()
	for desk, where := range now {
		if r.book.Keep(ctx, desk, where) == nil {
			delete(now, desk)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for desk, where := range now {
		if _, newer := r.changed[desk]; !newer {
			r.changed[desk] = where
		}
	}
	return len(now) == 0
}

// Recall implements fleet.Phones.
func (r *roaming) Recall(ctx context.Context, desks []dialer.DeskID) {
	found, err := r.book.Find(ctx, desks)
	if err != nil {
		r.log.Warn("where the phones of desks taken up are could not be read; they register again by themselves", "err", err)
		return
	}
	for desk, where := range found {
		if err := r.agent.Learn(desk, where); err != nil {
			r.log.Warn("the phone of a desk taken up is not found; it registers again by itself", "desk", desk, "err", err)
		}
	}
}
