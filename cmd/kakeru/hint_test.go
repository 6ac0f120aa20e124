package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// TestAFaxIsHintedAt: what the carrier plays is heard by the whole house: live for the operator, and kept with the attempt.
func TestAFaxIsHintedAt(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true})
	h.start()
	c := h.seated("operator1", "desk1")
	id := h.dial(c, "desk1", h.caseEnding("55"))
	h.eventually("the operator is told", func() bool {
		var calls struct {
			Items []dialer.CallView `json:"items"`
		}
		h.must(c.call(t.Context(), http.MethodGet, "/api/calls", nil, &calls))
		return slices.ContainsFunc(calls.Items, func(v dialer.CallView) bool {
			return v.ID == id && len(v.Hints) == 1 && v.Hints[0].Kind == dialer.HintFax && v.Hints[0].Confidence >= dialer.LikelyHint
		})
	})
	h.must(c.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	a := h.ended(id)
	if !slices.ContainsFunc(a.Evidence, func(e dialer.Evidence) bool {
		return e.Event == dialer.EvHeard && e.Leg == dialer.CustomerLeg && strings.HasPrefix(e.Reason, "fax 0.")
	}) {
		t.Errorf("the attempt keeps %+v", a.Evidence)
	}
}
