package webui

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestNoClickIsTakenThatLayThereWhileTheServerSlept: what was sent while the process stood still is read when it goes on, by however many at once, and is not
// done; a moment later all is as before. What only reads, and signing out, work at once.
func TestNoClickIsTakenThatLayThereWhileTheServerSlept(t *testing.T) {
	h := open(t)
	operator := h.as("operator")
	began, passed := time.Now(), atomic.Int64{}
	h.server.vigil.mu.Lock()
	h.server.vigil.now = func() time.Time { return began.Add(time.Duration(passed.Load())) }
	h.server.vigil.last = began
	h.server.vigil.mu.Unlock()
	forward := func(d time.Duration) { passed.Add(int64(d)) }
	click := func() answered {
		return operator.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true})
	}
	click().want(t, http.StatusAccepted)
	forward(sleptFor)
	if h.server.vigil.waking() {
		t.Error("a busy machine is taken for one that slept")
	}
	forward(sleptFor + time.Millisecond)
	for range 3 {
		click().problem(t, http.StatusServiceUnavailable, string(dialer.QueueDown))
	}
	operator.do("GET", "/api/desks", nil).want(t, http.StatusOK)
	h.trouble.mu.Lock()
	told := h.trouble.alerts
	h.trouble.mu.Unlock()
	if len(told) != 1 || told[0].Kind != ServerSlept || !strings.Contains(told[0].TextEN, "for 5 s") {
		t.Errorf("the supervisor is told %+v", told)
	}
	forward(wakingFor)
	click().want(t, http.StatusAccepted)
	forward(time.Hour)
	operator.do("DELETE", "/api/session", nil).want(t, http.StatusNoContent)
}

// TestAMachinesSleepIsNoticed: its counting clock may stand still meanwhile, and the one on the wall goes on; set back it is no sleep.
func TestAMachinesSleepIsNoticed(t *testing.T) {
	clock := time.Now()
	var told []time.Duration
	v := newVigil(func() time.Time { return clock }, func(_ time.Time, slept time.Duration) { told = append(told, slept.Round(time.Second)) })
	clock = clock.Round(0).Add(time.Minute) // without a reading of the counting clock
	if !v.waking() {
		t.Error("a minute went by on the wall, and nothing is noticed")
	}
	clock = clock.Add(wakingFor)
	if v.waking() {
		t.Error("it wakes for ever")
	}
	clock = clock.Add(-time.Hour)
	if v.waking() {
		t.Error("a clock that is set back is a sleep")
	}
	if !slices.Equal(told, []time.Duration{time.Minute}) {
		t.Errorf("of sleeps was told %v", told)
	}
}
