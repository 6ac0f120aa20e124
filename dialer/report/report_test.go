package report

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func TestPeriods(t *testing.T) {
	now := time.Date(2027, 3, 31, 23, 59, 59, 0, dialer.Tokyo)
	for _, c := range []struct {
		kind     Kind
		name     string
		from, to string // empty: refused
	}{
		{OfDay, "2027-03-31", "2027-03-31", "2027-04-01"},
		{OfDay, "2027-04-01", "", ""}, // a second too early
		{OfDay, "2027-02-29", "", ""},
		{OfDay, "2027-3-1", "", ""},
		{OfMonth, "2026-12", "2026-12-01", "2027-01-01"},
		{OfMonth, "2027-04", "", ""},
		{OfMonth, "2026-13", "", ""},
		{OfMonth, "", "", ""},
		{OfYear, "2026", "2026-04-01", "2027-04-01"},
		{OfYear, "2027", "", ""},
		{OfYear, "026", "", ""},
		{OfYear, "-026", "", ""},
		{OfYear, "1999", "", ""},
		{"week", "2026-12", "", ""},
	} {
		p, err := ParsePeriod(c.kind, c.name, now)
		var asked *AskError
		switch {
		case c.from == "":
			if !errors.As(err, &asked) || asked.JA == "" || asked.EN == "" {
				t.Errorf("%s %q: %v, want a question that says what to ask", c.kind, c.name, err)
			}
		case err != nil || p.From.String() != c.from || p.To.String() != c.to:
			t.Errorf("%s %q: %s to %s, %v", c.kind, c.name, p.From, p.To, err)
		case Current(c.kind, p.Start()) != c.name || Current(c.kind, p.End().Add(-1)) != c.name || Current(c.kind, p.End()) == c.name:
			t.Errorf("%s %q is not the current one at its ends, or is after it", c.kind, c.name)
		}
	}
}

// Each attempt stands in exactly one of the columns that add up to 架電件数, or to 件数対象外, whatever came of it.
func TestTheColumnsOfAttemptsAddUp(t *testing.T) {
	place := map[string]int{}
	for i, c := range attemptColumns {
		place[c.Key] = i
	}
	sums := map[string][2]string{"attempts": {"self", "line_trouble"}, "not_counted": {"short_cancel", "other_spared"}}
	within := map[string]bool{"absent": true, "answered": true} // sums of their own, among the others
	for _, result := range dialer.Results {
		for _, party := range append([]casework.Party{""}, casework.Parties...) {
			for _, counted := range []bool{true, false} {
				if result == dialer.NotDialled {
					continue
				}
				a := &marked{Attempt: Attempt{Result: result, Party: party, Counted: counted}}
				for sum, span := range sums {
					n := 0
					for i := place[span[0]]; i <= place[span[1]]; i++ {
						if c := attemptColumns[i]; !within[c.Key] && c.holds(a, Options{}) {
							n++
						}
					}
					want := 0
					if attemptColumns[place[sum]].holds(a, Options{}) {
						want = 1
					}
					if n != want {
						t.Errorf("%s with %q, counted %v: it is in %d columns of %s, want %d", result, party, counted, n, sum, want)
					}
				}
			}
		}
	}
}

// What is shown as part of a figure is part of it, whatever came of an attempt, and however machines are counted.
func TestPartsAreOfTheirWhole(t *testing.T) {
	place := map[string]int{}
	for i, c := range attemptColumns {
		place[c.Key] = i
	}
	for _, o := range []Options{{}, {MachinesApart: true}} {
		parts := 0
		for _, c := range attemptColumns {
			whole := partOf(c.Key, o)
			if whole == "" {
				continue
			}
			parts++
			at, known := place[whole]
			if !known || at >= place[c.Key] {
				t.Fatalf("%s is part of %q, which does not stand above it", c.Key, whole)
			}
			for _, result := range dialer.Results {
				for _, party := range append([]casework.Party{""}, casework.Parties...) {
					for _, counted := range []bool{true, false} {
						a := &marked{Attempt: Attempt{Result: result, Party: party, Counted: counted}, repeat: counted}
						if c.holds(a, o) && !attemptColumns[at].holds(a, o) {
							t.Errorf("%s with %q, counted %v, apart %v: it is in %s and not in %s", result, party, counted, o.MachinesApart, c.Key, whole)
						}
					}
				}
			}
		}
		if want := len(attemptColumns) - 3; parts != want {
			t.Errorf("%d parts, want %d", parts, want)
		}
	}
}

// Between two reports exactly the cells are named that differ, whichever rows have come or gone.
func TestChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Report {
			s := Section{Key: "s", Columns: []Column{count("a", "", ""), count("b", "", "")}}
			for _, row := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), func(s string) string { return s }).Draw(t, name) {
				cells := make([]Cell, 2)
				for i := range cells {
					switch v := rapid.IntRange(-1, 2).Draw(t, "v"); v {
					case -1:
						cells[i] = Cell{Why: Unused}
					default:
						cells[i] = number(float64(v))
					}
				}
				s.Rows = append(s.Rows, Row{Key: row, Cells: cells})
			}
			return Report{Sections: []Section{s}}
		}
		was, is := draw("was"), draw("is")
		named := map[[2]string]bool{}
		for _, c := range Changes(was, is) {
			key := [2]string{c.Row, c.Column}
			if named[key] {
				t.Fatalf("%v is named twice", key)
			}
			named[key] = true
		}
		text := func(r Report, row, column string) any {
			switch c := r.At("s", row, column); {
			case c == nil:
				return 0.0
			case c.Value == nil:
				return c.Why
			default:
				return *c.Value
			}
		}
		for _, row := range []string{"x", "y", "z"} {
			for _, column := range []string{"a", "b"} {
				differs := !reflect.DeepEqual(text(was, row, column), text(is, row, column))
				if differs != named[[2]string{row, column}] {
					t.Fatalf("%s %s: %v was %v; named: %v", row, column, text(is, row, column), text(was, row, column), !differs)
				}
			}
		}
	})
}
