package render

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kakeru/dialer/report"
)

func xlsxOf(t *testing.T, doc Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := XLSX(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t *testing.T, b []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// shown is a figure as its format shows it in a cell.
func shown(f field) string {
	text := f.text()
	switch {
	case f.value == nil:
	case f.unit == report.InYen:
		text += "円"
	case f.unit == report.InPercent:
		text = plain(f) + "%"
	default:
	}
	return text
}

// trimmed are the cells of a row without the empty ones that end it.
func trimmed(row []string) []string {
	for len(row) > 0 && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	return row
}

// rowsOf are all rows of a sheet as they are shown, none left out.
func rowsOf(t *testing.T, f *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Every table of the report stands on its sheet, with all its cells, in its order.
func TestXLSXHoldsEveryCell(t *testing.T) {
	for _, doc := range []Document{
		small(), document(t, report.OfDay), document(t, report.OfMonth), document(t, report.OfYear), document(t, report.Inspection), document(t, report.Privacy),
	} {
		f := open(t, xlsxOf(t, doc))
		upright, across := tables(doc.Report)
		for sheet, ts := range map[string][]table{sheetReport: upright, sheetAcross: across} {
			if len(ts) == 0 {
				continue
			}
			rows := rowsOf(t, f, sheet)
			for _, tab := range ts {
				at := slices.IndexFunc(rows, func(r []string) bool { return len(r) > 0 && r[0] == tab.title })
				if at < 0 {
					t.Fatalf("%s has no %s", sheet, tab.title)
				}
				rows = rows[at+1:]
				if sheet == sheetReport {
					rows = rows[1:] // each has its own head there
				}
				for i, r := range tab.rows {
					var want []string
					for n, cell := range r {
						want = append(want, shown(cell))
						if n > 0 && tab.columns[n].words {
							want = append(want, "") // it is two columns wide
						}
					}
					if got := trimmed(rows[i]); !slices.Equal(got, trimmed(want)) {
						t.Errorf("%s, %s: %q, want %q", sheet, tab.title, got, want)
					}
				}
				rows = rows[len(tab.rows):]
			}
		}
	}
}

func TestXLSXKeepsFiguresAsNumbersAndWordsAsWords(t *testing.T) {
	f := open(t, xlsxOf(t, small()))
	rows := rowsOf(t, f, sheetReport)
	at := 1 + slices.IndexFunc(rows, func(r []string) bool { return len(r) > 0 && r[0] == "合計" })
	for column, want := range map[int]string{2: "1234567", 3: "-4500", 4: "12.3", 5: "1234", 6: "0"} {
		name := cellName(column, at)
		raw, err := f.GetCellValue(sheetReport, name, excelize.Options{RawCellValue: true})
		kind, _ := f.GetCellType(sheetReport, name)
		if err != nil || raw != want || kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
			t.Errorf("%s: %q of type %v, want the number %s (%v)", name, raw, kind, want, err)
		}
	}
	for _, sheet := range f.GetSheetList() {
		for y, row := range rowsOf(t, f, sheet) {
			for x := range row {
				if formula, err := f.GetCellFormula(sheet, cellName(x+1, y+1)); formula != "" || err != nil {
					t.Errorf("%s %s is a formula: %q (%v)", sheet, cellName(x+1, y+1), formula, err)
				}
			}
		}
	}
}

func TestXLSXIsTheSameTwiceAndSetForPaper(t *testing.T) {
	doc := document(t, report.OfMonth)
	b := xlsxOf(t, doc)
	if !bytes.Equal(b, xlsxOf(t, document(t, report.OfMonth))) {
		t.Error("the same report gives two files")
	}
	f := open(t, b)
	if got, want := f.GetSheetList(), []string{sheetReport, sheetAcross, sheetDetails}; !slices.Equal(got, want) {
		t.Errorf("the sheets are %q", got)
	}
	if p, err := f.GetDocProps(); err != nil || p.Created != "2026-12-01T00:15:00Z" || p.Modified != p.Created {
		t.Errorf("made %s, changed %s (%v)", p.Created, p.Modified, err)
	}
	for sheet, want := range map[string]string{sheetReport: "portrait", sheetAcross: "landscape", sheetDetails: "landscape"} {
		layout, err := f.GetPageLayout(sheet)
		props, err2 := f.GetSheetProps(sheet)
		foot, err3 := f.GetHeaderFooter(sheet)
		if err != nil || err2 != nil || err3 != nil {
			t.Fatal(err, err2, err3)
		}
		if *layout.Orientation != want || *layout.Size != 9 || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 || !*props.FitToPage {
			t.Errorf("%s: %s, paper %d, fits %v", sheet, *layout.Orientation, *layout.Size, *props.FitToPage)
		}
		if !strings.Contains(foot.OddFooter, "&P / &N") || !strings.Contains(foot.OddFooter, stamp.SHA256) {
			t.Errorf("%s: foot %q", sheet, foot.OddFooter)
		}
	}
	head := rowsOf(t, f, sheetReport)[0]
	if got := head[len(head)-3:]; head[0] != "江東区" || !slices.Equal(got, doc.Header.Boxes) {
		t.Errorf("the head is %q", head)
	}
}

func TestXLSXHasTheLedgersRows(t *testing.T) {
	doc := document(t, report.OfMonth)
	f := open(t, xlsxOf(t, doc))
	rows := rowsOf(t, f, sheetDetails)
	if len(rows) != len(doc.Details)+1 || len(doc.Details) < 200 {
		t.Fatalf("%d rows for %d of the ledger", len(rows), len(doc.Details))
	}
	for i, d := range doc.Details {
		counted := "対象外"
		if *d.Counted {
			counted = "対象"
		}
		want := []string{
			d.Kind, d.ID, d.At, d.Direction, d.Result, d.Party, counted, d.Desk, d.Operator, d.CaseRef, d.Insurance, d.Language, d.NumberKind,
		}
		if !slices.Equal(trimmed(rows[i+1]), trimmed(want)) {
			t.Fatalf("row %d: %q, want %q", i+2, rows[i+1], want)
		}
	}
	panes, err := f.GetPanes(sheetDetails)
	filter := slices.ContainsFunc(f.GetDefinedName(), func(n excelize.DefinedName) bool {
		return n.Name == "_xlnm._FilterDatabase" && n.Scope == sheetDetails
	})
	if err != nil || !panes.Freeze || panes.YSplit != 1 || !filter {
		t.Errorf("frozen %+v, filter %v (%v)", panes, filter, err)
	}
}

// LibreOffice reads the workbook as we meant it: every cell of every sheet.
func TestXLSXInLibreOffice(t *testing.T) {
	program, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed, so no other program has read the workbook; apt-get install -y --no-install-recommends libreoffice-calc")
	}
	if testing.Short() {
		t.Skip("LibreOffice takes ten seconds to start")
	}
	dir := t.TempDir()
	var files []string
	books := map[string]*excelize.File{}
	for name, doc := range map[string]Document{"small": small(), "day": document(t, report.OfDay), "month": document(t, report.OfMonth), "crowded": crowded(t),
		"inspection": document(t, report.Inspection), "privacy": document(t, report.Privacy),
	} {
		b := xlsxOf(t, doc)
		keep(t, name+".xlsx", b)
		file := filepath.Join(dir, name+".xlsx")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		files, books[name] = append(files, file), open(t, b)
	}
	// Comma, double quote, UTF-8, from line 1; cells as shown; each sheet its own file.
	filter := "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
	args := append([]string{"-env:UserInstallation=file://" + dir + "/profile", "--headless", "--convert-to", filter, "--outdir", dir}, files...)
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cells := 0
	for name, f := range books {
		for _, sheet := range f.GetSheetList() {
			cells += sameSheet(t, filepath.Join(dir, name+"-"+sheet+".csv"), rowsOf(t, f, sheet))
		}
	}
	if cells < 3000 {
		t.Errorf("only %d cells were compared", cells)
	}
}

// sameSheet compares a sheet as LibreOffice wrote it with what it should be, and returns how many cells have something in them.
func sameSheet(t *testing.T, file string, want [][]string) (cells int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	got, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	// The reader of CSV leaves lines out that have nothing at all in them; ours have commas.
	if len(got) < len(want) {
		t.Fatalf("%s: %d rows, want %d", filepath.Base(file), len(got), len(want))
	}
	for y := range got {
		var row []string
		if y < len(want) {
			row = trimmed(want[y])
		}
		if g := trimmed(got[y]); !slices.Equal(g, row) {
			t.Errorf("%s, row %d: %q, want %q", filepath.Base(file), y+1, g, row)
		}
		for _, c := range row {
			if c != "" {
				cells++
			}
		}
	}
	return cells
}
