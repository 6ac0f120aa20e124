package render

import (
	"math"

	"github.com/xuri/excelize/v2"

	"kakeru/dialer/report"
)

// The columns of the sheet 報告書: one of words, then those of figures. Widths are in characters of the default font, heights in points.
const (
	figureColumns = 10
	labelWide     = 24.5
	figureWide    = 10.2
	xlsxSize      = 11.0
	headSize      = 10.0
	smallSize     = 9.0
	rowHigh       = 18.0
	lineHigh      = 15.0 // of each further line
	smallHigh     = 14.0
	// pageHigh is what one printed page holds at the scale at which the columns fill its width: 755 by 516 points of paper. A character
	// of the default font is 6 to 7 points wide, by what stands in for it; where it is less than this, a page holds less.
	pageHigh = 755.0 / 516 * (labelWide + figureColumns*figureWide) * 5.9
)

// formats are how figures are shown, by what they are.
var formats = map[report.Unit]string{
	report.InCalls: `#,##0`, report.InYen: `#,##0"円"`, report.InSeconds: `#,##0.0`, report.InRate: `#,##0.0`, report.InPercent: `0.0"%"`,
}

var (
	noteWords  = look{size: smallSize, align: "left", wrapped: true}
	tableWords = look{size: xlsxSize, align: "left", border: true, wrapped: true, inset: 1}
	tableHead  = look{size: headSize, align: "center", border: true, shaded: true, wrapped: true}
)

func figureLook(size float64, unit report.Unit) look {
	l := look{size: size, align: "right", border: true, format: formats[unit], shrunk: true}
	if l.format == "" {
		l.format = formats[report.InCalls]
	}
	return l
}

// report writes the sheet 報告書.
func (b *book) report(ts []table) {
	wide := func(from, to string, w float64) { b.try(b.SetColWidth(sheetReport, from, to, w)) }
	wide("A", "A", labelWide)
	wide("B", column1(figureColumns), figureWide)
	b.grid(sheetReport)
	row := b.masthead()
	left := pageHigh - float64(row)*rowHigh
	for _, t := range ts {
		high := rowHigh
		for _, h := range heightsOf(t) {
			high += h
		}
		if high > left && high < pageHigh {
			b.try(b.InsertPageBreak(sheetReport, cellName(1, row)))
			left = pageHigh
		}
		left -= high
		row = b.table(t, row) + 1
	}
	b.paper(sheetReport, "portrait", 0)
}

// grid takes the lines of the screen away: what has a rule is a table.
func (b *book) grid(sheet string) {
	no := false
	b.try(b.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &no}))
}

// column1 is the letter of the n-th column of figures.
func column1(n int) string {
	name, err := excelize.ColumnNumberToName(n + 1)
	if err != nil {
		panic(err) // a page has fewer columns than a sheet
	}
	return name
}

// masthead writes the head of the sheet, and returns the row beneath it.
func (b *book) masthead() int {
	last := 1 + figureColumns
	boxes := b.doc.Header.Boxes
	first := last - len(boxes) + 1
	for i, name := range boxes {
		b.set(span{sheetReport, 1, first + i, first + i}, field{words: name}, look{size: 9, align: "center", border: true})
		top, foot := cellName(first+i, 2), cellName(first+i, 3)
		b.try(b.SetCellStyle(sheetReport, top, foot, b.style(look{size: 9, border: true, align: "center"})))
		b.try(b.MergeCell(sheetReport, top, foot))
	}
	b.high(sheetReport, 2, 24)
	b.high(sheetReport, 3, 24)
	words := max(1, first-2)
	b.set(span{sheetReport, 1, 1, words}, field{words: b.doc.Header.Ward}, look{size: 12, align: "left", shrunk: true})
	if c := b.doc.Header.Contractor; c != "" {
		b.contractor(wordContractor+" "+c, words)
	}
	b.set(span{sheetReport, 5, 1, last}, field{words: b.doc.Report.Title.JA}, look{size: 16, align: "center"})
	b.high(sheetReport, 5, 28)
	lines := []string{wordPeriod + " " + b.doc.period(), b.doc.status()}
	if h := b.doc.hash(); h != "" {
		lines = append(lines, h)
	}
	if !b.doc.Report.Whole {
		lines = append(lines, wordSoFar)
	}
	row := 6
	for _, l := range lines {
		b.set(span{sheetReport, row, 1, last}, field{words: l}, look{size: xlsxSize, align: "center"})
		row++
	}
	return row + 1
}

