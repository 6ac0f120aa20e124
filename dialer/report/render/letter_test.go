package render

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// notice is a letter of every part, long enough for several pages.
func notice() Letter {
	one, two := 5700.0, 5102.0
	long := strings.Repeat("開設日数が少なく、電話番号のない対象者が増えたため、目標件数に届かない見込みです。", 12)
	return Letter{
		On: dialer.Date{Year: 2026, Month: time.November, Day: 28}, To: "江東区 区民部 医療保険課 御中",
		From: "株式会社とても長い名前のコールセンターサービス・江東区国民健康保険料納付案内センター共同企業体", Title: "電話催告の目標件数について(報告)",
		Blocks: []Block{
			{Paragraphs: []string{"仕様書10(3)に基づき報告します。\n次のとおりです。", long}},
			{Heading: "1 見込み", Table: &report.Section{
				Key: "target", Title: report.Words{JA: "見込み"}, Columns: []report.Column{{Key: "n", Title: report.Words{JA: "件数"}, Unit: report.InCalls}},
				Rows: []report.Row{
					{Key: "target", Title: report.Words{JA: "目標件数"}, Cells: []report.Cell{{Value: &one}}},
					{Key: "mid", Title: report.Words{JA: "見込み"}, Cells: []report.Cell{{Value: &two}}},
				},
			}},
			{Heading: "2 経過", Paragraphs: slices.Repeat([]string{long, ""}, 8)},
			{Heading: "3 見出しだけの項"},
		},
		Signs: []Sign{{For: "甲", Name: "区 花子", At: "2026-11-28 10:00"}, {For: "乙"}, {For: "立会人"}},
		Foot:  "案",
	}
}

func TestALetterKeepsItsMargins(t *testing.T) {
	k := testInk(t)
	pages := notice().layOut(k)
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	keepMargins(t, "letter", pages, k)
	for n, p := range pages {
		for _, l := range p.lines {
			if min(l.x1, l.x2) < p.side-0.5 || max(l.x1, l.x2) > p.w-p.side+0.5 || max(l.y1, l.y2) > p.h-30 {
				t.Errorf("page %d: a rule from %.0f, %.0f to %.0f, %.0f", n+1, l.x1, l.y1, l.x2, l.y2)
			}
		}
	}
}

// What is in the letter is on paper: nothing is cut, and a heading does not stand alone at a page's foot.
func TestALetterHoldsEveryWord(t *testing.T) {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: apt-get install poppler-utils")
	}
	var b bytes.Buffer
	if err := WriteLetter(&b, notice(), gothic(t)); err != nil {
		t.Fatal(err)
	}
	keep(t, "letter.pdf", b.Bytes())
	cmd := exec.CommandContext(t.Context(), program, "-raw", "-", "-")
	cmd.Stdin = bytes.NewReader(b.Bytes())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder // without what stands at the head and the foot of each page
	for line := range strings.Lines(string(out)) {
		if l := strings.TrimSpace(line); l != "案" && l != notice().Title && l != notice().From && !strings.Contains(l, " / ") {
			said.WriteString(squeezed(l))
		}
	}
	l := notice()
	for _, block := range l.Blocks {
		for _, p := range append(slices.Clone(block.Paragraphs), block.Heading) {
			if !strings.Contains(said.String(), squeezed(p)) {
				t.Errorf("not on paper: %.40s…", p)
			}
		}
	}
	for _, want := range []string{l.To, "5,700", "5,102", "2026年11月28日", "区 花子", "立会人"} {
		if !strings.Contains(squeezed(string(out)), squeezed(want)) {
			t.Errorf("not on paper: %s", want)
		}
	}
}

func TestALetterIsTheSameTwice(t *testing.T) {
	var one, two bytes.Buffer
	for _, b := range []*bytes.Buffer{&one, &two} {
		if err := WriteLetter(b, notice(), gothic(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same letter gives two files")
	}
}
