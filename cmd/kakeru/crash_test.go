package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
	"kakeru/sip/lab"
)

// TestKillInEachState pulls the plug in each state of a call and starts the server again: the attempt is there once, its
// end is honest, both far legs were hung up, the case is not redialled by itself, and the desk is free.
func TestKillInEachState(t *testing.T) {
	full.Only(t)
	cases := []struct {
		name    string
		ending  string
		silent  bool // the desk phone rings and nobody lifts it
		reached func(h *house, id dialer.CallID) bool
		want    dialer.Result
		counted bool
		state   dialer.CaseState
	}{
		{"calling desk", "05", true, phoneRings, dialer.NotDialled, false, dialer.CaseWaiting},
		{"calling customer, no answer yet", "48", false, inviteSeen, dialer.Interrupted, false, dialer.CaseHeld},
		{"calling customer, ringing", "40", false, ringingNoted, dialer.Interrupted, true, dialer.CaseHeld},
		{"talking", "05", false, talkNoted, dialer.Interrupted, true, dialer.CaseHeld},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, houseOptions{desks: 1})
			h.start()
			h.world.phones[0].SetNeverAnswer(c.silent)
			operator := h.seated("operator1", "desk1")
			id := h.dial(operator, "desk1", h.caseEnding(c.ending))
			h.eventually("the call comes to "+c.name, func() bool { return c.reached(h, id) })
			h.kill()
			h.start()
			a := h.ended(id)
			if a.Verdict.Result != c.want || a.Verdict.Counted != c.counted || a.EndedBy != dialer.ByCrash {
				t.Fatalf("the attempt ended as %s (counted %v, by %s)", a.Verdict.Result, a.Verdict.Counted, a.EndedBy)
			}
			h.nothingLeftUp(a)
			h.notRedialled(a, c.state)
		})
	}
}

// TestKillWhileEnding kills the server right behind the operator's hang-up, when anything may be half done.
func TestKillWhileEnding(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1})
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.dial(operator, "desk1", h.caseEnding("40"))
	h.eventually("ringing", func() bool { return ringingNoted(h, id) })
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.kill()
	h.start()
	a := h.ended(id)
	if r := a.Verdict.Result; r != dialer.Interrupted && r != dialer.Cancelled {
		t.Fatalf("the attempt ended as %s", r)
	}
	h.nothingLeftUp(a)
	state := dialer.CaseHeld
	if a.Verdict.Result == dialer.Cancelled {
		state = dialer.CaseWaiting
	}
	h.notRedialled(a, state)
}

func phoneRings(h *house, _ dialer.CallID) bool {
	calls := h.world.phones[0].Calls()
	return len(calls) > 0 && !calls[len(calls)-1].Ringing.IsZero()
}

func inviteSeen(h *house, id dialer.CallID) bool { return h.carrierCall(h.attempt(id)) != nil }

func ringingNoted(h *house, id dialer.CallID) bool { return noted(h.attempt(id), dialer.EvRinging) }

func talkNoted(h *house, id dialer.CallID) bool { return noted(h.attempt(id), dialer.EvAnswered) }

// noted says whether the ledger holds an event of the customer leg.
func noted(a casework.Attempt, ev dialer.EvidenceEvent) bool {
	for _, e := range a.Evidence {
		if e.Leg == dialer.CustomerLeg && e.Event == ev {
			return true
		}
	}
	return false
}

// nothingLeftUp asks the far ends themselves whether they were hung up.
func (h *house) nothingLeftUp(a casework.Attempt) {
	h.t.Helper()
	over := func(calls []lab.CallLog) bool {
		for _, c := range calls {
			if c.Ended.IsZero() {
				return false
			}
		}
		return true
	}
	dialled := 0
	if a.Verdict.Result != dialer.NotDialled {
		dialled = 1
	}
	if phones, customers := len(h.world.phones[0].Calls()), len(h.carrier.Calls()); phones != 1 || customers != dialled {
		h.t.Errorf("the phone saw %d calls and the carrier %d, want 1 and %d", phones, customers, dialled)
	}
	h.eventually("the desk phone is hung up", func() bool { return over(h.world.phones[0].Calls()) })
	h.eventually("the carrier is hung up", func() bool { return over(h.carrier.Calls()) })
	for _, c := range h.carrier.Calls() {
		if c.CallID != a.SIPCallID {
			h.t.Errorf("the carrier saw a call that is not the attempt's")
		}
		if c.EndedBy != lab.EndedByThem && c.EndedBy != lab.EndedCancelled {
			h.t.Errorf("the carrier's call was ended by %q, not by us", c.EndedBy)
		}
	}
}

