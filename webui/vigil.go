package webui

import (
	"context"
	"slices"
	"sync"
	"time"

	"kakeru/webui/auth"
)

// A server that was stopped, with its machine or alone, reads when it goes on what was sent to it meanwhile, and knows nothing of how long that lay there. A
// click that somebody gave up long ago would open their phone and ring a person. So for a moment after each sleep no click is taken: who is there makes
// another.
const (
	watchEvery = 500 * time.Millisecond
	// sleptFor is for how long nothing moves here before that was a sleep: less than a click may take.
	sleptFor = 5 * time.Second
	// wakingFor is how long after a sleep what is read may be from before.
	wakingFor = 3 * time.Second
)

// vigil knows whether this process has just slept.
type vigil struct {
	mu   sync.Mutex
	now  func() time.Time
	last time.Time // when it was last seen awake
	woke time.Time // when it last woke up; zero if it has not slept
}

func newVigil(now func() time.Time) *vigil { return &vigil{now: now, last: now()} }

// begin has what was before be no sleep: a start may take long.
func (v *vigil) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = v.now()
}

// run sees every while that it is awake.
func (v *vigil) run(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			v.waking()
		}
	}
}

// waking reports whether what is read now may be from before a sleep. By this machine's own clocks: the one that counts on, and the one on the wall,
// for a machine that is put to sleep may stop the former.
func (v *vigil) waking() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	if max(now.Sub(v.last), now.Round(0).Sub(v.last.Round(0))) > sleptFor {
		v.woke = now
	}
	v.last = now
	since := now.Sub(v.woke)
	return !v.woke.IsZero() && since >= 0 && since < wakingFor
}

// isClick reports whether a route has a telephone ring, or a case come to a desk. What ends or hushes a call works at once.
func isClick(row auth.Row) bool { return slices.Contains(clicks, row.Route) }

var clicks = []string{"POST /api/calls", "POST /api/calls/{id}/transfer", "POST /api/desks/{id}/next", "POST /api/desks/{id}/test"}
