package render

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// The sheets.
const (
	sheetReport  = "報告書"
	sheetAcross  = "内訳"
	sheetDetails = "明細"
)

// xlsxFont is on every Windows and Mac with Office; others take their own Japanese font for it.
const xlsxFont = "游ゴシック"

// XLSX writes the report as a workbook that prints on A4.
func XLSX(w io.Writer, doc Document) (err error) {
	if err := doc.check(); err != nil {
		return err
	}
	f := excelize.NewFile()
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	b := &book{File: f, doc: doc, styles: map[look]int{}}
	b.try(f.SetDefaultFont(xlsxFont))
	b.try(f.SetSheetName("Sheet1", sheetReport))
	b.properties()
	upright, across := tables(doc.Report)
	b.report(upright)
	if len(across) > 0 {
		b.across(across)
	}
	b.details()
	if b.err != nil {
		return fmt.Errorf("make the workbook: %w", b.err)
	}
	_, err = f.WriteTo(w)
	return err
}

// book is a workbook in the making. The first error stays; what comes after it is not written to any file.
type book struct {
	*excelize.File
	doc    Document
	styles map[look]int
	err    error
}

func (b *book) try(err error) {
	if b.err == nil {
		b.err = err
	}
}

// properties sets the times of the file to those of the report: a clock would make two files of one report differ.
func (b *book) properties() {
	at := b.doc.made().UTC().Format("2006-01-02T15:04:05Z")
	b.try(b.SetDocProps(&excelize.DocProperties{
		Title: b.doc.Report.Title.JA, Creator: b.doc.Header.Contractor, LastModifiedBy: b.doc.Header.Contractor,
		Created: at, Modified: at, Language: "ja-JP",
	}))
}

// look is how a cell looks.
type look struct {
	size    float64
	format  string
	align   string // left, center or right
	border  bool
	shaded  bool
	wrapped bool
	high    bool // at the top of its cell, not in the middle
	inset   int  // from the side that it is aligned to, in characters
	shrunk  bool // to the column, where it would not fit: a figure never becomes ####
}

func (b *book) style(l look) int {
	if id, ok := b.styles[l]; ok {
		return id
	}
	s := &excelize.Style{
		Font:      &excelize.Font{Family: xlsxFont, Size: l.size},
		Alignment: &excelize.Alignment{Horizontal: l.align, Vertical: "center", WrapText: l.wrapped, Indent: l.inset, ShrinkToFit: l.shrunk},
	}
	if l.high {
		s.Alignment.Vertical = "top"
	}
	if l.format != "" {
		s.CustomNumFmt = &l.format
	}
	if l.border {
		for _, side := range []string{"left", "top", "right", "bottom"} {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "808080", Style: 1})
		}
	}
	if l.shaded {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F0F0F0"}}
	}
	id, err := b.NewStyle(s)
	b.try(err)
	b.styles[l] = id
	return id
}

// span is a place on a sheet: a row, and columns from one to another, which are merged.
type span struct {
	sheet         string
	row, from, to int
}

// set writes words or a figure with its look. Words are always text: never a formula, whatever they begin with.
func (b *book) set(at span, f field, l look) {
	first, last := cellName(at.from, at.row), cellName(at.to, at.row)
	switch {
	case f.value != nil:
		b.try(b.SetCellFloat(at.sheet, first, *f.value, -1, 64))
	case f.words != "":
		b.try(b.SetCellStr(at.sheet, first, f.words))
	default:
	}
	b.try(b.SetCellStyle(at.sheet, first, last, b.style(l)))
	if at.to > at.from {
		b.try(b.MergeCell(at.sheet, first, last))
	}
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // a page has fewer columns than a sheet
	}
	return name
}

// paper sets a sheet up for A4: one page wide, as many high as it takes, with page numbers.
func (b *book) paper(sheet, orientation string, repeated int) {
	a4, wide, high, yes := 9, 1, 0, true
	b.try(b.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}))
	b.try(b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}))
	side, end, foot := 0.55, 0.6, 0.3
	b.try(b.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{
		Left: &side, Right: &side, Top: &end, Bottom: &end, Header: &foot, Footer: &foot, Horizontally: &yes,
	}))
	of := b.doc.status()
	if b.doc.Issued != nil {
		of = fmt.Sprintf("第%d版 %s", b.doc.Issued.Revision, b.doc.hash())
	}
	b.try(b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: "&L&7" + " " + of + "&R&8" + " &P / &N"}))
	if repeated > 0 {
		b.try(b.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$1:$%d", sheet, repeated), Scope: sheet,
		}))
	}
}
