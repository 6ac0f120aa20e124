package incident

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

func at(day, clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, dialer.Tokyo)
	if err != nil {
		panic(err)
	}
	return t
}

// shut is a Saturday, a Sunday, and the end of the year.
func shut(d dialer.Date) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday || d.Month == time.December && d.Day >= 29 || d.Month == time.January && d.Day <= 3
}

// TestDeadlines: the day on which it was found out is the first; 確報 that would be due on a closed day is due on the next open one.
func TestDeadlines(t *testing.T) {
	for _, c := range []struct {
		found              time.Time
		malice             bool
		preliminary, final string
	}{
		{at("2026-11-02", "09:00"), false, "2026-11-06", "2026-12-01"},
		{at("2026-11-02", "23:59"), false, "2026-11-06", "2026-12-01"},
		{at("2026-11-05", "00:00"), false, "2026-11-09", "2026-12-04"},
		{at("2026-11-06", "10:00"), false, "2026-11-10", "2026-12-07"}, // the 30th day is Saturday, 5 December
		{at("2026-11-30", "10:00"), false, "2026-12-04", "2027-01-04"}, // the 30th day is 29 December
		{at("2026-11-02", "09:00"), true, "2026-11-06", "2027-01-04"},  // the 60th day is 31 December
		{at("2026-12-05", "09:00"), true, "2026-12-09", "2027-02-02"},
	} {
		got := Incident{Kind: Leaked, FoundAt: c.found, Malice: c.malice}.Deadlines(nil, c.found, shut)
		if len(got) != 3 || got[0].Act != WardTold || got[0].Due.Sub(c.found) != atOnce {
			t.Fatalf("%v: %+v", c.found, got)
		}
		for i, want := range []string{c.preliminary, c.final} {
			if due := got[i+1].Due.In(dialer.Tokyo).Format("2006-01-02 15:04:05"); due != want+" 23:59:59" {
				t.Errorf("found %v (malice %v): %s is due %s, not %s", c.found, c.malice, got[i+1].Act, due, want)
			}
		}
	}
}

func TestLateAndMet(t *testing.T) {
	i := Incident{Kind: Leaked, FoundAt: at("2026-11-02", "09:00")}
	steps := []Step{{Act: WardTold, At: at("2026-11-02", "09:20")}, {Act: Preliminary, At: at("2026-11-07", "00:00")}}
	got := i.Deadlines(steps, at("2026-11-10", "09:00"), shut)
	for n, want := range []Deadline{{Met: true}, {Met: true, Late: true}, {}} {
		if got[n].Met != want.Met || got[n].Late != want.Late {
			t.Errorf("%+v", got[n])
		}
	}
	if late := i.Deadlines(nil, at("2027-03-01", "09:00"), shut); !late[0].Late || !late[1].Late || !late[2].Late {
		t.Errorf("%+v", late)
	}
	if due := (Incident{Kind: Outage, FoundAt: i.FoundAt}).Deadlines(nil, i.FoundAt, shut); len(due) != 1 || due[0].Act != WardTold {
		t.Errorf("a machine that broke down: %+v", due)
	}
}

func TestWhatCannotBeTaken(t *testing.T) {
	now := at("2026-11-02", "09:00")
	good := Incident{Kind: Leaked, What: "画面を見られた", FoundAt: now, From: now.Add(-time.Hour), Until: now}
	if wrong := good.Check(now); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	good.From, good.Revision = good.Until.AddDate(-mostYears, 0, 0), mostRevisions
	if wrong := good.Check(now); len(wrong) > 0 {
		t.Errorf("ten years, the last revision: %v", wrong)
	}
	for want, spoil := range map[string]func(*Incident){
		"kind unknown":     func(i *Incident) { i.Kind = "x" },
		"what missing":     func(i *Incident) { i.What = " " },
		"cause long":       func(i *Incident) { i.Cause = strings.Repeat("あ", mostText+1) },
		"found_at missing": func(i *Incident) { i.FoundAt = time.Time{} },
		"found_at early":   func(i *Incident) { i.FoundAt = at("1999-12-31", "23:59") },
		"found_at future":  func(i *Incident) { i.FoundAt = now.Add(time.Minute) },
		"from missing":     func(i *Incident) { i.Until = time.Time{} },
		"from early":       func(i *Incident) { i.From, i.Until = at("1999-12-31", "23:59"), at("2000-01-01", "00:00") },
		"from future":      func(i *Incident) { i.From, i.Until = now.Add(time.Hour), now.Add(2*time.Hour) },
		"from long":        func(i *Incident) { i.From = i.Until.AddDate(-mostYears, 0, 0).Add(-1) },
		"revision many":    func(i *Incident) { i.Revision++ },
		"until order":      func(i *Incident) { i.Until = i.From.Add(-1) },
	} {
		i := good
		spoil(&i)
		if wrong := i.Check(now); len(wrong) != 1 || wrong[0].Field+" "+wrong[0].Code != want || wrong[0].JA == "" || wrong[0].EN == "" {
			t.Errorf("%s: %+v", want, wrong)
		}
	}
}
