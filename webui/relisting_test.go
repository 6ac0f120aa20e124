package webui

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
)

// TestAnOpenListLeavesOneEntry: a list that a screen reads anew is on the record once, and again with what it shows for the first time, to
// whom it shows it, and when ten minutes have passed.
func TestAnOpenListLeavesOneEntry(t *testing.T) {
	h := open(t)
	h.set(func() { h.attempts = []casework.Attempt{talked("call-1", "user-operator")} })
	supervisor, ward := h.as("supervisor"), h.as("ward")
	listed := func(who *client, path string) []string {
		t.Helper()
		n := len(h.book.all())
		who.do(http.MethodGet, path, nil).want(t, http.StatusOK)
		var refs []string
		for _, e := range h.book.all()[n:] {
			if e.Action != audit.Listed {
				t.Errorf("%s: %+v", path, e)
			}
			refs = append(refs, "entry")
			refs = append(refs, e.Refs...)
		}
		return refs
	}
	expect := func(got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("written %q, want %q", got, want)
		}
	}
	all := listed(supervisor, "/api/attempts")
	if len(all) < 2 {
		t.Fatalf("the first time: %q", all)
	}
	expect(listed(supervisor, "/api/attempts"))
	expect(listed(ward, "/api/attempts"), "entry", "of-call-1") // the ward sees no case
	expect(listed(supervisor, "/api/attempts?limit=20"), all...)

	h.set(func() {
		more := h.attempts[0]
		more.ID, more.CaseID = dialer.CallID("call-new"), "case-2"
		h.attempts = append(h.attempts, more)
	})
	expect(listed(supervisor, "/api/attempts"), "entry", "ref-case-2", "of-call-new")
	expect(listed(supervisor, "/api/attempts"))
	h.book.fails(true)
	h.clock.forward(11 * time.Minute)
	supervisor.do(http.MethodGet, "/api/attempts", nil).problem(t, http.StatusServiceUnavailable, string(dialer.LedgerDown))
	h.book.fails(false)
	if again := listed(supervisor, "/api/attempts"); len(again) < len(all)+2 {
		t.Errorf("ten minutes later: %q", again)
	}
	// A case that is opened leaves an entry each time.
	n := len(h.book.all())
	for range 2 {
		supervisor.do(http.MethodGet, "/api/cases/case-1", nil).want(t, http.StatusOK)
	}
	if more := len(h.book.all()) - n; more != 2 {
		t.Errorf("%d entries of two readings of a case", more)
	}
}

// TestListsThatAreRememberedAreBounded: each filter makes another list, and there is no end to them.
func TestListsThatAreRememberedAreBounded(t *testing.T) {
	r := newRelists(func() time.Time { return tuesday })
	for i := range 5 * mostRelists {
		e := audit.Event{Route: "GET /api/attempts", Object: strconv.Itoa(i), Calls: []dialer.CallID{"call-1"}}
		if !r.fresh("token", &e) {
			t.Fatal("a list that was never read is not written down")
		}
		r.written("token", e)
	}
	if len(r.seen) > mostRelists {
		t.Errorf("%d lists are remembered", len(r.seen))
	}
}

// TestAListAtAnotherAddressIsWrittenDown: whoever has a copy of the cookie is not on the record with what its owner has read.
func TestAListAtAnotherAddressIsWrittenDown(t *testing.T) {
	r := newRelists(func() time.Time { return tuesday })
	of := func(address string) *audit.Event {
		return &audit.Event{Route: "GET /api/cases", Address: address, Cases: []dialer.CaseID{"case-1"}}
	}
	r.written("token", *of("192.0.2.1"))
	if r.fresh("token", of("192.0.2.1")) {
		t.Error("the same person's reading is written twice")
	}
	if again := of("192.0.2.9"); !r.fresh("token", again) || len(again.Cases) != 1 {
		t.Error("another's reading is not written down")
	}
}
