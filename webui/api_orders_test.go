package webui

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
)

func TestSupervisorsOrders(t *testing.T) {
	h := open(t)
	boss := h.as("supervisor")
	order := func(act string, more map[string]any) answered {
		body := map[string]any{"reason": "区の依頼 0312345678"}
		maps.Copy(body, more)
		return boss.do("POST", "/api/cases/case-1/"+act, body)
	}
	next := func(a answered) Next {
		return into[struct{ Next Next }](t, a.want(t, 200)).Next
	}
	if n := next(order("pin", nil)); n.State != dialer.CaseWaiting || !strings.HasSuffix(n.Why, "区の依頼 ##########") || n.WhyEN == "" {
		t.Errorf("pinned: %+v", n)
	}
	if len(h.put) != 1 || h.put[0].Priority != casework.PinnedPriority {
		t.Errorf("put %+v", h.put)
	}
	whole := into[struct{ Case Case }](t, boss.do("GET", "/api/cases/case-1", nil).want(t, 200)).Case
	if !whole.Pinned || whole.Order == nil || whole.Order.Act != casework.Pin || whole.Order.ByName != "職員supervisor" ||
		!strings.Contains(whole.Stands.JA, "先頭に固定されています") || whole.Stands.EN == "" {
		t.Errorf("the pinned case: %+v, order %+v", whole, whole.Order)
	}
	// The next opening after the time that was given.
	if n := next(order("skip", map[string]any{"until": tuesday.Add(9 * time.Hour)})); n.Due == nil || !n.Due.Equal(tuesday.Add(27*time.Hour)) {
		t.Errorf("skipped: %+v", n)
	}
	if n := next(order("hold", nil)); n.State != dialer.CaseHeld || len(h.removed) != 1 {
		t.Errorf("held: %+v, removed %v", n, h.removed)
	}
	if n := next(order("release", nil)); n.State != dialer.CaseWaiting || n.Due == nil || !n.Due.Equal(tuesday) {
		t.Errorf("released: %+v", n)
	}
}

func TestOrdersThatCannotBeCarriedOut(t *testing.T) {
	h := open(t)
	boss := h.as("supervisor")
	for _, c := range []struct {
		name, act string
		body      any
		status    int
		rule      string
		field     string
	}{
		{"without a reason", "pin", map[string]any{}, 422, "invalid", "reason"},
		{"an empty reason", "hold", map[string]any{"reason": ""}, 422, "invalid", "reason"},
		{"no time", "skip", map[string]any{"reason": "x"}, 422, "invalid", "until"},
		{"a time that is past", "skip", map[string]any{"reason": "x", "until": tuesday}, 422, "invalid", "until"},
		{"a time too far", "skip", map[string]any{"reason": "x", "until": tuesday.AddDate(0, 4, 0)}, 422, "invalid", "until"},
		{"a time where none belongs", "pin", map[string]any{"reason": "x", "until": tuesday.Add(time.Hour)}, 422, "invalid", "until"},
	} {
		p := boss.do("POST", "/api/cases/case-1/"+c.act, c.body).problem(t, c.status, c.rule)
		if len(p.Errors) != 1 || p.Errors[0].Field != c.field {
			t.Errorf("%s: %+v", c.name, p.Errors)
		}
	}
	for _, act := range casework.Acts {
		body := map[string]any{"reason": "x"}
		if act == casework.Skip {
			body["until"] = tuesday.Add(time.Hour)
		}
		boss.do("POST", "/api/cases/none/"+string(act), body).problem(t, 404, "not_found")
		h.as("operator").do("POST", "/api/cases/case-1/"+string(act), map[string]any{"reason": "x"}).problem(t, 403, "forbidden")
	}
	for _, state := range []dialer.CaseState{dialer.CaseResultDue, dialer.CaseClosed} {
		h.set(func() {
			c := h.cases["case-1"]
			c.Next = dialer.CaseNext{State: state, Why: "いま"}
			h.cases["case-1"] = c
		})
		boss.do("POST", "/api/cases/case-1/pin", map[string]any{"reason": "x"}).problem(t, 409, "case_busy")
	}
}

