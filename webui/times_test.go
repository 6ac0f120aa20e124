package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// noYears are times that RFC 3339 can say and no answer of ours: their years in UTC are -1 and 10000.
var noYears = []string{"0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"}

// TestNoRouteTakesATimeOfNoYear walks all routes that take times, in their body or their address: each is refused by its place.
func TestNoRouteTakesATimeOfNoYear(t *testing.T) {
	h := open(t)
	d := h.described(t)
	browsers := map[dialer.Role]*client{}
	for _, role := range dialer.Roles {
		browsers[role] = h.as(string(role))
	}
	walked := 0
	refused := func(method, path string, sent any, want []string) {
		t.Helper()
		walked += len(want)
		row, _ := auth.Lookup(method + " " + strings.SplitN(path, "?", 2)[0])
		p := into[Problem](t, browsers[row.Roles[0]].do(method, strings.ReplaceAll(path, "{id}", "1"), sent))
		var got []string
		for _, f := range p.Errors {
			if f.Code != "bad_time" || f.Detail == "" || f.DetailEN == "" {
				t.Errorf("%s %s: %+v", method, path, f)
			}
			got = append(got, f.Field)
		}
		slices.Sort(got)
		if slices.Sort(want); p.Status != http.StatusUnprocessableEntity || !slices.Equal(got, want) {
			t.Errorf("%s %s: %d, places %q, want %q", method, path, p.Status, got, want)
		}
	}
	d.eachOperation(func(method, path string, op operation, body *schema) {
		for _, at := range noYears {
			for _, p := range op.Parameters {
				if p.In == "query" && d.resolve(p.Schema).Format == "date-time" {
					refused(method, path+"?"+url.Values{p.Name: {at}}.Encode(), nil, []string{p.Name})
				}
			}
			if body == nil {
				continue
			}
			if sent, places := d.timed(*body, at, ""); len(places) > 0 {
				refused(method, path, sent, places)
			}
		}
	})
	if walked < 2*9 {
		t.Errorf("only %d times: the walk shows nothing", walked)
	}
}

// timed makes a value that fits a schema, with a time wherever there may be one, and says where.
func (d apiDescription) timed(s schema, at, place string) (v any, places []string) {
	s = d.resolve(s)
	switch {
	case s.kind() == "object":
		out := map[string]any{}
		for name, p := range s.Properties {
			one, in := d.timed(p, at, strings.TrimPrefix(place+"."+name, "."))
			if len(in) > 0 || slices.Contains(s.Required, name) {
				out[name], places = one, append(places, in...)
			}
		}
		return out, places
	case s.kind() == "array" && s.Items != nil:
		one, in := d.timed(*s.Items, at, place+"[0]")
		return []any{one}, in
	case s.Format == "date-time":
		return at, []string{place}
	case len(s.Enum) > 0:
		return s.Enum[0], nil
	}
	return d.filled(s, "x", 0), nil
}

// TestAnIncidentHasYears: what is kept of one can be shown for ever, whoever reports or changes it.
func TestAnIncidentHasYears(t *testing.T) {
	h := open(t)
	supervisor := h.as("supervisor")
	text := func(found, from, until any) map[string]any {
		return map[string]any{
			"kind": "leaked", "found_at": found, "from": from, "until": until, "who": []string{}, "malice": false, "what": "見られた", "cause": "", "done": "", "future": "",
			"revision": 1,
		}
	}
	supervisor.do("POST", "/api/incidents", text(tuesday, tuesday, tuesday)).want(t, http.StatusCreated)
	old := time.Date(1999, time.December, 31, 23, 59, 0, 0, dialer.Tokyo)
	for _, at := range []any{noYears[0], "0001-01-01T00:00:00+00:01", "1899-12-31T23:59:59Z", old, noYears[1]} {
		for method, path := range map[string]string{"POST": "/api/incidents", "PUT": "/api/incidents/1"} {
			p := supervisor.do(method, path, text(at, at, at)).problem(t, http.StatusUnprocessableEntity, ruleInvalid)
			if !slices.ContainsFunc(p.Errors, func(f FieldProblem) bool { return f.Field == "found_at" }) ||
				!slices.ContainsFunc(p.Errors, func(f FieldProblem) bool { return f.Field == "from" }) {
				t.Errorf("%s of %v: %+v", method, at, p.Errors)
			}
		}
	}
	for _, path := range []string{"/api/incidents", "/api/incidents/1"} {
		supervisor.do("GET", path, nil).want(t, http.StatusOK)
	}
	h.as("ward").do("GET", "/api/waiting", nil).want(t, http.StatusOK)
}

// TestACaseOfNoYearIsShown: one that a rule without a bound has put off for ever, while there were such rules.
func TestACaseOfNoYearIsShown(t *testing.T) {
	h := open(t)
	h.set(func() {
		for id, c := range h.cases {
			c.Next.Due = time.Date(15713, time.January, 1, 9, 0, 0, 0, dialer.Tokyo)
			h.cases[id] = c
		}
	})
	seen := into[struct{ Case Case }](t, h.as("supervisor").do("GET", "/api/cases/case-1", nil).want(t, http.StatusOK))
	if due := seen.Case.Next.Due; due == nil || due.UTC().Year() != dialer.LastYear {
		t.Errorf("%+v", seen.Case.Next)
	}
}
