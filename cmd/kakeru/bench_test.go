package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
	"kakeru/sip/lab"
)

// TestLedgerCarrierAndPanelAgree makes calls of mixed results and asks the three witnesses about every single one: 100
// calls, or 1,000 when KAKERU_LONG is set.
func TestLedgerCarrierAndPanelAgree(t *testing.T) {
	full.Only(t)
	o := benchFlags{calls: 100, desks: 10}
	if os.Getenv("KAKERU_LONG") != "" {
		o = benchFlags{calls: 1000, desks: 50}
	}
	run, err := runClicks(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.agree(); err != nil {
		t.Fatal(err)
	}
	f := run.figures()
	results := map[dialer.Result]int{}
	for _, a := range run.ledger {
		results[a.Verdict.Result]++
	}
	// On a machine too busy to commit within the deadline nobody is dialled: rightly so, and all three must say that too.
	undialled := results[dialer.NotDialled]
	if f.Calls != o.calls || f.Attempts != o.calls || f.InvitesSeen+undialled != o.calls {
		t.Fatalf("asked for %d calls, got %+v and %d that were not dialled", o.calls, f, undialled)
	}
	if undialled > o.calls/2 {
		t.Errorf("%d of %d calls were not dialled: that proves little", undialled, o.calls)
	}
	if len(results) < 5 {
		t.Errorf("only these results came up: %v", results)
	}
	t.Logf("%d calls: %v; %+v", f.Calls, results, f)
}

// TestDisagreementIsSeen breaks each witness's word in turn: a check that cannot fail proves nothing.
func TestDisagreementIsSeen(t *testing.T) {
	good := func() *clickRun {
		ended := time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)
		a := casework.Attempt{ID: "a1", SIPCallID: "s1", EndedAt: ended, Verdict: dialer.Verdict{Result: dialer.Busy, Counted: true}}
		r := &clickRun{
			panel:   map[dialer.DeskID][]seenCall{"desk1": {{ID: "a1", Result: dialer.Busy, Counted: true}}},
			carrier: map[string]lab.CallLog{"s1": {CallID: "s1", Status: 486}},
			ledger:  []casework.Attempt{a},
			desks:   []dialer.DeskView{{ID: "desk1", State: dialer.DeskReady}},
		}
		r.done.Done.Attempts = 1
		return r
	}
	if err := good().agree(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*clickRun){
		"still open":               func(r *clickRun) { r.ledger[0].EndedAt = time.Time{} },
		"share the Call-ID":        func(r *clickRun) { r.ledger = append(r.ledger, r.ledger[0]) },
		"never seen":               func(r *clickRun) { delete(r.carrier, "s1") },
		"belongs to no attempt":    func(r *clickRun) { r.carrier["s2"] = lab.CallLog{} },
		"still up":                 func(r *clickRun) { r.carrier["s1"] = lab.CallLog{Status: 486, Up: true} },
		"answered 404":             func(r *clickRun) { r.carrier["s1"] = lab.CallLog{Status: 404} },
		"not in the ledger":        func(r *clickRun) { r.panel["desk1"][0].ID = "other" },
		"the ledger has busy":      func(r *clickRun) { r.panel["desk1"][0].Result = dialer.NoAnswer },
		"the panels showed 0":      func(r *clickRun) { r.panel = nil },
		"desk1 ended in_call":      func(r *clickRun) { r.desks[0].State = dialer.DeskInCall },
		"the month's count is 100": func(r *clickRun) { r.done.Done.Attempts = 100 },
	} {
		r := good()
		spoil(r)
		if err := r.agree(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a fault with %q, got %v", want, err)
		}
	}
}

func TestPercentile(t *testing.T) {
	ms := func(n ...int) (out []time.Duration) {
		for _, v := range n {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	for _, c := range []struct {
		of   []time.Duration
		p    int
		want float64
	}{{nil, 50, 0}, {ms(7), 99, 7}, {ms(3, 1, 2), 50, 2}, {ms(1, 2, 3, 4), 50, 2}, {ms(4, 3, 2, 1), 99, 4}} {
		if got := percentile(c.of, c.p); got != c.want {
			t.Errorf("percentile(%v, %d) = %v, want %v", c.of, c.p, got, c.want)
		}
	}
}

func TestFiguresHaveTheNamesOthersRelyOn(t *testing.T) {
	b, err := json.Marshal(clickFigures{})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatalf("not one flat object of numbers: %v", err)
	}
	for _, name := range []string{
		"calls", "click_to_invite_p50_ms", "click_to_invite_p99_ms", "event_to_panel_p50_ms", "event_to_panel_p99_ms",
		"attempts", "invites_seen_by_carrier",
	} {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}
