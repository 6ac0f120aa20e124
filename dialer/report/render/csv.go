package render

import (
	"encoding/csv"
	"io"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// CSV writes the report's tables one after another, as Excel opens them in Japan.
func CSV(w io.Writer, doc Document) error {
	if err := doc.check(); err != nil {
		return err
	}
	// Without the mark Excel takes the file for Shift_JIS.
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, line := range csvLines(doc) {
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvLines are the lines of the file; one without a field is blank.
func csvLines(doc Document) [][]string {
	lines := [][]string{{Tame(doc.Report.Title.JA)}, {wordPeriod, doc.period()}}
	if doc.Header.Ward != "" {
		lines = append(lines, []string{wordWard, Tame(doc.Header.Ward)})
	}
	if doc.Header.Contractor != "" {
		lines = append(lines, []string{wordContractor, Tame(doc.Header.Contractor)})
	}
	status := []string{wordIssue, Tame(doc.status())}
	if doc.Issued != nil {
		status = append(status, Tame(doc.hash()))
	}
	lines = append(lines, status)
	if !doc.Report.Whole {
		lines = append(lines, []string{wordSoFar})
	}
	lines = append(lines, nil)
	for _, s := range doc.Report.Sections {
		lines = append(lines, csvSection(s)...)
		lines = append(lines, nil)
	}
	return lines
}

func csvSection(s report.Section) [][]string {
	head := []string{""}
	for _, c := range s.Columns {
		head = append(head, Tame(column{title: c.Title.JA, unit: c.Unit}.heading()))
	}
	lines := [][]string{{Tame(s.Title.JA)}}
	if s.Reading != nil {
		lines = append(lines, []string{Tame(s.Reading.JA)})
	}
	lines = append(lines, head)
	for _, r := range s.Rows {
		line := []string{Tame(r.Title.JA)}
		for i, c := range r.Cells {
			if f := fieldOf(c, s.Columns[i].Unit); f.value != nil {
				line = append(line, plain(f))
			} else {
				line = append(line, Tame(f.words))
			}
		}
		lines = append(lines, line)
	}
	for _, n := range s.Notes {
		lines = append(lines, []string{noteMark + n.JA})
	}
	return lines
}

// Tame puts a quote before words that a spreadsheet could take for a formula. Figures never come here, so a minus of theirs stays what it is.
func Tame(s string) string {
	if _, ok := dialer.FormulaSign(s); ok {
		return "'" + s
	}
	return s
}
