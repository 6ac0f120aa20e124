package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/signintech/gopdf"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// Letter is prose on A4: a notice to the ward, the minutes of a meeting. Words are Japanese.
type Letter struct {
	On     dialer.Date
	To     string // 江東区 御中; empty: a paper that goes to nobody
	From   string // who wrote it
	Title  string
	Blocks []Block
	Signs  []Sign // who has signed, or is to
	Foot   string // stands small on every page: whether it is a draft, or its revision and hash
}

// Block is a part of a letter: a heading, paragraphs, and a table. Each may be missing.
type Block struct {
	Heading    string
	Paragraphs []string // a line break within one is kept
	Table      *report.Section
}

// Sign is a place to sign: for whom, and the name and time of who did. Without a name it is a box to be signed by hand.
type Sign struct{ For, Name, At string }

// The measures of a letter, in points.
const (
	proseSize   = 10.5
	proseLine   = 17.0
	blockGap    = 8.0
	signHeight  = 44.0
	signColumns = 2
)

// WriteLetter writes a letter as a PDF. The font is a TrueType font with Japanese characters: see FindFont.
func WriteLetter(w io.Writer, l Letter, font []byte) error {
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{Unit: gopdf.UnitPT, PageSize: *gopdf.PageSizeA4})
	pdf.SetInfo(gopdf.PdfInfo{Title: l.Title, Author: l.From, CreationDate: l.On.At(0)})
	ink, err := newInk(pdf, font)
	if err != nil {
		return err
	}
	return finish(pdf, ink, l.layOut(ink), w)
}

// layOut sets a letter on pages.
func (l Letter) layOut(k *ink) []*page {
	s := &press{ink: k, doc: Document{Report: report.Report{Title: report.Words{JA: l.Title}}, Header: Header{Ward: l.From}}}
	s.turn(false)
	p := s.at
	s.put(right, box{p.side, p.y, p.inner(), proseLine}, proseSize, fmt.Sprintf("%d年%d月%d日", l.On.Year, int(l.On.Month), l.On.Day))
	p.y += proseLine + blockGap
	if l.To != "" {
		s.prose(l.To)
	}
	for _, line := range s.wrap(l.From, proseSize, p.inner()/2) {
		s.put(right, box{p.side, p.y, p.inner(), proseLine}, proseSize, line)
		p.y += proseLine
	}
	p.y += 2 * blockGap
	for _, line := range s.wrap(l.Title, 15, p.inner()) {
		s.put(centre, box{p.side, p.y, p.inner(), 22}, 15, line)
		p.y += 22
	}
	p.y += 2 * blockGap
	for _, b := range l.Blocks {
		s.block(b)
	}
	s.signs(l.Signs)
	s.feet(l.Foot)
	return s.pages
}

func (s *press) block(b Block) {
	if b.Heading != "" {
		if s.at.room() < 2*proseLine+blockGap { // a heading does not stand alone at the foot of a page
			s.turn(false)
		}
		s.put(left, box{s.at.side, s.at.y, s.at.inner(), proseLine}, proseSize+1, b.Heading)
		s.at.y += proseLine + 2
	}
	for _, text := range b.Paragraphs {
		s.prose(text)
	}
	if b.Table != nil {
		s.at.y += blockGap
		t := tableOf(*b.Table)
		s.table(t, t.rows)
	}
	s.at.y += blockGap
}

// prose sets a paragraph, on as many pages as it takes.
func (s *press) prose(words string) {
	for line := range strings.SplitSeq(words, "\n") {
		lines := s.wrap(strings.TrimRight(line, " \r\t"), proseSize, s.at.inner())
		if len(lines) == 0 {
			lines = []string{""}
		}
		for _, l := range lines {
			if s.at.room() < proseLine {
				s.turn(false)
			}
			s.put(left, box{s.at.side, s.at.y, s.at.inner(), proseLine}, proseSize, l)
			s.at.y += proseLine
		}
	}
}

// signs sets the places to sign, two beside each other.
func (s *press) signs(of []Sign) {
	for i, sign := range of {
		column := i % signColumns
		if column == 0 {
			if s.at.room() < signHeight+blockGap {
				s.turn(false)
			}
			s.at.y += blockGap
		}
		wide := (s.at.inner() - besideGap) / signColumns
		b := box{s.at.side + float64(column)*(wide+besideGap), s.at.y, wide, signHeight}
		s.at.frame(b, thin)
		s.put(left, box{b.x + 2*pad, b.y, wide - 4*pad, 15}, 8, sign.For)
		s.put(left, box{b.x + 2*pad, b.y + 15, wide - 4*pad, 15}, s.fit(sign.Name, proseSize, wide-4*pad), sign.Name)
		s.put(left, box{b.x + 2*pad, b.y + 29, wide - 4*pad, 13}, 8, sign.At)
		if column == signColumns-1 || i == len(of)-1 {
			s.at.y += signHeight
		}
	}
}
