package postgres

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// dialledRow is a counted attempt as an export shows it.
type dialledRow struct {
	id, person, kind, party string
	at                      time.Time
	talked                  bool // with the debtor, the family or a third party
}

// analyse counts a month's analysis anew: for each figure it looks at all rows there are, and remembers nothing.
func (g *again) analyse(now time.Time) {
	newest := map[string]int{}
	for i, r := range g.x.Results {
		if at, ok := newest[r.Attempt_id]; !ok || g.x.Results[at].Revision < r.Revision {
			newest[r.Attempt_id] = i
		}
	}
	var rows []dialledRow
	for _, a := range g.x.Attempts {
		if !a.Counted {
			continue
		}
		d := dialledRow{id: a.ID, person: a.Case_ref, kind: a.Number_kind, at: *a.Dialled_at}
		if i, ok := newest[a.ID]; ok {
			d.party = g.x.Results[i].Party
		}
		d.talked = a.Result == "answered" && slices.Contains([]string{"self", "family", "third_party"}, d.party)
		rows = append(rows, d)
	}
	slices.SortFunc(rows, func(a, b dialledRow) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id)) })
	g.analyseTries(rows)
	g.analyseKeeping(now, newest)
	g.analyseNewcomers(rows, now)
	g.percentages()
}

func (g *again) analyseTries(rows []dialledRow) {
	for i, d := range rows {
		if !g.in(tokyoDay(d.at)) {
			continue
		}
		nth := 1
		for _, before := range rows[:i] {
			if before.person == d.person {
				nth++
			}
		}
		try := fmt.Sprint(nth)
		if nth >= 6 {
			try = "6+"
		}
		local := d.at.In(jst)
		weekday := fmt.Sprint(int(local.Weekday()))
		if weekday == "0" {
			weekday = "7"
		}
		for _, row := range []string{weekday, "total"} {
			for _, hour := range []string{local.Format("15"), "total"} {
				g.add(1, "heat_attempts", row, hour)
				if d.talked {
					g.add(1, "heat_reached", row, hour)
				}
			}
		}
		for section, row := range map[string]string{"kinds": d.kind, "tries": try} {
			g.add(1, section, row, "attempts")
			if d.talked {
				g.add(1, section, row, "spoke")
			}
			if d.talked && d.party == "self" {
				g.add(1, section, row, "self")
			}
		}
		for _, p := range g.x.Promises {
			if p.Attempt_id == d.id && p.State != "replaced" {
				g.add(1, "tries", try, "promises")
			}
		}
	}
}

func (g *again) analyseKeeping(now time.Time, newest map[string]int) {
	for _, p := range g.x.Promises {
		for _, a := range g.x.Attempts {
			at, ok := a.Started_at, a.Ended_at != nil
			if a.Direction == "outbound" && a.Origin == "sip" {
				at, ok = a.Dialled_at, ok && a.Dialled_at != nil
			}
			if a.ID != p.Attempt_id || !ok || p.State == "replaced" || !g.in(tokyoDay(*at)) {
				continue
			}
			channel := a.Direction
			if a.Origin == "manual" {
				channel = "by_hand"
			}
			channel = strings.Replace(channel, "outbound", "calls", 1)
			for _, row := range []string{"total", "channel:" + channel, "party:" + g.x.Results[newest[a.ID]].Party} {
				g.add(1, "keeping", row, "made")
				g.add(float64(p.Yen), "keeping", row, "yen")
				switch past := p.Due_on < tokyoDay(now); {
				case past:
					g.add(1, "keeping", row, "due")
					g.add(1, "keeping", row, p.State)
				case p.State == "kept":
					g.add(1, "keeping", row, "early")
				}
			}
		}
	}
}

