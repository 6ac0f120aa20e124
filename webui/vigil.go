package webui

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
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

// ServerSlept is the kind of the alert that the server stood still: what it says of calls in that time it cannot know.
const ServerSlept = "server_slept"

// vigil knows whether this process has just slept.
type vigil struct {
	tell func(from time.Time, slept time.Duration) // once of each sleep

	mu   sync.Mutex
	now  func() time.Time
	last time.Time // when it was last seen awake
	woke time.Time // when it last woke up; zero if it has not slept
}

func newVigil(now func() time.Time, tell func(from time.Time, slept time.Duration)) *vigil {
	return &vigil{tell: tell, now: now, last: now()}
}

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
	now, last := v.now(), v.last
	slept := max(now.Sub(last), now.Round(0).Sub(last.Round(0)))
	if slept > sleptFor {
		v.woke = now
	}
	v.last = now
	since := now.Sub(v.woke)
	waking := !v.woke.IsZero() && since >= 0 && since < wakingFor
	v.mu.Unlock()
	if slept > sleptFor {
		v.tell(last, slept)
	}
	return waking
}

// slept tells the supervisor that the server stood still, and the log: calls of that time ended when it went on, as far as it knows.
func (s *Server) slept(from time.Time, long time.Duration) {
	s.log.Warn("the server stood still: what it has of calls in that time, their ends among it, is of when it went on", "from", from, "for", long.Round(time.Millisecond))
	at, seconds := from.In(dialer.Tokyo).Format(time.TimeOnly), int(long.Seconds())
	s.d.Alert(dialer.Alert{
		Kind: ServerSlept, Subject: from.UTC().Format(time.RFC3339), Since: from,
		Text:   fmt.Sprintf("サーバーが%sから%d秒間止まっていました。その間の通話は、終わりの時刻と録音を確かめてください", at, seconds),
		TextEN: fmt.Sprintf("the server stood still for %d s from %s; look at the ends and recordings of the calls of that time", seconds, at),
	})
}

// isClick reports whether a route has a telephone ring, or a case come to a desk. What ends or hushes a call works at once.
func isClick(row auth.Row) bool { return slices.Contains(clicks, row.Route) }

var clicks = []string{"POST /api/calls", "POST /api/calls/{id}/transfer", "POST /api/desks/{id}/next", "POST /api/desks/{id}/test"}
