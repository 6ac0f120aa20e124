package webui

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer/report"
)

// TestWhatWaitsForTheWard: what went out lately and what nobody answered is there, what is old is not, and nobody stands in it.
func TestWhatWaitsForTheWard(t *testing.T) {
	b := &books{}
	b.issued = []report.Issued{
		{Kind: report.OfDay, Period: "2026-11-23", Revision: 1, At: tuesday.Add(-16 * time.Hour)},
		{Kind: report.OfMonth, Period: "2026-10", Revision: 1, At: tuesday.Add(-20 * 24 * time.Hour)},
		{Kind: report.OfMonth, Period: "2026-10", Revision: 2, At: tuesday.Add(-24 * time.Hour)},
		{Kind: report.OfMonth, Period: "2026-09", Revision: 1, At: tuesday.Add(-40 * 24 * time.Hour)},
	}
	h := open(t, func(d *Deps) { d.Reports = b })
	h.as("supervisor").do("POST", "/api/scripts/starter", nil).want(t, 200)
	h.as("operator").do("GET", "/api/waiting", nil).problem(t, 403, "forbidden")
	a := h.as("ward").do("GET", "/api/waiting", nil).want(t, 200)
	w := into[Waiting](t, a)
	if len(w.Reports) != 2 || w.Reports[0].Kind != report.OfDay || w.Reports[1].Revision != 2 {
		t.Errorf("reports %+v", w.Reports)
	}
	if len(w.Scripts) == 0 || w.Scripts[0].Title == "" {
		t.Errorf("scripts %+v", w.Scripts)
	}
	for _, never := range []string{"見本", "case-1", "0300001234"} {
		if strings.Contains(string(a.body), never) {
			t.Errorf("%q stands in it: %s", never, a.body)
		}
	}
	if w.Handoffs == nil || w.Incidents == nil || w.Minutes == nil || w.Targets == nil || w.Notices == nil {
		t.Errorf("a list is null: %s", a.body)
	}
}
