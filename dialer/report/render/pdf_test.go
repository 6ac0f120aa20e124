package render

import (
	"bytes"
	"errors"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signintech/gopdf"

	"kakeru/dialer/report"
)

const noFont = "no Japanese font: apt-get install " + fontPackage

func gothic(t *testing.T) []byte {
	t.Helper()
	font, err := FindFont()
	if err != nil {
		t.Skip(noFont)
	}
	return font
}

func pdfOf(t *testing.T, doc Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(&b, doc, gothic(t)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// laidOut are the pages of a document before they are drawn.
func laidOut(t *testing.T, doc Document) ([]*page, *ink) {
	t.Helper()
	k := testInk(t)
	return layOut(doc, k), k
}

func testInk(t *testing.T) *ink {
	t.Helper()
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{Unit: gopdf.UnitPT, PageSize: *gopdf.PageSizeA4})
	k, err := newInk(pdf, gothic(t))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// crowded is the month of a centre ten times as large: long names, large sums, many desks and notes.
func crowded(t *testing.T) Document {
	doc := document(t, report.OfMonth)
	doc.Header.Ward, doc.Header.Boxes = "東京都江東区区民部医療保険課", strings.Split("部長 課長 課長補佐 係長 主査 主任 担当者 確認", " ")
	doc.Header.Contractor = "株式会社とても長い名前のコールセンターサービス・江東区国民健康保険料納付案内センター共同企業体"
	for i := range doc.Report.Sections {
		s := &doc.Report.Sections[i]
		for r := range s.Rows {
			row := &s.Rows[r]
			row.Cells = slices.Clone(row.Cells)
			for c := range row.Cells {
				if v := row.Cells[c].Value; v != nil && s.Columns[c].Unit != report.InPercent {
					row.Cells[c] = number(*v*100 + 99)
				}
			}
			if s.Key == "attempts_by_operator" {
				row.Title.JA += "@koto-call-center.example.jp"
			}
		}
		for len(s.Rows) > 1 && s.Key == "attempts_by_desk" && len(s.Rows) < 90 {
			s.Rows = append(s.Rows, s.Rows[1])
		}
	}
	return doc
}

func all(t *testing.T) map[string]Document {
	return map[string]Document{
		"small": small(), "day": document(t, report.OfDay), "month": document(t, report.OfMonth), "year": document(t, report.OfYear), "crowded": crowded(t),
		"inspection": document(t, report.Inspection), "privacy": document(t, report.Privacy),
	}
}

// Nothing is cut: all text stands within the margins, and none upon another.
func TestPDFKeepsItsMargins(t *testing.T) {
	for name, doc := range all(t) {
		pages, k := laidOut(t, doc)
		keepMargins(t, name, pages, k)
	}
}

func keepMargins(t *testing.T, name string, pages []*page, k *ink) {
	t.Helper()
	for n, p := range pages {
		for i, x := range p.texts {
			w := k.width(x.text, x.size)
			if x.x < p.side-0.5 || x.x+w > p.w-p.side+0.5 || x.y-x.size < 20 || x.y > p.h-20 {
				t.Errorf("%s, page %d: %q at %.0f, %.0f, %.0f wide", name, n+1, x.text, x.x, x.y, w)
			}
			for _, y := range p.texts[i+1:] {
				if over := min(x.x+w, y.x+k.width(y.text, y.size)) - max(x.x, y.x); over > 0.5 && max(x.y-x.size*0.8, y.y-y.size*0.8) < min(x.y, y.y)-0.5 {
					t.Errorf("%s, page %d: %q and %q stand upon each other", name, n+1, x.text, y.text)
				}
			}
			if x.size < leastSize-0.01 {
				t.Errorf("%s, page %d: %q has %.1f points", name, n+1, x.text, x.size)
			}
		}
	}
}

// No rule goes through a figure or a word.
func TestPDFRulesDoNotCrossText(t *testing.T) {
	for name, doc := range all(t) {
		pages, k := laidOut(t, doc)
		for n, p := range pages {
			for _, x := range p.texts {
				w := k.width(x.text, x.size)
				for _, l := range p.lines {
					across := l.y1 == l.y2 && l.y1 < x.y-0.5 && l.y1 > x.y-x.size*0.75 && min(l.x2, x.x+w)-max(l.x1, x.x) > 0.5
					upright := l.x1 == l.x2 && l.x1 > x.x+0.5 && l.x1 < x.x+w-0.5 && min(l.y2, x.y)-max(l.y1, x.y-x.size*0.75) > 0.5
					if across || upright {
						t.Errorf("%s, page %d: a rule through %q", name, n+1, x.text)
					}
				}
			}
		}
	}
}

func TestPDFNumbersItsPagesAndKeepsTitlesWithTables(t *testing.T) {
	pages, _ := laidOut(t, crowded(t))
	has := func(p *page, words string) bool {
		return slices.ContainsFunc(p.texts, func(x text) bool { return x.text == words })
	}
	if last := pages[len(pages)-1]; len(pages) < 6 || !has(last, pageNumber(len(pages), len(pages))) || !has(pages[0], pageNumber(1, len(pages))) {
		t.Errorf("%d pages, not numbered", len(pages))
	}
	again := 0
	for n, p := range pages {
		for i, x := range p.texts {
			if x.size != titleSize || n == 0 && x.y < 170 {
				continue
			}
			if strings.HasSuffix(x.text, "(続き)") {
				again++
			}
			below := 0
			for _, y := range p.texts[i+1:] {
				if y.y > x.y+titleHeight && y.y < p.h-marginFoot {
					below++
				}
			}
			if below < 2 {
				t.Errorf("page %d: the title %s stands alone at its end", n+1, x.text)
			}
		}
	}
	if again == 0 {
		t.Error("no table went over two pages: nothing was proved")
	}
}

// What a reader, or a program, takes out of the PDF are the cells.
func TestPDFHoldsEveryCell(t *testing.T) {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: apt-get install poppler-utils")
	}
	for name, doc := range map[string]Document{"day": document(t, report.OfDay), "month": document(t, report.OfMonth), "year": document(t, report.OfYear),
		"inspection": document(t, report.Inspection), "privacy": document(t, report.Privacy),
	} {
		b := pdfOf(t, doc)
		keep(t, name+".pdf", b)
		keep(t, name+".csv", []byte(csvOf(t, doc)))
		cmd := exec.CommandContext(t.Context(), program, "-layout", "-", "-")
		cmd.Stdin = bytes.NewReader(b)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(string(out)) {
			lines = append(lines, " "+strings.Join(strings.Fields(line), " ")+" ")
		}
		upright, across := tables(doc.Report)
		for _, tab := range slices.Concat(upright, across) {
			for _, r := range tab.rows {
				// A blank within words is narrow, and may be no blank for the reader.
				var parted, closed []string
				for _, f := range r {
					parted = append(parted, strings.Fields(f.text())...)
					closed = append(closed, squeezed(f.text()))
				}
				if !slices.ContainsFunc(lines, func(l string) bool {
					return strings.Contains(l, " "+strings.Join(parted, " ")+" ") || strings.Contains(l, " "+strings.Join(closed, " ")+" ")
				}) {
					t.Errorf("%s, %s: no line of the PDF has %q", name, tab.title, parted)
				}
			}
			for _, words := range append([]string{tab.title}, tab.notes...) {
				if !strings.Contains(squeezed(string(out)), squeezed(words)) && len(tab.columns) > 4 {
					t.Errorf("%s: the PDF has no %q", name, words)
				}
			}
		}
		for _, words := range append(slices.Clone(doc.Header.Boxes), doc.Header.Ward, doc.Header.Contractor, doc.Report.Title.JA, doc.status(), doc.hash()) {
			if !strings.Contains(squeezed(string(out)), squeezed(words)) {
				t.Errorf("%s: the PDF has no %q", name, words)
			}
		}
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// Headings go over several lines; together they are what the column is called.
func TestPDFHeadingsAreWhole(t *testing.T) {
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{Unit: gopdf.UnitPT, PageSize: *gopdf.PageSizeA4})
	k, err := newInk(pdf, gothic(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &press{ink: k}
	_, across := tables(crowded(t).Report)
	s.turn(true)
	for _, tab := range across {
		set := s.measure(tab, tab.rows)
		for i, lines := range set.head {
			if got := strings.Join(lines, ""); got != tab.columns[i].heading() {
				t.Errorf("%q for %q", lines, tab.columns[i].heading())
			}
			for _, l := range lines {
				if k.width(l, set.headSize()) > set.widths[i] {
					t.Errorf("%q is wider than its column", l)
				}
			}
		}
	}
}

// On paper: ink on every page, and none in its margins.
func TestPDFOnPaper(t *testing.T) {
	program, err := exec.LookPath("pdftoppm")
	if err != nil {
		t.Skip("pdftoppm is not installed: apt-get install poppler-utils")
	}
	for name, doc := range map[string]Document{"month": document(t, report.OfMonth), "crowded": crowded(t)} {
		b, dir := pdfOf(t, doc), t.TempDir()
		keep(t, name+".pdf", b)
		cmd := exec.CommandContext(t.Context(), program, "-r", "36", "-png", "-", filepath.Join(dir, "page"))
		cmd.Stdin = bytes.NewReader(b)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%v: %s", err, out)
		}
		pages, _ := laidOut(t, doc)
		files, _ := filepath.Glob(filepath.Join(dir, "*.png"))
		if len(files) != len(pages) {
			t.Fatalf("%s: %d pictures of %d pages", name, len(files), len(pages))
		}
		for i, file := range files {
			if inside, outside := inkOf(t, file, 11); inside < 300 || outside > 0 {
				t.Errorf("%s, page %d: %d dark points, %d of them in the margins", name, i+1, inside, outside)
			}
		}
	}
}

// inkOf counts the dark points of a picture, and those that are nearer to its edge than some.
func inkOf(t *testing.T, file string, edge int) (inside, outside int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0xc000 {
				inside++
				if x < edge || y < edge || x >= b.Dx()-edge || y >= b.Dy()-edge {
					outside++
				}
			}
		}
	}
	return inside, outside
}

func TestPDFIsTheSameTwice(t *testing.T) {
	if !bytes.Equal(pdfOf(t, document(t, report.OfMonth)), pdfOf(t, document(t, report.OfMonth))) {
		t.Error("the same report gives two files")
	}
}

// A character that the font lacks leaves a mark: a name is never printed as if it were another.
func TestPDFMarksWhatTheFontLacks(t *testing.T) {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: apt-get install poppler-utils")
	}
	doc := small()
	doc.Header.Ward = "江東\U0001F4DE区"
	cmd := exec.CommandContext(t.Context(), program, "-", "-")
	cmd.Stdin = bytes.NewReader(pdfOf(t, doc))
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "江東〓区") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestPDFRefusesAFontWithoutJapanese(t *testing.T) {
	font, err := os.ReadFile("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
	if err != nil {
		t.Skip("no font without Japanese is installed to try it with: apt-get install fonts-dejavu-core")
	}
	var b bytes.Buffer
	if err := PDF(&b, small(), font); err == nil || !strings.Contains(err.Error(), fontPackage) || b.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
}

func TestFindFont(t *testing.T) {
	dir := t.TempDir()
	second := filepath.Join(dir, "second.ttf")
	if err := os.WriteFile(second, []byte("glyphs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := FindFont(filepath.Join(dir, "first.ttf"), second); err != nil || string(got) != "glyphs" {
		t.Errorf("%q, %v", got, err)
	}
	_, err := FindFont(filepath.Join(dir, "first.ttf"))
	var missing *FontError
	if !errors.As(err, &missing) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(missing.Japanese(), fontPackage) ||
		!strings.Contains(err.Error(), "apt-get install "+fontPackage) || !strings.Contains(err.Error(), "first.ttf") {
		t.Errorf("%v", err)
	}
	var b bytes.Buffer
	if err := PDF(&b, small(), []byte("no font")); err == nil || b.Len() > 0 {
		t.Errorf("a file that is no font gave %v and %d bytes", err, b.Len())
	}
}