func (g *again) analyseNewcomers(rows []dialledRow, now time.Time) {
	start, _ := time.ParseInLocation("2006-01-02", g.from, jst)
	end, _ := time.ParseInLocation("2006-01-02", g.to, jst)
	seenUntil := end
	if now.Before(end) {
		seenUntil = now
	}
	began := map[string]time.Time{}
	person := map[string]string{}
	for _, a := range g.x.Attempts {
		person[a.ID] = a.Case_ref
		if a.Direction == "outbound" && a.Origin == "sip" {
			if a.Dialled_at != nil {
				began[a.ID] = *a.Dialled_at
			}
		} else {
			began[a.ID] = *a.Started_at
		}
	}
	months := []string{}
	for back := 2; back >= 0; back-- {
		months = append(months, start.AddDate(0, -back, 0).Format("2006-01"))
	}
	first := map[string]time.Time{}
	for _, d := range rows {
		if _, ok := first[d.person]; !ok {
			first[d.person] = d.at
		}
	}
	for who, at := range first {
		month := tokyoDay(at)[:7]
		if !slices.Contains(months, month) {
			continue
		}
		g.add(1, "cohorts", month, "persons")
		for n := 1; n <= 4; n++ {
			until := at.Add(time.Duration(n) * 7 * 24 * time.Hour)
			if until.After(seenUntil) {
				continue
			}
			g.add(1, "cohort_weeks", month, fmt.Sprint("since_", n))
			if slices.ContainsFunc(rows, func(d dialledRow) bool { return d.person == who && d.talked && d.at.Before(until) }) {
				g.add(1, "cohort_weeks", month, fmt.Sprint("reached_", n))
			}
		}
		for _, p := range g.x.Promises {
			if made, ok := began[p.Attempt_id]; ok && p.State != "replaced" && person[p.Attempt_id] == who && !made.Before(at) && made.Before(end) {
				g.add(1, "cohorts", month, "promised")
				break
			}
		}
		if g.paidSince(who, at, person, began) {
			g.add(1, "cohorts", month, "paid")
		}
	}
}

func (g *again) paidSince(who string, since time.Time, person map[string]string, began map[string]time.Time) bool {
	for _, c := range g.x.Counted {
		if _, ok := began[c.Attempt_id]; !ok || person[c.Attempt_id] != who {
			continue
		}
		alive := false
		for _, p := range g.x.Promises {
			alive = alive || p.Attempt_id == c.Attempt_id && p.Revision == c.Revision && p.State != "replaced"
		}
		for _, y := range g.x.Payments {
			if alive && y.ID == c.Payment_id && y.Paid_on >= tokyoDay(since) && y.Paid_on < g.to {
				return true
			}
		}
	}
	return false
}

// percentages are made of the counts, all at the end.
func (g *again) percentages() {
	type of struct{ section, column, from, base string }
	shares := []of{
		{"kinds", "contact_rate", "kinds|spoke", "kinds|attempts"}, {"kinds", "debtor_rate", "kinds|self", "kinds|attempts"},
		{"tries", "contact_rate", "tries|spoke", "tries|attempts"}, {"tries", "debtor_rate", "tries|self", "tries|attempts"},
		{"tries", "promise_rate", "tries|promises", "tries|attempts"}, {"keeping", "kept_rate", "keeping|kept", "keeping|due"},
		{"cohorts", "promise_rate", "cohorts|promised", "cohorts|persons"}, {"cohorts", "paid_rate", "cohorts|paid", "cohorts|persons"},
	}
	for n := 1; n <= 4; n++ {
		shares = append(shares, of{"cohorts", fmt.Sprint("rate_", n), fmt.Sprint("cohort_weeks|reached_", n), fmt.Sprint("cohort_weeks|since_", n)})
	}
	at := func(name, row string) string {
		section, column, _ := strings.Cut(name, "|")
		return section + "|" + row + "|" + column
	}
	made := map[string]float64{}
	for key, base := range g.cells {
		k := strings.Split(key, "|")
		if k[0] == "heat_attempts" {
			made["heat_rate|"+k[1]+"|"+k[2]] = 100 * g.cells["heat_reached|"+k[1]+"|"+k[2]] / base
		}
		for _, s := range shares {
			if at(s.base, k[1]) == key {
				made[s.section+"|"+k[1]+"|"+s.column] = 100 * g.cells[at(s.from, k[1])] / base
			}
		}
	}
	for key, v := range made {
		g.cells[key] = math.Round(v*10) / 10
	}
}

// A person who was called for years has tries that begin where the years before ended, whatever the span that is read.
func TestEarlierAttemptsAreOfAllYears(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	for _, years := range []int{-3, -1, 0} {
		call(t, l, target, noon.AddDate(years, 0, 0), dialer.NoAnswer)
	}
	for _, c := range []struct{ month, row string }{{"2026-11", "3"}, {"2025-11", "2"}, {"2023-11", "1"}} {
		o := report.Options{Now: noon.AddDate(1, 0, 0)}
		p, err := report.ParsePeriod(report.OfAnalysis, c.month, o.Now)
		must(t, err)
		made, err := report.Make(t.Context(), l, o, p)
		must(t, err)
		for _, row := range []string{"1", "2", "3"} {
			want := 0.0
			if row == c.row {
				want = 1
			}
			if got := *made.At("tries", row, "attempts").Value; got != want {
				t.Errorf("%s: %v attempts are the try %s, want %v", c.month, got, row, want)
			}
		}
	}
}
