package webui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func TestSession(t *testing.T) {
	h := open(t, func(d *Deps) { d.Demo = true })
	c := h.browser()
	c.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	a := c.do("POST", "/api/session", map[string]string{"login": "OPERATOR", "password": password}).want(t, 200)
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"kakeru_session=", "HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	me := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200))
	if me.User.Login != "operator" || me.User.Role != dialer.RoleOperator || !me.Demo || me.Desk != nil {
		t.Fatalf("session %+v", me)
	}
	c.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	if me = into[SignedIn](t, c.do("GET", "/api/session", nil)); me.Desk == nil || *me.Desk != "desk1" {
		t.Fatalf("sits at %v", me.Desk)
	}
	c.do("DELETE", "/api/session", nil).want(t, 204)
	c.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	c.do("DELETE", "/api/session", nil).want(t, 204)
}

func TestWrongSignInsSayTheSame(t *testing.T) {
	h := open(t)
	h.set(func() {
		u := h.users["user-ward"]
		u.Disabled = true
		h.users[u.ID] = u
	})
	var said []string
	for _, try := range []map[string]string{
		{"login": "operator", "password": "wrong"}, {"login": "nobody", "password": password}, {"login": "ward", "password": password},
	} {
		p := h.browser().do("POST", "/api/session", try).problem(t, 401, "unauthorized")
		said = append(said, p.Detail+p.DetailEN)
	}
	if said[0] != said[1] || said[1] != said[2] {
		t.Fatalf("the answers tell the cases apart: %q", said)
	}
	if logs := h.logs.String(); strings.Contains(logs, "nobody") || strings.Contains(logs, password) {
		t.Fatal("the log names a login or a password")
	}
}

func TestTooManyWrongSignInsWait(t *testing.T) {
	h := open(t)
	c := h.browser()
	for range 10 {
		c.do("POST", "/api/session", map[string]string{"login": "operator", "password": "wrong"}).problem(t, 401, "unauthorized")
	}
	c.do("POST", "/api/session", map[string]string{"login": "operator", "password": password}).problem(t, 429, "unauthorized")
	h.as("supervisor") // others are let in
	h.clock.forward(16 * time.Minute)
	h.as("operator")
}

func TestExpiredSessionIsUnauthorized(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	for range 3 {
		h.clock.forward(7 * time.Hour) // used in time: lives on
		c.do("GET", "/api/desks", nil).want(t, 200)
	}
	h.clock.forward(4 * time.Hour) // older than a day
	c.do("GET", "/api/desks", nil).problem(t, 401, "unauthorized")
	c = h.as("operator")
	h.clock.forward(12 * time.Hour) // unused for too long
	c.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}).problem(t, 401, "unauthorized")
	if len(h.dialled) != 0 {
		t.Fatal("an expired session dialled")
	}
}

