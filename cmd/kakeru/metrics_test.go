package main

import (
	"strings"
	"testing"

	"kakeru/dialer"
)

// TestMetricsHaveTheNamesOthersRelyOn makes one call and looks for every figure that monitoring is built on.
func TestMetricsHaveTheNamesOthersRelyOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1, fastCarrier: true})
	h.start()
	h.seated("operator1", "desk1")
	operator := h.signIn("operator1")
	if a := h.ended(h.dial(operator, "desk1", h.caseEnding("41"))); a.Verdict.Result != dialer.Busy {
		t.Fatalf("the call ended as %s", a.Verdict.Result)
	}
	// The ledger has a call's end a moment before the desk is free of it, or, on a machine with much to do, out of its spool a moment later.
	const counted, replayed = `kakeru_attempts_total{result="busy"} 1`, "kakeru_ledger_spool_depth 0"
	var text string
	h.eventually("no call is active, and its end is counted", func() bool {
		text = h.read("/metrics")
		return strings.Contains(text, "kakeru_calls_active 0") && strings.Contains(text, counted) && strings.Contains(text, replayed)
	})
	for _, want := range []string{
		"kakeru_click_to_invite_seconds_count 1",
		"kakeru_event_to_panel_seconds_count ", `kakeru_rtp_packets_total{direction="in",leg="desk"}`, "kakeru_rtp_lost_total ",
		`kakeru_queue_depth{state="due"}`, `kakeru_claims_total{result="ok"}`,
		`kakeru_sip_registrations{state="registered"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
}
