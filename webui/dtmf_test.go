package webui

import (
	"slices"
	"testing"

	"kakeru/dialer"
)

func TestKeysArePressed(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking}
	})
	op := h.as("operator")
	keys := func(digits string) map[string]any { return map[string]any{"digits": digits} }
	if a := op.do("POST", "/api/calls/call-1/dtmf", keys("1*#")).want(t, 202); len(a.body) != 0 || !slices.Equal(h.digits, []string{"1*#"}) {
		t.Errorf("sent %q, answered %s", h.digits, a.body)
	}
	op.do("POST", "/api/calls/call-2/dtmf", keys("1")).problem(t, 404, "not_found")
	op.do("POST", "/api/calls/call-1/dtmf", nil).problem(t, 400, "invalid")
	h.set(func() { h.fail.hangup = dialer.Refuse(dialer.NotYourDesk) })
	op.do("POST", "/api/calls/call-1/dtmf", keys("1")).problem(t, 409, "not_your_desk")
	h.set(func() { h.fail.hangup = dialer.Refuse(dialer.BadDigits) })
	op.do("POST", "/api/calls/call-1/dtmf", keys("1x")).problem(t, 422, "invalid")
	h.browser().do("POST", "/api/calls/call-1/dtmf", keys("1")).problem(t, 401, "unauthorized")
}
