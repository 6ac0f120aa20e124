package render

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kakeru/dialer/report"
)

func number(v float64) report.Cell { return report.Cell{Value: &v} }

func ja(s string) report.Words { return report.Words{JA: s, EN: "not to be seen"} }

// small is a report with one of everything: units, absences, words that a spreadsheet could take for a formula, an empty table.
func small() Document {
	return Document{
		Header: Header{Ward: "江東区", Contractor: "=HYPERLINK(\"x\")", Boxes: []string{"課長", "担当"}},
		Report: report.Report{
			Kind: report.OfMonth, Period: "2026-11", From: "2026-11-01", Until: "2026-11-30", Title: ja("月報 2026年11月"),
			Sections: []report.Section{
				{
					Key: "money", Title: ja("イ \"金額\", 率"), Notes: []report.Words{ja("一つ目"), ja("二つ目、長い")},
					Columns: []report.Column{
						{Key: "n", Title: ja("件数"), Unit: report.InCalls}, {Key: "y", Title: ja("金額"), Unit: report.InYen},
						{Key: "p", Title: ja("率"), Unit: report.InPercent}, {Key: "s", Title: ja("秒"), Unit: report.InSeconds},
						{Key: "r", Title: ja("毎時"), Unit: report.InRate},
					},
					Rows: []report.Row{
						{Key: "total", Title: ja("合計"), Cells: []report.Cell{number(1234567), number(-4500), number(12.3), number(1234), number(0)}},
						{Key: "=1", Title: ja("=1+1"), Cells: []report.Cell{number(0), {Why: report.Unused}, {Why: report.NoBase}, {}, number(1000000.5)}},
						{Key: "@", Title: ja("@risk"), Cells: []report.Cell{number(1), number(2), number(3), number(4), number(5)}},
						{Key: "2026-11-02", Title: ja("2026-11-02"), Cells: []report.Cell{number(1), number(2), number(3), number(4), number(5)}},
					},
				},
				{Key: "none", Title: ja("なし"), Columns: []report.Column{{Key: "n", Title: ja("件数"), Unit: report.InCalls}}, Rows: []report.Row{}},
			},
		},
	}
}

func csvOf(t *testing.T, doc Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := CSV(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSVOfASmallReport(t *testing.T) {
	want := strings.ReplaceAll("\ufeff"+`月報 2026年11月
対象期間,2026年11月1日 〜 2026年11月30日
区,江東区
受託者,"'=HYPERLINK(""x"")"
発行,未発行
途中経過(期間が終わる前の集計です)

"イ ""金額"", 率"
,件数,金額(円),率(%),秒,毎時
合計,1234567,-4500,12.3,1234.0,0.0
'=1+1,0,未使用,—,—,1000000.5
'@risk,1,2,3.0,4.0,5.0
2026-11-02,1,2,3.0,4.0,5.0
※一つ目
※二つ目、長い

なし
,件数

`, "\n", "\r\n")
	if got := csvOf(t, small()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	issued := small()
	issued.Issued, issued.Report.Whole = stamp, true
	got := csvOf(t, issued)
	if !strings.Contains(got, "\r\n発行,第2版 2026-12-01 09:15 発行 (業務責任者),SHA-256 9f86d081884c7d65") || strings.Contains(got, "途中") || strings.Contains(got, wordDraft) {
		t.Errorf("got\n%s", got)
	}
}

// What is written is what is read: every cell of all reports.
func TestCSVHoldsEveryCell(t *testing.T) {
	for _, kind := range report.Kinds {
		doc := document(t, kind)
		text := csvOf(t, doc)
		if text != csvOf(t, document(t, kind)) {
			t.Errorf("%s: the same report gives two files", kind)
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		r.FieldsPerRecord = -1
		lines, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for len(lines) > 0 && lines[0][0] != doc.Report.Sections[0].Title.JA {
			lines = lines[1:]
		}
		cells := 0
		for _, s := range doc.Report.Sections {
			if s.Reading != nil {
				if len(lines[1]) != 1 || lines[1][0] != s.Reading.JA {
					t.Errorf("%s, %s: %q, want what the figures say", kind, s.Key, lines[1])
				}
				lines = slices.Delete(lines, 1, 2)
			}
			if lines[0][0] != s.Title.JA || len(lines[1]) != len(s.Columns)+1 {
				t.Fatalf("%s, %s: %q", kind, s.Key, lines[:2])
			}
			lines = lines[2:]
			for _, row := range s.Rows {
				if lines[0][0] != row.Title.JA {
					t.Errorf("%s, %s: %q for %s", kind, s.Key, lines[0], row.Title.JA)
				}
				for i, c := range row.Cells {
					cells++
					got, err := strconv.ParseFloat(lines[0][1+i], 64)
					if bad := c.Value != nil && (err != nil || got != *c.Value) || c.Value == nil && lines[0][1+i] != fieldOf(c, "").words; bad {
						t.Errorf("%s, %s, %s, %s: %q", kind, s.Key, row.Key, s.Columns[i].Key, lines[0][1+i])
					}
				}
				lines = lines[1:]
			}
			lines = lines[len(s.Notes):]
		}
		if cells < 100 || len(lines) > 0 {
			t.Errorf("%s: %d cells, and left over %q", kind, cells, lines)
		}
	}
}

func TestTame(t *testing.T) {
	for _, words := range []string{"", "合計", "—", "a=1", "2026-11-24", "※=1"} {
		if got := Tame(words); got != words {
			t.Errorf("%q became %q", words, got)
		}
	}
	for _, words := range []string{
		"=1", "+81", "-1", "@x", " =1", "\t=1", "\r@", "\uff1d1", "\uff0b1", "\uff0d1", "\u3000\uff20",
		"\u00a0=1", "\u200b=1", "\ufeff=1", "\x00=1", "\v\f-1", "\u22121",
	} {
		if got := Tame(words); got != "'"+words {
			t.Errorf("%q became %q", words, got)
		}
	}
}

func TestWhatCannotBeSetIsRefused(t *testing.T) {
	boxes, cells := small(), small()
	boxes.Header.Boxes = strings.Split("一二三四五六七八九", "")
	cells.Report.Sections[0].Rows[0].Cells = cells.Report.Sections[0].Rows[0].Cells[1:]
	for name, doc := range map[string]Document{"nine approval boxes": boxes, "a cell too few": cells} {
		var b bytes.Buffer
		for format, err := range map[string]error{"CSV": CSV(&b, doc), "XLSX": XLSX(&b, doc), "PDF": PDF(&b, doc, nil)} {
			if err == nil || b.Len() > 0 {
				t.Errorf("%s: %s gave %v and %d bytes", name, format, err, b.Len())
			}
		}
	}
}

// keep leaves a file where KAKERU_RENDER_KEEP says, to be looked at.
func keep(t *testing.T, name string, b []byte) {
	t.Helper()
	if dir := os.Getenv("KAKERU_RENDER_KEEP"); dir != "" {
		if err := os.WriteFile(dir+"/"+name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
