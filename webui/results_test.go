package webui

import (
	"slices"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestAResultWhileTheLedgerIsAway: the one that is owed at the visitor's desk is kept, and the desk is free; no other is.
func TestAResultWhileTheLedgerIsAway(t *testing.T) {
	h := open(t)
	op, other, entry := h.as("operator"), h.as("operator2"), map[string]any{"party": "self", "business_results": []string{"no_commitment"}}
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a1", "user-operator")}
		h.fail.attempts, h.fail.spools = dialer.ErrLedgerDown, true
	})
	op.do("PUT", "/api/attempts/a1/result", entry).problem(t, 503, "ledger_down") // nobody owes it
	h.set(func() {
		i := slices.IndexFunc(h.desks, func(d dialer.DeskView) bool { return d.ID == "desk1" })
		h.desks[i].Operator, h.desks[i].State, h.desks[i].CallID, h.desks[i].CaseID = "user-operator", dialer.DeskWrapUp, "a1", "case-1"
	})
	other.do("PUT", "/api/attempts/a1/result", entry).problem(t, 503, "ledger_down")
	op.do("PUT", "/api/attempts/a1/result", map[string]any{"party": "self"}).problem(t, 422, "invalid")
	if len(h.told) != 0 || len(h.spooled) != 0 {
		t.Fatalf("told %v, kept %+v", h.told, h.spooled)
	}
	got := into[struct {
		Revision int
		Kept     bool
		Next     Next
	}](t, op.do("PUT", "/api/attempts/a1/result", entry).want(t, 200))
	if !got.Kept || got.Revision != 0 || got.Next.State != dialer.CaseWaiting {
		t.Errorf("%+v", got)
	}
	h.as("supervisor").do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	if len(h.told) != 2 || len(h.spooled) != 2 || h.spooled[0].By != "user-operator" || h.spooled[0].Case != "case-1" {
		t.Errorf("told %v, kept %+v", h.told, h.spooled)
	}
}
