package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/report"
)

// TestTargetsStandAndAreTold: through the whole house a call counts towards the month and the year; when the month runs out without the
// others the supervisor is told once, whichever node looks, and the notice to the ward is a PDF of what was frozen.
func TestTargetsStandAndAreTold(t *testing.T) {
	full.Only(t)
	h := newHouse(t, houseOptions{})
	h.start()
	operator, chief := h.seated("operator1", "desk1"), h.signIn("supervisor")
	h.ended(h.dial(operator, "desk1", h.caseEnding("10")))
	var shown struct{ Standings []report.Standing }
	h.must(chief.call(t.Context(), http.MethodGet, "/api/targets", nil, &shown))
	if len(shown.Standings) != 2*len(report.Measures) {
		t.Fatalf("%+v", shown)
	}
	for _, i := range []int{0, len(report.Measures)} {
		if s := shown.Standings[i]; s.Measure != report.Calls || s.Done != 1 || s.Target == 0 || len(s.Curve) == 0 {
			t.Errorf("%+v", s)
		}
	}

	s, err := configs.Load(h.config())
	h.must(err)
	open, err := hours(s.Centre)
	h.must(err)
	first := time.Now().In(dialer.Tokyo)
	end := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, dialer.Tokyo).Add(-time.Minute)
	var told []dialer.Alert
	for range 2 { // two nodes
		node, err := newTargets(h.ledger, s, open.Always, func() time.Time { return end })
		h.must(err)
		for range 2 {
			h.must(node.look(t.Context(), func(a dialer.Alert) { told = append(told, a) }))
		}
	}
	times := map[string]int{} // the year is told too, unless the one call was made on a day that is closed: then it is not known yet
	for _, a := range told {
		times[a.Text]++
	}
	// Of a month nothing is known before one of its days is over: the call was made today.
	known := first.Day() != end.Day()
	if len(told) == 0 || len(times) != len(told) || told[0].Kind != "target_failing" || known && !strings.Contains(told[0].Text, "5700件") {
		t.Errorf("%+v", told)
	}

	node, err := newTargets(h.ledger, s, open.Always, func() time.Time { return end })
	h.must(err)
	n, err := node.Draft(t.Context(), report.Calls, report.OfMonth, report.Current(report.OfMonth, end))
	h.must(err)
	n.Reason, n.Remedy = "回線の工事で半日発信できなかった", "翌月に席を増やす"
	k, err := n.Freeze("sv", end)
	h.must(err)
	k.ID, err = h.ledger.KeepNotice(t.Context(), k)
	h.must(err)
	var pdf bytes.Buffer
	if err := node.WriteNotice(&pdf, k); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF")) {
		t.Errorf("%v", err)
	}
}
