package webui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/report"
)

func (w *world) Pause(_ context.Context, a dialer.Asker, id dialer.DeskID, reason string) (dialer.DeskView, error) {
	return w.change(id, func(d *dialer.DeskView) {
		d.State, d.Away, d.PausedBy, d.PauseReason, d.PausedAt = dialer.DeskAway, dialer.AwayPaused, a.User, reason, tuesday
	})
}

func (w *world) Leave(_ context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error) {
	if sits := w.desk(id).Operator; sits != a.User && !a.Supervises() {
		return dialer.DeskView{}, dialer.Refuse(dialer.NotYourDesk)
	}
	return w.change(id, func(d *dialer.DeskView) { d.Operator, d.State = "", dialer.DeskEmpty })
}

func (w *world) desk(id dialer.DeskID) (found dialer.DeskView) {
	_, _ = w.change(id, func(d *dialer.DeskView) { found = *d })
	return found
}

func (w *world) Unpause(_ context.Context, _ dialer.Asker, id dialer.DeskID) (dialer.DeskView, error) {
	return w.change(id, func(d *dialer.DeskView) { d.State, d.Away, d.PausedBy, d.PauseReason = dialer.DeskReady, "", "", "" })
}

func (w *world) HalfHours(context.Context, time.Time, time.Time) ([]report.HalfHour, error) {
	return []report.HalfHour{{At: tuesday, Attempts: 7, Answered: 3}}, nil
}

