package sip

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers are the base timers of RFC 3261 §17: T1 the round trip (0.5 s), T2 the longest pause between retransmissions
// (4 s), T4 how long a message may roam the network (5 s). A transaction that gets no answer ends after 64·T1.
//
// The library keeps its timers in package variables, so all agents of a process share one set. It is put in place by
// the first Start, before anything is sent, and never changed while an agent runs: a second agent with other timers is
// refused.
type Timers struct{ T1, T2, T4 time.Duration }

func (t Timers) withDefaults() Timers {
	t.T1 = orElse(t.T1, 500*time.Millisecond)
	t.T2 = orElse(t.T2, 4*time.Second)
	t.T4 = orElse(t.T4, 5*time.Second)
	return t
}

func (t Timers) validate() error {
	if t.T1 < time.Millisecond || t.T2 < t.T1 || t.T4 < t.T1 {
		return errors.New("T1 must be at least 1 ms, T2 and T4 no less than T1")
	}
	return nil
}

// whole is 64·T1, the longest a transaction lasts.
func (t Timers) whole() time.Duration { return 64 * t.T1 }

// inForce is the process's one set of timers, and how many agents rely on it.
var inForce struct {
	sync.Mutex

	timers Timers
	agents int
}

// take puts the timers in force for one more agent.
func (t Timers) take() error {
	inForce.Lock()
	defer inForce.Unlock()
	if inForce.agents > 0 && inForce.timers != t {
		return fmt.Errorf("sip.timers: another agent of this process runs with T1=%v T2=%v T4=%v; use the same",
			inForce.timers.T1, inForce.timers.T2, inForce.timers.T4)
	}
	// What is right already is left alone: others of this process may be using the library.
	if sip.T1 != t.T1 || sip.T2 != t.T2 || sip.T4 != t.T4 {
		sip.SetTimers(t.T1, t.T2, t.T4)
	}
	inForce.timers = t
	inForce.agents++
	return nil
}

// release gives them back.
func (t Timers) release() {
	inForce.Lock()
	defer inForce.Unlock()
	inForce.agents--
}
