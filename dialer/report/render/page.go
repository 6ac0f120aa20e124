package render

import (
	"fmt"
	"slices"
)

// The measures of a page, in points.
const (
	a4Short, a4Long = 595.28, 841.89
	marginSide      = 45.0
	marginAcross    = 28.0 // of a page across, whose tables need the room
	marginTop       = 42.0
	marginFoot      = 46.0
	hair            = 0.3 // rules between rows
	thin            = 0.6 // rules around tables and beneath their heads
	shadeGray       = 0.94
)

// page is one side of paper while it is being set. Nothing is drawn before all pages are there: the foot tells how many there are.
type page struct {
	w, h, side float64
	texts      []text
	lines      []line
	shades     []box
	y          float64 // where the next thing goes
}

// text is words with the left end of their base line.
type text struct {
	x, y, size float64
	text       string
}

type line struct{ x1, y1, x2, y2, thick float64 }

type box struct{ x, y, w, h float64 }

func (p *page) room() float64  { return p.h - marginFoot - p.y }
func (p *page) inner() float64 { return p.w - 2*p.side }

// align says which end of its box a text keeps to.
type align int

const (
	left align = iota
	centre
	right
)

// press sets a document on pages.
type press struct {
	*ink
	doc   Document
	pages []*page
	at    *page // the last of pages
}

// layOut sets a document: the upright pages, then those across.
func layOut(doc Document, k *ink) []*page {
	upright, across := tables(doc.Report)
	s := &press{ink: k, doc: doc}
	s.turn(false)
	s.masthead()
	for i := 0; i < len(upright); i++ {
		if t := upright[i]; i+1 < len(upright) && s.beside(t, upright[i+1]) {
			i++
		} else {
			s.table(t, t.rows)
		}
	}
	if len(across) > 0 {
		s.turn(true)
		for _, t := range across {
			s.table(t, alike(across, t))
		}
	}
	s.feet(doc.foot())
	return s.pages
}

// alike are the rows of all tables with the columns of one.
func alike(all []table, one table) [][]field {
	var out [][]field
	for _, t := range all {
		if slices.Equal(t.columns, one.columns) {
			out = append(out, t.rows...)
		}
	}
	return out
}

// turn begins a page. Those after the first say in small what they belong to.
func (s *press) turn(across bool) {
	p := &page{w: a4Short, h: a4Long, side: marginSide, y: marginTop}
	if across {
		p.w, p.h, p.side = a4Long, a4Short, marginAcross
	}
	s.pages, s.at = append(s.pages, p), p
	if len(s.pages) == 1 {
		return
	}
	s.put(left, box{p.side, p.y - 14, p.inner(), 10}, 7.5, s.doc.Report.Title.JA)
	s.put(right, box{p.side, p.y - 14, p.inner(), 10}, 7.5, s.doc.Header.Ward)
	p.rule(p.y, hair)
	p.y += 12
}

// put sets one line of text in a box, in its middle from top to bottom.
func (s *press) put(a align, b box, size float64, words string) {
	x, w := b.x, s.width(words, size)
	switch a {
	case centre:
		x += (b.w - w) / 2
	case right:
		x += b.w - w
	default:
	}
	if words != "" {
		s.at.texts = append(s.at.texts, text{x, b.y + b.h/2 + size*0.36, size, words})
	}
}

func (p *page) rule(y, thick float64) {
	p.lines = append(p.lines, line{p.side, y, p.w - p.side, y, thick})
}

// frame draws the four sides of a box.
func (p *page) frame(b box, thick float64) {
	p.lines = append(p.lines,
		line{b.x, b.y, b.x + b.w, b.y, thick}, line{b.x, b.y + b.h, b.x + b.w, b.y + b.h, thick},
		line{b.x, b.y, b.x, b.y + b.h, thick}, line{b.x + b.w, b.y, b.x + b.w, b.y + b.h, thick})
}

// The approval boxes: a name above the room for a seal of 12 mm.
const (
	sealName = 13.0
	sealRoom = 40.0
	sealWide = 44.0
)

// masthead is the head of the first page: ward and contractor, the approval boxes, the title, and what the report is of.
func (s *press) masthead() {
	p, top := s.at, s.at.y
	boxes := s.doc.Header.Boxes
	x := p.w - p.side - float64(len(boxes))*sealWide
	for i, name := range boxes {
		b := box{x + float64(i)*sealWide, top, sealWide, sealName}
		s.put(centre, b, s.fit(name, 8, sealWide-4), name)
		p.frame(b, thin)
		p.frame(box{b.x, top + sealName, sealWide, sealRoom}, thin)
	}
	words := x - p.side - 8
	y := top
	for _, w := range []struct {
		text string
		size float64
	}{{s.doc.Header.Ward, 11}, {s.contractor(), 9}} {
		for _, l := range s.wrap(w.text, w.size, words) {
			s.put(left, box{p.side, y, words, w.size + 5}, w.size, l)
			y += w.size + 5
		}
	}
	if len(boxes) > 0 {
		y = max(y, top+sealName+sealRoom)
	}
	y += 14
	title := s.doc.Report.Title.JA
	s.put(centre, box{p.side, y, p.inner(), 22}, s.fit(title, 16, p.inner()), title)
	y += 26
	s.put(centre, box{p.side, y, p.inner(), 13}, 9, wordPeriod+" "+s.doc.period())
	y += 15
	s.put(centre, box{p.side, y, p.inner(), 13}, 9, s.doc.status())
	y += 15
	if !s.doc.Report.Whole {
		s.put(centre, box{p.side, y, p.inner(), 13}, 9, wordSoFar)
		y += 15
	}
	p.rule(y+2, thin)
	p.y = y + 16
}

func (s *press) contractor() string {
	if s.doc.Header.Contractor == "" {
		return ""
	}
	return wordContractor + " " + s.doc.Header.Contractor
}

// feet numbers the pages, and says on each what the paper is.
func (s *press) feet(of string) {
	for i, p := range s.pages {
		s.at = p
		b := box{p.side, p.h - 34, p.inner(), 10}
		p.rule(b.y-3, hair)
		s.put(right, b, 8, pageNumber(i+1, len(s.pages)))
		s.put(left, b, s.fit(of, 6.5, p.inner()-50), of)
	}
}

// foot says on each page which revision it is of.
func (d Document) foot() string {
	switch {
	case d.Issued != nil:
		return fmt.Sprintf("第%d版 %s", d.Issued.Revision, d.hash())
	case !d.Report.Whole:
		return d.status() + " " + wordSoFar
	default:
		return d.status()
	}
}

// fit is the largest size up to one wanted at which a text fits into a width.
func (s *press) fit(words string, size, width float64) float64 {
	if w := s.width(words, size); w > width {
		return size * width / w
	}
	return size
}

func pageNumber(n, of int) string { return fmt.Sprintf("%d / %d", n, of) }
