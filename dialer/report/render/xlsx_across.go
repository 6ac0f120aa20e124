package render

import (
	"slices"

	"github.com/xuri/excelize/v2"
)

// The sheet 内訳, whose tables all have the same many columns.
const (
	acrossLabel  = 14.0
	acrossFigure = 4.9
	acrossSize   = 9.0
	acrossRow    = 15.0
	// acrossHigh is what one printed page holds beneath the head, as pageHigh is reckoned: 509 by 762 points of paper.
	acrossHigh = 509.0/762*(acrossLabel+26*acrossFigure)*5.9 - 85
)

// across writes the sheet 内訳. The heads of its tables are one, at the top of each printed page; a table with other columns than the
// one before it brings its own.
func (b *book) across(ts []table) {
	_, err := b.NewSheet(sheetAcross)
	b.try(err)
	b.grid(sheetAcross)
	most := 0
	for _, t := range ts {
		most = max(most, len(t.columns)-1)
	}
	b.try(b.SetColWidth(sheetAcross, "A", "A", acrossLabel))
	b.try(b.SetColWidth(sheetAcross, "B", column1(most), acrossFigure))
	b.set(span{sheetAcross, 1, 1, 1 + most}, field{words: b.doc.Report.Title.JA + " " + sheetAcross + " " + b.doc.Header.Ward}, look{size: 11, align: "left"})
	b.high(sheetAcross, 1, 20)
	row, left := 2, acrossHigh
	var head []column
	for _, t := range ts {
		if !slices.Equal(head, t.columns) {
			head = t.columns
			b.acrossHead(t, row)
			row++
		}
		high := rowHigh
		for _, r := range t.rows {
			high += acrossRow * float64(linesOf(r[0].words, acrossSize, acrossLabel))
		}
		if high > left && high < acrossHigh {
			b.try(b.InsertPageBreak(sheetAcross, cellName(1, row)))
			left = acrossHigh
		}
		left -= high
		row = b.acrossRows(t, row)
	}
	b.paper(sheetAcross, "landscape", 2)
	b.try(b.SetPanes(sheetAcross, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: 2, TopLeftCell: "B3", ActivePane: "bottomRight"}))
}

func (b *book) acrossHead(t table, row int) {
	deep := 1
	for i, c := range t.columns {
		l := tableHead
		l.size = 8
		b.set(span{sheetAcross, row, 1 + i, 1 + i}, field{words: c.title}, l)
		if i > 0 {
			deep = max(deep, linesOf(c.title, 8, acrossFigure))
		}
	}
	b.high(sheetAcross, row, 15+float64(deep)*11)
}

func (b *book) acrossRows(t table, row int) int {
	b.set(span{sheetAcross, row, 1, len(t.columns)}, field{words: t.title}, look{size: acrossSize, align: "left", border: true, shaded: true})
	b.high(sheetAcross, row, rowHigh)
	row++
	if t.reading != "" {
		b.set(span{sheetAcross, row, 1, len(t.columns)}, field{words: t.reading}, noteWords)
		b.high(sheetAcross, row, smallHigh*float64(linesOf(t.reading, smallSize, acrossLabel+float64(len(t.columns)-1)*acrossFigure)))
		row++
	}
	if len(t.rows) == 0 {
		b.set(span{sheetAcross, row, 1, len(t.columns)}, field{words: wordNothing}, look{size: acrossSize, align: "left", border: true})
		row++
	}
	for _, r := range t.rows {
		for i, f := range r {
			l := look{size: acrossSize, align: "left", border: true, wrapped: true}
			if i > 0 {
				l = figureLook(acrossSize, f.unit)
			}
			b.set(span{sheetAcross, row, 1 + i, 1 + i}, f, l)
		}
		b.high(sheetAcross, row, acrossRow*float64(linesOf(r[0].words, acrossSize, acrossLabel)))
		row++
	}
	for _, n := range t.notes {
		b.set(span{sheetAcross, row, 1, len(t.columns)}, field{words: n}, noteWords)
		row++
	}
	return row
}
