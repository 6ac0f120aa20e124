package render

import (
	"slices"
	"strconv"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// widest is how many columns of figures a table on an upright page has at most.
const widest = 12

// table is a section as it is set on paper. Its first column, and in a folded table every other, holds words.
type table struct {
	key     string
	title   string
	columns []column
	rows    [][]field
	notes   []string
}

// column is a column of a table.
type column struct {
	title string
	unit  report.Unit
	words bool
}

// heading is the name of a column with its unit, where the name does not tell it.
func (c column) heading() string {
	switch {
	case c.words:
		return c.title
	case c.unit == report.InYen:
		return c.title + "(円)"
	case c.unit == report.InPercent:
		return c.title + "(%)"
	default:
		return c.title
	}
}

// field is one place of a table: words, a figure, or why there is none.
type field struct {
	words string
	value *float64
	unit  report.Unit
}

// text is a field for a person: figures with their digits grouped.
func (f field) text() string {
	if f.value == nil {
		return f.words
	}
	return grouped(plain(f))
}

// plain is a figure as a program reads it: no grouping, one decimal where the report has one.
func plain(f field) string {
	switch f.unit {
	case report.InPercent, report.InRate, report.InSeconds:
		return strconv.FormatFloat(*f.value, 'f', 1, 64)
	default:
		return strconv.FormatFloat(*f.value, 'f', 0, 64)
	}
}

// grouped puts a comma before every three digits left of the point.
func grouped(s string) string {
	sign := ""
	if s != "" && s[0] == '-' {
		sign, s = "-", s[1:]
	}
	whole := len(s)
	if at := slices.Index([]byte(s), '.'); at >= 0 {
		whole = at
	}
	out := []byte(s)
	for i := whole - 3; i > 0; i -= 3 {
		out = slices.Insert(out, i, ',')
	}
	return sign + string(out)
}

// fieldOf is a cell in its column.
func fieldOf(c report.Cell, unit report.Unit) field {
	switch {
	case c.Value != nil:
		return field{value: c.Value, unit: unit}
	case c.Text != nil:
		return field{words: c.Text.JA, unit: unit}
	case c.Why == report.Unused:
		return field{words: wordUnused, unit: unit}
	default:
		return field{words: wordNoBase, unit: unit}
	}
}

// totalRow is the key of the row of all, as dialer/report names it.
const totalRow = "total"

// tables are the sections as they are set: those of the upright pages, then those of the pages across.
func tables(r report.Report) (upright, across []table) {
	for _, s := range r.Sections {
		t := tableOf(s)
		switch {
		case len(s.Columns) <= widest:
			upright = append(upright, t)
		case len(s.Rows) == 1 && s.Rows[0].Key == totalRow:
			upright = append(upright, fold(t))
		default:
			across = append(across, t)
		}
	}
	return upright, across
}

func tableOf(s report.Section) table {
	t := table{key: s.Key, title: s.Title.JA, columns: []column{{words: true}}}
	for _, c := range s.Columns {
		t.columns = append(t.columns, column{title: c.Title.JA, unit: c.Unit, words: c.Unit == report.InWords})
	}
	for _, r := range s.Rows {
		row := []field{{words: rowTitle(r)}}
		for i, c := range r.Cells {
			row = append(row, fieldOf(c, s.Columns[i].Unit))
		}
		t.rows = append(t.rows, row)
	}
	for _, n := range s.Notes {
		t.notes = append(t.notes, noteMark+n.JA)
	}
	return t
}

// fold sets the one row of a table upright: half of its columns beneath each other, and the other half beside them.
func fold(t table) table {
	row := t.rows[0]
	pair := []column{{title: wordItem, words: true}, {title: row[0].words}}
	out := table{key: t.key, title: t.title, columns: slices.Concat(pair, pair), notes: t.notes}
	half := len(row) / 2 // the title of the row is one too many, so that an odd number of figures has the longer half first
	for i := range half {
		line := []field{{words: t.columns[1+i].heading()}, row[1+i]}
		if at := 1 + half + i; at < len(row) {
			line = append(line, field{words: t.columns[at].heading()}, row[at])
		} else {
			line = append(line, field{}, field{})
		}
		out.rows = append(out.rows, line)
	}
	return out
}

// rowTitle is the name of a row: a day is told with its weekday, since that is what one looks for.
func rowTitle(r report.Row) string {
	d, err := dialer.ParseDate(r.Key)
	if err != nil || r.Title.JA != r.Key {
		return r.Title.JA
	}
	return r.Title.JA + "(" + report.Weekday(d) + ")"
}
