package postgres

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// custodyRows are the logs of personal data as anybody could export them.
type custodyRows struct {
	Held    []struct{ Day string }
	Closes  []closeRow
	Exports []struct {
		ID, Day, By_user             string
		At                           time.Time
		Firsts, Corrections, Repeats int
		Files                        []any
	}
	Lists, Paid []struct {
		ID, By_user, State string
		At                 time.Time
		Rows, Cases        int
	}
	Disclosures []struct {
		Attempt_id, Case_id, By_user, Party string
		At                                  time.Time
		Shown                               bool
		Ticked                              []string
	}
	Checks, Reads, Listens []actRow
	Incidents              []incidentRow
	Audit                  []struct {
		Action string
		At     time.Time
	}
}

type closeRow struct {
	ID, Day, By_user, Step, Manifest string
	Upto                             *string
	Final                            bool
	Begun_at, Moved_at               time.Time
	Files                            []struct {
		Kind string
		Rows int
	}
	Destroyed map[string]int
}

type incidentRow struct {
	ID, Revision int
	Found_at     time.Time
}

type actRow struct {
	By_user string
	At      time.Time
}

// say is what stands in a cell of words.
func (g *again) say(text, section, row, column string) { g.texts[section+"|"+row+"|"+column] = text }

// privacy counts 個人情報管理状況報告 anew.
func (g *again) privacy() {
	c := &g.x.Custody
	slices.SortFunc(c.Closes, func(a, b closeRow) int {
		if n := a.Begun_at.Compare(b.Begun_at); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	g.privacyDays()
	g.privacyCloses()
	g.privacyMoves()
	for _, d := range c.Disclosures {
		if !g.in(tokyoDay(d.At)) {
			continue
		}
		column := "hidden"
		if d.Shown {
			column = "shown"
			g.add(1, "identity", "total", "times")
			for _, by := range d.Ticked {
				g.add(1, "identity", by, "times")
			}
			g.add(1, "identity", "party:"+d.Party, "times")
		}
		for _, in := range [][2]string{{"shown_by_person", "total"}, {"shown_by_person", "by:" + d.By_user}, {"shown_by_day", tokyoDay(d.At)}} {
			g.add(1, in[0], in[1], column)
			if d.Shown {
				for what, id := range map[string]string{"talks": d.Attempt_id, "cases": d.Case_id} {
					if key := fmt.Sprint(in, what, id); !g.met[key] {
						g.met[key] = true
						g.add(1, in[0], in[1], what)
					}
				}
			}
		}
	}
	for column, acts := range map[string][]actRow{"checks": c.Checks, "reads": c.Reads, "listens": c.Listens} {
		for _, a := range acts {
			if day := tokyoDay(a.At); g.in(day) {
				g.add(1, "shown_by_person", "total", column)
				g.add(1, "shown_by_person", "by:"+a.By_user, column)
				g.add(1, "shown_by_day", day, column)
			}
		}
	}
	newest := map[int]incidentRow{}
	for _, i := range c.Incidents {
		if i.Revision > newest[i.ID].Revision {
			newest[i.ID] = i
		}
	}
	var found []int
	for id, i := range newest {
		if g.in(tokyoDay(i.Found_at)) {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	text, refused := fmt.Sprintf("%d件", len(found)), 0
	for n, id := range found {
		text += map[bool]string{true: ": ", false: "、"}[n == 0] + fmt.Sprintf("第%d号", id)
	}
	for _, a := range c.Audit {
		if a.Action == "refused" && g.in(tokyoDay(a.At)) {
			refused++
		}
	}
	g.say(text, "unknown", "incidents", "count")
	g.say(fmt.Sprintf("%d件", refused), "unknown", "refused", "count")
}

// privacyDays says of each day on which the centre opened how it was closed.
func (g *again) privacyDays() {
	c := &g.x.Custody
	open, held := map[string]bool{}, map[string]bool{}
	for d, _ := time.ParseInLocation("2006-01-02", g.from, jst); d.Format("2006-01-02") < g.to; d = d.AddDate(0, 0, 1) {
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			open[d.Format("2006-01-02")] = true
		}
	}
	for _, h := range c.Held {
		if g.in(h.Day) {
			open[h.Day], held[h.Day] = true, true
		}
	}
	for _, cl := range c.Closes {
		if g.in(cl.Day) {
			open[cl.Day] = true
		}
	}
	for day := range open {
		g.add(1, "closes", "total", "open_days")
		state, by := "未返却", ""
		for _, cl := range c.Closes {
			if cl.Day == day && cl.Step != "closed" && cl.Step != "given_up" {
				state = "実施中"
			}
		}
		for _, cl := range slices.Backward(c.Closes) { // the first that took it counts
			if cl.Step == "closed" && cl.Day > day && cl.Upto != nil && *cl.Upto >= day {
				state, by = "後日返却("+cl.Day+")", cl.Moved_at.In(jst).Format("01-02 15:04 ")+cl.By_user
			}
		}
		for _, cl := range c.Closes {
			if cl.Step == "closed" && cl.Day == day {
				state, by = "返却済", cl.Moved_at.In(jst).Format("01-02 15:04 ")+cl.By_user
				if cl.Upto == nil || *cl.Upto < day {
					state = "返却済(個人情報は保管継続)"
				}
				if cl.Final {
					state = "契約終了の返却"
				}
			}
		}
		switch {
		case state == "未返却" && !held[day]:
			state = "終業返却なし(預かりなし)"
			g.add(1, "closes", "total", "without")
		case state == "未返却":
			g.add(1, "closes", "total", "missing")
		case strings.HasPrefix(state, "後日"):
			g.add(1, "closes", "total", "later")
		}
		g.say(state, "closes_by_day", day, "state")
		if by != "" {
			g.say(by, "closes_by_day", day, "by")
		}
	}
}

func (g *again) privacyCloses() {
	for _, cl := range g.x.Custody.Closes {
		if !g.in(cl.Day) {
			continue
		}
		switch cl.Step {
		case "given_up":
			g.add(1, "closes", "total", "given_up")
			continue
		case "closed":
			g.add(1, "closes", "total", "closed")
			g.add(float64(cl.Destroyed["keys"]), "closes_by_day", cl.Day, "keys")
			g.add(float64(cl.Destroyed["persons"]), "closes_by_day", cl.Day, "persons")
			column := "day_end"
			if cl.Final {
				column = "contract_end"
			}
			for what, n := range cl.Destroyed {
				g.add(float64(n), "destroyed", what, column)
			}
		default:
			g.add(1, "closes", "total", "under_way")
		}
		g.add(float64(len(cl.Files)), "returns", cl.ID, "files")
		for _, f := range cl.Files {
			switch f.Kind {
			case "receipt":
				g.add(1, "returns", cl.ID, "receipt")
			case "manifest":
				g.add(1, "returns", cl.ID, "signed")
			default:
				g.add(float64(f.Rows), "closes_by_day", cl.Day, f.Kind)
			}
		}
		if cl.Manifest != "" {
			g.say(cl.Manifest, "returns", cl.ID, "manifest")
		}
		g.say("記録なし", "returns", cl.ID, "ward")
	}
}

// privacyMoves counts what came in and what was written out.
func (g *again) privacyMoves() {
	c := &g.x.Custody
	states := map[string]string{"applied": "取込済", "staged": "確認待ち", "failed": "取り込まず"}
	for _, l := range c.Lists {
		if !g.in(tokyoDay(l.At)) {
			continue
		}
		row, gone := "debts "+l.ID, "保管中"
		for _, cl := range slices.Backward(c.Closes) {
			if cl.Step == "closed" && cl.Begun_at.After(l.At) && cl.Upto != nil && *cl.Upto >= tokyoDay(l.At) {
				gone = cl.Moved_at.In(jst).Format("01-02 15:04") + " 消去"
			}
		}
		g.add(float64(l.Rows), "lists", row, "rows")
		g.add(float64(l.Cases), "lists", row, "persons")
		g.say(l.By_user, "lists", row, "by")
		g.say(states[l.State], "lists", row, "state")
		g.say(gone, "lists", row, "gone")
	}
	for _, l := range c.Paid {
		if g.in(tokyoDay(l.At)) {
			row := "paid " + l.ID
			g.add(float64(l.Rows), "lists", row, "rows")
			g.say(l.By_user, "lists", row, "by")
			g.say(states[l.State], "lists", row, "state")
			g.say("個人情報なし", "lists", row, "gone")
		}
	}
	for _, e := range c.Exports {
		if !g.in(tokyoDay(e.At)) {
			continue
		}
		g.say(e.Day, "exports", e.ID, "day")
		g.add(1, "exports_by_person", "total", "exports")
		g.add(1, "exports_by_person", e.By_user, "exports")
		for column, n := range map[string]int{
			"rows": e.Firsts + e.Corrections + e.Repeats, "firsts": e.Firsts, "corrections": e.Corrections, "repeats": e.Repeats, "files": len(e.Files),
		} {
			g.add(float64(n), "exports", e.ID, column)
			g.add(float64(n), "exports_by_person", "total", column)
			g.add(float64(n), "exports_by_person", e.By_user, column)
		}
	}
}
