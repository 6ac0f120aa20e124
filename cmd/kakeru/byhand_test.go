package main

import (
	"net/http"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// TestACallByHandIsNoneOfTheNetworks: it locks its number and moves its case as any call does, is counted apart, and nobody who
// bears witness for the network takes it for one of the network's.
func TestACallByHandIsNoneOfTheNetworks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true, desks: 1})
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.caseEnding("05")
	var noted struct {
		ID   dialer.CallID
		Next struct{ State dialer.CaseState }
	}
	var read struct {
		Case struct{ Phones []struct{ Mark string } }
	}
	h.must(operator.call(t.Context(), http.MethodGet, "/api/cases/"+string(id), nil, &read))
	h.must(operator.call(t.Context(), http.MethodPost, "/api/attempts", map[string]any{
		"direction": "outbound", "case_id": id, "number_mark": read.Case.Phones[0].Mark, "at": time.Now(), "result": "answered", "party": "self",
		"business_results": []string{"no_commitment"}, "note": "携帯電話から架電",
	}, &noted))
	if a := h.attempt(noted.ID); a.Origin != casework.ByHand || a.Entry == nil || noted.Next.State != dialer.CaseWaiting {
		t.Errorf("%+v, and its case is %s", a, noted.Next.State)
	}
	err := operator.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "case_id": id}, nil)
	if !ruled(err, dialer.NumberLocked) {
		t.Errorf("the number of somebody who answered today: %v", err)
	}
	// A real call beside it is counted, and seen by the carrier.
	sip := h.dial(operator, "desk1", h.caseEnding("10"))
	if a := h.ended(sip); !a.Verdict.Counted || h.carrierCall(a) == nil {
		t.Errorf("%+v", a)
	}
	var progress report.Progress
	h.must(operator.call(t.Context(), http.MethodGet, "/api/progress", nil, &progress))
	if progress.Done.Attempts != 1 || progress.ByHand != 1 || progress.Today.ByHand != 1 {
		t.Errorf("%+v", progress)
	}
	w := &testimony{carrier: h.carrier.Calls()}
	h.must(w.stand(t.Context(), h.postgres.URL(database)))
	if len(w.attempts) != 1 || w.attempts[0].id != string(sip) {
		t.Errorf("the witness heard of %+v", w.attempts)
	}
}
