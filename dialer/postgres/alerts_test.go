package postgres

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
)

// TestAlertsAreKept: a condition is one row while it stands, is acknowledged once, ends by itself, and no row is ever changed.
func TestAlertsAreKept(t *testing.T) {
	l := newLedger(t)
	ctx := t.Context()
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	down := dialer.Alert{Kind: "trunk_down", Subject: "line1", Text: "回線", TextEN: "line"}
	for n := range 3 {
		must(t, l.RaiseAlert(ctx, down, minute(n)))
	}
	must(t, l.RaiseAlert(ctx, dialer.Alert{Kind: "trunk_down", Subject: "line2"}, minute(3)))
	must(t, l.RaiseAlert(ctx, dialer.Alert{Kind: "complaint", Desk: "desk1", CallID: "c1", Since: minute(-3)}, minute(4)))
	current := func(want int) []alarm.Kept {
		t.Helper()
		got, err := l.CurrentAlerts(ctx)
		if must(t, err); len(got) != want {
			t.Fatalf("%d alerts, want %d: %+v", len(got), want, got)
		}
		return got
	}
	got := current(3)
	first := got[2]
	if !first.At.Equal(noon) || first.Subject != "line1" || !first.Open() || !got[0].Since.Equal(minute(-3)) {
		t.Errorf("%+v", got)
	}
	for n, by := range []dialer.UserID{"sv1", "sv2"} {
		must(t, l.AcknowledgeAlert(ctx, first.ID, by, minute(5+n), "業者へ連絡"))
		must(t, l.AcknowledgeAlert(ctx, got[0].ID, by, minute(5+n), ""))
	}
	if err := l.AcknowledgeAlert(ctx, 1<<40, "sv1", minute(5), ""); !errors.Is(err, dialer.ErrNotFound) {
		t.Errorf("one that there is not: %v", err)
	}
	k, err := l.Alert(ctx, first.ID)
	if must(t, err); k.SeenBy != "sv1" || k.Note != "業者へ連絡" || !k.Open() {
		t.Errorf("%+v", k)
	}
	must(t, l.RaiseAlert(ctx, down, minute(7))) // it still stands, though it was seen
	current(3)
	back := dialer.Alert{Kind: "trunk_back", Subject: "line1", Text: "復旧", TextEN: "back"}
	for n := range 2 {
		must(t, l.EndAlerts(ctx, back, minute(8+n)))
	}
	if k, err = l.Alert(ctx, first.ID); err != nil || !k.EndedAt.Equal(minute(8)) || k.End.JA != "復旧" || k.Open() {
		t.Errorf("%+v, %v", k, err)
	}
	must(t, l.RaiseAlert(ctx, down, minute(10)))                                                        // anew
	must(t, l.RaiseAlert(ctx, dialer.Alert{Kind: "complaint", Desk: "desk1", CallID: "c1"}, minute(4))) // told late by another node
	must(t, l.RaiseAlert(ctx, dialer.Alert{Kind: "complaint", Desk: "desk1", CallID: "c1"}, minute(11)))
	current(5)
	for state, want := range map[alarm.State]int{"": 5, alarm.Unseen: 3, alarm.Standing: 2, alarm.Done: 2} {
		if got, err := l.Alerts(ctx, alarm.Filter{State: state, Limit: 50}); err != nil || len(got) != want {
			t.Errorf("%q: %d, want %d, %v", state, len(got), want, err)
		}
	}
	page, err := l.Alerts(ctx, alarm.Filter{Limit: 2, From: minute(3), To: minute(12), Before: 5})
	if must(t, err); len(page) != 2 || page[0].ID >= 5 {
		t.Errorf("%+v", page)
	}
	for _, table := range []string{"alerts", "alert_ends", "alert_acks"} {
		for _, sql := range []string{"UPDATE " + table + " SET at = now()", "DELETE FROM " + table, "TRUNCATE " + table + " CASCADE"} {
			if _, err := l.pool.Exec(ctx, sql); err == nil {
				t.Errorf("%s was done", sql)
			}
		}
	}
}

// TestManyNodesRaiseOne: however many find the same out at once, it is one alert.
func TestManyNodesRaiseOne(t *testing.T) {
	l := newLedger(t)
	done := make(chan error)
	for n := range 8 {
		go func() {
			done <- l.RaiseAlert(t.Context(), dialer.Alert{Kind: "sv_absent"}, noon.Add(time.Duration(n)*time.Millisecond))
		}()
	}
	for range 8 {
		must(t, <-done)
	}
	if n := count(t, l, `SELECT count(*) FROM alerts`); n != 1 {
		t.Errorf("%d alerts", n)
	}
}