// TestMalformedInput: each mistake is one clear answer that names the field, and reaches no port.
func TestMalformedInput(t *testing.T) {
	h := open(t)
	operator, admin := h.as("operator"), h.as("admin")
	for _, c := range []struct {
		name, method, path, body string
		by                       *client
		status                   int
		field, code              string
	}{
		{"no JSON", "POST", "/api/calls", `{"desk":`, operator, 400, "", ""},
		{"nothing", "POST", "/api/calls", ``, operator, 400, "", ""},
		{"not an object", "POST", "/api/calls", `[1]`, operator, 422, "body", "bad_type"},
		{"wrong type", "POST", "/api/calls", `{"desk":7,"next":true}`, operator, 422, "desk", "bad_type"},
		{"unknown field", "POST", "/api/calls", `{"desk":"desk1","next":true,"autodial":true}`, operator, 422, "autodial", "unexpected"},
		{"wrong case of a field", "POST", "/api/calls", `{"desk":"desk1","Next":true}`, operator, 422, "Next", "unexpected"},
		{"no desk", "POST", "/api/calls", `{"next":true}`, operator, 422, "desk", "missing"},
		{"nobody to call", "POST", "/api/calls", `{"desk":"desk1"}`, operator, 422, "case_id", "missing"},
		{"two to call", "POST", "/api/calls", `{"desk":"desk1","next":true,"case_id":"case-1"}`, operator, 422, "next", "contradiction"},
		{"no number", "POST", "/api/calls", `{"desk":"desk1","case_id":"case-1","number":"abc"}`, operator, 422, "number", "bad_number"},
		{"limit too large", "GET", "/api/attempts?limit=100000", ``, operator, 422, "limit", "out_of_range"},
		{"limit no number", "GET", "/api/attempts?limit=many", ``, operator, 422, "limit", "bad_value"},
		{"time no time", "GET", "/api/attempts?from=yesterday", ``, operator, 422, "from", "bad_value"},
		{"unknown parameter", "GET", "/api/attempts?operator=x", ``, operator, 422, "operator", "unexpected"},
		{"month no month", "GET", "/api/progress?month=2026-13", ``, operator, 422, "month", "bad_month"},
		{"unknown role", "POST", "/api/users", `{"login":"a","name":"b","role":"king","password":"12345678"}`, admin, 422, "role", "unknown"},
		{"short password", "POST", "/api/users", `{"login":"a","name":"b","role":"ward","password":"1234"}`, admin, 422, "password", "length"},
		{"taken login", "POST", "/api/users", `{"login":"Ward","name":"b","role":"ward","password":"12345678"}`, admin, 422, "login", "double"},
		{"own rights", "PATCH", "/api/users/user-admin", `{"disabled":true}`, admin, 422, "role", "yourself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var body any
			if c.body != "" {
				body = c.body
			}
			p := c.by.do(c.method, c.path, body).problem(t, c.status, "invalid")
			if c.field == "" {
				return
			}
			if len(p.Errors) == 0 || p.Errors[0].Field != c.field || p.Errors[0].Code != c.code || p.Errors[0].Detail == "" || p.Errors[0].DetailEN == "" {
				t.Fatalf("errors %+v, want %s %s", p.Errors, c.field, c.code)
			}
		})
	}
	if len(h.dialled) != 0 {
		t.Fatal("a malformed click dialled")
	}
}

func TestWhatWasTypedIsNotToldBack(t *testing.T) {
	h := open(t)
	a := h.as("operator").do("POST", "/api/calls", `{"desk":"desk1","number":"0312345678","name":"見本 花子"}`)
	a.want(t, 422)
	if s := string(a.body); strings.Contains(s, "0312345678") || strings.Contains(s, "花子") {
		t.Fatalf("the answer repeats what was sent: %s", s)
	}
}

func TestBodyTooLarge(t *testing.T) {
	h := open(t)
	huge := `{"desk":"` + strings.Repeat("x", 2<<20) + `"}`
	h.as("operator").do("POST", "/api/calls", huge).problem(t, 413, "invalid")
}

func TestRefusalsOfTheEngine(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	for rule, status := range map[dialer.Rule]int{
		dialer.OutsideHours: 409, dialer.NumberLocked: 409, dialer.CaseBusy: 409, dialer.DeskBusy: 409, dialer.DeskUnregistered: 409,
		dialer.NotYourDesk: 409, dialer.ResultIsDue: 409, dialer.DoNotCall: 409, dialer.ForbiddenNumber: 409,
		dialer.CapReached: 409, dialer.NoRoute: 409,
		dialer.LedgerDown: 503, dialer.QueueDown: 503, dialer.Draining: 503, dialer.UnknownDesk: 404, dialer.UnknownCase: 404,
	} {
		h.set(func() { h.fail.dial = &dialer.Refusal{Rule: rule, JA: "理由", EN: "why"} })
		p := c.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}).problem(t, status, string(rule))
		if p.Detail != "理由" || p.DetailEN != "why" {
			t.Errorf("%s: %+v", rule, p)
		}
	}
	for err, want := range map[error]int{
		fmt.Errorf("x: %w", dialer.ErrLedgerDown): 503, fmt.Errorf("x: %w", dialer.ErrQueueDown): 503, errors.New("boom"): 500,
	} {
		h.set(func() { h.fail.dial = err })
		a := c.do("POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}).want(t, want)
		if strings.Contains(string(a.body), "boom") {
			t.Error("the inside is told outside")
		}
	}
}

func TestDial(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	a := c.do("POST", "/api/calls", map[string]any{"desk": "desk1", "case_id": "case-1", "number": "(090) 0000-1234"}, "Idempotency-Key", "click-7").want(t, 202)
	if got := string(a.body); !strings.Contains(got, `"call_id":"call-1"`) || !strings.Contains(got, `"attempt_id":"call-1"`) || !strings.Contains(got, `"case_id":"case-1"`) {
		t.Fatalf("answer %s", got)
	}
	want := dialer.DialRequest{
		Asker: dialer.Asker{User: "user-operator", Role: dialer.RoleOperator}, Desk: "desk1", Case: "case-1", Number: "09000001234", IdempotencyKey: "click-7",
	}
	if len(h.dialled) != 1 || h.dialled[0] != want {
		t.Fatalf("engine was asked %+v", h.dialled)
	}
	c.do("POST", "/api/calls", map[string]any{"desk": "desk9", "next": true}).problem(t, 404, "unknown_desk")
}

