package webui

import (
	"fmt"
	"testing"

	"kakeru/dialer"
)

// stand puts a case that there is onto the first desk, as one that comes by itself.
func (h *house) stand(id dialer.CaseID) {
	h.set(func() {
		c := h.cases["case-1"]
		c.ID = id
		h.cases[id] = c
		h.desks[0].CaseID = id
	})
}

// TestADeskIsNoWindowOnTheWholeList: an operator reads one case after the other as often as work asks for it, in whatever way each comes to stand
// at the desk; a program's pace is refused, the supervisor is told, and with time it goes on. Supervisors see the whole line anyway.
func TestADeskIsNoWindowOnTheWholeList(t *testing.T) {
	h, _ := withAlerts(t)
	op, boss := h.as("operator"), h.as("supervisor")
	op.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	told := boss.watch("")
	told.until("snapshot")
	name := func(id dialer.CaseID) map[string]any { return map[string]any{"case_id": id} }
	ways := []func(id dialer.CaseID) answered{
		func(id dialer.CaseID) answered { return op.do("POST", "/api/desks/desk1/next", name(id)) },
		func(id dialer.CaseID) answered { return op.do("PUT", "/api/attempts/call-1/case", name(id)) },
		func(id dialer.CaseID) answered { return op.do("GET", "/api/cases/"+string(id), nil) },
		func(id dialer.CaseID) answered { return op.do("GET", "/api/cases/"+string(id)+"/record", nil) },
	}
	n := 0
	next := func() dialer.CaseID {
		n++
		id := dialer.CaseID(fmt.Sprintf("case-of-%d", n))
		h.stand(id)
		return id
	}
	for i := range casesAtOnce {
		id := next()
		if a := ways[i%len(ways)](id); a.status/100 != 2 {
			t.Fatalf("case %d: %d", n, a.status)
		}
		op.do("GET", "/api/cases/"+string(id), nil).want(t, 200) // it counts once
		boss.do("GET", "/api/cases/"+string(id), nil).want(t, 200)
	}
	last := dialer.CaseID(fmt.Sprintf("case-of-%d", n))
	id := next()
	for i, way := range ways[:3] {
		if a := way(id); a.status != 429 {
			t.Errorf("way %d beyond the bound: %d", i, a.status)
		}
	}
	ways[3](id).problem(t, 403, "forbidden")
	op.do("POST", "/api/desks/desk1/next", map[string]any{"skip": true}).problem(t, 429, "too_many")
	op.do("POST", "/api/desks/desk1/next", nil).problem(t, 429, "too_many")
	boss.do("GET", "/api/cases/"+string(id), nil).want(t, 200)
	a := dataOf[Alert](t, told.until("alert"))
	if a.Kind != ManyCases {
		t.Errorf("told: %+v", a)
	}
	boss.do("POST", fmt.Sprintf("/api/alerts/%d/acknowledge", a.ID), nil).want(t, 200)
	told.until("alert")
	h.stand(last)
	op.do("GET", "/api/cases/"+string(last), nil).want(t, 200) // what was opened stays open
	op.do("POST", "/api/desks/desk1/next", name(last)).want(t, 200)
	if a := op.do("PUT", "/api/attempts/call-1/case", name(last)); a.status/100 != 2 {
		t.Errorf("naming what was opened: %d", a.status)
	}
	h.clock.forward(casesEvery)
	op.do("GET", "/api/cases/"+string(next()), nil).want(t, 200)
	op.do("GET", "/api/cases/"+string(next()), nil).problem(t, 429, "too_many")
	h.clock.forward(casesAgain)
	for range casesAtOnce {
		op.do("GET", "/api/cases/"+string(next()), nil).want(t, 200)
	}
	op.do("GET", "/api/cases/"+string(next()), nil).problem(t, 429, "too_many")
	if a = dataOf[Alert](t, told.until("alert")); a.Kind != ManyCases {
		t.Errorf("told again: %+v", a)
	}
	if v := (viewer{role: dialer.RoleOperator}); v.seesAlert(Alert{Alert: dialer.Alert{Kind: ManyCases}}) {
		t.Error("told to whom it is about")
	}
}

// TestTheBoundOfCasesIsEachOnes: who reads many does not shut the desk of another, and what an operator ticks opens no debt beyond the bound.
func TestTheBoundOfCasesIsEachOnes(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	op.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	w := h.server.windows
	for n := range casesAtOnce {
		if !w.open("user-operator", dialer.CaseID(fmt.Sprint(n)), h.clock.Now()) {
			t.Fatal(n)
		}
	}
	if !w.open("another", "case-1", h.clock.Now()) {
		t.Error("another's desk is shut")
	}
	h.atDesk(0, "user-operator", "call-1", dialer.DeskWrapUp)
	op.do("PUT", "/api/calls/call-1/identity", map[string]any{"confirmed": []string{"name"}}).problem(t, 429, "too_many")
}
