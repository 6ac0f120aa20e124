package webui

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

var testIdentity = casework.Identity{Needed: 2, Allowed: []casework.Identifier{casework.ByName, casework.ByBirthday, casework.ByAddress}}

// looks keeps who was shown what.
type looks struct {
	mu      sync.Mutex
	lines   []casework.Disclosure
	checked map[dialer.CaseID]time.Time
	fail    error
}

func (l *looks) Disclose(_ context.Context, d casework.Disclosure) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil {
		l.lines = append(l.lines, d)
	}
	return l.fail
}

func (l *looks) Disclosures(_ context.Context, attempt dialer.CallID) (out []casework.Disclosure, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.lines {
		if d.Attempt == attempt {
			out = append(out, d)
		}
	}
	return out, nil
}

func (l *looks) CheckHistory(_ context.Context, id dialer.CaseID, by dialer.UserID, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.checked == nil {
		l.checked = map[dialer.CaseID]time.Time{}
	}
	l.checked[id+dialer.CaseID(by)] = at
	return nil
}

func (l *looks) HistoryChecked(_ context.Context, id dialer.CaseID, by dialer.UserID, _ time.Time) (time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.checked[id+dialer.CaseID(by)], nil
}

// page is what a case's page says of the debt.
type page struct {
	Case struct {
		Balances []Balance
		TotalYen *int64 `json:"total_yen"`
	}
	Promises     []PromiseLine
	Paid         *Paid
	Identity     IdentityCheck
	HistoryCheck HistoryCheck `json:"history_check"`
}

func (c *client) page(t *testing.T) page {
	t.Helper()
	return into[page](t, c.do("GET", "/api/cases/case-1", nil).want(t, 200))
}

func (p page) owes(t *testing.T, shown bool) {
	t.Helper()
	for _, l := range p.Promises {
		if (l.PaidYen != nil) != shown || (l.Why != "") != shown || (p.Paid != nil) != shown || l.AmountYen == 0 {
			t.Errorf("what was paid shown: want %v, got %+v", shown, p)
		}
	}
	if (len(p.Case.Balances) > 0) != shown || (p.Case.TotalYen != nil) != shown || p.Identity.Shown != shown {
		t.Errorf("debt shown: want %v, got %+v", shown, p)
	}
}

// atDesk puts the case to a desk, with a call there or without.
func (h *house) atDesk(desk int, user dialer.UserID, call dialer.CallID, state dialer.DeskState) {
	h.set(func() {
		d := &h.desks[desk]
		d.Operator, d.CaseID, d.CallID, d.State = user, "case-1", call, state
	})
}

