package postgres

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

// exportedRows are a fiscal year's rows as anybody could export them, read by nothing of the product's.
type exportedRows struct {
	Attempts []struct {
		ID, Case_ref, Number_ref, Number_kind, Insurance, Language, Desk, Operator, Direction, Origin, Result string
		Started_at, Dialled_at, Answered_at, Ended_at                                                         *time.Time
		Counted                                                                                               bool
	}
	Results []struct {
		Attempt_id, Party, Kind, Language string
		Revision                          int
		Business                          []string
		At                                time.Time
	}
	Promises []struct {
		Attempt_id, Means, State, Due_on string
		Revision                         int
		Yen, Paid_yen                    int
		Kept_on                          *string
	}
	Parts []struct {
		Attempt_id, Insurance string
		Revision, Yen         int
	}
	Counted []struct {
		Attempt_id    string
		Revision, Yen int
		Payment_id    int
	}
	Payments []struct {
		ID      int
		Paid_on string
	}
	Handoffs []struct {
		ID, Kind, State string
		At              time.Time
	}
	Numbers []struct {
		ID    string
		At    time.Time
		First bool
	}
	Back []struct{ ID string }
	Sms  []struct {
		ID, Sent int
		Day      string
	}
	Issued []struct {
		Kind, Period, Sha256 string
		Revision             int
		At                   time.Time
	}
	Custody custodyRows
}

func export(t testing.TB, l *Ledger) (x exportedRows) {
	t.Helper()
	for table, into := range map[string]any{
		"attempts": &x.Attempts, "attempt_results": &x.Results, "promises": &x.Promises, "promise_parts": &x.Parts, "promise_counted": &x.Counted,
		"payments": &x.Payments, "handoffs": &x.Handoffs, "numbers_entered": &x.Numbers, "numbers_taken_back": &x.Back, "sms_counts": &x.Sms,
		"issued_reports": &x.Issued, "custody_days": &x.Custody.Held, "day_closes": &x.Custody.Closes, "exports": &x.Custody.Exports, "lists": &x.Custody.Lists,
		"paid_lists": &x.Custody.Paid, "disclosures": &x.Custody.Disclosures, "history_checks": &x.Custody.Checks, "handoff_reads": &x.Custody.Reads,
		"recording_listens": &x.Custody.Listens, "incidents": &x.Custody.Incidents, "audit": &x.Custody.Audit,
	} {
		var rows []byte
		must(t, l.pool.QueryRow(t.Context(), "SELECT coalesce(json_agg(r), '[]') FROM "+table+" r").Scan(&rows))
		must(t, json.Unmarshal(rows, into))
	}
	return x
}

// again counts a report anew, cell by cell, with nothing but loops over the rows.
type again struct {
	x        exportedRows
	from, to string // days
	cells    map[string]float64
	texts    map[string]string
	met      map[string]bool // calls and cases of a row of what was shown
}

var jst = time.FixedZone("JST", 9*3600)

func (g *again) add(n float64, section, row, column string) { g.cells[section+"|"+row+"|"+column] += n }

func (g *again) in(day string) bool { return day >= g.from && day < g.to }

func tokyoDay(t time.Time) string { return t.In(jst).Format("2006-01-02") }

