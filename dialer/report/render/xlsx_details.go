package render

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// detailColumns are the columns of the sheet 明細.
var detailColumns = []struct {
	title string
	wide  float64
	of    func(Detail) string
}{
	{"種別", 10, func(d Detail) string { return d.Kind }},
	{"ID", 38, func(d Detail) string { return d.ID }},
	{"日時", 20, func(d Detail) string { return d.At }},
	{"方向", 11, func(d Detail) string { return d.Direction }},
	{"接続結果", 15, func(d Detail) string { return d.Result }},
	{"応対者", 13, func(d Detail) string { return d.Party }},
	{"件数算入", 11, func(d Detail) string { return countedWord(d.Counted) }},
	{"席", 8, func(d Detail) string { return d.Desk }},
	{"担当者", 16, func(d Detail) string { return d.Operator }},
	{"ケース", 28, func(d Detail) string { return d.CaseRef }},
	{"保険", 10, func(d Detail) string { return d.Insurance }},
	{"言語", 8, func(d Detail) string { return d.Language }},
	{"番号種別", 11, func(d Detail) string { return d.NumberKind }},
}

func countedWord(counted *bool) string {
	switch {
	case counted == nil:
		return ""
	case *counted:
		return "対象"
	default:
		return "対象外"
	}
}

// details writes the sheet 明細 as a stream: a year has tens of thousands of rows.
func (b *book) details() {
	_, err := b.NewSheet(sheetDetails)
	b.try(err)
	last := len(detailColumns)
	b.try(b.AutoFilter(sheetDetails, "A1:"+cellName(last, len(b.doc.Details)+1), nil))
	b.paper(sheetDetails, "landscape", 1) // behind the filter, which forgets that the sheet is to fit on the paper
	if b.err != nil {
		return
	}
	out, err := b.NewStreamWriter(sheetDetails)
	if err != nil {
		b.try(err)
		return
	}
	head := make([]any, 0, last)
	for i, c := range detailColumns {
		b.try(out.SetColWidth(i+1, i+1, c.wide))
		head = append(head, excelize.Cell{StyleID: b.style(tableHead), Value: c.title})
	}
	b.try(out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	b.try(out.SetRow("A1", head, excelize.RowOpts{Height: rowHigh}))
	cell := b.style(look{size: 9, align: "left"})
	for n, d := range b.doc.Details {
		row := make([]any, 0, last)
		for _, c := range detailColumns {
			row = append(row, excelize.Cell{StyleID: cell, Value: c.of(d)})
		}
		if err := out.SetRow(cellName(1, n+2), row); err != nil {
			b.try(fmt.Errorf("row %d: %w", n+2, err))
			return
		}
	}
	b.try(out.Flush())
}