func TestDesks(t *testing.T) {
	h := open(t)
	op, op2, boss := h.as("operator"), h.as("operator2"), h.as("supervisor")
	op.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	op2.do("POST", "/api/desks/desk1/sit", map[string]any{}).problem(t, 409, "desk_busy")
	d := into[Desk](t, op2.do("POST", "/api/desks/desk1/sit", map[string]any{"take_over": true}).want(t, 200))
	if d.Operator == nil || *d.Operator != "user-operator2" || d.OperatorName != "職員operator2" || d.State != dialer.DeskReady {
		t.Fatalf("desk %+v", d)
	}
	op.do("POST", "/api/desks/desk9/sit", nil).problem(t, 404, "unknown_desk")
	h.set(func() { h.desks[0].CaseID, h.desks[0].CallID = "case-1", "call-1" })
	for _, c := range []struct {
		by    *client
		case1 bool
	}{{op, false}, {op2, true}, {boss, true}, {h.as("ward"), false}, {h.as("admin"), false}} {
		body := string(c.by.do("GET", "/api/desks", nil).want(t, 200).body)
		if strings.Contains(body, "case-1") != c.case1 || strings.Contains(body, "call-1") != c.case1 {
			t.Errorf("case shown is not %v: %s", c.case1, body)
		}
	}
	a := op2.do("POST", "/api/desks/desk1/next", map[string]any{"skip": true}).want(t, 200)
	if string(a.body) != `{"case_id":"case-1"}`+"\n" || h.presents[0] != (present{"", true}) {
		t.Fatalf("%s, asked %v", a.body, h.presents)
	}
	op2.do("POST", "/api/desks/desk1/next", nil).want(t, 200)
	h.set(func() { h.fail.present = dialer.Refuse(dialer.QueueEmpty) })
	op2.do("POST", "/api/desks/desk1/next", map[string]any{"case_id": "case-1"}).problem(t, 409, "queue_empty")
	op2.do("POST", "/api/desks/desk1/leave", nil).want(t, 200)
}

func TestCallsAreSeenByTheirOwn(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", CaseID: "case-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking, StartedAt: tuesday}
	})
	op, op2, boss := h.as("operator"), h.as("operator2"), h.as("supervisor")
	for by, n := range map[*client]int{op: 1, op2: 0, boss: 1} {
		list := into[struct{ Items []Call }](t, by.do("GET", "/api/calls", nil).want(t, 200))
		if list.Items == nil || len(list.Items) != n {
			t.Errorf("%d calls, want %d", len(list.Items), n)
		}
	}
	if c := into[Call](t, op.do("GET", "/api/calls/call-1", nil).want(t, 200)); c.OperatorName != "職員operator" || c.State != dialer.Talking {
		t.Errorf("call %+v", c)
	}
	op2.do("GET", "/api/calls/call-1", nil).problem(t, 404, "not_found")
	if a := op.do("POST", "/api/calls/call-1/hangup", nil).want(t, 202); len(h.hungUp) != 1 || len(a.body) != 0 {
		t.Fatalf("hung up %v, %s", h.hungUp, a.body)
	}
	op.do("POST", "/api/calls/call-2/hangup", nil).problem(t, 404, "not_found")
	h.set(func() { h.fail.hangup = dialer.Refuse(dialer.NotYourDesk) })
	op2.do("POST", "/api/calls/call-1/hangup", nil).problem(t, 409, "not_your_desk")
}

// TestHangUpNeedsNoStore: with the ledger silent, somebody who was here before hangs up without waiting for it.
func TestHangUpNeedsNoStore(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking}
	})
	c := h.as("operator")
	h.set(func() { h.stalled = true })
	h.clock.forward(time.Minute) // what was known is no longer taken as fresh
	c.do("POST", "/api/calls/call-1/hangup", nil).want(t, 202)
	if len(h.hungUp) != 1 {
		t.Fatal("not hung up")
	}
	h.browser().do("POST", "/api/calls/call-1/hangup", nil).problem(t, 401, "unauthorized")
}

