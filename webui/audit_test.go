package webui

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
	"kakeru/webui/auth"
)

// noted waits for the newest entry that is not a sign-in or -out.
func (h *house) noted() audit.Entry {
	h.t.Helper()
	for _, e := range slices.Backward(h.book.all()) {
		if e.Action != audit.SignedIn && e.Action != audit.SignedOut {
			return e
		}
	}
	h.t.Fatal("nothing was written down")
	return audit.Entry{}
}

func TestReadingACaseIsWrittenDown(t *testing.T) {
	h := open(t)
	operator := h.as("operator")
	operator.do("GET", "/api/cases/case-1", nil).want(t, http.StatusOK)
	e := h.noted()
	if e.Action != audit.CaseRead || e.By != "user-operator" || e.Role != dialer.RoleOperator || e.Route != "GET /api/cases/{id}" || !slices.Contains(e.Refs, "ref-case-1") ||
		e.Address != "127.0.0.1" || e.Outcome != "" {
		t.Errorf("written: %+v", e)
	}
	n := len(h.book.all())
	operator.do("GET", "/api/cases/case-9", nil).want(t, http.StatusNotFound)
	if all := h.book.all(); len(all) != n+1 || all[n].Action != audit.Refused || len(all[n].Refs) > 0 {
		t.Errorf("what was not there was written down as seen: %+v", all[n:])
	}
	operator.do("POST", "/api/cases/search", map[string]any{"q": "0001234567"}).want(t, http.StatusOK)
	e = h.noted()
	if e.Action != audit.Searched || strings.Contains(e.Object+e.Detail+e.Route, "0001234567") || !slices.Contains(e.Refs, "ref-case-1") {
		t.Errorf("a search, which must not say for whom, and must say who was found: %+v", e)
	}
}

// TestWhatCannotBeWrittenDownIsNotShown: with the record away no case is shown, and a change that was made is kept for it, or where
// that is not possible either, it is said that it was made.
func TestWhatCannotBeWrittenDownIsNotShown(t *testing.T) {
	h := open(t)
	operator, admin, ward := h.as("operator"), h.as("admin"), h.as("ward")
	h.book.fails(true)
	answer := operator.do("GET", "/api/cases/case-1", nil)
	answer.problem(t, http.StatusServiceUnavailable, string(dialer.LedgerDown))
	if strings.Contains(string(answer.body), "case-1") {
		t.Error("the case was shown")
	}
	for _, search := range []struct {
		who   *client
		route string
		asked any
	}{{operator, "/api/cases/search", map[string]any{"q": "0001234567"}}, {ward, "/api/audit/search", map[string]any{}}} {
		answer := search.who.do("POST", search.route, search.asked)
		answer.problem(t, http.StatusServiceUnavailable, string(dialer.LedgerDown))
		if len(h.book.kept) > 0 {
			t.Errorf("%s was shown, and is to be written down later", search.route)
		}
	}
	admin.do("PATCH", "/api/users/user-operator2", map[string]any{"disabled": false}).want(t, http.StatusOK)
	h.book.mu.Lock()
	if len(h.book.kept) != 1 || h.book.kept[0].Action != audit.Changed || h.book.kept[0].By != "user-admin" || h.book.kept[0].Object != "user-operator2" {
		t.Errorf("what was done is not kept for the record: %+v", h.book.kept)
	}
	h.book.noDisk = true
	h.book.mu.Unlock()
	p := admin.do("PATCH", "/api/users/user-operator2", map[string]any{"disabled": true}).problem(t, http.StatusServiceUnavailable, string(dialer.LedgerDown))
	if p.Detail != errDoneUnwritten.Detail || !h.users["user-operator2"].Disabled {
		t.Errorf("a change says %q", p.Detail)
	}
	// Nothing that must work in any case waits for it.
	operator.do("GET", "/api/desks", nil).want(t, http.StatusOK)
	operator.do("DELETE", "/api/session", nil).want(t, http.StatusNoContent)
	h.browser().do("POST", "/api/session", map[string]string{"login": "operator", "password": password}).want(t, http.StatusServiceUnavailable)
}

