package webui

import (
	"encoding/json"
	"strings"
	"testing"

	"kakeru/dialer/casework"
)

// TestNamesOfTheContractAreAlwaysThere: whoever reads a list or an attempt finds every key, whatever there is to say.
func TestNamesOfTheContractAreAlwaysThere(t *testing.T) {
	h := open(t)
	bare := talked("a1", "user-operator")
	bare.Evidence = nil
	h.set(func() { h.attempts = []casework.Attempt{bare} })
	for _, c := range []struct{ login, method, path, names string }{
		{"supervisor", "GET", "/api/attempts", "items next_cursor"},
		{"supervisor", "GET", "/api/queue", "items next_cursor held"},
		{"supervisor", "GET", "/api/calls", "items next_cursor"},
		{"admin", "GET", "/api/users", "items next_cursor"},
		{"operator", "POST", "/api/cases/search", "items next_cursor"},
		{"supervisor", "GET", "/api/attempts/a1", "id case_id desk operator direction started_at ringing_at answered_at ended_at ended_by " +
			"result confidence why counted party business_results evidence"},
	} {
		var body any
		if c.method == "POST" {
			body = map[string]string{"q": "1234"}
		}
		got := into[map[string]json.RawMessage](t, h.as(c.login).do(c.method, c.path, body).want(t, 200))
		for name := range strings.FieldsSeq(c.names) {
			if _, there := got[name]; !there {
				t.Errorf("%s: %s is missing", c.path, name)
			}
		}
		if e := got["evidence"]; e != nil && string(e) != "[]" {
			t.Errorf("evidence is %s", e)
		}
	}
}
