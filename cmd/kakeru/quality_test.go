package main

import (
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// TestACustomerWhoIsNotHeard: the whole house, whose carrier answers and sends no sound. The operator sees whose it is that does
// not come; the attempt keeps that, and how the rest sounded.
func TestACustomerWhoIsNotHeard(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1, fastCarrier: true})
	h.start()
	operator := h.seated("operator1", "desk1")
	call := h.dial(operator, "desk1", h.caseEnding("50"))
	h.eventually("the customer to be missed", func() bool { return h.live(operator, call).Silent == dialer.SilentCustomer })
	h.post(operator, "/api/calls/"+string(call)+"/hangup", nil)
	a := h.ended(call)
	silent := func(e dialer.Evidence) bool { return e.Event == dialer.EvOneWay && e.Leg == dialer.CustomerLeg }
	if !slices.ContainsFunc(a.Evidence, silent) {
		t.Errorf("%s", eventsOf(a))
	}
	switch q := a.Quality; {
	case q == nil || q.Desk.In == nil:
		t.Fatal("nothing was kept of how it sounded")
	case q.Customer.In != nil:
		t.Errorf("the customer sounded like %+v", *q.Customer.In)
	case q.Desk.In.Packets < 100 || dialer.GradeOf(q.Desk.In.MOS) == dialer.Poor:
		t.Errorf("the operator sounded like %+v", *q.Desk.In)
	}
	h.eventually("the opinion to be counted", func() bool {
		return strings.Contains(h.read("/metrics"), `kakeru_mos_count{direction="in",leg="desk"} 1`)
	})
}