func TestWhyNobodyIsDialled(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.counts = casework.Counts{
			Waiting: []casework.Count{
				{Cause: dialer.CauseResult, N: 42, First: tuesday.Add(3 * time.Hour)},
				{Cause: dialer.CauseLanguage, Language: "zh", N: 3, First: tuesday.Add(48 * time.Hour)},
			},
			Held: 5,
		}
		h.fail.present, h.fail.dial = dialer.Refuse(dialer.QueueEmpty), dialer.Refuse(dialer.QueueEmpty)
	})
	q := into[struct {
		HeldBack  []HeldBack `json:"held_back"`
		WhyNobody *Reason    `json:"why_nobody"`
	}](t, h.as("supervisor").do("GET", "/api/queue", nil).want(t, 200))
	const want = "いま架電できる案件はありません。次の案件は13:00からです(42件は再架電の間隔待ち、3件は中国語の席待ち、5件は保留中)"
	if q.WhyNobody == nil || q.WhyNobody.JA != want || q.WhyNobody.EN == "" || len(q.HeldBack) != 3 || q.HeldBack[1].Cause != dialer.CauseLanguage {
		t.Errorf("%+v, %+v", q.WhyNobody, q.HeldBack)
	}
	op := h.as("operator")
	op.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	for _, a := range []answered{
		op.do("POST", "/api/desks/desk1/next", map[string]any{}), op.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}),
	} {
		if p := a.problem(t, 409, "queue_empty"); p.Detail != want {
			t.Errorf("the operator is told %q", p.Detail)
		}
	}
	h.set(func() { h.fail.counts = errors.New("no answer") })
	if p := op.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}).problem(t, 409, "queue_empty"); p.Detail == want {
		t.Errorf("what the ledger could not say is told all the same: %q", p.Detail)
	}
}

// TestASupervisorReordersTheLine: up, down and to the end, as far as the rules of the line allow; the record has both places.
func TestASupervisorReordersTheLine(t *testing.T) {
	h := open(t)
	h.set(func() {
		for i, id := range []dialer.CaseID{"case-1", "case-2", "case-3", "case-4"} {
			c := sampleCase()
			c.ID = id
			h.cases[id] = c
			due, later := tuesday.Add(-time.Hour), i == 3
			if later {
				due = tuesday.Add(time.Hour)
			}
			h.places = append(h.places, dialer.Place{Waiting: dialer.Waiting{Case: id, Priority: 100, Due: due}, IsDue: !later})
		}
	})
	supervisor := h.as("supervisor")
	move := func(id string, body any) answered { return supervisor.do("POST", "/api/cases/"+id+"/move", body) }
	got := into[map[string]int](t, move("case-3", map[string]string{"before": "case-2"}).want(t, 200))
	if got["from"] != 3 || got["to"] != 2 {
		t.Errorf("moved %v", got)
	}
	if e := h.noted(); e.Action != audit.Changed || e.Detail != "place in the line: 3 → 2" || !slices.Contains(e.Refs, "ref-case-3") {
		t.Errorf("written: %+v", e)
	}
	if o := h.cases["case-3"].Order; o.Act != casework.Move || o.By != "user-supervisor" || o.From != 3 || o.To != 2 || o.Reason != movedBy {
		t.Errorf("kept: %+v", o)
	}
	put := map[dialer.CaseID]time.Time{}
	for _, w := range h.put {
		put[w.Case] = w.Due
	}
	// case-1 made room for case-3: they were equals.
	if len(put) != 2 || !put["case-1"].Before(put["case-3"]) || !put["case-3"].Before(tuesday.Add(-time.Hour)) {
		t.Errorf("the queue was told %v", h.put)
	}
	move("case-4", map[string]string{"before": "case-1"}).problem(t, 409, "case_busy")
	move("case-1", map[string]string{"after": "case-4"}).problem(t, 409, "case_busy")
	move("case-9", map[string]string{"before": "case-1"}).problem(t, 409, "case_busy")
	move("case-1", map[string]string{}).problem(t, 422, "invalid")
	move("case-1", map[string]string{"before": "case-2", "after": "case-3"}).problem(t, 422, "invalid")
	h.as("operator").do("POST", "/api/cases/case-1/move", map[string]string{"before": "case-2"}).problem(t, 403, "forbidden")
}

func (w waitingRoom) Move(_ context.Context, p casework.Placed, o casework.Order) (all []dialer.Waiting, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.cases[p.Case]
	o.From, o.To = p.From, p.To
	c.Order = &o
	w.cases[p.Case] = c
	for i, at := range w.places {
		if at.Case == p.Case {
			w.places[i].Priority, w.places[i].Due = p.Priority, p.Due
			all = append(all, w.places[i].Waiting)
		}
		for _, r := range p.Respaced {
			if r.Case == at.Case {
				w.places[i].Due = r.Due
				all = append(all, w.places[i].Waiting)
			}
		}
	}
	return all, nil
}