func TestQueueAndCases(t *testing.T) {
	h := open(t)
	desk := dialer.DeskID("desk1")
	h.set(func() {
		h.places = []dialer.Place{
			{Waiting: dialer.Waiting{Case: "case-1", Due: tuesday, Priority: 3}, IsDue: true, Desk: desk},
			{Waiting: dialer.Waiting{Case: "gone", Due: tuesday}, IsDue: false},
		}
		held := sampleCase()
		held.ID, held.Next = "case-2", dialer.CaseNext{State: dialer.CaseHeld, Why: "番号相違"}
		h.cases["case-2"] = held
	})
	boss := h.as("supervisor")
	q := into[struct {
		Items, Held []CaseBrief
		Depth       Depth
	}](t, boss.do("GET", "/api/queue?limit=10", nil).want(t, 200))
	if len(q.Items) != 1 || q.Items[0].Name != "見本 太郎" || q.Items[0].NumberKind != dialer.KindMobile || *q.Items[0].BalanceYen != 12_300 ||
		!q.Items[0].IsDue || q.Items[0].Desk == nil || *q.Items[0].Desk != desk ||
		q.Items[0].Why != "いま1番席で扱っています(いま架電できます。新しい案件です)" || q.Items[0].NextNumber == nil || q.Items[0].NextNumber.Rank != 2 {
		t.Fatalf("items %+v", q.Items)
	}
	if len(q.Held) != 1 || q.Held[0].Why != "保留中です(番号相違)" || q.Depth != (Depth{Later: 1, Held: 1}) {
		t.Fatalf("held %+v depth %+v", q.Held, q.Depth)
	}
	boss.do("POST", "/api/cases/case-2/release", map[string]string{"reason": "番号を確認した 0300001234"}).want(t, 200)
	if got := h.cases["case-2"].Next; got.State != dialer.CaseWaiting || !got.Due.Equal(tuesday) || !strings.HasSuffix(got.Why, "番号を確認した ##########") {
		t.Fatalf("next %+v", got)
	}
	if len(h.put) != 1 || h.put[0] != (dialer.Waiting{Case: "case-2", Due: h.put[0].Due, Priority: 3, Lane: "its lane"}) {
		t.Fatalf("put %+v", h.put)
	}
	h.set(func() { h.fail.queue = dialer.ErrQueueDown })
	boss.do("POST", "/api/cases/case-2/release", map[string]string{"reason": "もう一度"}).problem(t, 503, "queue_down")
	boss.do("GET", "/api/queue", nil).problem(t, 503, "queue_down")
	boss.do("POST", "/api/cases/none/release", map[string]string{"reason": "x"}).problem(t, 404, "not_found")
}

// counting is a queue that counts by itself.
type counting struct{ line }

func (counting) Depth(context.Context) (due, later int, err error) { return 40_000, 7, nil }

func TestDepthOfAQueueThatCounts(t *testing.T) {
	h := open(t, func(d *Deps) { d.Queue = counting{line{world: d.Figures.(*world)}} })
	q := into[struct{ Depth Depth }](t, h.as("supervisor").do("GET", "/api/queue", nil).want(t, 200))
	if q.Depth != (Depth{Due: 40_000, Later: 7}) {
		t.Fatalf("depth %+v", q.Depth)
	}
}