func (g *again) count(kind string) {
	newest, first, revisions := map[string]int{}, map[string]time.Time{}, map[string]int{}
	for i, r := range g.x.Results {
		if r.Revision > revisions[r.Attempt_id] {
			revisions[r.Attempt_id], newest[r.Attempt_id] = r.Revision, i
		}
		if r.Revision == 1 {
			first[r.Attempt_id] = r.At
		}
	}
	began := map[string]time.Time{}
	order := []int{}
	for i, a := range g.x.Attempts {
		at := *a.Started_at
		if a.Direction == "outbound" && a.Origin == "sip" {
			if a.Dialled_at == nil {
				continue
			}
			at = *a.Dialled_at
		}
		began[a.ID] = at
		order = append(order, i)
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := g.x.Attempts[i].ID, g.x.Attempts[j].ID
		if c := began[a].Compare(began[b]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	numberDays, absences, met := map[string]bool{}, map[string]int{}, map[string]bool{}
	sets := map[string]map[string]bool{}
	once := func(set, key string) bool {
		if sets[set] == nil {
			sets[set] = map[string]bool{}
		}
		was := sets[set][key]
		sets[set][key] = true
		return !was
	}
	talks := map[string]float64{}
	for _, i := range order {
		a := g.x.Attempts[i]
		day := tokyoDay(began[a.ID])
		party, business, inboundKind, wanted := "", []string(nil), "", ""
		if revisions[a.ID] > 0 {
			r := g.x.Results[newest[a.ID]]
			party, business, inboundKind, wanted = r.Party, r.Business, r.Kind, r.Language
		}
		ours := a.Direction == "outbound" && a.Origin == "sip"
		machine := a.Result == "answered" && (party == "voicemail" || party == "recorder")
		absent := ours && a.Counted && (a.Result == "no_answer" || machine)
		repeat := ours && a.Counted && numberDays[day+a.Number_ref]
		if ours && a.Counted {
			numberDays[day+a.Number_ref] = true
		}
		if absent {
			absences[day[:7]+a.Case_ref]++
		}
		if !g.in(day) {
			continue
		}
		if revisions[a.ID] > 0 {
			channel := "calls"
			if a.Direction == "inbound" {
				channel = "inbound"
			}
			if a.Origin == "manual" {
				channel = "by_hand"
			}
			for _, b := range business {
				g.add(1, "business", b, channel)
				if b == "account_transfer" {
					g.add(1, "others", "account_transfer", "count")
				}
				if b == "complaint" {
					g.add(1, "others", "complaints", "count")
				}
			}
			if wanted != "" && wanted != "ja" {
				g.add(1, "languages", wanted, "talks")
			} else if slices.Contains(business, "language") {
				g.add(1, "languages", "", "talks")
			}
			if party == "self" && a.Direction == "outbound" && !met[a.Case_ref] {
				met[a.Case_ref] = true
				row := "none"
				if len(business) > 0 {
					row = business[0]
				}
				g.add(1, "first_contact", row, "talks")
			}
		}
		if a.Direction == "inbound" && a.Result == "cancelled" {
			continue // answered elsewhere, and counted there
		}
		if a.Direction == "inbound" {
			g.add(1, "inbound", "total", "calls")
			column := "missed"
			if a.Result == "answered" || a.Result == "interrupted" {
				column = "answered"
			}
			g.add(1, "inbound", "total", column)
			g.add(1, "inbound", "total", map[string]string{
				"": "unrecorded", "call_back_received": "call_backs", "inquiry": "inquiries", "complaint": "complaints", "other_business": "others",
			}[inboundKind])
			if a.Origin == "manual" {
				g.add(1, "inbound", "total", "by_hand")
			}
			continue
		}
		if a.Origin == "manual" {
			g.add(1, "others", "by_hand", "count")
			continue
		}
		columns := []string{"dialled"}
		person := a.Counted && a.Result == "answered" && (party == "self" || party == "family" || party == "third_party")
		if a.Counted {
			columns = append(columns, "attempts")
			switch {
			case a.Result == "answered" && (party == "fax" || party == "silent"):
				columns = append(columns, "no_voice")
			case a.Result == "answered" && party == "":
				columns = append(columns, "unrecorded")
			case a.Result == "answered":
				columns = append(columns, party)
			case a.Result == "bad_number":
				columns = append(columns, "line_trouble")
			default:
				columns = append(columns, a.Result)
			}
			if person {
				columns = append(columns, "answered")
			}
			if absent {
				columns = append(columns, "absent")
			}
			if repeat {
				columns = append(columns, "repeats")
			}
		} else {
			columns = append(columns, "not_counted")
			switch a.Result {
			case "cancelled":
				columns = append(columns, "short_cancel")
			case "line_trouble":
				columns = append(columns, "line_trouble_spared")
			case "bad_number":
				columns = append(columns, "bad_number")
			default:
				columns = append(columns, "other_spared")
			}
		}
		rows := map[string]string{
			"attempts": "total", "attempts_by_hour": began[a.ID].In(jst).Format("15"), "attempts_by_desk": a.Desk, "attempts_by_operator": a.Operator,
			"attempts_by_insurance": a.Insurance, "attempts_by_language": a.Language, "attempts_by_number": a.Number_kind,
		}
		if kind == "month" {
			rows["attempts_by_day"] = day
		}
		if kind == "year" {
			rows["attempts_by_month"] = day[:7]
		}
		for section, row := range rows {
			for _, c := range columns {
				g.add(1, section, row, c)
			}
		}
		if !a.Counted {
			continue
		}
		third := absent && absences[day[:7]+a.Case_ref]%3 == 0
		for _, row := range []string{"attempts", "answered"} {
			if row == "answered" && !person {
				continue
			}
			g.add(1, "counting", row, "attempts")
			if once(row+"persons", a.Case_ref) {
				g.add(1, "counting", row, "persons")
			}
			kinds := []string{a.Insurance}
			if a.Insurance == "both" {
				kinds = []string{"kokuho", "kouki"}
			}
			for _, k := range kinds {
				if once(row+"cases", a.Case_ref+" "+k) {
					g.add(1, "counting", row, "cases")
				}
			}
			if !absent || third {
				g.add(1, "counting", row, "thirds")
			}
		}
		for _, who := range []string{"total", "desk:" + a.Desk} {
			talks[who+"|n"]++
			if person {
				talks[who+"|person"]++
			}
			if person && party == "self" {
				talks[who+"|self"]++
			}
			if a.Result == "answered" {
				talks[who+"|talks"]++
				talks[who+"|talk"] += math.Round(a.Ended_at.Sub(*a.Answered_at).Seconds())
			}
			if revisions[a.ID] > 0 && tokyoDay(first[a.ID]) == tokyoDay(*a.Ended_at) {
				talks[who+"|recorded"]++
				talks[who+"|wrap"] += math.Round(first[a.ID].Sub(*a.Ended_at).Seconds())
			}
		}
	}
	g.efficiency(talks)
	g.promises(began, newest)
	g.rest()
}

func (g *again) efficiency(sum map[string]float64) {
	minutes := 0
	for d, _ := time.ParseInLocation("2006-01-02", g.from, jst); d.Format("2006-01-02") < g.to; d = d.AddDate(0, 0, 1) {
		switch d.Weekday() {
		case time.Saturday, time.Sunday:
		case time.Wednesday:
			minutes += 5 * 60
		default:
			minutes += 7 * 60
		}
	}
	round := func(v float64) float64 { return math.Round(v*10) / 10 }
	who := map[string]bool{"total": true}
	for key := range sum {
		who[strings.Split(key, "|")[0]] = true
	}
	for w := range who {
		hours := float64(minutes) / 60
		if w == "total" {
			hours *= 2
		}
		put := func(column string, of, base, times float64) {
			if base > 0 {
				g.add(round(times*of/base), "efficiency", w, column)
			}
		}
		g.add(round(hours), "efficiency", w, "hours")
		put("contact_rate", sum[w+"|person"], sum[w+"|n"], 100)
		put("debtor_rate", sum[w+"|self"], sum[w+"|n"], 100)
		put("attempts_per_hour", sum[w+"|n"], hours, 1)
		put("talk_per_hour", sum[w+"|talk"], hours, 1)
		put("mean_talk", sum[w+"|talk"], sum[w+"|talks"], 1)
		put("mean_wrap_up", sum[w+"|wrap"], sum[w+"|recorded"], 1)
		if sum[w+"|talks"] > 0 {
			handling := sum[w+"|talk"] / sum[w+"|talks"]
			if sum[w+"|recorded"] > 0 {
				handling += sum[w+"|wrap"] / sum[w+"|recorded"]
			}
			g.add(round(handling), "efficiency", w, "mean_handling")
		}
	}
}

func (g *again) promises(began map[string]time.Time, newest map[string]int) {
	alive := map[string]bool{}
	for _, p := range g.x.Promises {
		key := p.Attempt_id + strconv.Itoa(p.Revision)
		alive[key] = p.State != "replaced"
		at, ok := began[p.Attempt_id]
		if !ok || p.State == "replaced" {
			continue
		}
		if g.in(tokyoDay(at)) {
			split := map[string]int{}
			for _, part := range g.x.Parts {
				if part.Attempt_id == p.Attempt_id && part.Revision == p.Revision {
					split[part.Insurance] += part.Yen
				}
			}
			for _, row := range []string{"total", "party:" + g.x.Results[newest[p.Attempt_id]].Party, "means:" + p.Means} {
				g.add(1, "promises", row, "made")
				g.add(float64(p.Yen), "promises", row, "yen")
				g.add(float64(split["kokuho"]), "promises", row, "kokuho_yen")
				g.add(float64(split["kouki"]), "promises", row, "kouki_yen")
				g.add(float64(p.Yen-split["kokuho"]-split["kouki"]), "promises", row, "unsplit_yen")
				g.add(1, "promises", row, p.State)
				g.add(float64(p.Paid_yen), "promises", row, "paid_yen")
			}
		}
		if p.State == "kept" && g.in(*p.Kept_on) {
			for _, row := range []string{"total", tokyoDay(at)[:7]} {
				g.add(1, "kept", row, "kept")
				g.add(float64(p.Yen), "kept", row, "kept_yen")
			}
		}
	}
	for _, c := range g.x.Counted {
		for _, y := range g.x.Payments {
			if at, ok := began[c.Attempt_id]; ok && y.ID == c.Payment_id && g.in(y.Paid_on) && alive[c.Attempt_id+strconv.Itoa(c.Revision)] {
				g.add(float64(c.Yen), "kept", "total", "paid_yen")
				g.add(float64(c.Yen), "kept", tokyoDay(at)[:7], "paid_yen")
			}
		}
	}
}

func (g *again) rest() {
	for _, h := range g.x.Handoffs {
		if h.State != "withdrawn" && g.in(tokyoDay(h.At)) {
			g.add(1, "others", "handoffs", "count")
			g.add(1, "others", "handoff:"+h.Kind, "count")
		}
	}
	back := map[string]bool{}
	for _, b := range g.x.Back {
		back[b.ID] = true
	}
	for _, n := range g.x.Numbers {
		if !back[n.ID] && g.in(tokyoDay(n.At)) {
			g.add(1, "others", "numbers", "count")
			if n.First {
				g.add(1, "others", "numbers_first", "count")
			}
		}
	}
	newest := map[string][2]int{}
	for _, s := range g.x.Sms {
		if g.in(s.Day) && s.ID > newest[s.Day][0] {
			newest[s.Day] = [2]int{s.ID, s.Sent}
		}
	}
	for _, s := range newest {
		g.add(float64(s[1]), "others", "sms", "count")
	}
}

// Every cell of 8 random ledgers' (at full length 50 ledgers') days, months and years, counted a second time from exported rows by code that shares nothing with
// the report; and behind each cell that counts calls there are as many rows as it says.
func TestReportsAgreeWithAnIndependentCount(t *testing.T) {
	years := 8
	if os.Getenv("KAKERU_LONG") != "" {
		years = 50
	}
	for i := range years {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			tx, err := l.pool.Begin(t.Context())
			must(t, err)
			r := rand.New(rand.NewPCG(uint64(i), 7))
			y := &randomYear{t: t, l: l, tx: tx, r: r, year: 2026}
			y.write(120 + 4*i)
			must(t, tx.Commit(t.Context()))
			x := export(t, l)
			some := dialer.DateOf(y.at())
			for kind, names := range map[report.Kind][]string{
				report.OfDay:      {some.String(), "2026-04-01", "2026-11-30", "2026-06-06"},
				report.OfMonth:    {some.String()[:7], "2026-05", "2027-01"},
				report.OfYear:     {"2026", "2025"},
				report.OfAnalysis: {some.String()[:7], "2026-05", "2026-06", "2026-12", "2027-03"},
				report.OfPack:     {some.String()[:7], "2026-04"},
				report.Inspection: {some.String()[:7], "2026-04", "2027-01"},
				report.Privacy:    {"2026-11", "2026-04", "2027-01", "2026-05"},
			} {
				for _, name := range names {
					agree(t, l, x, kind, name, r)
				}
			}
		})
	}
}

