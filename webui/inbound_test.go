package webui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestWhoIsToldWhoCalls: the caller's number is for the operators whose phones ring, then for whoever has the call, and it
// is noted who saw it.
func TestWhoIsToldWhoCalls(t *testing.T) {
	h := open(t)
	const number = "0300001234"
	h.set(func() {
		h.desks[0].Operator, h.desks[0].State, h.desks[0].Ringing = "user-operator", dialer.DeskReady, "in-1"
		h.calls["in-1"] = dialer.CallView{ID: "in-1", Direction: dialer.Inbound, CaseID: "case-1", State: dialer.CallingDesk, StartedAt: tuesday}
		h.callers["in-1"] = callerIn{number, []dialer.CaseID{"case-1"}}
		h.callers["in-2"] = callerIn{}
	})
	rung, other, boss := h.as("operator"), h.as("operator2"), h.as("supervisor")
	for _, c := range []*client{rung, boss} {
		got := into[Caller](t, c.do("GET", "/api/attempts/in-1/caller", nil).want(t, 200))
		want := Caller{Number: number, Cases: []CallersCase{{ID: "case-1", Name: "見本 太郎"}}}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("caller %+v, want %+v", got, want)
		}
	}
	other.do("GET", "/api/attempts/in-1/caller", nil).problem(t, 404, "not_found")
	boss.do("GET", "/api/attempts/none/caller", nil).problem(t, 404, "not_found")
	if got := into[Caller](t, boss.do("GET", "/api/attempts/in-2/caller", nil).want(t, 200)); !got.Withheld || got.Number != "" || got.Cases == nil {
		t.Fatalf("a caller without a number: %+v", got)
	}

	// Another desk answered: it is told from then on, and this one no longer.
	h.set(func() {
		h.desks[0].Ringing = ""
		h.desks[1].Operator, h.desks[1].State, h.desks[1].CallID = "user-operator2", dialer.DeskInCall, "in-1"
	})
	rung.do("GET", "/api/attempts/in-1/caller", nil).problem(t, 404, "not_found")
	other.do("GET", "/api/attempts/in-1/caller", nil).want(t, 200)
	logs := h.logs.String()
	if !strings.Contains(logs, `"caller shown"`) || !strings.Contains(logs, `"user":"user-operator"`) {
		t.Error("who saw the caller is not logged")
	}
	if strings.Contains(logs, number) || strings.Contains(logs, "見本 太郎") {
		t.Error("the log holds who called")
	}
}

// TestATalkThatIsHandedOnSaysFromWhere: the desk that rings for it learns whose it is and who hands it on.
func TestATalkThatIsHandedOnSaysFromWhere(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.desks[1].Operator, h.desks[1].State, h.desks[1].Ringing = "user-operator2", dialer.DeskReady, "out-1"
		h.calls["out-1"] = dialer.CallView{
			ID: "out-1", Direction: dialer.Outbound, CaseID: "case-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking,
			TransferTo: "desk2", Held: true, Muted: true, Consulting: true,
		}
	})
	got := into[Caller](t, h.as("operator2").do("GET", "/api/attempts/out-1/caller", nil).want(t, 200))
	if got.From == nil || *got.From != "desk1" || got.Withheld || len(got.Cases) != 1 {
		t.Fatalf("caller %+v", got)
	}
	live := into[map[string]any](t, h.as("operator").do("GET", "/api/calls/out-1", nil).want(t, 200))
	for key, want := range map[string]any{"direction": "outbound", "held": true, "muted": true, "consulting": true, "transfer_to": "desk2"} {
		if live[key] != want {
			t.Errorf("%s is %v, want %v", key, live[key], want)
		}
	}
}

// TestWhoSeesThatADeskRings: whoever sits there and the supervisor; a call that nobody has answered is the supervisor's to see.
func TestWhoSeesThatADeskRings(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.desks[0].Operator, h.desks[0].State, h.desks[0].Ringing = "user-operator", dialer.DeskReady, "in-1"
		h.calls["in-1"] = dialer.CallView{ID: "in-1", Direction: dialer.Inbound, State: dialer.CallingDesk, StartedAt: tuesday}
	})
	for login, sees := range map[string]bool{"operator": true, "operator2": false, "supervisor": true, "ward": false, "admin": false} {
		desks := into[struct{ Desks []Desk }](t, h.as(login).do("GET", "/api/desks", nil).want(t, 200)).Desks
		if (desks[0].Ringing != nil) != sees || desks[1].Ringing != nil {
			t.Errorf("%s sees ringing %v", login, desks[0].Ringing)
		}
	}
	for login, sees := range map[string]int{"operator": 0, "supervisor": 1} {
		items := into[struct{ Items []Call }](t, h.as(login).do("GET", "/api/calls", nil).want(t, 200)).Items
		if len(items) != sees {
			t.Errorf("%s sees %d calls", login, len(items))
		}
		if sees == 1 && (items[0].Desk != "" || items[0].Direction != dialer.Inbound) {
			t.Errorf("the call is %+v", items[0])
		}
	}
}

