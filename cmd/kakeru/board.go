package main

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
)

// timedBoard passes every change on to the panel, and measures on the way what a click cost: from the click to the desk
// phone's INVITE.
type timedBoard struct {
	dialer.Board

	clickToInvite prometheus.Histogram
	mu            sync.Mutex
	timed         map[dialer.CallID]bool // the live calls that were measured
}

func newTimedBoard(b dialer.Board, to prometheus.Registerer) *timedBoard {
	t := &timedBoard{Board: b, timed: map[dialer.CallID]bool{}, clickToInvite: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "kakeru_click_to_invite_seconds", Help: "From a click reaching us to the INVITE to the desk phone.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
	})}
	to.MustRegister(t.clickToInvite)
	return t
}

// Show measures, and passes on.
func (t *timedBoard) Show(c dialer.Change) {
	if c.Call != nil {
		t.time(*c.Call)
	}
	t.Board.Show(c)
}

func (t *timedBoard) time(v dialer.CallView) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !v.DeskInvitedAt().IsZero() && !t.timed[v.ID] {
		t.timed[v.ID] = true
		t.clickToInvite.Observe(v.DeskInvitedAt().Sub(v.StartedAt).Seconds())
	}
	if v.State == dialer.Ended {
		delete(t.timed, v.ID)
	}
}