func agree(t *testing.T, l *Ledger, x exportedRows, kind report.Kind, name string, r *rand.Rand) {
	t.Helper()
	o := report.Options{
		Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Hours: dialer.Hours{Week: dialer.WardHours(), BreakMinutes: 60}, Desks: []dialer.DeskID{"desk-1", "desk-2"},
		Definition: pick(r, report.Definitions...),
		Contract: report.Contract{
			Calls: r.IntN(90) + 1, SMS: report.Bounds{Month: 200, UpTo: 250}, Number: report.Bounds{Month: 1, UpTo: 2},
		},
		Words: []report.TargetWord{{Month: "2026-11", Calls: new(r.IntN(90))}},
	}
	p, err := report.ParsePeriod(kind, name, o.Now)
	must(t, err)
	if kind == report.OfAnalysis { // of a month that is under way, or was over long ago
		o.Now = p.Start().Add(time.Duration(1+r.IntN(60*24*60)) * time.Minute)
	}
	made, err := report.Make(t.Context(), l, o, p)
	must(t, err)
	g := again{x: x, from: p.From.String(), to: p.To.String(), cells: map[string]float64{}, texts: map[string]string{}, met: map[string]bool{}}
	switch kind {
	case report.OfAnalysis:
		g.analyse(o.Now)
	case report.OfPack:
		g.count("month")
		g.analyse(o.Now)
	case report.Inspection:
		said := "検査の対象"
		target := o.Contract.Calls
		if name == "2026-11" {
			said, target = "検査の対象(目標は区の指示)", *o.Words[0].Calls
		}
		g.say(said, "accepted", o.Definition, "held")
		g.inspection(o.Definition, target, len(o.Desks))
	case report.Privacy:
		g.privacy()
	default:
		g.count(string(kind))
	}
	var filled []report.Where
	for _, s := range made.Sections {
		for _, row := range s.Rows {
			for i, c := range row.Cells {
				key := s.Key + "|" + row.Key + "|" + s.Columns[i].Key
				want, there := g.cells[key]
				delete(g.cells, key)
				if said := wordsOf(c); said != g.texts[key] {
					t.Errorf("%s %s: %s says %q, and should %q", kind, name, key, said, g.texts[key])
				}
				delete(g.texts, key)
				switch {
				case c.Text != nil && c.Value == nil && !there:
				case c.Value == nil && there && (want != 0 || c.Why == report.Unused):
					t.Errorf("%s %s: %s is %s, counted again it is %v", kind, name, key, c.Why, want)
				case c.Value == nil && c.Why == "":
					t.Errorf("%s %s: %s has neither a figure nor a reason", kind, name, key)
				case c.Value != nil && *c.Value != want:
					t.Errorf("%s %s: %s is %v, counted again it is %v", kind, name, key, *c.Value, want)
				case c.Value != nil && *c.Value != 0 && s.Columns[i].Unit == report.InCalls && !s.Columns[i].Given:
					filled = append(filled, report.Where{Section: s.Key, Row: row.Key, Column: s.Columns[i].Key})
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(g.cells)) {
		if g.cells[key] != 0 {
			t.Errorf("%s %s: %s is missing, counted again it is %v", kind, name, key, g.cells[key])
		}
	}
	for key, said := range g.texts {
		t.Errorf("%s %s: %s is missing, and should say %q", kind, name, key, said)
	}
	for range min(10, len(filled)) {
		w := filled[r.IntN(len(filled))]
		refs, err := report.Behind(t.Context(), l, o, p, w)
		must(t, err)
		if v := *made.At(w.Section, w.Row, w.Column).Value; float64(len(refs)) != v && (!sums(w) || len(refs) == 0 || float64(len(refs)) > v) {
			t.Errorf("%s %s: %d rows stand behind %v, which is %v", kind, name, len(refs), w, v)
		}
	}
	if _, err := report.Behind(t.Context(), l, o, p, report.Where{Section: "attempts", Row: "total", Column: "none"}); err == nil {
		t.Error("there are rows behind a cell that does not exist")
	}
}

// sums reports whether the rows behind a cell are not counted in it, but have a figure each.
func sums(w report.Where) bool {
	switch w.Section {
	case "closes_by_day", "destroyed", "lists", "exports":
		return true
	case "returns":
		return w.Column == "files"
	case "exports_by_person":
		return w.Column != "exports"
	default:
		return w.Row == "sms" || w.Column == "sms"
	}
}

func wordsOf(c report.Cell) string {
	if c.Text == nil {
		return ""
	}
	return c.Text.JA
}

// A report of a month is changed by what is corrected in the next, and says of which call.
func TestACorrectionAcrossMonths(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	midnight := time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)                // the end of November in Tokyo
	talk := call(t, l, target, midnight.Add(-3*time.Second), dialer.Answered) // the INVITE left two seconds later
	call(t, l, newTarget(), midnight.Add(-2*time.Second), dialer.NoAnswer)    // December's
	first := entry(talk)
	first.Party = casework.Family
	_, err := l.Record(t.Context(), first)
	must(t, err)
	o := report.Options{Now: noon.AddDate(1, 0, 0), Hours: dialer.Hours{Week: dialer.WardHours()}}
	november, err := report.ParsePeriod(report.OfMonth, "2026-11", o.Now)
	must(t, err)
	issuer := report.Issuer{Ledger: l, Store: l}
	issued, err := issuer.Issue(t.Context(), o, november, "sv", "")
	must(t, err)
	was, err := issued.Report()
	must(t, err)
	if at := was.At("attempts", "total", "attempts"); *at.Value != 1 {
		t.Fatalf("November has %v attempts, want the one that left a second before its end", *at.Value)
	}
	corrected := entry(talk)
	corrected.At = midnight.AddDate(0, 0, 3)
	_, err = l.Record(t.Context(), corrected)
	must(t, err)
	is, err := report.Make(t.Context(), l, o, november)
	must(t, err)
	for _, c := range report.Changes(was, is) {
		if c.Column == "attempts" || c.Column == "answered" {
			t.Errorf("%s changed, and a party alone was corrected", c.Title.EN)
		}
	}
	if *is.At("attempts", "total", "self").Value != 1 || *is.At("attempts", "total", "family").Value != 0 {
		t.Error("the correction is not in November")
	}
	fixed, err := l.CorrectedSince(t.Context(), november.Start(), november.End(), midnight.AddDate(0, 0, 2))
	if err != nil || len(fixed) != 1 || fixed[0].Attempt != talk.ID || fixed[0].Revision != 2 {
		t.Errorf("%+v, %v", fixed, err)
	}
}

// A clock that was set back in a talk, or before its result was written, takes nothing off the others' times.
func TestATalkLastsNoLessThanNothing(t *testing.T) {
	answered := time.Date(2026, 11, 27, 10, 0, 0, 0, dialer.Tokyo)
	ended := answered.Add(-time.Hour)
	a := factOf(&db.ReportAttemptsRow{AnsweredAt: &answered, EndedAt: ended, RecordedAt: ended.Add(-time.Minute)})
	if a.Talk != 0 || a.WrapUp != 0 {
		t.Errorf("a talk of %s with %s of wrap-up", a.Talk, a.WrapUp)
	}
	ended = answered.Add(3 * time.Minute)
	a = factOf(&db.ReportAttemptsRow{AnsweredAt: &answered, EndedAt: ended, RecordedAt: ended.Add(20 * time.Second)})
	if a.Talk != 3*time.Minute || a.WrapUp != 20*time.Second {
		t.Errorf("a talk of %s with %s of wrap-up", a.Talk, a.WrapUp)
	}
}