func TestCasePage(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a2", "user-operator2"), talked("a1", "user-operator")}
	})
	c := h.as("operator")
	h.set(func() { h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1" })
	page := into[struct {
		Case    Case
		History []Attempt
		Masked  *bool
	}](t, c.do("GET", "/api/cases/case-1", nil).want(t, 200))
	if page.Case.WardNumber != "0001234567" || page.Case.TotalYen != nil || len(page.Case.Phones) != 2 || len(page.History) != 2 ||
		page.Masked == nil || *page.Masked {
		t.Fatalf("page %+v", page)
	}
	c.do("GET", "/api/cases/none", nil).problem(t, 404, "not_found")
	found := into[struct{ Items []CaseBrief }](t, c.do("POST", "/api/cases/search", map[string]string{"q": "0001234567"}).want(t, 200))
	if len(found.Items) != 1 || found.Items[0].CaseID != "case-1" {
		t.Fatalf("found %+v", found)
	}
	logs := h.logs.String()
	if !strings.Contains(logs, "case shown") {
		t.Error("who saw the case is not logged")
	}
	for _, personal := range []string{"見本 太郎", "0001234567", "09000001234", "江東区", "case-1?"} {
		if strings.Contains(logs, personal) {
			t.Errorf("the log holds %q", personal)
		}
	}
}

// TestACaseElsewhereIsMasked: an operator reads a case whole only while it stands at their desk.
func TestACaseElsewhereIsMasked(t *testing.T) {
	h := open(t)
	mine, theirs := talked("a1", "user-operator"), talked("a2", "user-operator2")
	mine.Entry = &casework.Recorded{Entry: casework.Entry{Party: casework.Self, Note: "私のメモ"}, By: "user-operator"}
	theirs.Entry = &casework.Recorded{Entry: casework.Entry{
		Party: casework.Self, Note: "他人のメモ", Promise: &casework.Promise{Yen: 98760, DueOn: "2026-12-07", Means: "slip"},
	}, By: "user-operator2"}
	h.set(func() {
		h.attempts = []casework.Attempt{theirs, mine}
		c := h.cases["case-1"]
		c.Person.PostalCode, c.Person.BornOn, c.WardNote = "1350000", "1950-01-02", "区の備考"
		h.cases["case-1"] = c
	})
	personal := []string{"江東区", "1350000", "1950-01-02", "区の備考", "0300001234", "09000001234", "他人のメモ", "98760"}
	read := func(c *client, whole bool) {
		t.Helper()
		body := string(c.do("GET", "/api/cases/case-1", nil).want(t, 200).body)
		for _, p := range personal {
			if strings.Contains(body, p) != whole {
				t.Errorf("whole %v, and %q: %s", whole, p, body)
			}
		}
		if strings.Contains(body, `"masked":true`) == whole || !strings.Contains(body, "私のメモ") || strings.Contains(body, `"•••••••••34"`) == whole {
			t.Errorf("whole %v: %s", whole, body)
		}
		one := string(c.do("GET", "/api/attempts/a2", nil).want(t, 200).body)
		if strings.Contains(one, "他人のメモ") != whole || strings.Contains(one, "98760") != whole {
			t.Errorf("whole %v: %s", whole, one)
		}
	}
	op := h.as("operator")
	read(op, false)
	read(h.as("supervisor"), true)
	h.set(func() { h.desks[0].Operator, h.desks[0].CaseID = "user-operator2", "case-1" })
	read(op, false)
	// As the panel does it: sit down, have the case presented, read it.
	op.do("POST", "/api/desks/desk2/sit", nil).want(t, 200)
	h.set(func() { h.desks[0].CaseID = "" })
	read(op, false)
	op.do("POST", "/api/desks/desk2/next", map[string]string{"case_id": "case-1"}).want(t, 200)
	read(op, true)
}

// TestWhatIsNotKnownYetIsNull: whoever reads the API finds each key, always.
func TestWhatIsNotKnownYetIsNull(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{{ID: "a1", CaseID: "case-1", Desk: "desk1", Operator: "user-operator", StartedAt: tuesday}}
		h.desks[0].InUseElsewhere = true
	})
	c := h.as("operator")
	attempt := into[map[string]any](t, c.do("GET", "/api/attempts/a1", nil).want(t, 200))
	for _, key := range []string{
		"dialled_at", "ringing_at", "answered_at", "ended_at", "ended_by", "result", "confidence", "why", "party", "entry",
	} {
		if value, ok := attempt[key]; !ok || value != nil {
			t.Errorf("%s of a living attempt: %v", key, value)
		}
	}
	desks := into[struct{ Desks []map[string]any }](t, c.do("GET", "/api/desks", nil).want(t, 200)).Desks
	for _, key := range []string{"registered", "operator", "call_id"} {
		if value, ok := desks[0][key]; !ok || value != nil {
			t.Errorf("%s of an empty desk: %v", key, value)
		}
	}
	if desks[0]["in_use_elsewhere"] != true {
		t.Errorf("a phone that is used elsewhere shows as %v", desks[0]["in_use_elsewhere"])
	}
}