func TestWhatIsAskedOfATalk(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking}
	})
	c := h.as("operator")
	var want []string
	for _, ask := range []struct {
		path string
		body any
		want string
	}{
		{"hold", nil, "hold true"},
		{"resume", nil, "hold false"},
		{"mute", nil, "mute true"},
		{"unmute", nil, "mute false"},
		{"transfer", map[string]any{"action": "start", "desk": "desk2"}, "transfer desk2 false"},
		{"transfer", map[string]any{"action": "start", "desk": "desk2", "consult": true}, "transfer desk2 true"},
		{"transfer", map[string]any{"action": "complete"}, "complete"},
		{"transfer", map[string]any{"action": "cancel"}, "cancel"},
	} {
		c.do("POST", "/api/calls/call-1/"+ask.path, ask.body).want(t, 202)
		want = append(want, "user-operator "+ask.want)
	}
	if !reflect.DeepEqual(h.asked, want) {
		t.Fatalf("asked %q, want %q", h.asked, want)
	}
	for field, body := range map[string]map[string]any{
		"desk": {"action": "start"}, "action": {"action": "push"}, "desk ": {"action": "cancel", "desk": "desk2"}, "desk  ": {"action": "complete", "consult": true},
	} {
		p := c.do("POST", "/api/calls/call-1/transfer", body).problem(t, 422, "invalid")
		if len(p.Errors) == 0 || p.Errors[0].Field != strings.TrimSpace(field) {
			t.Errorf("%v: %+v", body, p.Errors)
		}
	}
	c.do("POST", "/api/calls/none/hold", nil).problem(t, 404, "not_found")
	for rule, status := range map[dialer.Rule]int{dialer.NotTalking: 409, dialer.DeskBusy: 409, dialer.UnknownDesk: 404, dialer.NotYourDesk: 409} {
		h.set(func() { h.fail.control = dialer.Refuse(rule) })
		c.do("POST", "/api/calls/call-1/transfer", map[string]any{"action": "start", "desk": "desk2"}).problem(t, status, string(rule))
	}
}

func TestNamingTheCase(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	c.do("PUT", "/api/attempts/in-1/case", map[string]string{"case_id": "case-1"}).want(t, 204)
	if h.named["in-1"] != "case-1" {
		t.Fatalf("named %v", h.named)
	}
	c.do("PUT", "/api/attempts/in-1/case", map[string]string{}).problem(t, 422, "invalid")
	h.set(func() { h.fail.name = dialer.Refuse(dialer.UnknownCase) })
	c.do("PUT", "/api/attempts/in-1/case", map[string]string{"case_id": "none"}).problem(t, 404, "unknown_case")
}

// TestAResultOfACallThatCameIn: it was never dialled, and its result is recorded like any other's.
func TestAResultOfACallThatCameIn(t *testing.T) {
	h := open(t)
	a := talked("in-1", "user-operator")
	a.Direction, a.Verdict.Counted = "inbound", false
	a.DialledAt = time.Time{}
	h.set(func() { h.attempts = []casework.Attempt{a} })
	c := h.as("operator")
	got := into[struct{ Next Next }](t, c.do("PUT", "/api/attempts/in-1/result", map[string]any{
		"party": "self", "business_results": []string{"no_commitment"}, "kind": "call_back_received",
	}).want(t, 200)).Next
	if got.State != dialer.CaseWaiting || got.Why == "" {
		t.Fatalf("the case is %+v", got)
	}
	seen := into[map[string]any](t, c.do("GET", "/api/attempts/in-1", nil).want(t, 200))
	if seen["direction"] != "inbound" || seen["dialled_at"] != nil || seen["counted"] != false {
		t.Fatalf("the attempt is %v", seen)
	}
}

// TestACallWithoutItsNumberForbidsNone: that the number be called no more is not answered with a yes where there is none to put on the list, and nothing is kept of
// what else was said. Without it the result is taken.
func TestACallWithoutItsNumberForbidsNone(t *testing.T) {
	h := open(t)
	a := talked("in-1", "user-operator")
	a.Direction, a.Verdict.Counted, a.NumberKind = "inbound", false, dialer.KindWithheld
	h.set(func() { h.attempts = []casework.Attempt{a} })
	c, boss := h.as("operator"), h.as("supervisor")
	wantNone := func(r answered) {
		t.Helper()
		p := r.problem(t, 422, ruleInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Field != "do_not_call" || p.Errors[0].Code != "no_number" || p.Errors[0].Detail == "" || p.Errors[0].DetailEN == "" {
			t.Errorf("%+v", p.Errors)
		}
	}
	result := map[string]any{"party": "self", "business_results": []string{"refuses_to_pay"}, "kind": "inquiry", "do_not_call": true}
	wantNone(c.do("PUT", "/api/attempts/in-1/result", result))
	noted := map[string]any{"direction": "inbound", "case_id": nil, "number": nil, "result": nil, "kind": "inquiry", "do_not_call": true}
	wantNone(boss.do("POST", "/api/attempts", noting(noted)))
	noted["case_id"] = "case-1"
	wantNone(boss.do("POST", "/api/attempts", noting(noted)))
	if len(h.hand.noted) != 0 {
		t.Errorf("kept %+v", h.hand.noted)
	}
	noted["number"] = "03-0000-1234"
	boss.do("POST", "/api/attempts", noting(noted)).want(t, 201)
	delete(result, "do_not_call")
	c.do("PUT", "/api/attempts/in-1/result", result).want(t, 200)
	h.set(func() { h.attempts[1].NumberKind = dialer.KindFixed })
	result["do_not_call"] = true
	c.do("PUT", "/api/attempts/in-1/result", result).want(t, 200)
}
