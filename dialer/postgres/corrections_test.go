package postgres

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// TestAResultIsCorrectedSoOftenAndNoMore: a supervisor may when others may not any more; what is there already is said again, and what waited in the spool comes in.
func TestAResultIsCorrectedSoOftenAndNoMore(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r := call(t, l, listedTarget(t, l), noon, dialer.Answered)
	nth := func(n int, supervisor bool) casework.Recorded {
		e := wishes(r, noon.Add(time.Duration(n)*time.Second), casework.Information)
		e.Note, e.Decides = strconv.Itoa(n), supervisor
		return e
	}
	most := nth(0, false).MostRevisions()
	fill := func(from, to int, supervisor bool) {
		for n := from; n < to; n++ {
			kept, err := l.Record(t.Context(), nth(n, supervisor))
			if must(t, err); kept.Revision != n+1 {
				t.Fatalf("revision %d, want %d", kept.Revision, n+1)
			}
		}
	}
	fill(0, most, false)
	_, err := l.Record(t.Context(), nth(most, false))
	wantRule(t, err, casework.ResultMany)
	kept, err := l.Record(t.Context(), nth(most-1, false)) // its answer was lost
	if must(t, err); kept.Revision != most {
		t.Errorf("revision %d said again", kept.Revision)
	}
	all := nth(0, true).MostRevisions()
	if all <= most {
		t.Fatalf("a supervisor has %d", all)
	}
	fill(most, all, true)
	_, err = l.Record(t.Context(), nth(all, true))
	wantRule(t, err, casework.ResultMany)
	late := nth(all+1, false)
	must(t, l.write(t.Context(), record{Result: &late}))
	if e := attempt(t, l, r.ID).Entry; e.Revision != all+1 || e.Note != late.Note {
		t.Errorf("what waited is not there: %+v", e)
	}
}

// TestOnlyWhatStandsIsRead: however often a result was corrected, its newest revision alone is read, and the parts of promises that stand, by their indexes.
func TestOnlyWhatStandsIsRead(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r := call(t, l, listedTarget(t, l), noon, dialer.Answered)
	const corrected = 40
	for n := range corrected {
		e := entry(r)
		e.At, e.Promise.Parts[0].Yen, e.Promise.Yen = e.At.Add(time.Duration(n)*time.Second), int64(7000+n), int64(12000+n)
		_, err := l.Record(t.Context(), e)
		must(t, err)
	}
	got := attempt(t, l, r.ID).Entry
	p := got.Promise
	if got.Revision != corrected || p.Yen != 12000+corrected-1 || len(p.Parts) != 2 || p.Parts[0].Yen != 7000+corrected-1 || p.Parts[1].Yen != 5000 {
		t.Errorf("%+v %+v", got, p)
	}
	var ref string
	must(t, l.pool.QueryRow(t.Context(), "SELECT case_ref FROM attempts WHERE id = $1", string(r.ID)).Scan(&ref))
	parts, err := db.New(l.pool).PledgedPartsOf(t.Context(), []string{ref})
	if must(t, err); len(parts) != 2 || parts[0].Revision != corrected {
		t.Errorf("parts of replaced promises: %+v", parts)
	}
	ids := []string{string(r.ID)}
	for _, c := range []struct {
		file, query, table string
		most               float64
		args               []any
	}{
		{"results", "NewestResults", "attempt_results", 1, []any{ids}},
		{"results", "NewestResults", "entry_notes", 1, []any{ids}},
		{"results", "NewestResults", "promises", 1, []any{ids}},
		{"results", "PromisePartsOf", "promise_parts", 2, []any{ids, []int32{corrected}}},
		{"payments", "PledgedPartsOf", "promise_parts", 2, []any{[]string{ref}}},
	} {
		if n := rowsOfPlan(t, l, c.file, c.query, c.table, c.args...); n != c.most {
			t.Errorf("%s reads %v rows of %s, want %v", c.query, n, c.table, c.most)
		}
	}
}

// planned is a step of a plan that was carried out.
type planned struct {
	Type    string    `json:"Node Type"`
	Table   string    `json:"Relation Name"`
	Rows    float64   `json:"Actual Rows"`
	Dropped float64   `json:"Rows Removed by Filter"`
	Loops   float64   `json:"Actual Loops"`
	Plans   []planned `json:"Plans"`
}

func (p planned) rowsOf(table string) (n float64) {
	if p.Table == table {
		n = (p.Rows + p.Dropped) * p.Loops
	}
	for _, c := range p.Plans {
		n += c.rowsOf(table)
	}
	return n
}

// rowsOfPlan is how many rows of a table a query reads where its indexes are used: a small table is read whole otherwise.
func rowsOfPlan(t *testing.T, l *Ledger, file, query, table string, args ...any) float64 {
	t.Helper()
	b, err := os.ReadFile("queries/" + file + ".sql")
	must(t, err)
	_, sql, _ := strings.Cut(string(b), "-- name: "+query+" :")
	_, sql, _ = strings.Cut(sql, "\n") // what sqlc makes of it is no part
	sql, _, _ = strings.Cut(sql, ";")
	var names []string // in the order in which they come first, as sqlc numbers them
	sql = regexp.MustCompile(`@\w+`).ReplaceAllStringFunc(sql, func(name string) string {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		return "$" + strconv.Itoa(slices.Index(names, name)+1)
	})
	var plan []struct{ Plan planned }
	must(t, pgx.BeginFunc(t.Context(), l.pool, func(tx pgx.Tx) error {
		for _, way := range []string{"seqscan", "bitmapscan", "hashjoin", "mergejoin"} {
			if _, err := tx.Exec(t.Context(), "SET LOCAL enable_"+way+" = off"); err != nil {
				return err
			}
		}
		var out []byte
		if err := tx.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+sql, args...).Scan(&out); err != nil {
			return err
		}
		return json.Unmarshal(out, &plan)
	}))
	if len(plan) != 1 {
		t.Fatalf("no plan of %s", query)
	}
	return plan[0].Plan.rowsOf(table)
}