func TestAttemptsByRole(t *testing.T) {
	h := open(t)
	mine, theirs := talked("a1", "user-operator"), talked("a2", "user-operator2")
	theirs.Entry = &casework.Recorded{
		Entry: casework.Entry{Party: casework.Self, Business: []casework.Business{casework.NoCommitment}, Note: "秘密のメモ"}, Revision: 2, By: "user-operator2", At: tuesday,
	}
	h.set(func() {
		h.attempts = []casework.Attempt{theirs, mine}
	})
	for _, c := range []struct {
		login, path  string
		n            int
		caseID, note bool
	}{
		{"operator", "/api/attempts", 1, true, false},
		{"operator", "/api/attempts?case_id=case-1", 2, true, false},
		{"supervisor", "/api/attempts", 2, true, true},
		{"ward", "/api/attempts", 2, false, false},
	} {
		a := h.as(c.login).do("GET", c.path, nil).want(t, 200)
		list := into[struct{ Items []Attempt }](t, a)
		if len(list.Items) != c.n || strings.Contains(string(a.body), "case-1") != c.caseID || strings.Contains(string(a.body), "秘密") != c.note {
			t.Errorf("%s %s: %s", c.login, c.path, a.body)
		}
	}
	ward := h.as("ward")
	ward.do("GET", "/api/attempts?case_id=case-1", nil).problem(t, 403, "forbidden")
	one := ward.do("GET", "/api/attempts/a2", nil).want(t, 200)
	if s := string(one.body); strings.Contains(s, "秘密") || strings.Contains(s, "case-1") || !strings.Contains(s, `"event":"answered"`) {
		t.Fatalf("the ward sees %s", s)
	}
	got := into[Attempt](t, h.as("supervisor").do("GET", "/api/attempts/a2", nil).want(t, 200))
	if got.Result == nil || *got.Result != dialer.Answered || got.EndedAt == nil || got.RingingAt != nil ||
		got.Entry.Revision != 2 || got.Entry.ByName != "職員operator2" || len(got.Evidence) != 1 {
		t.Fatalf("attempt %+v", got)
	}
	h.as("supervisor").do("GET", "/api/attempts/none", nil).problem(t, 404, "not_found")
	h.set(func() { h.fail.attempts = &dialer.Refusal{Rule: "bad_cursor", JA: "位置", EN: "cursor"} })
	p := h.as("supervisor").do("GET", "/api/attempts?cursor=x", nil).problem(t, 422, "invalid")
	if len(p.Errors) != 1 || p.Errors[0].Field != "cursor" {
		t.Fatalf("errors %+v", p.Errors)
	}
}

func TestResult(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a1", "user-operator")}
	})
	op := h.as("operator")
	promise := map[string]any{
		"party": "self", "business_results": []string{"promise"}, "note": "月末に納付",
		"promise": map[string]any{"amount_yen": 12_300, "due_on": "2026-11-30", "means": "slip"},
	}
	out := into[struct {
		Revision int
		Next     Next
	}](t, op.do("PUT", "/api/attempts/a1/result", promise).want(t, 200))
	if out.Revision != 1 || out.Next.State != dialer.CaseWaiting || out.Next.Due == nil || out.Next.Why == "" {
		t.Fatalf("recorded %+v", out)
	}
	if len(h.told) != 1 || h.cases["case-1"].Next.Why != out.Next.Why {
		t.Fatalf("told %v, case %+v", h.told, h.cases["case-1"].Next)
	}
	if e := h.attempts[0].Entry; e.Promise.Yen != 12_300 || e.By != "user-operator" || e.Note != "月末に納付" {
		t.Fatalf("entry %+v", e)
	}
	// A correction is a new revision.
	out2 := into[struct{ Revision int }](t, op.do("PUT", "/api/attempts/a1/result", map[string]any{"party": "voicemail"}).want(t, 200))
	if out2.Revision != 2 {
		t.Fatalf("revision %d", out2.Revision)
	}
	// What is wrong is said field by field, in casework's words.
	p := op.do("PUT", "/api/attempts/a1/result", map[string]any{"party": "self", "business_results": []string{"promise"}}).problem(t, 422, "invalid")
	if len(p.Errors) != 1 || p.Errors[0].Field != "promise" || p.Errors[0].Code != "missing" {
		t.Fatalf("errors %+v", p.Errors)
	}
	p = op.do("PUT", "/api/attempts/a1/result", map[string]any{"party": "ghost"}).problem(t, 422, "invalid")
	if p.Errors[0].Field != "party" || p.Errors[0].Code != "unknown" {
		t.Fatalf("errors %+v", p.Errors)
	}
}

