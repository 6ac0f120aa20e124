package webui

import (
	"context"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// TestAway: who sits at a desk is away and back; why, and when they last touched a key, colleagues are not told.
func TestAway(t *testing.T) {
	h := open(t)
	me, other, boss := h.as("operator"), h.as("operator2"), h.as("supervisor")
	me.do("POST", "/api/desks/desk1/sit", nil).want(t, 200)
	me.do("POST", "/api/desks/desk1/away", map[string]string{"reason": "golf"}).want(t, 422)
	me.do("POST", "/api/desks/desk1/away", map[string]string{}).want(t, 422)
	me.do("POST", "/api/desks/desk9/away", map[string]string{"reason": "break"}).problem(t, 404, string(dialer.UnknownDesk))
	me.do("POST", "/api/desks/desk1/away", map[string]string{"reason": "break"}).want(t, 200)
	me.do("POST", "/api/desks/desk1/touched", map[string]int{"seconds_ago": -1}).want(t, 422)
	me.do("POST", "/api/desks/desk1/touched", map[string]int{"seconds_ago": 20}).want(t, 204)
	for who, c := range map[string]*client{"me": me, "boss": boss, "other": other} {
		got := into[struct{ Desks []Desk }](t, c.do("GET", "/api/desks", nil).want(t, 200))
		d := got.Desks[0]
		if d.State != dialer.DeskAway {
			t.Errorf("%s sees %s", who, d.State)
		}
		if knows := d.Away == dialer.AwayBreak && d.TouchedAt != nil; knows != (who != "other") {
			t.Errorf("%s sees %q and %v", who, d.Away, d.TouchedAt)
		}
	}
	back := into[Desk](t, me.do("POST", "/api/desks/desk1/back", nil).want(t, 200))
	if back.State != dialer.DeskReady || back.Away != "" {
		t.Errorf("%+v", back)
	}
	h.as("ward").do("POST", "/api/desks/desk1/away", map[string]string{"reason": "break"}).want(t, 403)
}

// TestMyProgress: one's own calls of the day, and nobody else's.
func TestMyProgress(t *testing.T) {
	h := open(t)
	for login, want := range map[string]report.Own{"operator": {Date: "2026-11-24", Attempts: 112, Answered: 40}, "operator2": {Date: "2026-11-24"}} {
		got := into[report.Own](t, h.as(login).do("GET", "/api/progress/mine", nil).want(t, 200))
		if got != want {
			t.Errorf("%s: %+v, want %+v", login, got, want)
		}
	}
	h.as("ward").do("GET", "/api/progress/mine", nil).want(t, 403)
}

// TestNextDay: what is proposed to who asks to be called tomorrow is a day on which the centre opens.
func TestNextDay(t *testing.T) {
	hours := dialer.Hours{Week: dialer.WardHours(), Closed: func(d dialer.Date) string {
		if d.String() == "2026-11-27" {
			return "閉庁日"
		}
		return ""
	}}
	for day, want := range map[string]string{"2026-11-24": "2026-11-25 13:00", "2026-11-26": "2026-11-30 09:00"} {
		d, err := dialer.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextDay(hours, d); got == nil || got.Date+" "+got.From != want {
			t.Errorf("after %s: %+v, want %s", day, got, want)
		}
	}
	if got := nextDay(dialer.Hours{}, dialer.DateOf(tuesday)); got != nil {
		t.Errorf("a centre that is always shut has a next day: %+v", got)
	}
	if got := nextDay(dialer.Hours{AlwaysOpen: true}, dialer.DateOf(tuesday)); got == nil || got.Date != "2026-11-25" {
		t.Errorf("one that is always open: %+v", got)
	}
}

func (w *world) Back(_ context.Context, _ dialer.Asker, id dialer.DeskID) (dialer.DeskView, error) {
	return w.change(id, func(d *dialer.DeskView) { d.State, d.Away = dialer.DeskReady, "" })
}

func (w *world) Touched(_ context.Context, _ dialer.Asker, id dialer.DeskID, ago time.Duration) error {
	_, err := w.change(id, func(d *dialer.DeskView) { d.TouchedAt = tuesday.Add(-ago) })
	return err
}
