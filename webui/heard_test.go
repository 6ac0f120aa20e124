package webui

import (
	"slices"
	"testing"

	"kakeru/dialer"
)

func TestAnAnnouncementIsHeard(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator", State: dialer.CallingCustomer}
	})
	op := h.as("operator")
	heard := func(what string) map[string]any { return map[string]any{"announcement": what} }
	for _, what := range dialer.Announcements {
		op.do("POST", "/api/calls/call-1/heard", heard(string(what))).want(t, 202)
	}
	if want := "user-operator announcement_heard vacant"; len(h.asked) != len(dialer.Announcements) || !slices.Contains(h.asked, want) {
		t.Errorf("asked: %q", h.asked)
	}
	op.do("POST", "/api/calls/call-2/heard", heard("vacant")).problem(t, 404, "not_found")
	op.do("POST", "/api/calls/call-1/heard", heard("gone fishing")).problem(t, 422, "invalid")
	op.do("POST", "/api/calls/call-1/heard", nil).problem(t, 400, "invalid")
	h.set(func() { h.fail.control = dialer.Refuse(dialer.NothingRings) })
	op.do("POST", "/api/calls/call-1/heard", heard("vacant")).problem(t, 409, "nothing_rings")
	h.browser().do("POST", "/api/calls/call-1/heard", heard("vacant")).problem(t, 401, "unauthorized")
	h.as("ward").do("POST", "/api/calls/call-1/heard", heard("vacant")).problem(t, 403, "forbidden")
}