// The debt is hidden from whoever has the case at a desk until the person there is known, and from operators beside that.
func TestTheDebtIsShownOnceThePersonIsKnown(t *testing.T) {
	h := open(t)
	h.promised()
	o, boss := h.as("operator"), h.as("supervisor")
	o.page(t).owes(t, false)
	boss.page(t).owes(t, true)
	for c, shown := range map[*client]bool{o: false, boss: true} {
		found := into[struct{ Items []CaseBrief }](t, c.do("POST", "/api/cases/search", map[string]string{"q": sampleCase().WardNumber}).want(t, 200))
		if len(found.Items) != 1 || (found.Items[0].BalanceYen != nil) != shown {
			t.Errorf("found %+v", found.Items)
		}
	}

	h.atDesk(0, "user-operator", "", dialer.DeskReady)
	o.page(t).owes(t, false)
	tick := func(c *client, party string, by ...string) answered {
		body := map[string]any{"confirmed": append([]string{}, by...)}
		if party != "" {
			body["party"] = party
		}
		return c.do("PUT", "/api/calls/call-1/identity", body)
	}
	tick(o, "self", "name", "born_on").problem(t, 409, string(dialer.NotTalking)) // there is no talk

	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", CaseID: "case-1", Desk: "desk1", Operator: "user-operator"}
	})
	h.atDesk(0, "user-operator", "call-1", dialer.DeskInCall)
	tick(o, "self", "name", "born_on").problem(t, 409, string(dialer.NotTalking)) // nobody is there yet
	h.set(func() { c := h.calls["call-1"]; c.AnsweredAt = tuesday; h.calls["call-1"] = c })
	for _, by := range [][]string{{"name"}, {"name", "name"}, {"name", "phone"}, {"", "name"}} {
		tick(o, "self", by...).problem(t, 422, "invalid")
	}
	tick(h.as("operator2"), "self", "name", "born_on").problem(t, 409, string(dialer.NotTalking)) // not their talk
	o.page(t).owes(t, false)

	tick(o, "", "name", "born_on").want(t, 200)
	o.page(t).owes(t, true)
	if p := o.page(t); !slices.Equal(p.Identity.Confirmed, []casework.Identifier{casework.ByName, casework.ByBirthday}) {
		t.Errorf("confirmed %v", p.Identity.Confirmed)
	}
	tick(o, "family", "name", "born_on").want(t, 200) // whatever the family knows
	o.page(t).owes(t, false)
	tick(o, "self", "name", "address").want(t, 200)
	o.page(t).owes(t, true)
	tick(o, "self").want(t, 200)
	o.page(t).owes(t, false)

	tick(o, "self", "name", "address").want(t, 200)
	h.atDesk(0, "user-operator", "call-2", dialer.DeskWrapUp) // the next talk begins from nothing
	o.page(t).owes(t, false)

	// What is not written down is not shown.
	h.looks.mu.Lock()
	h.looks.fail = dialer.ErrLedgerDown
	h.looks.mu.Unlock()
	o.do("PUT", "/api/calls/call-2/identity", map[string]any{"confirmed": []string{"name", "address"}}).problem(t, 503, string(dialer.LedgerDown))
	o.page(t).owes(t, false)

	if n := len(h.looks.lines); n != 5 {
		t.Errorf("%d lines, want 5", n)
	}
	for _, l := range h.looks.lines {
		if l.By != "user-operator" || l.Case != "case-1" || l.Attempt != "call-1" || !l.At.Equal(tuesday) {
			t.Errorf("line %+v", l)
		}
	}
	if log := h.logs.String(); strings.Contains(log, "12300") || strings.Contains(log, "見本") {
		t.Error("a log with personal data")
	}
}

// A supervisor who calls is an operator to the debtor.
func TestASupervisorAtADeskAsksToo(t *testing.T) {
	h := open(t)
	boss := h.as("supervisor")
	h.atDesk(1, "user-supervisor", "call-1", dialer.DeskWrapUp)
	boss.page(t).owes(t, false)
	boss.do("PUT", "/api/calls/call-1/identity", map[string]any{"confirmed": []string{"name", "address"}, "party": "self"}).want(t, 200)
	boss.page(t).owes(t, true)
}

func TestDebtsAreShownAtOnceWhereTheWardSaysSo(t *testing.T) {
	h := open(t, func(d *Deps) { d.Identity.Needed = 0 })
	h.as("operator").page(t).owes(t, true)
}

func TestHistoryIsTickedOff(t *testing.T) {
	h := open(t, func(d *Deps) { d.NeedHistory = func() bool { return true } })
	o := h.as("operator")
	if c := o.page(t).HistoryCheck; !c.Needed || c.At != nil {
		t.Errorf("%+v", c)
	}
	o.do("POST", "/api/cases/case-1/history-check", nil).problem(t, 403, "forbidden") // it stands at no desk of theirs
	o.do("POST", "/api/cases/none/history-check", nil).problem(t, 404, "not_found")
	h.atDesk(0, "user-operator", "", dialer.DeskReady)
	o.do("POST", "/api/cases/case-1/history-check", nil).want(t, 200)
	if c := o.page(t).HistoryCheck; c.At == nil || !c.At.Equal(tuesday) {
		t.Errorf("%+v", c)
	}
	if c := h.as("supervisor").page(t).HistoryCheck; c.At != nil {
		t.Error("the tick is its own reader's")
	}
}
