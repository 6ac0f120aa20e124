package postgres

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/audit/incident"
)

func TestIncidentsAreKeptForEver(t *testing.T) {
	l := newLedger(t)
	first := incident.Incident{
		Revision: 1, At: noon, By: "sv", Kind: incident.Leaked, FoundAt: noon, From: noon.Add(-time.Hour), Until: noon, Who: []dialer.UserID{"u1"}, What: "見られた",
	}
	id, err := l.KeepIncident(t.Context(), first)
	must(t, err)
	second := first
	second.ID, second.Revision, second.Cause, second.Malice = id, 2, "分かった", true
	_, err = l.KeepIncident(t.Context(), second)
	must(t, err)
	_, err = l.KeepIncident(t.Context(), second)
	wantErr(t, err, incident.ErrMoved)
	step := incident.Step{Act: incident.WardTold, At: noon, By: "sv", Note: "電話で係長へ"}
	must(t, l.TakeStep(t.Context(), id, step))
	wantErr(t, l.TakeStep(t.Context(), id, step), incident.ErrTaken)
	other, err := l.KeepIncident(t.Context(), first)
	must(t, err)
	file, err := l.Incident(t.Context(), id)
	must(t, err)
	if now := file.Now(); len(file.Revisions) != 2 || now.Cause != "分かった" || !now.Malice || !slices.Equal(now.Who, first.Who) || !now.FoundAt.Equal(noon) ||
		len(file.Steps) != 1 || file.Steps[0].Note != step.Note || !file.Taken(incident.WardTold) || file.Taken(incident.Closed) {
		t.Errorf("kept %+v", file)
	}
	page := func(p incident.Page) (ids []int64) {
		t.Helper()
		lines, err := l.Incidents(t.Context(), p)
		must(t, err)
		for _, i := range lines {
			ids = append(ids, i.ID)
			if text := i.What + i.Cause + i.Done + i.Future; text != "" {
				t.Errorf("%+v", i)
			}
			if i.ID == id && (i.Revision != 2 || !i.Malice || !i.FoundAt.Equal(noon) || !i.Taken(incident.WardTold) || i.Steps[0].Note != "") {
				t.Errorf("%+v", i)
			}
		}
		return ids
	}
	check := func(p incident.Page, want ...int64) {
		t.Helper()
		if got := page(p); !slices.Equal(got, want) {
			t.Errorf("%+v are %v, not %v", p, got, want)
		}
	}
	check(incident.Page{Most: 9}, other, id)
	check(incident.Page{Most: 1}, other)
	check(incident.Page{Most: 9, Below: other}, id)
	check(incident.Page{Most: 9, Closed: true})
	must(t, l.TakeStep(t.Context(), other, incident.Step{Act: incident.Closed, At: noon, By: "sv"}))
	check(incident.Page{Most: 9}, id)
	check(incident.Page{Most: 9, Closed: true}, other)
	check(incident.Page{Most: 9, Closed: true, Below: other})
	for _, none := range []int64{0, -1, 99} {
		_, err = l.Incident(t.Context(), none)
		wantErr(t, err, dialer.ErrNotFound)
	}
	for _, sql := range []string{
		"UPDATE incidents SET what = 'x'", "DELETE FROM incidents", "TRUNCATE incidents CASCADE",
		"UPDATE incident_steps SET note = 'x'", "DELETE FROM incident_steps",
	} {
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was let through", sql)
		}
	}
}

// TestAnIncidentOfNoYearTakesNoOthersAlong: one that was kept while any time could be given is read near enough, and the list can be written.
func TestAnIncidentOfNoYearTakesNoOthersAlong(t *testing.T) {
	l := newLedger(t)
	first := incident.Incident{Revision: 1, At: noon, By: "sv", Kind: incident.Leaked, FoundAt: noon, From: noon.Add(-time.Hour), Until: noon, What: "見られた"}
	whole, err := l.KeepIncident(t.Context(), first)
	must(t, err)
	for _, when := range []string{"0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"} {
		at, err := time.Parse(time.RFC3339, when)
		must(t, err)
		odd := first
		odd.FoundAt, odd.From, odd.Until = at, at, at
		_, err = l.KeepIncident(t.Context(), odd)
		must(t, err)
	}
	all, err := l.Incidents(t.Context(), incident.Page{Most: 9})
	must(t, err)
	if len(all) != 3 || all[2].ID != whole || !all[2].FoundAt.Equal(noon) || all[1].FoundAt.Year() != dialer.FirstYear ||
		all[0].Until.Year() != dialer.LastYear {
		t.Errorf("all are %+v", all)
	}
	if _, err := json.Marshal(all); err != nil {
		t.Error(err)
	}
	for _, i := range all {
		_, err := l.Reach(t.Context(), i.Incident)
		must(t, err)
	}
}

// TestReachIsCountedFromTheRecord: each person once, whatever was done with them how often; only by who is in question, only then.
func TestReachIsCountedFromTheRecord(t *testing.T) {
	l := newLedger(t)
	a, b := listedTarget(t, l), listedTarget(t, l)
	write := func(at time.Time, by dialer.UserID, what audit.Action, outcome string, of ...dialer.CaseID) {
		t.Helper()
		must(t, l.WriteDown(t.Context(), audit.Event{At: at, By: by, Action: what, Outcome: outcome, Cases: of}))
	}
	write(noon.Add(-audit.ListStands), "u3", audit.Listed, "", a.CaseID, b.CaseID) // open still, it may be
	write(noon.Add(-audit.ListStands-time.Second), "u3", audit.Listed, "", a.CaseID)
	write(noon.Add(-time.Second), "u3", audit.CaseRead, "", a.CaseID)
	write(noon, "u1", audit.CaseRead, "", a.CaseID)
	write(noon, "u1", audit.Listed, "", a.CaseID, b.CaseID)
	write(noon, "u1", audit.Exported, "")
	write(noon, "u1", audit.Searched, "")
	write(noon, "u1", audit.Exported, "forbidden")
	write(noon, "u1", audit.Changed, "", b.CaseID)
	write(noon, "u2", audit.CaseRead, "", b.CaseID)
	write(noon.Add(time.Hour), "u1", audit.CaseRead, "", a.CaseID)
	for _, c := range []struct {
		who   []dialer.UserID
		until time.Time
		want  incident.Reach
	}{
		{[]dialer.UserID{"u1"}, noon, incident.Reach{Persons: 2, Entries: 2, Files: 1, Held: 2}},
		{nil, noon, incident.Reach{Persons: 2, Entries: 4, Files: 1, Held: 2}},
		{[]dialer.UserID{"u3"}, noon, incident.Reach{Persons: 2, Entries: 1, Held: 2}},
		{[]dialer.UserID{"u2"}, noon, incident.Reach{Persons: 1, Entries: 1, Held: 2}},
		{[]dialer.UserID{"u1", "u2"}, noon.Add(2 * time.Hour), incident.Reach{Persons: 2, Entries: 4, Files: 1, Held: 2}},
		{[]dialer.UserID{"nobody"}, noon, incident.Reach{Held: 2}},
	} {
		got, err := l.Reach(t.Context(), incident.Incident{From: noon, Until: c.until, Who: c.who})
		must(t, err)
		if got != c.want {
			t.Errorf("%v until %v: %+v, not %+v", c.who, c.until, got, c.want)
		}
	}
}