func TestResultIsOnesOwn(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a1", "user-operator")}
	})
	entry := map[string]any{"party": "voicemail"}
	other := h.as("operator2")
	other.do("PUT", "/api/attempts/a1/result", entry).problem(t, 403, "forbidden")
	// Whoever takes the seat over takes what is owed there over, and may correct what they said of it; no more.
	other.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	other.do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	other.do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	h.as("supervisor").do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	other.do("PUT", "/api/attempts/a1/result", entry).problem(t, 403, "forbidden")
	other.do("PUT", "/api/attempts/none/result", entry).problem(t, 404, "not_found")
	unanswered := talked("a2", "user-operator")
	unanswered.Verdict.Result = dialer.Refused
	h.set(func() { h.attempts = append(h.attempts, unanswered) })
	other.do("PUT", "/api/attempts/a2/result", entry).problem(t, 403, "forbidden") // of which nothing is owed
}

// TestResultOfATalkThatWasHandedOn: whoever talked last owes it, and the one who handed it on does not.
func TestResultOfATalkThatWasHandedOn(t *testing.T) {
	h := open(t)
	a := talked("a1", "user-operator")
	a.HandedDesk, a.HandedTo = "desk2", "user-operator2"
	h.set(func() { h.attempts = []casework.Attempt{a} })
	entry := map[string]any{"party": "voicemail"}
	h.as("operator").do("PUT", "/api/attempts/a1/result", entry).problem(t, 403, "forbidden")
	second := h.as("operator2")
	second.do("PUT", "/api/attempts/a1/result", entry).want(t, 200)
	if got := into[Attempt](t, second.do("GET", "/api/attempts/a1", nil).want(t, 200)); got.HandedDesk != "desk2" || got.HandedTo != "user-operator2" {
		t.Errorf("%+v", got)
	}
}

func TestResultWhenItCannotBe(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a1", "user-operator")}
	})
	op, entry := h.as("operator"), map[string]any{"party": "voicemail"}
	h.set(func() { h.calls["a1"] = dialer.CallView{ID: "a1", State: dialer.Talking} })
	op.do("PUT", "/api/attempts/a1/result", entry).problem(t, 409, "desk_busy")
	h.set(func() { delete(h.calls, "a1"); h.attempts[0].EndedAt = time.Time{} })
	op.do("PUT", "/api/attempts/a1/result", entry).problem(t, 503, "ledger_down")
	h.set(func() { h.attempts[0].EndedAt = tuesday; h.fail.record = dialer.ErrLedgerDown })
	op.do("PUT", "/api/attempts/a1/result", entry).problem(t, 503, "ledger_down")
	if len(h.told) != 0 {
		t.Fatal("the desk was freed although nothing was recorded")
	}
}

// TestCorrectingAnOldAttemptMovesNothing: what a later call decided stays.
func TestCorrectingAnOldAttemptMovesNothing(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a2", "user-operator"), talked("a1", "user-operator")}
	})
	before := h.cases["case-1"].Next
	h.as("operator").do("PUT", "/api/attempts/a1/result", map[string]any{"party": "self", "business_results": []string{"complaint"}}).want(t, 200)
	if got := h.cases["case-1"].Next; got != before {
		t.Fatalf("the case was moved to %+v", got)
	}
}

func TestHoursAndProgress(t *testing.T) {
	h := open(t)
	c := h.as("ward")
	now := into[Hours](t, c.do("GET", "/api/hours", nil).want(t, 200))
	if !now.Open || now.Today == nil || *now.Today != (OpenSpan{From: "09:00", To: "17:00"}) || now.NextOpenAt != nil || now.Why != "" {
		t.Fatalf("hours %+v", now)
	}
	h.clock.forward(8 * time.Hour) // 18:00
	now = into[Hours](t, c.do("GET", "/api/hours", nil).want(t, 200))
	if now.Open || now.Why == "" || now.NextOpenAt == nil || now.NextOpenAt.In(dialer.Tokyo).Format("2 15:04") != "25 13:00" {
		t.Fatalf("hours %+v", now)
	}
	a := c.do("GET", "/api/progress", nil).want(t, 200)
	if s := string(a.body); !strings.Contains(s, `"month":"2026-11"`) || strings.Contains(s, "null") {
		t.Fatalf("progress %s", s)
	}
	h.set(func() { h.fail.progress = dialer.ErrLedgerDown })
	c.do("GET", "/api/progress?month=2026-10", nil).problem(t, 503, "ledger_down")
}

