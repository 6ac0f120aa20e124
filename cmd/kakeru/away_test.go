package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// keptResult is what an operator types after a talk.
var keptResult = map[string]any{"party": "self", "business_results": []string{"no_commitment"}, "note": "夕方に話した"}

// TestAResultIsKeptWhileTheLedgerIsAway: PostgreSQL sleeps in a talk. The operator hangs up, gives the result and is free; no new
// call is made, and the panel says why; the server is killed and starts again. Nothing is lost, nothing is there twice.
func TestAResultIsKeptWhileTheLedgerIsAway(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1})
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("talking", func() bool { return talkNoted(h, id) })
	caseID := h.attempt(id).CaseID
	wake := h.pausePostgres()
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.eventually("the desk owes the result", func() bool { return h.desk(operator, "desk1").State == dialer.DeskWrapUp })

	var said struct {
		Revision int
		Kept     bool
	}
	h.must(operator.call(t.Context(), http.MethodPut, "/api/attempts/"+string(id)+"/result", keptResult, &said))
	if !said.Kept || said.Revision != 0 {
		t.Fatalf("%+v", said)
	}
	if d := h.desk(operator, "desk1"); d.State != dialer.DeskReady || d.CallID != "" {
		t.Errorf("the desk is %s", d.State)
	}
	var no *problem
	err := operator.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "next": true}, nil)
	if !errors.As(err, &no) || no.Status != 503 || no.Rule != string(dialer.LedgerDown) || no.Detail == "" {
		t.Errorf("a click while the ledger is away: %v", err)
	}
	b, err := os.ReadFile(filepath.Join(h.dir, "spool", "ends.spool"))
	h.must(err)
	if len(b) == 0 || strings.Contains(string(b), "夕方") || strings.Contains(string(b), string(id)) {
		t.Errorf("the spool of %d octets is empty, or can be read", len(b))
	}

	h.kill()
	wake()
	h.start()
	a := h.ended(id)
	if a.Verdict.Result != dialer.Answered || a.EndedBy != dialer.ByOperator || a.Entry == nil || a.Entry.Revision != 1 || a.Entry.Note != "夕方に話した" {
		t.Fatalf("%+v, %+v", a.Verdict, a.Entry)
	}
	c, err := h.ledger.Case(t.Context(), caseID)
	h.must(err)
	if !c.Next.Due.Equal(a.Entry.Next.Due) || c.Next.Why != a.Entry.Next.Why || c.Next.State != dialer.CaseWaiting || !c.Next.Due.After(time.Now()) {
		t.Errorf("the case stands at %+v", c.Next)
	}
	operator = h.seated("operator1", "desk1")
	if d := h.desk(operator, "desk1"); d.State != dialer.DeskReady {
		t.Errorf("the desk is %s", d.State)
	}
	h.eventually("the panel shows the result", func() bool {
		var shown struct{ Entry *struct{ Revision int } }
		err := operator.call(t.Context(), http.MethodGet, "/api/attempts/"+string(id), nil, &shown)
		return err == nil && shown.Entry != nil && shown.Entry.Revision == 1
	})
	// Whom we have just talked with is not next.
	if next := h.ended(h.dial(operator, "desk1", h.caseEnding("41"))); next.CaseID == caseID || len(h.carrier.Calls()) != 2 {
		t.Errorf("the carrier saw %d calls", len(h.carrier.Calls()))
	}
	h.saysNothingOfAnyone()
}

