package render

import (
	"fmt"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// Document is a report with all that stands around it on paper.
type Document struct {
	Report  report.Report
	Issued  *Stamp // the revision it was issued as; nil: a draft
	Header  Header
	Details []Detail // for the XLSX only
}

// Stamp says which revision of a report was issued, when, by whom, and the hash of its figures.
type Stamp struct {
	Revision int
	At       time.Time
	By       string
	SHA256   string // in hex
}

// Header is what the ward wants at the head of its reports: a setting.
type Header struct {
	Ward       string   // 江東区
	Contractor string   // who did the work
	Boxes      []string // the approval boxes (確認印) from left to right: 課長, 係長, 担当
}

// Detail is a row of the ledger behind the report, in codes. Never personal data.
type Detail struct {
	ID         string
	Kind       string // report.RefAttempt and the others
	At         string // in Japan's time
	Direction  string
	Result     string
	Party      string
	Counted    *bool // whether it is one of 架電件数; nil: no question for this kind
	Desk       string
	Operator   string
	CaseRef    string
	Insurance  string
	Language   string
	NumberKind string
}

// mostBoxes is how many approval boxes stand beside each other at the head of a page.
const mostBoxes = 8

// check refuses what cannot be set, before anything is written.
func (d Document) check() error {
	if n := len(d.Header.Boxes); n > mostBoxes {
		return &report.AskError{
			JA: fmt.Sprintf("確認印の欄は%d個までです(設定は%d個)", mostBoxes, n),
			EN: fmt.Sprintf("%d approval boxes, and the page holds %d", n, mostBoxes),
		}
	}
	for _, s := range d.Report.Sections {
		for _, r := range s.Rows {
			if len(r.Cells) != len(s.Columns) {
				return fmt.Errorf("section %s, row %s: %d cells for %d columns", s.Key, r.Key, len(r.Cells), len(s.Columns))
			}
		}
	}
	return nil
}

// The words that stand around the figures.
const (
	wordDraft      = "未発行"
	wordSoFar      = "途中経過(期間が終わる前の集計です)"
	wordPeriod     = "対象期間"
	wordNothing    = "該当なし"
	wordItem       = "項目"
	wordWard       = "区"
	wordContractor = "受託者"
	wordIssue      = "発行"
	wordNoBase     = "—"
	wordUnused     = "未使用"
	noteMark       = "※"
)

// period is the span of the report for a person.
func (d Document) period() string {
	if d.Report.From == d.Report.Until {
		return day(d.Report.From)
	}
	return day(d.Report.From) + " 〜 " + day(d.Report.Until)
}

// day is a date for a person; what is no date stands for itself.
func day(name string) string {
	d, err := dialer.ParseDate(name)
	if err != nil {
		return name
	}
	return fmt.Sprintf("%d年%d月%d日", d.Year, int(d.Month), d.Day)
}

// status says whether the document is issued, in one line without the hash.
func (d Document) status() string {
	if d.Issued == nil {
		return wordDraft
	}
	out := fmt.Sprintf("第%d版 %s 発行", d.Issued.Revision, d.Issued.At.In(dialer.Tokyo).Format("2006-01-02 15:04"))
	if d.Issued.By != "" {
		out += " (" + d.Issued.By + ")"
	}
	return out
}

// hash is the line of the hash; empty for a draft.
func (d Document) hash() string {
	if d.Issued == nil {
		return ""
	}
	return "SHA-256 " + strings.ToLower(d.Issued.SHA256)
}

// made is the time that the files give for their making: that of the issue, or for a draft the last day of the period. The clock
// would make two files of one report differ.
func (d Document) made() time.Time {
	if d.Issued != nil {
		return d.Issued.At.In(dialer.Tokyo)
	}
	last, err := dialer.ParseDate(d.Report.Until)
	if err != nil {
		return time.Date(2000, time.January, 1, 0, 0, 0, 0, dialer.Tokyo)
	}
	return last.At(0)
}