// notRedialled looks whether the case waits as it should, the desk is free, and the carrier saw no second INVITE.
func (h *house) notRedialled(a casework.Attempt, want dialer.CaseState) {
	h.t.Helper()
	operator := h.seated("operator1", "desk1")
	if d := h.desk(operator, "desk1"); d.State != dialer.DeskReady || d.CallID != "" {
		h.t.Errorf("the desk is %s", d.State)
	}
	c, err := h.ledger.Case(h.t.Context(), a.CaseID)
	h.must(err)
	if c.Next.State != want {
		h.t.Errorf("the case is %s, want %s", c.Next.State, want)
	}
	all, _, err := h.ledger.Attempts(h.t.Context(), casework.AttemptFilter{CaseID: a.CaseID})
	h.must(err)
	if len(all) != 1 {
		h.t.Errorf("the case has %d attempts", len(all))
	}
	dialled := 0
	if a.Verdict.Result != dialer.NotDialled {
		dialled = 1
	}
	if n := len(h.carrier.Calls()); n != dialled {
		h.t.Errorf("the carrier saw %d calls, want %d", n, dialled)
	}
	// Life goes on: another case can be dialled at once.
	h.world.phones[0].SetNeverAnswer(false)
	if other := h.ended(h.dial(operator, "desk1", h.caseEnding("41"))); other.Verdict.Result != dialer.Busy {
		h.t.Errorf("the next call ended as %s", other.Verdict.Result)
	}
}

// writePatience is how long a write waits for PostgreSQL before it is kept in the spool.
const writePatience = 5 * time.Second

// TestHangUpDoesNotWaitForTheLedger pauses PostgreSQL in the middle of a talk: the BYE reaches the carrier while the
// database still sleeps, and the end is in the ledger once it wakes.
func TestHangUpDoesNotWaitForTheLedger(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1})
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("talking", func() bool { return talkNoted(h, id) })
	a := h.attempt(id)
	wake := h.pausePostgres()
	asked := time.Now()
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.eventually("the carrier sees the BYE", func() bool { return !h.carrierCall(a).Ended.IsZero() })
	took := h.carrierCall(a).Ended.Sub(asked)
	t.Logf("with PostgreSQL paused the BYE reached the carrier %s after the click", took)
	if took > writePatience/2 { // whoever waits for the ledger waits for as long as anything asks of it
		t.Errorf("the hang-up took %s", took)
	}
	err := operator.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "next": true}, nil)
	if err == nil {
		t.Error("a call was accepted while the ledger could not be written")
	}
	wake()
	if end := h.ended(id); end.Verdict.Result != dialer.Answered || end.EndedBy != dialer.ByOperator {
		t.Errorf("the talk ended as %s by %s", end.Verdict.Result, end.EndedBy)
	}
}

// pausePostgres stops every process of the server, and returns what wakes them. Each backend leads a group of its own, so
// they are found by their parent.
func (h *house) pausePostgres() (wake func()) {
	h.t.Helper()
	all := append([]int{h.postgres.Pid()}, childrenOf(h.postgres.Pid())...)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	woken := false
	wake = func() {
		if woken {
			return
		}
		woken = true
		for _, pid := range all {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	h.t.Cleanup(wake)
	return wake
}

func childrenOf(parent int) []int {
	var out []int
	status, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range status {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile
		}
		var pid, ppid int
		var state string
		rest := string(b[bytes.LastIndexByte(b, ')')+1:])
		if n, _ := fmt.Sscanf(rest, "%s %d", &state, &ppid); n != 2 || ppid != parent {
			continue
		}
		if _, err := fmt.Sscanf(string(b), "%d", &pid); err == nil {
			out = append(out, pid)
		}
	}
	return out
}
