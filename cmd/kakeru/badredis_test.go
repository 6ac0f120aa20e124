package main

import (
	"net/http"
	"syscall"
	"testing"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// TestRedisGoesInMidTalk kills Redis while two people talk: the talk and its end are none of Redis's business, a named
// case can still be dialled, only "the next one" is refused with the reason. Back and empty, the line is built again from
// the ledger, and nobody is called twice.
func TestRedisGoesInMidTalk(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{})
	h.start()
	one, two := h.seated("operator1", "desk1"), h.seated("operator2", "desk2")
	talk := h.dial(one, "desk1", h.caseEnding("49"))
	h.eventually("they talk", func() bool { return talkNoted(h, talk) })

	h.must(syscall.Kill(h.redis.Pid(), syscall.SIGKILL))
	<-h.redis.Exited()
	_, err := h.click(two, map[string]any{"desk": "desk2", "next": true})
	refusedWith(t, err, http.StatusServiceUnavailable, dialer.QueueDown)
	refusedWith(t, two.call(t.Context(), http.MethodPost, "/api/desks/desk2/next", nil, nil), http.StatusServiceUnavailable, dialer.QueueDown)
	named := h.clicked(two, "", map[string]any{"desk": "desk2", "case_id": h.caseEnding("41")})
	if a := h.ended(named); a.Verdict.Result != dialer.Busy {
		t.Errorf("the named case ended as %s", a.Verdict.Result)
	}
	flowing := `kakeru_rtp_packets_total{direction="in",leg="customer"}`
	before := h.metric(flowing)
	h.eventually("the talk goes on", func() bool { return h.metric(flowing) > before+25 })
	h.must(one.call(t.Context(), http.MethodPost, "/api/calls/"+string(talk)+"/hangup", nil, nil))
	if a := h.ended(talk); a.Verdict.Result != dialer.Answered || a.EndedBy != dialer.ByOperator {
		t.Errorf("the talk ended as %s by %s", a.Verdict.Result, a.EndedBy)
	}
	h.recorded(one, talk, map[string]any{"party": "recorder", "business_results": []string{}})

	h.redis = storestest.RestartRedis(t, h.redis)
	chief := h.signIn("supervisor")
	h.eventually("the line is built again", func() bool {
		var q struct {
			Depth struct{ Due, Later int }
		}
		return chief.call(t.Context(), http.MethodGet, "/api/queue?limit=5", nil, &q) == nil && q.Depth.Due+q.Depth.Later == 200
	})
	// Both desks work through some cases, as fast as they come.
	for range 3 {
		for desk, c := range map[string]*panelClient{"desk1": one, "desk2": two} {
			id := h.clicked(c, "", map[string]any{"desk": desk, "next": true})
			h.eventually("the carrier sees it", func() bool { a := h.attempt(id); return h.carrierCall(a) != nil || !a.EndedAt.IsZero() })
			h.finish(c, id)
		}
	}
	h.nobodyTwice()
	h.saysNothingOfAnyone()
}

// finish ends a call, whatever became of it, and gives it a result if one is owed.
func (h *house) finish(c *panelClient, id dialer.CallID) {
	h.t.Helper()
	if err := c.call(h.t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil); err != nil && !ruled(err, "not_found") {
		h.t.Fatal(err)
	}
	if a := h.ended(id); a.Verdict.Result == dialer.Answered {
		h.recorded(c, id, map[string]any{"party": "self", "business_results": []string{"no_commitment"}})
	}
}

// nobodyTwice: every case was called once at most, and the carrier saw each attempt's Call-ID once and no other.
func (h *house) nobodyTwice() {
	h.t.Helper()
	cases, ids := map[dialer.CaseID]int{}, map[string]int{}
	for _, a := range h.attempts() {
		cases[a.CaseID]++
		if !a.DialledAt.IsZero() {
			ids[a.SIPCallID]++
		}
	}
	for _, n := range cases {
		if n != 1 {
			h.t.Errorf("a case has %d attempts", n)
		}
	}
	for _, c := range h.carrier.Calls() {
		ids[c.CallID]--
	}
	for _, n := range ids {
		if n != 0 {
			h.t.Error("the carrier and the ledger do not agree on the calls there were")
		}
	}
}