// TestPresences: the newest sign of each supervisor, whatever came late.
func TestPresences(t *testing.T) {
	l := newLedger(t)
	for _, p := range []alarm.Presence{
		{User: "sv1", At: noon}, {User: "sv2", At: noon, Break: true}, {User: "sv1", At: noon.Add(time.Minute), Break: true}, {User: "sv1", At: noon},
	} {
		must(t, l.Here(t.Context(), p))
	}
	got, err := l.Presences(t.Context())
	if must(t, err); len(got) != 2 || !got[0].Break || !got[0].At.Equal(noon.Add(time.Minute)) || !got[1].Break {
		t.Errorf("%+v", got)
	}
}

// TestPauses: a desk's newest word counts.
func TestPauses(t *testing.T) {
	l := newLedger(t)
	for n, p := range []dialer.DeskPause{
		{Desk: "desk1", By: "sv", Reason: "研修"}, {Desk: "desk2", By: "sv", Reason: "様子見"}, {Desk: "desk1", By: "sv"}, {Desk: "desk1", By: "sv2", Reason: "苦情対応"},
		{Desk: "desk2", By: "sv2"},
	} {
		p.At = noon.Add(time.Duration(n) * time.Minute)
		must(t, l.SetPause(t.Context(), p))
	}
	open, err := l.OpenPauses(t.Context())
	if must(t, err); len(open) != 1 || open[0].Reason != "苦情対応" || open[0].By != "sv2" {
		t.Errorf("%+v", open)
	}
}

// TestHalfHours: those that count, by when they were dialled.
func TestHalfHours(t *testing.T) {
	l := newLedger(t)
	call(t, l, newTarget(), noon, dialer.NoAnswer)
	call(t, l, newTarget(), noon.Add(29*time.Minute), dialer.Answered)
	call(t, l, newTarget(), noon.Add(31*time.Minute), dialer.Busy)
	halves, err := l.HalfHours(t.Context(), noon.Add(-time.Hour), noon.Add(time.Hour))
	if must(t, err); len(halves) != 2 || halves[0].Attempts != 2 || halves[0].Answered != 1 || !halves[0].At.Equal(noon) || halves[1].Attempts != 1 {
		t.Errorf("%+v", halves)
	}
}

// TestNoKindOfAlertPushesOutAnother: many complaints must not take an incident off the screens before anybody has seen it.
func TestNoKindOfAlertPushesOutAnother(t *testing.T) {
	l := newLedger(t)
	must(t, l.RaiseAlert(t.Context(), dialer.Alert{Kind: "incident", Subject: "1"}, noon))
	const many = openAlerts + 5
	for i := range many {
		must(t, l.RaiseAlert(t.Context(), dialer.Alert{Kind: "complaint", CallID: dialer.CallID(fmt.Sprint(i))}, noon))
	}
	got, err := l.CurrentAlerts(t.Context())
	if must(t, err); len(got) != openAlerts+1 || got[openAlerts].Kind != "incident" {
		t.Errorf("%d alerts are shown, the oldest is %+v", len(got), got[len(got)-1])
	}
}

// TestNobodyIsKeptFromSeeingAnAlertByARow: who writes in the database says in somebody's name that an alert was seen. It stands as before, and that is told.
func TestNobodyIsKeptFromSeeingAnAlertByARow(t *testing.T) {
	l := newLedger(t)
	must(t, l.RaiseAlert(t.Context(), dialer.Alert{Kind: "audit_damaged", Subject: "rows", Text: "改ざん", TextEN: "tampering"}, noon))
	must(t, l.RaiseAlert(t.Context(), dialer.Alert{Kind: "complaint", Text: "苦情", TextEN: "a complaint"}, noon))
	current, err := l.CurrentAlerts(t.Context())
	must(t, err)
	seen, damaged := current[0], current[1]
	must(t, l.AcknowledgeAlert(t.Context(), seen.ID, "sv", noon.Add(time.Minute), "確認"))
	if kinds, err := l.ForeignRows(t.Context()); err != nil || len(kinds) > 0 {
		t.Fatalf("of nothing is told %v, %v", kinds, err)
	}
	for _, sql := range []string{
		"INSERT INTO alert_acks (alert, at, by_user, note) SELECT $1::bigint, at, by_user, note FROM alert_acks",
		"INSERT INTO row_marks SELECT 'acknowledgement', $1::bigint::text, mark FROM row_marks WHERE what = 'acknowledgement'",
	} {
		_, err := l.pool.Exec(t.Context(), sql, damaged.ID)
		must(t, err)
	}
	current, err = l.CurrentAlerts(t.Context())
	must(t, err)
	if current[0].Open() || current[0].SeenBy != "sv" || !current[1].Open() || current[1].SeenBy != "" {
		t.Errorf("%+v", current)
	}
	if one, err := l.Alert(t.Context(), damaged.ID); err != nil || !one.Open() {
		t.Errorf("%+v, %v", one, err)
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, []string{"acknowledgement"}) {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
}