// TestACrashWhileTheLedgerIsAway: PostgreSQL sleeps, the debtor answers, and the server is killed in that talk. What ends the
// legs was kept beside the database: both far ends are hung up, and the attempt counts.
func TestACrashWhileTheLedgerIsAway(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1})
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("ringing", func() bool { return ringingNoted(h, id) })
	sipID := h.attempt(id).SIPCallID
	wake := h.pausePostgres()
	h.eventually("the talk is acknowledged", func() bool {
		for _, c := range h.carrier.Calls() {
			if c.CallID == sipID && !c.Answered.IsZero() {
				var v struct{ State dialer.State }
				return operator.call(t.Context(), http.MethodGet, "/api/calls/"+string(id), nil, &v) == nil && v.State == dialer.Talking && h.spooled() > 1
			}
		}
		return false
	})
	h.kill()
	wake()
	h.start()
	a := h.ended(id)
	if a.Verdict.Result != dialer.Interrupted || !a.Verdict.Counted || a.EndedBy != dialer.ByCrash || !noted(a, dialer.EvAnswered) {
		t.Fatalf("%+v by %s", a.Verdict, a.EndedBy)
	}
	h.nothingLeftUp(a)
	h.notRedialled(a, dialer.CaseHeld)
}

// spooled is how many lines the spool has behind its head.
func (h *house) spooled() int {
	b, err := os.ReadFile(filepath.Join(h.dir, "spool", "ends.spool"))
	h.must(err)
	return strings.Count(string(b), "\n") - 1
}

// TestAFullDiskHoldsUpNobody: the spool's disk is full while PostgreSQL sleeps. The BYE leaves at once, the supervisor is told,
// and the end is written when either is back.
func TestAFullDiskHoldsUpNobody(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1})
	dir := filepath.Join(h.dir, "spool")
	h.must(os.MkdirAll(dir, 0o700))
	if err := syscall.Mount("kakeru-test", dir, "tmpfs", 0, "size=4096"); err != nil {
		t.Skip("a disk of one page cannot be mounted here: " + err.Error())
	}
	t.Cleanup(func() { h.kill(); h.must(syscall.Unmount(dir, 0)) })
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("talking", func() bool { return talkNoted(h, id) })
	a := h.attempt(id)
	wake := h.pausePostgres()
	held := false
	h.eventually("the page is full of notes", func() bool {
		what := map[bool]string{false: "/hold", true: "/resume"}[held]
		if operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+what, nil, nil) == nil {
			held = !held
		}
		return strings.Contains(h.serverLog(), "no space left on device")
	})
	asked := time.Now()
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.eventually("the carrier sees the BYE", func() bool { return !h.carrierCall(a).Ended.IsZero() })
	t.Logf("the BYE reached the carrier %s after the click", h.carrierCall(a).Ended.Sub(asked))
	h.eventually("the log says so", func() bool { return strings.Contains(h.serverLog(), "neither to the database nor to the spool") })
	h.eventually("the desk owes the result", func() bool { return h.desk(operator, "desk1").State == dialer.DeskWrapUp })
	// A note of the length allowed is longer than the page: no gap that the notes left is wide enough for it.
	long := map[string]any{"party": "self", "business_results": []string{"no_commitment"}, "note": strings.Repeat("話", 2000)}
	err := operator.call(t.Context(), http.MethodPut, "/api/attempts/"+string(id)+"/result", long, nil)
	if no := (*problem)(nil); !errors.As(err, &no) || no.Status != 503 {
		t.Errorf("a result that can be kept nowhere: %v", err)
	}
	if d := h.desk(operator, "desk1"); d.State != dialer.DeskWrapUp {
		t.Errorf("the desk is %s although its result is lost", d.State)
	}
	wake()
	if end := h.ended(id); end.Verdict.Result != dialer.Answered || end.EndedBy != dialer.ByOperator {
		t.Errorf("the talk ended as %s by %s", end.Verdict.Result, end.EndedBy)
	}
	h.must(operator.call(t.Context(), http.MethodPut, "/api/attempts/"+string(id)+"/result", keptResult, nil))
	if all, _, err := h.ledger.Attempts(t.Context(), casework.AttemptFilter{}); err != nil || len(all) != 1 || all[0].Entry == nil {
		t.Errorf("%+v, %v", all, err)
	}
}