func TestRefusalsAndSignInsAreWrittenDown(t *testing.T) {
	h := open(t)
	ward := h.as("ward")
	ward.do("GET", "/api/cases/case-1", nil).want(t, http.StatusForbidden)
	if e := h.noted(); e.Action != audit.Refused || e.By != "user-ward" || e.Outcome != ruleForbidden || !slices.Contains(e.Refs, "ref-case-1") {
		t.Errorf("written: %+v", e)
	}
	h.browser().do("POST", "/api/session", map[string]string{"login": "operator", "password": "wrong password"}).want(t, http.StatusUnauthorized)
	h.browser().do("POST", "/api/session", map[string]string{"login": "nobody", "password": "wrong password"}).want(t, http.StatusUnauthorized)
	ward.do("DELETE", "/api/session", nil).want(t, http.StatusNoContent)
	h.stop() // what nothing waits for is written before the end
	count := map[audit.Action]int{}
	for _, e := range h.book.all() {
		count[e.Action]++
		if e.Action == audit.SignInRefused && (e.By != "" || e.Address == "" || e.Object != "" || e.Detail != "") {
			t.Errorf("a wrong sign-in says %+v", e)
		}
	}
	if count[audit.SignInRefused] != 2 || count[audit.SignedIn] != 1 || count[audit.SignedOut] != 1 {
		t.Errorf("written: %v", count)
	}
}

func TestAChangeSaysBeforeAndAfter(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	admin.do("PATCH", "/api/users/user-operator2", map[string]any{"role": "supervisor", "password": "a new pass phrase"}).want(t, http.StatusOK)
	if e := h.noted(); e.Action != audit.Changed || e.Object != "user-operator2" || e.Detail != "role: operator → supervisor; password set" {
		t.Errorf("written: %+v", e)
	}
	admin.do("PATCH", "/api/users/user-admin", map[string]any{"disabled": true}).want(t, http.StatusUnprocessableEntity)
	if e := h.noted(); e.Outcome != ruleInvalid || e.Object != "user-admin" {
		t.Errorf("what was refused: %+v", e)
	}
}

