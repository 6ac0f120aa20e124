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

// TestAResultIsCorrectedAtAPace: the first of each call is not held up.
func TestAResultIsCorrectedAtAPace(t *testing.T) {
	h := open(t)
	op, entry := h.as("operator"), map[string]any{"party": "silent"}
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a1", "user-operator"), talked("a2", "user-operator")}
	})
	for range corrections.atOnce + 1 {
		op.do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	}
	op.do("PUT", "/api/attempts/a1/result", entry).problem(t, 429, "too_many")
	op.do("PUT", "/api/attempts/a2/result", entry).want(t, 200)
	h.as("supervisor").do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	h.clock.forward(corrections.every)
	op.do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
}

// TestAPromiseIsSplitByWhoIsShownTheDebt: by others it is recorded without parts, or with those that it had; a result that is kept while the ledger is away is not lost.
func TestAPromiseIsSplitByWhoIsShownTheDebt(t *testing.T) {
	h := open(t)
	h.set(func() { h.attempts = []casework.Attempt{talked("a1", "user-operator")} })
	owed := sampleCase().Balances[0]
	promise := func(parts ...string) map[string]any {
		in := map[string]any{"amount_yen": 100 * max(len(parts), 1), "due_on": "2026-11-30", "means": "slip"}
		var all []map[string]any
		for _, term := range parts {
			all = append(all, map[string]any{"insurance": owed.Insurance, "term": term, "amount_yen": 100})
		}
		if all != nil {
			in["parts"] = all
		}
		return map[string]any{"party": "self", "business_results": []string{"promise"}, "promise": in}
	}
	put := func(login string, body map[string]any) answered {
		return h.as(login).do("PUT", "/api/attempts/a1/result", body)
	}
	refused := func(a answered, field, code string) {
		t.Helper()
		if p := a.problem(t, 422, "invalid"); len(p.Errors) != 1 || p.Errors[0].Field != field || p.Errors[0].Code != code {
			t.Errorf("%+v", p.Errors)
		}
	}
	refused(put("operator", promise(owed.Term)), "promise.parts", "not_shown")
	refused(put("operator", promise("夕方に在宅")), "promise.parts", "not_shown")
	put("operator", promise()).want(t, 200)
	refused(put("supervisor", promise("夕方に在宅")), "promise.parts[0].term", "not_owed")
	put("supervisor", promise(owed.Term)).want(t, 200)
	put("operator", promise(owed.Term)).want(t, 200)
	refused(put("operator", promise(owed.Term, "夕方に在宅")), "promise.parts", "not_shown")
	noted := promise(owed.Term)
	noted["direction"], noted["case_id"], noted["number_mark"], noted["at"], noted["result"] = "outbound", "case-1", firstMark, tuesday, "answered"
	refused(h.as("operator").do("POST", "/api/attempts", noted), "promise.parts", "not_shown")

	h.set(func() {
		h.fail.attempts, h.fail.spools = dialer.ErrLedgerDown, true
		i := slices.IndexFunc(h.desks, func(d dialer.DeskView) bool { return d.ID == "desk1" })
		h.desks[i].Operator, h.desks[i].State, h.desks[i].CallID, h.desks[i].CaseID = "user-operator", dialer.DeskWrapUp, "a1", "case-1"
	})
	put("operator", promise(owed.Term)).want(t, 200)
	refused(put("operator", promise("第1期 09000000000")), "promise.parts[0].term", "bad_term")
}
