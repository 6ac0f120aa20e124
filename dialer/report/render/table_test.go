package render

import (
	"math"
	"regexp"
	"slices"
	"testing"

	"kakeru/dialer/report"
)

// The tables hold the report's cells, each beneath its heading and beside its row, also where they were folded.
func TestTablesHoldTheReport(t *testing.T) {
	for _, kind := range report.Kinds {
		r := document(t, kind).Report
		upright, across := tables(r)
		if len(upright)+len(across) != len(r.Sections) {
			t.Fatalf("%s: %d and %d tables of %d sections", kind, len(upright), len(across), len(r.Sections))
		}
		for _, s := range r.Sections {
			set := slices.Concat(upright, across)
			tab := set[slices.IndexFunc(set, func(x table) bool { return x.key == s.Key })]
			for n, row := range s.Rows {
				for i, c := range row.Cells {
					if got := cellOf(tab, n, i, s.Columns[i].Title.JA); got.value != c.Value || c.Text != nil && got.words != c.Text.JA {
						t.Errorf("%s, %s, %s, %s: %q", kind, s.Key, row.Key, s.Columns[i].Key, got.text())
					}
				}
			}
		}
		if kind != report.Privacy && !slices.ContainsFunc(upright, func(x table) bool { return x.key == "attempts" && len(x.rows) == 13 && len(x.columns) == 4 }) {
			t.Errorf("%s: the table of all attempts is not folded", kind)
		}
		for _, x := range across {
			if len(x.columns) != 27 {
				t.Errorf("%s: %s has %d columns, and lies across", kind, x.title, len(x.columns))
			}
		}
	}
}

// cellOf finds a cell by its heading: at the head of its column or, folded, to its left.
func cellOf(tab table, row, column int, title string) field {
	if tab.columns[0].title != wordItem {
		if tab.columns[1+column].title != title {
			return field{words: "another heading: " + tab.columns[1+column].title}
		}
		return tab.rows[row][1+column]
	}
	for _, r := range tab.rows {
		for i := 0; i < len(r); i += 2 {
			if r[i].words == title {
				return r[i+1]
			}
		}
	}
	return field{words: "no such heading"}
}

func TestFoldingAnOddNumber(t *testing.T) {
	one, two, three := 1.0, 2.0, 3.0
	tab := fold(table{
		columns: []column{{words: true}, {title: "い"}, {title: "ろ"}, {title: "は"}},
		rows:    [][]field{{{words: "合計"}, {value: &one}, {value: &two}, {value: &three}}},
	})
	want := [][]field{{{words: "い"}, {value: &one}, {words: "は"}, {value: &three}}, {{words: "ろ"}, {value: &two}, {}, {}}}
	if !slices.EqualFunc(tab.rows, want, slices.Equal) || tab.columns[1].title != "合計" || tab.columns[1].words || !tab.columns[2].words {
		t.Errorf("%+v", tab)
	}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		value float64
		unit  report.Unit
		want  string
	}{
		{0, report.InCalls, "0"},
		{999, report.InCalls, "999"},
		{1000, report.InYen, "1,000"},
		{-1000, report.InYen, "-1,000"},
		{-100, report.InYen, "-100"},
		{1234567890, report.InYen, "1,234,567,890"},
		{1234.5, report.InSeconds, "1,234.5"},
		{100, report.InPercent, "100.0"},
		{0.1, report.InRate, "0.1"},
	} {
		if got := (field{value: &c.value, unit: c.unit}).text(); got != c.want {
			t.Errorf("%v %s: %s, want %s", c.value, c.unit, got, c.want)
		}
	}
}

var figure = regexp.MustCompile(`^-?[0-9][0-9,.]*$`)

// Figures end at the rule to their right, so that their digits stand beneath each other.
func TestPDFFiguresKeepRight(t *testing.T) {
	for name, doc := range all(t) {
		pages, k := laidOut(t, doc)
		seen := 0
		for n, p := range pages {
			for _, x := range p.texts {
				// Names of desks are figures too, and those keep left, at the page's side; so do digests of nothing but digits.
				if !figure.MatchString(x.text) || x.x < p.side+8 || len(x.text) == 64 {
					continue
				}
				end, next := x.x+k.width(x.text, x.size), math.Inf(1)
				for _, l := range p.lines {
					if l.x1 == l.x2 && l.x1 > end-0.5 && l.y1 < x.y && l.y2 > x.y-1 {
						next = min(next, l.x1)
					}
				}
				seen++
				if next-end > pad+0.6 {
					t.Errorf("%s, page %d: %s ends %.1f before its rule", name, n+1, x.text, next-end)
				}
			}
		}
		if seen < 15 {
			t.Errorf("%s: only %d figures were seen", name, seen)
		}
	}
}
