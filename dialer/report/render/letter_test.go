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

// TestANoticeOnPaper: what was frozen stands there, with whose target it is and since when it fails; content that was changed is refused.
func TestANoticeOnPaper(t *testing.T) {
	pace, needed := 41.2, 55.9
	n := report.Notice{
		Standing: report.Standing{
			Measure: report.Calls, Kind: report.OfMonth, Period: "2026-11", Target: 5700, Done: 3012, Plan: 3400, State: report.FailingNow,
			Forecast: report.Forecast{Low: 4980, Mid: 5102, High: 5233}, Pace: &pace, Needed: &needed, FailedOn: "2026-11-13",
			Ward: &report.TargetWord{Reason: "収納係の指示"},
		},
		Definition: report.ByThirds, Reason: "席が1つ空いた", Remedy: "後任を置く",
	}
	k, err := n.Freeze("sv", time.Date(2026, 11, 16, 9, 0, 0, 0, dialer.Tokyo))
	if err != nil {
		t.Fatal(err)
	}
	k.ID = 3
	var b bytes.Buffer
	if err := Notice(&b, k, Header{Ward: "江東区", Contractor: "見本コールセンター株式会社"}, gothic(t)); err != nil {
		t.Fatal(err)
	}
	keep(t, "notice.pdf", b.Bytes())
	if program, err := exec.LookPath("pdftotext"); err == nil {
		cmd := exec.CommandContext(t.Context(), program, "-layout", "-", "-")
		cmd.Stdin = bytes.NewReader(b.Bytes())
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"2026年11月16日", "江東区御中", "見本コールセンター株式会社", "満たすことができない見込み", "仕様書第10の(3)", "5,700", "3,012", "3,400", "5,102", "4,980", "5,233",
			"41.2", "55.9", "目標(区の指示)", "収納係の指示", "不在3回で1件", "2026年11月13日から", "席が1つ空いた", "後任を置く", "報告第3号", k.SHA256,
		} {
			if !strings.Contains(squeezed(string(out)), squeezed(want)) {
				t.Errorf("not on paper: %s", want)
			}
		}
	}
	k.Content = bytes.Replace(k.Content, []byte("3012"), []byte("5712"), 1)
	if err := Notice(&b, k, Header{}, gothic(t)); err == nil {
		t.Error("a notice that was changed afterwards is printed")
	}
}
