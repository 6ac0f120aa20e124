package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres/internal/db"
)

// ours marks rows: what bears no mark of ours never was.
func (y *randomYear) ours(what string, find func(context.Context, *db.Queries) (marks, error)) {
	q := db.New(y.tx)
	all, err := find(y.t.Context(), q)
	must(y.t, err)
	for id, marks := range all {
		must(y.t, q.MarkRow(y.t.Context(), what, id, marks[0]))
	}
}

// custody writes a year's logs of personal data: closes that were carried out, given up, left under way and forgotten, lists, exports,
// and who was shown what.
func (y *randomYear) custody(calls []string) {
	y.closes()
	y.ours(markedCloses, y.l.closesToMark)
	for range 12 {
		y.exec(`INSERT INTO lists (id, file_name, by_user, at, sample, state, rows, cases) VALUES ($1, 'x', $2, $3, true, $4, $5, $6)`,
			y.id(), pick(y.r, "sv", "sv2"), y.at(), pick(y.r, "applied", "applied", "staged", "failed"), y.r.IntN(500), y.r.IntN(300))
		y.exec(`INSERT INTO paid_lists (id, file_name, by_user, at, sample, state, rows) VALUES ($1, 'x', 'sv', $2, true, 'applied', $3)`, y.id(), y.at(), y.r.IntN(90))
		at := y.at()
		y.exec(`INSERT INTO exports (id, day, by_user, at, again, firsts, corrections, repeats, files) VALUES ($1, $2, $3, $4, false, $5, $6, $7, $8)`,
			y.id(), dialer.DateOf(at).String(), pick(y.r, "", "op", "sv"), at, 1+y.r.IntN(9), y.r.IntN(3), y.r.IntN(2), pick(y.r, "[]", `[{"kind":"records"}]`))
	}
	var cases []string
	for i := range 6 {
		id := y.id()
		cases = append(cases, id)
		y.exec(`INSERT INTO cases (id, case_ref, origin, sample, language, state, why, moved_at, updated_at) VALUES ($1, $2, 'list', true, 'ja', 'closed', '', now(), now())`,
			id, fmt.Sprint("debt-", i))
	}
	handoff := y.id()
	y.exec(`INSERT INTO handoffs (id, case_id, case_ref, kind, state, by_user, at, due_on, moved_at, sealed)
		VALUES ($1, $1, 'debt-h', 'other', 'withdrawn', 'op', '2020-01-01', '2030-01-01', '2020-01-01', '')`, handoff)
	for _, call := range calls[:min(8, len(calls))] {
		y.exec(`INSERT INTO recordings (attempt_id, ref, began_at) VALUES ($1, $2, $3)`, call, call, y.at())
	}
	var last audit.Entry
	for range 20 {
		last = AuditChain(testRefs).Append(last, audit.Event{At: y.at(), By: "op", Action: audit.Action(pick(y.r, "refused", "case_read"))})
		y.exec(`INSERT INTO audit VALUES ($1, $2, $3, '', $4, '', '', '', '', '', '{}', $5, $6)`, last.N, last.At, string(last.By), string(last.Action), last.Before, last.Seal)
	}
	for id := range 3 {
		for revision := range 1 + y.r.IntN(2) {
			y.exec(`INSERT INTO incidents (id, revision, at, by_user, kind, found_at, from_at, until_at, who, malice, what, cause, done, future)
				VALUES ($1, $2, $3, 'sv', 'leaked', $3, $3, $3, '{}', false, 'x', '', '', '')`, id+1, revision+1, y.at())
		}
	}
	for range 40 {
		shown, ticked := y.r.IntN(4) > 0, []string{}
		if shown {
			ticked = [][]string{{"name"}, {"name", "born_on"}, {"phone", "address", "name"}}[y.r.IntN(3)]
		}
		y.exec(`INSERT INTO disclosures (attempt_id, case_id, by_user, at, shown, ticked, party) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			pick(y.r, calls...), pick(y.r, cases...), pick(y.r, "op", "op2"), y.at(), shown, ticked, pick(y.r, "", "self", "self"))
		y.exec(`INSERT INTO history_checks (case_id, by_user, at) VALUES ($1, $2, $3)`, pick(y.r, cases...), pick(y.r, "op", "op2", "sv"), y.at())
		y.exec(`INSERT INTO handoff_reads (handoff_id, by_user, at) VALUES ($1, $2, $3)`, handoff, pick(y.r, "ward", "sv"), y.at())
		y.exec(`INSERT INTO recording_listens (attempt_id, by_user, at) VALUES ($1, $2, $3)`, calls[y.r.IntN(min(8, len(calls)))], pick(y.r, "sv", "ward"), y.at())
	}
}

// closes writes the closes of some days; of half of the years one that ends the contract, after which there is none.
func (y *randomYear) closes() {
	var days []dialer.Date
	for _, month := range []time.Month{4, 5, 11, 12} {
		for _, day := range []int{1, 2, 3, 14, 15, 16, 27, 28, 29, 30} {
			days = append(days, dialer.Date{Year: y.year, Month: month, Day: day})
		}
	}
	last := days[len(days)-1]
	if y.r.IntN(2) == 0 {
		last = dialer.Date{Year: y.year, Month: 11, Day: pick(y.r, 15, 30)}
	}
	for _, day := range days {
		if day.String() > last.String() {
			break
		}
		if y.r.IntN(3) > 0 {
			y.exec(`INSERT INTO custody_days (day, mark) VALUES ($1, '')`, day.String())
		}
		if y.r.IntN(5) == 0 {
			y.close(day, "given_up", false)
		}
		switch {
		case day == last && last.Month == time.November:
			y.close(day, "closed", true)
		case day == last:
			y.close(day, pick(y.r, "begun", "signed"), false)
		case y.r.IntN(4) > 0:
			y.close(day, "closed", false)
		}
	}
}

func (y *randomYear) close(day dialer.Date, step string, final bool) {
	began := day.At(17*60 + y.r.IntN(120))
	type file struct {
		Kind string `json:"kind"`
		Rows int    `json:"rows"`
	}
	files, destroyed, manifest := []file{}, map[string]int{}, ""
	if step != "begun" {
		files, manifest = []file{{"records", y.r.IntN(300)}, {"handoffs", y.r.IntN(5)}, {"numbers", y.r.IntN(50)}, {"manifest", 0}}, fmt.Sprintf("%064x", y.r.Uint64())
	}
	if step == "closed" {
		files = append(files, file{"receipt", 0})
		destroyed = map[string]int{"keys": 1 + y.r.IntN(3), "persons": y.r.IntN(300), "phones": y.r.IntN(400), "callers": y.r.IntN(9)}
	}
	upto := pick(y.r, day.String(), day.String(), day.String(), dialer.DateOf(day.At(-24*60)).String(), "")
	if final {
		upto = day.String()
	}
	if final {
		destroyed["recordings"], destroyed["recording_keys"] = y.r.IntN(40), y.r.IntN(9)
	}
	filesJSON, err := json.Marshal(files)
	must(y.t, err)
	destroyedJSON, err := json.Marshal(destroyed)
	must(y.t, err)
	y.exec(`INSERT INTO day_closes (id, day, upto, final, by_user, begun_at, step, moved_at, files, manifest, destroyed)
		VALUES ($1, $2, NULLIF($3, '')::date, $4, $5, $6, $7, $8, $9, $10, $11)`,
		y.id(), day.String(), upto, final, pick(y.r, "sv", "sv2"), began, step, began.Add(3*time.Minute), filesJSON, manifest, destroyedJSON)
}

// papers issues the reports of some days, some of them twice.
func (y *randomYear) papers() {
	var done []string
	for range 20 {
		day := dialer.DateOf(y.at())
		if slices.Contains(done, day.String()) {
			continue
		}
		done = append(done, day.String())
		for revision := 1; revision <= pick(y.r, 1, 1, 2); revision++ {
			sum := make([]byte, 32)
			sum[0], sum[1] = byte(y.r.IntN(256)), byte(revision)
			y.exec(`INSERT INTO issued_reports (kind, period, revision, at, by_user, reason, content, sha256, whole) VALUES ('day', $1, $2, $3, 'sv', 'r', '{}', $4, true)`,
				day.String(), revision, day.At(10*60*revision), sum)
		}
	}
	y.ours(markedReports, y.l.reportsToMark)
}
