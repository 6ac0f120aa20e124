package webui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// TestNoRouteTakesANUL walks all routes that take text: each text with a NUL is refused by its place, before anything else is asked.
func TestNoRouteTakesANUL(t *testing.T) {
	h := open(t)
	d := h.described(t)
	cookies := map[dialer.Role]http.Cookie{}
	for _, role := range dialer.Roles {
		s, err := h.server.keeper.SignIn(t.Context(), auth.SignIn{Login: string(role), Password: password})
		if err != nil {
			t.Fatal(err)
		}
		cookies[role] = h.server.keeper.Cookie(s)
	}
	walked := 0
	d.eachOperation(func(method, path string, _ operation, body *schema) {
		if body == nil {
			return
		}
		sent := d.filled(*body, "a\x00b", 0)
		want := textPlaces(sent, "")
		if len(want) == 0 {
			return
		}
		walked++
		r := httptest.NewRequest(method, strings.NewReplacer("{id}", "x", "{month}", "2026-11", "{kind}", "month").Replace(path), strings.NewReader(string(asJSON(sent))))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "x")
		if row, _ := auth.Lookup(method + " " + path); !row.Public {
			cookie := cookies[row.Roles[0]]
			r.AddCookie(&cookie)
		}
		w := h.handle(r)
		p := into[Problem](t, answered{status: w.Code, body: w.Body.Bytes()})
		var got []string
		for _, f := range p.Errors {
			if f.Code != "nul" || f.Detail == "" || f.DetailEN == "" {
				t.Errorf("%s %s: %+v", method, path, f)
			}
			got = append(got, f.Field)
		}
		if slices.Sort(want); w.Code != http.StatusUnprocessableEntity || !slices.Equal(got, want[:min(len(want), mostPlaces)]) {
			t.Errorf("%s %s: %d, places %q, want %q", method, path, w.Code, got, want)
		}
	})
	if walked < 30 {
		t.Errorf("only %d routes that take text: the walk shows nothing", walked)
	}
	for body, want := range map[string]string{`{"q":"a\u0000"}`: "q", `{"q":"a","\u0000":1}`: "", `{"a":[{"b":["x","\u0000"]}]}`: "a[0].b[1]"} {
		r := httptest.NewRequest(http.MethodPost, "/api/cases/search", strings.NewReader(body))
		cookie := cookies[dialer.RoleSupervisor]
		r.AddCookie(&cookie)
		w := h.handle(r)
		if p := into[Problem](t, answered{status: w.Code, body: w.Body.Bytes()}); w.Code != http.StatusUnprocessableEntity || p.Errors[0].Field != want {
			t.Errorf("%s: %d %+v", body, w.Code, p)
		}
	}
	// A backslash before it makes it plain text.
	r := httptest.NewRequest(http.MethodPost, "/api/cases/search", strings.NewReader(`{"q":"港山\\u0000"}`))
	cookie := cookies[dialer.RoleSupervisor]
	r.AddCookie(&cookie)
	if w := h.handle(r); w.Code == http.StatusUnprocessableEntity && strings.Contains(w.Body.String(), `"nul"`) {
		t.Errorf("what only looks like one: %d %s", w.Code, w.Body)
	}
}

// textPlaces are the places of all texts in a value, as a request spells them.
func textPlaces(v any, at string) (places []string) {
	switch v := v.(type) {
	case string:
		return []string{at}
	case []any:
		for i, one := range v {
			places = append(places, textPlaces(one, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		for name, one := range v {
			places = append(places, textPlaces(one, strings.TrimPrefix(at+"."+name, "."))...)
		}
	}
	return places
}

// TestAQueryIsKeptAsItsRouteKnowsIt: of a question that was answered the record has the filters of ours, and nothing that somebody could
// have typed freely.
func TestAQueryIsKeptAsItsRouteKnowsIt(t *testing.T) {
	h := open(t)
	supervisor, operator := h.as("supervisor"), h.as("operator")
	for _, c := range []struct {
		who       *client
		path, obj string
	}{
		{supervisor, "/api/attempts?limit=20&from=2026-11-24T09:00:00%2B09:00", "?from=2026-11-24T09:00:00+09:00&limit=20"},
		{supervisor, "/api/attempts?desk=desk1", "?desk=desk1"},
		{supervisor, "/api/attempts?desk=yamada-hanako", "?desk=(left out)"},
		{supervisor, "/api/attempts?desk=09012345678&limit=5", "?desk=(left out)&limit=5"},
		{supervisor, "/api/attempts?case_id=%E6%B8%AF%E5%B1%B1", "?case_id=(left out)"},
		{supervisor, "/api/attempts?case_id=01930000-0000-7000-8000-000000000001", "?case_id=01930000-0000-7000-8000-000000000001"},
		{supervisor, "/api/handoffs?state=open&kind=other", "?state=open&kind=other"},
		{operator, "/api/handoffs?case_id=0312345678", "?case_id=(left out)"},
		{supervisor, "/api/attempts", ""},
	} {
		c.who.do(http.MethodGet, c.path, nil).want(t, http.StatusOK)
		if e := h.noted(); e.Action != audit.Listed || e.Object != c.obj || e.Outcome != "" {
			t.Errorf("%s: %+v", c.path, e)
		}
	}
}

// TestANULIsLookedForInOneWalk: what a body costs is a small multiple of it, however deep it nests, also before anybody has signed in.
func TestANULIsLookedForInOneWalk(t *testing.T) {
	cost := func(deep int) uint64 {
		body := []byte(`{"p":"\u0000","q":` + strings.Repeat("[", deep) + strings.Repeat("0,", 20000) + "0" + strings.Repeat("]", deep) + "}")
		read := withoutNUL(json.Unmarshal)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var into any
		if err := read(body, &into); err == nil || err.Error() != nulAt+"p" {
			t.Fatalf("%v", err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	cost(1)
	if flat, deep := cost(1), cost(5000); deep > 10*flat {
		t.Errorf("it takes %d octets flat, and %d nested", flat, deep)
	}
}
