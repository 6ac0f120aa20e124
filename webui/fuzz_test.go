package webui

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"kakeru/dialer/casework"
	"kakeru/webui/auth"
)

// FuzzBodies sends anything as the body of what changes something: the answer is a success or a problem with both
// sentences, never a failure of ours.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"desk":"desk1","next":true}`, `{"desk":"desk1","case_id":"case-1","number":"０９０ー１２３４"}`,
		`{"party":"self","business_results":["promise"],"promise":{"amount_yen":1e99,"due_on":"2026-02-30","means":"slip","parts":[{}]}}`,
		`{"party":"self","business_results":["call_back"],"call_again_at":"2026-13-45T99:99:99Z","mine":"yes"}`,
		`{"login":"x","password":"y"}`, `{"take_over":1}`, "{\"q\":\"\xff\"}", `{"q":"` + strings.Repeat("字", 300) + `"}`, `{"a":{"b":[{"c":`,
	} {
		for route := range uint8(6) {
			f.Add(route, body)
		}
	}
	routes := []string{
		"POST /api/calls", "PUT /api/attempts/a1/result", "POST /api/session", "POST /api/desks/desk1/sit", "POST /api/desks/desk1/next",
		"POST /api/cases/search",
	}
	h := openFor(f)
	h.set(func() { h.attempts = []casework.Attempt{talked("a1", "user-operator")} })
	session, err := h.server.keeper.SignIn(f.Context(), auth.SignIn{Login: "operator", Password: password})
	if err != nil {
		f.Fatal(err)
	}
	cookie := h.server.keeper.Cookie(session)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		method, path, _ := strings.Cut(routes[int(which)%len(routes)], " ")
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&cookie)
		w := h.handle(r)
		if w.Code < 300 {
			return
		}
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Detail == "" || p.DetailEN == "" || w.Code >= 500 {
			t.Fatalf("%s %s with %q: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}
