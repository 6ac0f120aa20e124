package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// inspection counts 検査・請求資料 of a month anew: what a month's report has is taken from the month that was counted anew too.
func (g *again) inspection(definition string, target, desks int) {
	g.count("month")
	maps.DeleteFunc(g.cells, func(key string, _ float64) bool {
		section, _, _ := strings.Cut(key, "|")
		return !slices.Contains([]string{"attempts", "promises", "kept", "inbound", "others", "counting"}, section)
	})
	for _, by := range []string{"attempts", "persons", "cases", "thirds"} {
		g.add(g.cells["counting|attempts|"+by], "accepted", by, "count")
		delete(g.cells, "counting|attempts|"+by)
		delete(g.cells, "counting|answered|"+by)
	}
	g.add(float64(target), "accepted", definition, "target")
	g.add(g.cells["accepted|"+definition+"|count"]-float64(target), "accepted", definition, "difference")
	for row, bounds := range map[string][2]float64{"numbers": {1, 2}, "sms": {200, 250}} {
		n, used := g.cells["others|"+row+"|count"]
		if used {
			g.add(n, "bounds", row, "count")
		}
		g.add(bounds[0], "bounds", row, "least")
		g.add(bounds[1], "bounds", row, "most")
		switch {
		case row == "sms" && !used:
			g.say("未使用(登録なし)", "bounds", row, "verdict")
		case n < bounds[0]:
			g.say(fmt.Sprintf("%.0f件不足", bounds[0]-n), "bounds", row, "verdict")
		case n > bounds[1]:
			g.say(fmt.Sprintf("%.0f件超過", n-bounds[1]), "bounds", row, "verdict")
		default:
			g.say("範囲内", "bounds", row, "verdict")
		}
	}
	open := g.openHours()
	happened := g.inspectionDays()
	for day, hours := range open {
		g.add(hours, "days", day, "hours")
		g.add(hours, "days", "total", "hours")
		g.add(float64(desks), "days", day, "seats")
		if g.cells["days|"+day+"|attempts"] == 0 {
			g.add(hours, "idle", day, "hours")
		}
	}
	g.inspectionPapers(open, happened)
}

// openHours are the hours without breaks of each day on which the centre was to open.
func (g *again) openHours() map[string]float64 {
	out := map[string]float64{}
	for d, _ := time.ParseInLocation("2006-01-02", g.from, jst); d.Format("2006-01-02") < g.to; d = d.AddDate(0, 0, 1) {
		switch d.Weekday() {
		case time.Saturday, time.Sunday:
		case time.Wednesday:
			out[d.Format("2006-01-02")] = 5
		default:
			out[d.Format("2006-01-02")] = 7
		}
	}
	return out
}

// inspectionDays counts each day, and says on which there was anything.
func (g *again) inspectionDays() map[string]bool {
	happened := map[string]bool{}
	both := func(n float64, day, column string) {
		g.add(n, "days", day, column)
		g.add(n, "days", "total", column)
	}
	newest := map[string]int{}
	for _, r := range g.x.Results {
		newest[r.Attempt_id] = max(newest[r.Attempt_id], r.Revision)
	}
	for _, a := range g.x.Attempts {
		at := a.Started_at
		if a.Direction == "outbound" && a.Origin == "sip" {
			at = a.Dialled_at
		}
		if at == nil || !g.in(tokyoDay(*at)) {
			continue
		}
		day := tokyoDay(*at)
		happened[day] = true
		for _, p := range g.x.Promises {
			if p.Attempt_id == a.ID && p.State != "replaced" {
				both(1, day, "promises")
			}
		}
		if a.Direction == "inbound" {
			both(1, day, "inbound")
		} else if a.Counted {
			both(1, day, "attempts")
			if a.Result == "answered" {
				both(1, day, "talks")
				for _, r := range g.x.Results {
					if r.Attempt_id == a.ID && r.Revision == newest[a.ID] && (r.Party == "self" || r.Party == "family" || r.Party == "third_party") {
						both(1, day, "answered")
					}
				}
			}
		}
	}
	back, sent := map[string]bool{}, map[string][2]int{}
	for _, b := range g.x.Back {
		back[b.ID] = true
	}
	for _, n := range g.x.Numbers {
		if day := tokyoDay(n.At); g.in(day) && !back[n.ID] {
			happened[day] = true
			both(1, day, "numbers")
		}
	}
	for _, h := range g.x.Handoffs {
		if day := tokyoDay(h.At); g.in(day) && h.State != "withdrawn" {
			happened[day] = true
			both(1, day, "handoffs")
		}
	}
	for _, s := range g.x.Sms {
		if g.in(s.Day) && s.ID > sent[s.Day][0] {
			sent[s.Day] = [2]int{s.ID, s.Sent}
		}
	}
	for day, s := range sent {
		happened[day] = true
		both(float64(s[1]), day, "sms")
	}
	for _, c := range g.x.Counted {
		for _, p := range g.x.Promises {
			for _, y := range g.x.Payments {
				if p.Attempt_id == c.Attempt_id && p.Revision == c.Revision && p.State != "replaced" && y.ID == c.Payment_id && g.in(y.Paid_on) {
					happened[y.Paid_on] = true
				}
			}
		}
	}
	return happened
}

// inspectionPapers lists the daily reports, and what was recorded after them.
func (g *again) inspectionPapers(open map[string]float64, happened map[string]bool) {
	first, last := map[string]time.Time{}, map[string]time.Time{}
	for day := range open {
		g.say("実績なし", "papers", day, "state")
	}
	for day := range happened {
		g.say("未発行", "papers", day, "state")
	}
	for _, p := range g.x.Issued {
		if p.Kind != "day" || !g.in(p.Period) {
			continue
		}
		g.add(1, "papers", p.Period, "revisions")
		if at, ok := first[p.Period]; !ok || p.At.Before(at) {
			first[p.Period] = p.At
		}
		if p.At.After(last[p.Period]) {
			last[p.Period] = p.At
			g.say(fmt.Sprintf("第%d版 %s", p.Revision, p.At.In(jst).Format("01-02 15:04")), "papers", p.Period, "state")
			g.say(strings.TrimPrefix(p.Sha256, `\x`), "papers", p.Period, "sha256")
		}
	}
	for _, a := range g.x.Attempts {
		at := a.Started_at
		if a.Direction == "outbound" && a.Origin == "sip" {
			at = a.Dialled_at
		}
		if at == nil {
			continue
		}
		day := tokyoDay(*at)
		issued, ok := first[day]
		for _, r := range g.x.Results {
			if !ok || r.Attempt_id != a.ID || !r.At.After(issued) {
				continue
			}
			for _, row := range []string{"total", day} {
				g.add(1, "amended", row, "after_first")
				if r.At.After(last[day]) {
					g.add(1, "amended", row, "after_newest")
				}
			}
		}
	}
}