type alertPage struct {
	Items      []Alert `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

// withAlerts is a house that keeps its alerts.
func withAlerts(t *testing.T) (*house, *dialertest.Alerts) {
	store := &dialertest.Alerts{}
	return open(t, func(d *Deps) { d.Alerts, d.Presences = store, store }), store
}

func (h *house) raise(a dialer.Alert) {
	h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, At: h.clock.Now(), Alert: &a})
}

// TestAlertsAreAcknowledgedOnce: raised once, seen by every supervisor, acknowledged by one for all, over when it is over, and kept.
func TestAlertsAreAcknowledgedOnce(t *testing.T) {
	h, _ := withAlerts(t)
	chief, second := h.as("supervisor"), h.as("supervisor")
	s := second.watch("")
	s.until("snapshot")
	for range 3 {
		h.raise(dialer.Alert{Kind: "trunk_down", Subject: "line1", Text: "回線", TextEN: "line"})
	}
	a := dataOf[Alert](t, s.until("alert"))
	if a.ID == 0 || a.Kind != "trunk_down" || !a.Lasts || a.SeenAt != nil {
		t.Fatalf("%+v", a)
	}
	path := fmt.Sprintf("/api/alerts/%d/acknowledge", a.ID)
	h.as("operator").do("POST", path, nil).problem(t, http.StatusForbidden, "forbidden")
	chief.do("POST", path, map[string]string{"note": "業者へ連絡した"}).want(t, 200)
	if a = dataOf[Alert](t, s.until("alert")); a.SeenByName == "" || a.Note != "業者へ連絡した" || a.EndedAt != nil {
		t.Fatalf("to the other supervisor: %+v", a)
	}
	again := into[Alert](t, second.do("POST", path, map[string]string{"note": "もう一度"}).want(t, 200))
	if again.Note != "業者へ連絡した" {
		t.Errorf("acknowledged a second time: %+v", again)
	}
	h.raise(dialer.Alert{Kind: "trunk_back", Subject: "line1", Text: "復旧", TextEN: "back"})
	if a = dataOf[Alert](t, s.until("alert")); a.EndedAt == nil || a.EndText != "復旧" {
		t.Fatalf("when it was over: %+v", a)
	}
	chief.do("POST", "/api/alerts/77/acknowledge", nil).problem(t, http.StatusNotFound, "not_found")
	for state, want := range map[string]int{"": 1, "done": 1, "unseen": 0, "standing": 0} {
		page := into[alertPage](t, chief.do("GET", "/api/alerts?state="+state, nil).want(t, 200))
		if len(page.Items) != want {
			t.Errorf("%q: %d, want %d", state, len(page.Items), want)
		}
	}
	chief.do("GET", "/api/alerts?from=yesterday", nil).problem(t, http.StatusUnprocessableEntity, "invalid")
	chief.do("GET", "/api/alerts?cursor=x", nil).problem(t, http.StatusUnprocessableEntity, "invalid")
	chief.do("GET", "/api/alerts?state=lost", nil).problem(t, http.StatusUnprocessableEntity, "invalid")
}

// TestAlertsWithoutTheLedger: what cannot be kept is shown all the same, and kept when the ledger is back.
func TestAlertsWithoutTheLedger(t *testing.T) {
	h, store := withAlerts(t)
	s := h.as("supervisor").watch("")
	s.until("snapshot")
	store.Break(dialer.ErrLedgerDown)
	h.raise(dialer.Alert{Kind: "ledger_down", Text: "台帳"})
	if a := dataOf[Alert](t, s.until("alert")); a.ID != 0 || a.Kind != "ledger_down" {
		t.Fatalf("%+v", a)
	}
	store.Break(nil)
	h.raise(dialer.Alert{Kind: "ledger_back", Text: "復旧"})
	if a := dataOf[Alert](t, s.until("alert")); a.ID == 0 || a.EndedAt == nil {
		t.Fatalf("afterwards: %+v", a)
	}
}

// TestAlertHistoryPages: fifty a page.
func TestAlertHistoryPages(t *testing.T) {
	h, store := withAlerts(t)
	for n := range 120 {
		if err := store.RaiseAlert(t.Context(), dialer.Alert{Kind: "complaint", CallID: dialer.CallID(fmt.Sprint(n))}, tuesday); err != nil {
			t.Fatal(err)
		}
	}
	chief := h.as("supervisor")
	seen, cursor := 0, ""
	for range 3 {
		page := into[alertPage](t, chief.do("GET", "/api/alerts?cursor="+cursor, nil).want(t, 200))
		seen, cursor = seen+len(page.Items), page.NextCursor
	}
	if seen != 120 || cursor != "" {
		t.Errorf("saw %d, and then %q", seen, cursor)
	}
}

// TestSupervisorsAreHere: whoever supervises shows that they are there; that nobody does is for everybody to see.
func TestSupervisorsAreHere(t *testing.T) {
	h, _ := withAlerts(t)
	chief := h.as("supervisor")
	h.as("operator").do("POST", "/api/supervisors/here", map[string]any{}).problem(t, http.StatusForbidden, "forbidden")
	now := into[Supervised](t, chief.do("POST", "/api/supervisors/here", map[string]any{"break": true}).want(t, 200))
	if len(now.People) != 1 || !now.People[0].Break || !now.People[0].Mine {
		t.Errorf("%+v", now)
	}
	now = into[Supervised](t, h.as("ward").do("GET", "/api/supervisors/here", nil).want(t, 200))
	if len(now.People) != 1 || now.People[0].Mine {
		t.Errorf("to the ward: %+v", now)
	}
	for _, role := range []string{"operator", "ward", "admin", "supervisor"} {
		if v := (viewer{role: dialer.Role(role)}); !v.seesAlert(Alert{Alert: dialer.Alert{Kind: "sv_absent"}}) {
			t.Errorf("%s is not told of the absence", role)
		}
	}
}

// TestPauseAndClear: a supervisor pauses a desk with a reason, releases it, and signs a seat off.
func TestPauseAndClear(t *testing.T) {
	h := open(t)
	chief, operator := h.as("supervisor"), h.as("operator")
	operator.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	why := map[string]string{"reason": "電話機の交換 0900000000"} // a telephone number is not kept
	for _, path := range []string{"/api/desks/desk1/pause", "/api/desks/desk1/go-on", "/api/desks/desk1/clear"} {
		operator.do("POST", path, why).problem(t, http.StatusForbidden, "forbidden")
	}
	chief.do("POST", "/api/desks/desk1/pause", map[string]string{"reason": "  "}).problem(t, http.StatusUnprocessableEntity, "invalid")
	d := into[Desk](t, chief.do("POST", "/api/desks/desk1/pause", why).want(t, 200))
	if d.Away != dialer.AwayPaused || d.PauseReason != "電話機の交換 ##########" || d.PausedByName == "" {
		t.Errorf("%+v", d)
	}
	if d = into[Desk](t, chief.do("POST", "/api/desks/desk1/go-on", nil).want(t, 200)); d.PausedByName != "" || d.State != dialer.DeskReady {
		t.Errorf("%+v", d)
	}
	if d = into[Desk](t, chief.do("POST", "/api/desks/desk1/clear", why).want(t, 200)); d.Operator != nil {
		t.Errorf("%+v", d)
	}
	c := into[struct {
		Halves []struct{ Attempts, Plan int }
	}](t, operator.do("GET", "/api/progress/today", nil).want(t, 200))
	if len(c.Halves) != 16 || c.Halves[2].Attempts != 7 {
		t.Errorf("%+v", c)
	}
}

func (w *world) TestDesk(_ context.Context, _ dialer.Asker, id dialer.DeskID, auto bool) (dialer.DeskTestReport, error) {
	rang := int64(30)
	return dialer.DeskTestReport{Desk: id, At: tuesday, End: dialer.TestDone, Auto: auto, RangAfter: &rang, AnsweredAfter: &rang, Codec: "PCMU", Sent: 250, Heard: 240}, nil
}

// TestNoRowKeepsAnAlarmFromBeingSeen: who writes in the database puts another alert in the place of the one that the record was tampered with. It is
// shown all the same, until somebody acknowledged what was raised.
func TestNoRowKeepsAnAlarmFromBeingSeen(t *testing.T) {
	h, store := withAlerts(t)
	store.Swallow(AuditDamaged)
	ward := h.as("ward").watch("")
	ward.until("snapshot")
	h.raise(dialer.Alert{Kind: AuditDamaged, Text: "改ざん", TextEN: "tampering"})
	if a := dataOf[Alert](t, ward.until("alert")); a.Kind != AuditDamaged || a.ID != 0 {
		t.Fatalf("%+v", a)
	}
	h.server.alerts.read(t.Context())
	if shown := h.server.alerts.of(viewer{role: dialer.RoleWard}); len(shown) != 1 {
		t.Fatalf("%d shown", len(shown))
	}
	// One that says something else does not stand for it either.
	store.Swallow("")
	if err := store.RaiseAlert(t.Context(), dialer.Alert{Kind: AuditDamaged, Text: "訓練"}, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.server.alerts.read(t.Context())
	if shown := h.server.alerts.of(viewer{role: dialer.RoleWard}); len(shown) != 2 || shown[0].Text != "改ざん" {
		t.Fatalf("%+v", shown)
	}
	if err := store.AcknowledgeAlert(t.Context(), 1, "user-ward", h.clock.Now(), ""); err != nil {
		t.Fatal(err)
	}
	h.server.alerts.read(t.Context())
	if shown := h.server.alerts.of(viewer{role: dialer.RoleWard}); len(shown) != 1 || shown[0].SeenAt == nil {
		t.Fatalf("acknowledged: %+v", shown)
	}
}

// TestAnAlarmIsShownThoughTheLedgerRefusesIt: not because it is away, but because somebody took a table of alerts; and when the table is back the alarm
// gets its row, by which it can be acknowledged.
func TestAnAlarmIsShownThoughTheLedgerRefusesIt(t *testing.T) {
	h, store := withAlerts(t)
	ward := h.as("ward").watch("")
	ward.until("snapshot")
	store.Break(errors.New("PostgreSQL refused it (SQLSTATE 42P01)"))
	h.raise(dialer.Alert{Kind: AuditDamaged, Text: "改ざん", TextEN: "tampering"})
	if a := dataOf[Alert](t, ward.until("alert")); a.Kind != AuditDamaged || a.ID != 0 {
		t.Fatalf("%+v", a)
	}
	store.Break(nil)
	h.server.alerts.look()
	if a := dataOf[Alert](t, ward.until("alert")); a.Kind != AuditDamaged || a.ID == 0 {
		t.Fatalf("when it takes it again: %+v", a)
	}
}