// contractor writes who did the work, beside the boxes: as large as two or three lines allow.
func (b *book) contractor(words string, columns int) {
	size := xlsxSize
	for size > 6 && float64(linesOf(words, size, place{1, columns}.wide()))*size*1.4 > 2*24 {
		size--
	}
	first, last := cellName(1, 2), cellName(columns, 3)
	b.try(b.SetCellStr(sheetReport, first, words))
	b.try(b.SetCellStyle(sheetReport, first, last, b.style(look{size: size, align: "left", wrapped: true, high: true})))
	b.try(b.MergeCell(sheetReport, first, last))
}

func (b *book) high(sheet string, row int, points float64) {
	b.try(b.SetRowHeight(sheet, row, points))
}

// table writes a table from a row on, and returns the row beneath it.
func (b *book) table(t table, row int) int {
	places := placesOf(t)
	for i, h := range heightsOf(t) {
		b.high(sheetReport, row+i, h)
	}
	b.set(span{sheetReport, row, 1, 1}, field{words: t.title}, look{size: 12, align: "left"})
	row++
	for i, c := range t.columns {
		b.set(places[i].at(row), field{words: c.title}, tableHead)
	}
	row++
	if len(t.rows) == 0 {
		b.set(span{sheetReport, row, 1, len(t.columns)}, field{words: wordNothing}, tableWords)
		row++
	}
	for _, r := range t.rows {
		for i, f := range r {
			l := tableWords
			if !t.columns[i].words {
				l = figureLook(xlsxSize, f.unit)
			}
			b.set(places[i].at(row), f, l)
		}
		row++
	}
	for _, n := range t.notes {
		b.set(span{sheetReport, row, 1, 1 + figureColumns}, field{words: n}, noteWords)
		row++
	}
	return row
}

// heightsOf is how high each row of a table on the sheet is: its title, its head, its rows and its notes.
func heightsOf(t table) []float64 {
	places := placesOf(t)
	deep := 1
	for i, c := range t.columns {
		deep = max(deep, linesOf(c.title, headSize, places[i].wide()))
	}
	out := []float64{rowHigh + 3, rowHigh + float64(deep-1)*lineHigh}
	for _, r := range t.rows {
		deep = 1
		for i, f := range r {
			if t.columns[i].words {
				deep = max(deep, linesOf(f.words, xlsxSize, places[i].wide()-2))
			}
		}
		out = append(out, rowHigh+float64(deep-1)*lineHigh)
	}
	if len(t.rows) == 0 {
		out = append(out, rowHigh)
	}
	for _, n := range t.notes {
		out = append(out, smallHigh*float64(linesOf(n, smallSize, labelWide+figureColumns*figureWide)))
	}
	return out
}

// place is where a column of a table stands: from one column of the sheet to another.
type place struct{ from, to int }

func (p place) at(row int) span { return span{sheetReport, row, p.from, p.to} }

func (p place) wide() float64 {
	w := float64(p.to-p.from+1) * figureWide
	if p.from == 1 {
		w += labelWide - figureWide
	}
	return w
}

// placesOf gives words in the middle of a table two columns of the sheet, those at its end what is left, and all else one.
func placesOf(t table) []place {
	var out []place
	next := 1
	for i, c := range t.columns {
		p := place{next, next}
		if c.words && i > 0 {
			p.to++
			if i == len(t.columns)-1 {
				p.to = max(p.to, 1+figureColumns)
			}
		}
		out = append(out, p)
		next = p.to + 1
	}
	return out
}

// linesOf is how many lines words take in a column. Neither Excel nor LibreOffice makes merged cells high enough by itself.
func linesOf(words string, size, wide float64) int {
	units := 0.0
	for _, r := range words {
		if r < 0x80 {
			units++
		} else {
			units += 1.8 // the default font's digits are wider than half of a character
		}
	}
	return max(1, int(math.Ceil(units*size/11/(wide-0.5))))
}
