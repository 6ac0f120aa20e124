package webui

import (
	"net/http"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// TestATestCallIsOnTheRecord: what the phone answered comes back, and the record has by whom, of which desk, how, and what came of it.
func TestATestCallIsOnTheRecord(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	for how, body := range map[string]map[string]bool{"lifted by hand": {"auto": false}, "asked to pick up by itself": {"auto": true}} {
		r := into[dialer.DeskTestReport](t, admin.do(http.MethodPost, "/api/desks/desk1/test", body).want(t, http.StatusOK))
		if r.Desk != "desk1" || r.End != dialer.TestDone || r.Auto != body["auto"] || r.Codec != "PCMU" || r.Sent != 250 || r.Heard != 240 || *r.AnsweredAfter != 30 {
			t.Errorf("reported: %+v", r)
		}
		e := h.noted()
		if e.Action != audit.Changed || e.By != "user-admin" || e.Object != "desk1" || e.Outcome != "" || len(e.Cases)+len(e.Calls) != 0 ||
			!strings.Contains(e.Detail, how) || !strings.Contains(e.Detail, "done; status 0; codec PCMU; sent 250, heard 240 packets") {
			t.Errorf("written down: %+v", e)
		}
	}
	for _, role := range []string{"operator", "supervisor", "ward"} {
		h.as(role).do(http.MethodPost, "/api/desks/desk1/test", map[string]bool{"auto": true}).problem(t, http.StatusForbidden, "forbidden")
	}
	admin.do(http.MethodPost, "/api/desks/desk1/test", map[string]string{"auto": "yes"}).problem(t, http.StatusUnprocessableEntity, "invalid")
}
