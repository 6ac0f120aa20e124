package webui

import (
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestIDsHaveOneSpelling: what a store would read as an id of ours, written otherwise, names nothing, in the path and in a body.
func TestIDsHaveOneSpelling(t *testing.T) {
	const id = "0190a0a0-0000-7000-8000-00000000000a"
	others := []string{
		strings.ToUpper(id), strings.ReplaceAll(id, "-", ""), "%7B" + id + "%7D", id[:8] + "_" + id[9:], strings.Repeat("0", 36), strings.ReplaceAll(id, "-0000-", "0000"),
	}
	h := open(t)
	boss := h.as("supervisor")
	boss.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	for _, spelt := range append([]string{id}, others...) {
		plain := strings.NewReplacer("%7B", "{", "%7D", "}").Replace(spelt)
		h.set(func() { h.attempts = []casework.Attempt{talked(dialer.CallID(plain), "user-operator")} }) // a store that reads it so
		want := 404
		if spelt == id {
			want = 200
		}
		if a := boss.do("GET", "/api/attempts/"+spelt, nil); a.status != want {
			t.Errorf("%s in the path: %d, want %d", spelt, a.status, want)
		}
		if a := boss.do("POST", "/api/desks/desk1/next", map[string]any{"case_id": plain}); a.status != want {
			t.Errorf("%s in the body: %d, want %d", spelt, a.status, want)
		}
	}
	for _, other := range []string{"case-1", "", "desk1", strings.Repeat("a", 64), strings.Repeat("見", 12)} {
		if misspelt(other) {
			t.Errorf("%q is no id", other)
		}
	}
}