// TestAChangeIsWrittenDownThoughItsAskerHangsUp: who hangs up at the right moment would have changed something, and nothing would say so.
func TestAChangeIsWrittenDownThoughItsAskerHangsUp(t *testing.T) {
	h := open(t)
	cookie := h.as("admin").cookie()
	raise := func(when func(hangUp func()) error) {
		ctx, hangUp := context.WithCancel(t.Context())
		defer hangUp()
		h.set(func() { h.whenDone = func() error { return when(hangUp) } })
		r := httptest.NewRequestWithContext(ctx, http.MethodPatch, "/api/users/user-operator2", strings.NewReader(`{"role":"supervisor"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", cookie)
		h.handle(r)
	}
	raise(func(hangUp func()) error { hangUp(); return nil })
	if e := h.noted(); e.Action != audit.Changed || e.Object != "user-operator2" || e.Detail != "role: operator → supervisor" {
		t.Errorf("written: %+v", e)
	}
	before := len(h.book.all())
	raise(func(func()) error { return dialer.ErrLedgerDown })
	h.waitsFor(func(e audit.Entry) bool {
		return e.N > int64(before) && e.Object == "user-operator2" && e.Outcome == string(dialer.LedgerDown)
	})
}

// TestEveryNotedRouteIsWrittenDown walks the table: whatever a row says that the record notes, a request that was answered leaves
// an entry of that kind.
func TestEveryNotedRouteIsWrittenDown(t *testing.T) {
	h := open(t)
	browsers := map[dialer.Role]*client{}
	for _, role := range dialer.Roles {
		browsers[role] = h.as(string(role))
	}
	_, browsers[dialer.RoleDisplay] = h.hang("壁")
	answered := 0
	for _, row := range auth.Table {
		method, path, _ := strings.Cut(row.Route, " ")
		if row.Public || row.Route == "POST /api/session/lock" { // a lock would end the walk
			continue
		}
		path = strings.NewReplacer("/cases/{id}", "/cases/case-1", "{id}", "nothing", "{kind}", "nothing", "{n}", "x", "{month}", "nothing").Replace(path)
		before := len(h.book.all())
		got := browsers[row.Roles[0]].do(method, path, nil)
		written := h.book.all()[before:]
		done := got.status < 300
		switch {
		case got.status == http.StatusNotFound && probed(row):
			if len(written) != 1 || written[0].Action == row.Noted && method == http.MethodGet || written[0].Outcome == "" || written[0].Object != noneSuch {
				t.Errorf("%s found nothing, and wrote %+v", row.Route, written)
			}
		case row.Noted == "" && len(written) > 0:
			t.Errorf("%s notes nothing, and wrote %+v", row.Route, written)
		case row.Noted != "" && done && (len(written) != 1 || written[0].Action != row.Noted || written[0].Outcome != ""):
			t.Errorf("%s was answered, and wrote %+v", row.Route, written)
		case method == http.MethodGet && got.status == http.StatusForbidden && len(written) == 1 && written[0].Action == audit.Refused:
		case method == http.MethodGet && !done && len(written) > 0:
			t.Errorf("%s showed nothing (%d), and wrote %+v", row.Route, got.status, written)
		}
		if row.Noted != "" && done {
			answered++
		}
	}
	if answered < 5 {
		t.Errorf("only %d of the noted routes were answered: the walk shows nothing", answered)
	}
}

// TestTheRecordIsSearchedByANumberAsItIsWritten: whoever asks who looked at a person is not told that nobody did because of a zero or a wide digit. What is no number
// is said to be none.
func TestTheRecordIsSearchedByANumberAsItIsWritten(t *testing.T) {
	h := open(t)
	ref := testRefs.Case("0007000022")
	h.book.mu.Lock()
	h.book.entries = append(h.book.entries, audit.Entry{N: 1, Event: audit.Event{At: tuesday, By: "user-operator", Action: audit.CaseRead, Refs: []string{ref}}})
	h.book.mu.Unlock()
	ward := h.as("ward")
	type result struct {
		Items   []AuditEntry
		CaseRef string `json:"case_ref"`
	}
	for _, number := range []string{"0007000022", "7000022", "０００７００００２２", " 7000022　"} {
		found := into[result](t, ward.do("POST", "/api/audit/search", map[string]any{"ward_number": number}).want(t, http.StatusOK))
		if len(found.Items) != 1 || found.CaseRef != ref {
			t.Errorf("%q finds %+v", number, found)
		}
	}
	for _, number := range []string{"000-7000022", "7000022a", "00070000220", "0000000000", "見本"} {
		p := ward.do("POST", "/api/audit/search", map[string]any{"ward_number": number}).problem(t, http.StatusUnprocessableEntity, ruleInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Field != "ward_number" || p.Errors[0].Detail == "" || p.Errors[0].DetailEN == "" {
			t.Errorf("%q is answered %+v", number, p)
		}
	}
}

func TestTheRecordIsSearched(t *testing.T) {
	h := open(t)
	h.as("operator").do("GET", "/api/cases/case-1", nil).want(t, http.StatusOK)
	h.clock.forward(24 * time.Hour)
	h.as("supervisor").do("GET", "/api/cases/case-1", nil).want(t, http.StatusOK)
	ward := h.as("ward")
	search := func(body map[string]any) []AuditEntry {
		t.Helper()
		return into[struct{ Items []AuditEntry }](t, ward.do("POST", "/api/audit/search", body).want(t, http.StatusOK)).Items
	}
	if found := search(map[string]any{"case_ref": "ref-case-1"}); len(found) != 2 || found[0].ByName != "職員supervisor" || found[1].ByName != "職員operator" {
		t.Errorf("found %+v", found)
	}
	if found := search(map[string]any{"case_ref": "ref-case-1", "from": "2026-11-25"}); len(found) != 1 {
		t.Errorf("from the second day on: %+v", found)
	}
	if found := search(map[string]any{"case_ref": "ref-case-1", "until": "2026-11-24", "by": "user-operator", "action": "case_read"}); len(found) != 1 {
		t.Errorf("until the first day: %+v", found)
	}
	if e := h.noted(); e.Action != audit.AuditRead || e.By != "user-ward" {
		t.Errorf("that the record was read says %+v", e)
	}
	for field, body := range map[string]map[string]any{"from": {"from": "24.11.2026"}, "until": {"from": "2026-11-25", "until": "2026-11-24"}} {
		p := ward.do("POST", "/api/audit/search", body).problem(t, http.StatusUnprocessableEntity, ruleInvalid)
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%v says %+v", body, p)
		}
	}
	type stands struct {
		Newest int64
		Anchor string
		Check  *AuditCheck
	}
	state := into[stands](t, ward.do("GET", "/api/audit", nil).want(t, http.StatusOK))
	if _, err := audit.ParseAnchor(state.Anchor); err != nil || state.Newest == 0 || state.Check != nil {
		t.Errorf("it stands as %+v (%v)", state, err)
	}
	state = into[stands](t, ward.do("POST", "/api/audit/check", nil).want(t, http.StatusOK))
	if state.Check == nil || state.Check.Entries == 0 || len(state.Check.Findings) > 0 {
		t.Errorf("checked: %+v", state.Check)
	}
	h.as("operator").do("POST", "/api/audit/printed", map[string]any{"screen": "/reports"}).want(t, http.StatusNoContent)
	if e := h.noted(); e.Action != audit.Printed || e.Detail != "/reports" {
		t.Errorf("printing says %+v", e)
	}
	for screen, want := range map[string]string{
		"/0312345678":                                 "/##########",
		"/cases/03-1234-5678/print":                   "/cases/##-####-####/print",
		"/reports/2026-11/3":                          "/reports/2026-11/3",
		"/cases/019a0a0a-0000-7000-8000-001234567890": "/cases/019a0a0a-0000-7000-8000-001234567890",
	} {
		h.as("operator").do("POST", "/api/audit/printed", map[string]any{"screen": screen}).want(t, http.StatusNoContent)
		if e := h.noted(); e.Detail != want {
			t.Errorf("printing %s says %q", screen, e.Detail)
		}
	}
}

// TestAnswersAreLookedThrough: cases and calls are found wherever an answer has them.
func TestAnswersAreLookedThrough(t *testing.T) {
	type deep struct {
		Case *dialer.CaseID
		When time.Time
		By   map[dialer.CaseID][]dialer.CallID
		any
	}
	out := []any{deep{Case: new(dialer.CaseID("a")), By: map[dialer.CaseID][]dialer.CallID{"b": {"c", "c", ""}}, any: &struct{ dialer.CaseID }{"d"}}, nil, []byte("x")}
	e := audit.Event{}
	look(reflect.ValueOf(out), &e, 0)
	slices.Sort(e.Cases)
	if !slices.Equal(e.Cases, []dialer.CaseID{"a", "b", "d"}) || !slices.Equal(e.Calls, []dialer.CallID{"c"}) {
		t.Errorf("found %v %v", e.Cases, e.Calls)
	}
}

// TestLiveFramesBearNoNote: what an operator wrote of a person is read by asking for the attempt, which is written down; no frame and no
// snapshot has it, not even for who wrote it.
func TestLiveFramesBearNoNote(t *testing.T) {
	h := open(t)
	h.set(func() {
		a := talked("call-1", "user-operator")
		a.Entry = &casework.Recorded{Entry: casework.Entry{Party: casework.Self, Note: "秘密のメモ"}, By: "user-operator"}
		h.attempts = []casework.Attempt{a}
	})
	for _, role := range []string{"operator", "supervisor"} {
		c := h.as(role)
		s := c.watch("")
		snapshot := s.until("snapshot")
		if !strings.Contains(string(snapshot.Data), `"call-1"`) || strings.Contains(string(snapshot.Data), "秘密のメモ") {
			t.Errorf("the snapshot of the %s: %s", role, snapshot.Data)
		}
		h.server.recount.attemptChanged("call-1")
		if f := s.until(frameAttempt); strings.Contains(string(f.Data), "秘密のメモ") || !strings.Contains(string(f.Data), `"call-1"`) {
			t.Errorf("the frame of the %s: %s", role, f.Data)
		}
		if got := c.do("GET", "/api/attempts/call-1", nil).want(t, http.StatusOK); !strings.Contains(string(got.body), "秘密のメモ") {
			t.Errorf("the %s asks for it: %s", role, got.body)
		}
		if e := h.noted(); e.Action != audit.CaseRead || e.Object != "call-1" {
			t.Errorf("written: %+v", e)
		}
	}
}

// TestARefusedRequestPutsNobodysDataIntoTheRecord: what somebody types into an address that they may not use is not kept.
func TestARefusedRequestPutsNobodysDataIntoTheRecord(t *testing.T) {
	h := open(t)
	operator := h.as("operator")
	for path, want := range map[string]string{
		"/api/users?%E6%B8%AF%E5%B1%B1=09012345678": "", "/api/reports/09012345678": "(no name of ours)", "/api/reports/month?period=2026-10": "month",
		"/api/lists/01930000-0000-7000-8000-000000000001": "01930000-0000-7000-8000-000000000001", "/api/reports/%E6%B8%AF%E5%B1%B1": "(no name of ours)",
	} {
		operator.do("GET", path, nil).want(t, http.StatusForbidden)
		if e := h.noted(); e.Action != audit.Refused || e.Object != want {
			t.Errorf("%s: %+v", path, e)
		}
	}
}

// TestARefusalByTheHandlerIsWrittenDown: who asks for another's case whole gets nothing, and an entry.
func TestARefusalByTheHandlerIsWrittenDown(t *testing.T) {
	h := open(t)
	h.as("operator").do("GET", "/api/cases/case-1/record", nil).want(t, http.StatusForbidden)
	if e := h.noted(); e.Action != audit.Refused || !slices.Contains(e.Refs, "ref-case-1") || e.Outcome != ruleForbidden {
		t.Errorf("written: %+v", e)
	}
}

// TestAskingForWhatIsNotThereIsWrittenDown: who tries one id after the other leaves an entry for each, without what they typed.
func TestAskingForWhatIsNotThereIsWrittenDown(t *testing.T) {
	h := open(t)
	operator, supervisor, admin := h.as("operator"), h.as("supervisor"), h.as("admin")
	const none = "01930000-0000-7000-8000-00000000dead"
	for _, c := range []struct {
		who          *client
		method, path string
		body         any
		action       audit.Action
	}{
		{operator, "GET", "/api/cases/" + none, nil, audit.Refused},
		{operator, "GET", "/api/cases/09012345678", nil, audit.Refused},
		{operator, "GET", "/api/cases/%E6%B8%AF%E5%B1%B1", nil, audit.Refused},
		{operator, "GET", "/api/attempts/" + none, nil, audit.Refused},
		{operator, "GET", "/api/attempts/09012345678/caller", nil, audit.Refused},
		{supervisor, "GET", "/api/attempts/" + none + "/recording", nil, audit.Refused},
		{operator, "GET", "/api/handoffs/" + none, nil, audit.Refused},
		{operator, "POST", "/api/cases/" + none + "/history-check", nil, audit.Refused},
		{supervisor, "GET", "/api/calls/" + none + "/trace", nil, audit.Refused},
		{admin, "PATCH", "/api/users/" + none, map[string]any{"disabled": true}, audit.Changed},
	} {
		before := len(h.book.all())
		c.who.do(c.method, c.path, c.body).want(t, http.StatusNotFound)
		all := h.book.all()
		if len(all) != before+1 {
			t.Errorf("%s %s: %d entries", c.method, c.path, len(all)-before)
			continue
		}
		e := all[before]
		if e.Action != c.action || e.Outcome != ruleNotFound || e.Object != noneSuch || len(e.Refs) > 0 || e.Detail != "" || e.By == "" {
			t.Errorf("%s %s: %+v", c.method, c.path, e)
		}
	}
	before := len(h.book.all())
	operator.do("POST", "/api/calls/"+none+"/hangup", nil).want(t, http.StatusNotFound)
	operator.do("GET", "/api/calls/"+none, nil).want(t, http.StatusNotFound)
	if n := len(h.book.all()) - before; n != 0 {
		t.Errorf("a call that is over: %d entries", n)
	}
}

// TestAnotherRoleEndsWhatTheOldOneOpened: a session that was opened without a second factor must not become an administrator's.
func TestAnotherRoleEndsWhatTheOldOneOpened(t *testing.T) {
	h := open(t)
	operator := h.as("operator2")
	h.as("admin").do("PATCH", "/api/users/user-operator2", map[string]any{"role": "supervisor"}).want(t, http.StatusOK)
	operator.do("GET", "/api/desks", nil).want(t, http.StatusUnauthorized)
}
