package render

import (
	"errors"
	"fmt"
	"io"

	"github.com/signintech/gopdf"
)

// family is the name of the one font within the file.
const family = "gothic"

// PDF writes the report as the paper that is signed. The font is a TrueType font with Japanese characters: see FindFont.
func PDF(w io.Writer, doc Document, font []byte) error {
	if err := doc.check(); err != nil {
		return err
	}
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{Unit: gopdf.UnitPT, PageSize: *gopdf.PageSizeA4})
	pdf.SetInfo(gopdf.PdfInfo{Title: doc.Report.Title.JA, Author: doc.Header.Contractor, CreationDate: doc.made()})
	ink, err := newInk(pdf, font)
	if err != nil {
		return err
	}
	return finish(pdf, ink, layOut(doc, ink), w)
}

// finish draws pages and writes the file.
func finish(pdf *gopdf.GoPdf, k *ink, pages []*page, w io.Writer) error {
	for _, p := range pages {
		if err := p.draw(pdf); err != nil {
			return err
		}
	}
	if k.err != nil {
		return k.err
	}
	_, err := pdf.WriteTo(w)
	return err
}

// ink knows how wide the font's characters are.
type ink struct {
	pdf  *gopdf.GoPdf
	wide map[rune]float64 // at a size of one point
	err  error            // the first that the font gave
}

func newInk(pdf *gopdf.GoPdf, font []byte) (*ink, error) {
	// A character that the font lacks is printed as 〓, as printers do, and not left out: a reader must see that one is missing.
	option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '〓' }}
	if err := pdf.AddTTFFontDataWithOption(family, font, option); err != nil {
		return nil, fmt.Errorf("read the PDF's font (it must be TrueType, .ttf): %w", err)
	}
	if err := pdf.SetFont(family, "", measured); err != nil {
		return nil, fmt.Errorf("use the PDF's font: %w", err)
	}
	for _, r := range "架電件数〓" {
		if has, err := pdf.IsCurrFontContainGlyph(r); err != nil || !has {
			return nil, errors.Join(errors.New("the PDF's font has no Japanese characters; "+fontPackage+" has"), err)
		}
	}
	return &ink{pdf: pdf, wide: map[rune]float64{}}, nil
}

// measured is the size that characters are measured at: large, since the library's widths are rounded.
const measured = 1000.0

// width is how wide a text is at a size, in points.
func (k *ink) width(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		w, ok := k.wide[r]
		if !ok {
			var err error
			if w, err = k.pdf.MeasureTextWidth(string(r)); err != nil && k.err == nil {
				k.err = fmt.Errorf("measure %q: %w", r, err)
			}
			w /= measured
			k.wide[r] = w
		}
		sum += w
	}
	return sum * size
}

// draw puts a page that was laid out on paper.
func (p *page) draw(pdf *gopdf.GoPdf) error {
	pdf.AddPageWithOption(gopdf.PageOption{PageSize: &gopdf.Rect{W: p.w, H: p.h}})
	for _, s := range p.shades {
		pdf.SetGrayFill(shadeGray)
		pdf.RectFromUpperLeftWithStyle(s.x, s.y, s.w, s.h, "F")
	}
	pdf.SetGrayFill(0)
	pdf.SetGrayStroke(0)
	for _, l := range p.lines {
		pdf.SetLineWidth(l.thick)
		pdf.Line(l.x1, l.y1, l.x2, l.y2)
	}
	for _, t := range p.texts {
		if err := pdf.SetFont(family, "", t.size); err != nil {
			return fmt.Errorf("set a size: %w", err)
		}
		pdf.SetXY(t.x, t.y)
		if err := pdf.Text(t.text); err != nil {
			return fmt.Errorf("print %q: %w", t.text, err)
		}
	}
	return nil
}