func TestUsers(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	u := into[Person](t, admin.do("POST", "/api/users", map[string]string{
		"login": "new", "name": "新人", "role": "operator", "password": password,
	}).want(t, 201))
	if u.ID == "" || u.Role != dialer.RoleOperator {
		t.Fatalf("user %+v", u)
	}
	c := h.as("new")
	c.do("POST", "/api/session/password", map[string]string{"old": password, "password": "a sentence of my own"}).want(t, 200)
	admin.do("PATCH", "/api/users/"+string(u.ID), map[string]any{"role": "ward", "name": "異動"}).want(t, 200)
	c.do("GET", "/api/calls", nil).problem(t, 401, "unauthorized") // from the next request on: what the old role had opened is over
	admin.do("PATCH", "/api/users/"+string(u.ID), map[string]any{"password": "another password"}).want(t, 200)
	h.browser().do("POST", "/api/session", map[string]string{"login": "new", "password": password}).problem(t, 401, "unauthorized")
	admin.do("PATCH", "/api/users/"+string(u.ID), map[string]any{"disabled": true}).want(t, 200)
	c.do("GET", "/api/desks", nil).problem(t, 401, "unauthorized")
	a := admin.do("GET", "/api/users", nil).want(t, 200)
	if s := string(a.body); !strings.Contains(s, "異動") || strings.Contains(s, "argon2") {
		t.Fatalf("users %s", s)
	}
	admin.do("PATCH", "/api/users/none", map[string]any{"disabled": true}).problem(t, 404, "not_found")
}

// upload sends a list as the panel does.
func (c *client) upload(name, text string) answered { return c.uploadTo("/api/lists", name, text) }

func (c *client) uploadTo(path, name, text string) answered {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", name)
	_, _ = part.Write([]byte(text))
	form.Close()
	return c.do("POST", path, body.String(), "Content-Type", form.FormDataContentType())
}

func TestLists(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	s := c.watch("")
	s.until("snapshot") // from here on it misses nothing
	id := into[struct{ List string }](t, c.upload(`C:\lists\11月.csv`, "a\nb\nc\n").want(t, 202)).List
	for {
		if p := dataOf[casework.Preview](t, s.until("list")); p.State == listStaged {
			if p.Rows != 3 || p.FileName != "11月.csv" || p.List != id {
				t.Fatalf("preview %+v", p)
			}
			break
		}
	}
	p := into[casework.Preview](t, c.do("GET", "/api/lists/"+id, nil).want(t, 200))
	if p.State != listStaged || p.Problems == nil || p.Kinds == nil {
		t.Fatalf("preview %+v", p)
	}
	c.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202)
	eventually(t, "the list is applied", func() bool {
		return into[casework.Preview](t, c.do("GET", "/api/lists/"+id, nil)).State == listApplied
	})
	c.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202) // twice does nothing more
	c.do("DELETE", "/api/lists/"+id, nil).want(t, 204)
	c.do("GET", "/api/lists/"+id, nil).problem(t, 404, "not_found")
	c.do("POST", "/api/lists/none/apply", nil).problem(t, 404, "not_found")
}

func TestListsThatCannotBeTaken(t *testing.T) {
	h := open(t)
	c := h.as("ward")
	h.set(func() {
		h.fail.stage = &casework.ListError{Code: "no_rows", JA: "明細がありません", EN: "no rows"}
	})
	id := into[struct{ List string }](t, c.upload("x.csv", "a\n").want(t, 202)).List
	var p casework.Preview
	eventually(t, "the list failed", func() bool {
		p = into[casework.Preview](t, c.do("GET", "/api/lists/"+id, nil).want(t, 200))
		return p.State == listFailed
	})
	if len(p.Problems) != 1 || p.Problems[0].Code != "no_rows" || p.Problems[0].JA != "明細がありません" || !p.Problems[0].Fatal {
		t.Fatalf("problems %+v", p.Problems)
	}
	c.do("POST", "/api/lists/"+id+"/apply", nil).problem(t, 404, "not_found")
	c.do("DELETE", "/api/lists/"+id, nil).want(t, 204)
	c.do("POST", "/api/lists", "no form", "Content-Type", "multipart/form-data; boundary=x").problem(t, 422, "invalid")

	// One that fails while being applied is as it was, and can be applied again.
	h.set(func() { h.fail.stage, h.fail.apply = nil, dialer.ErrLedgerDown })
	id = into[struct{ List string }](t, c.upload("y.csv", "a\n").want(t, 202)).List
	state := func() string { return into[casework.Preview](t, c.do("GET", "/api/lists/"+id, nil)).State }
	eventually(t, "staged", func() bool { return state() == listStaged })
	c.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202)
	eventually(t, "failed", func() bool { return state() == listFailed })
	h.set(func() { h.fail.apply = nil })
	c.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202)
	eventually(t, "applied", func() bool { return state() == listApplied })
}
