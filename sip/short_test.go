package sip

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// TestShortCallsLeaveNothing makes calls that are hung up as they are answered: 10,000 of them in the long run. When they
// are over there are as many goroutines, open files and free ports as before the first.
func TestShortCallsLeaveNothing(t *testing.T) {
	calls, at := 300, 16
	if os.Getenv("KAKERU_LONG") != "" {
		calls = 10_000
	}
	var ends [2]*farEnd
	for i := range ends {
		ends[i] = newFarEnd(t, testTimers)
		ends[i].contact = localAddr(ends[i].conn)
		ends[i].run(t)
	}
	r := newRig(t, func(c *Config) {
		c.Desks[0].URI = "sip:201@" + ends[0].contact.String()
		c.Trunks = []Trunk{labTrunk(ends[1].contact)}
		c.Hearing = true
	})
	type state struct{ goroutines, files, ports int }
	now := func() state {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return state{runtime.NumGoroutine() - int(r.crew.idle.Load()), len(files), r.pool.Free()} // those at rest are few, and bounded
	}
	r.shortCall(t, ends) // what the first call makes and the last keeps is no leak
	eventually(t, "the first is over", func() bool { return len(r.allLanes()) == 0 })
	before := now()
	var work sync.WaitGroup
	next := make(chan struct{})
	for range at {
		work.Go(func() {
			for range next {
				r.shortCall(t, ends)
			}
		})
	}
	for range calls {
		next <- struct{}{}
	}
	close(next)
	work.Wait()
	eventually(t, "we hold no dialog any more", func() bool { return len(r.allLanes()) == 0 })
	if !polled(func() bool {
		s := now()
		return s.goroutines <= before.goroutines && s.files <= before.files && s.ports == before.ports
	}) {
		stacks := make([]byte, 1<<20)
		t.Errorf("after %d calls %+v, before them %+v\n%s", calls, now(), before, stacks[:runtime.Stack(stacks, true)])
	}
}

// shortCall rings both ends, joins them and hangs up.
func (r *rig) shortCall(t *testing.T, ends [2]*farEnd) {
	n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer n.Close()
	n.(*line).bridge.PlayTone(media.Desk, media.Ringback)
	var both sync.WaitGroup
	for i, l := range []dialer.Leg{n.Desk(), n.Customer()} {
		ends[i].expect(l.Handle().SIPCallID, farPlan{status: 200})
		both.Go(func() {
			lossyCall{"short", farPlan{}, "answered", time.Millisecond}.watch(t, l, new(sync.Map))
		})
	}
	n.Join()
	both.Wait()
}

// A call for which there are no ports is refused with the reason, and nothing of it is left; the next one is made.
func TestWithoutPortsACallIsRefusedWhole(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t, func(c *Config) {
		c.Media.PortMin, c.Media.PortMax = 23990, 23993
	})
	first := b.line(t)
	lanes := len(b.allLanes())
	_, err := b.Prepare(t.Context(), dialer.CallOrder{ID: "second", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if no := (*dialer.Refusal)(nil); !errors.As(err, &no) || no.Rule != dialer.CapReached {
		t.Errorf("the second call: %v", err)
	}
	b.trunk.dial(b.Agent, testCallerID, plainSDP).status(t, 486)
	eventually(t, "nothing is left of it", func() bool { return len(b.allLanes()) == lanes })
	first.Close()
	if b.pool.Free() != 2 {
		t.Errorf("%d pairs free", b.pool.Free())
	}
	b.line(t)
}
