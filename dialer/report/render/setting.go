package render

import "slices"

// The measures of a table, in points.
const (
	bodySize    = 8.5
	leastSize   = 5.0
	titleSize   = 10.0
	noteSize    = 7.0
	pad         = 3.0 // left and right of a field
	padAcross   = 1.6
	leastLabel  = 42.0
	mostLabel   = 190.0
	mostWords   = 330.0 // of a column of words behind the first: a digest stands on one line
	leastFigure = 54.0
	mostFigure  = 78.0
	leading     = 1.3
	tableGap    = 14.0
	besideGap   = 22.0
	titleHeight = 18.0
)

// setTable is a table with all that its place on paper needs.
type setTable struct {
	table
	size, pad float64
	widths    []float64
	head      [][]string // the lines of each heading
	again     bool       // it went on from the page before
	x, room   float64    // where it stands, and how wide its title and its notes may be
}

func (t *setTable) width() float64 {
	sum := 0.0
	for _, w := range t.widths {
		sum += w
	}
	return sum
}

// table sets a table with its title, its notes, and its head again on each further page. It goes to the next page as a whole where
// that has room for it and this one has not; only one that is longer than a page is split, and never right after its head.
func (s *press) table(t table, alike [][]field) {
	set := s.measure(t, alike)
	across := s.at.w > s.at.h
	if whole := s.whole(set); s.at.room() < whole && (whole < s.fresh() || s.at.room() < s.fresh()/3) {
		s.turn(across)
	}
	s.title(set)
	s.head(set)
	top := s.at.y
	for i, r := range set.rows {
		need := s.rowHeight(set, r)
		if i == len(set.rows)-1 {
			need += s.notesHeight(set)
		}
		if s.at.room() < need {
			s.sides(set, top)
			s.turn(across)
			set.again = true
			s.title(set)
			s.head(set)
			top = s.at.y
		}
		s.row(set, r)
	}
	s.sides(set, top)
	s.notes(set)
	s.at.y += tableGap
}

// beside sets two small tables next to each other, if they are small enough for that. A page of narrow tables is mostly empty.
func (s *press) beside(a, b table) bool {
	if max(len(a.columns), len(b.columns)) > 4 {
		return false
	}
	one, two := s.narrow(a), s.narrow(b)
	if one.width()+besideGap+two.width() > s.at.inner() {
		return false
	}
	two.x = one.x + one.width() + besideGap
	one.room, two.room = one.width(), s.at.inner()-one.width()-besideGap
	whole := max(s.whole(one), s.whole(two))
	if whole > s.fresh() {
		return false
	}
	if s.at.room() < whole {
		s.turn(false)
	}
	top, low := s.at.y, s.at.y
	for _, t := range []*setTable{one, two} {
		s.at.y = top
		s.title(t)
		s.head(t)
		from := s.at.y
		for _, r := range t.rows {
			s.row(t, r)
		}
		s.sides(t, from)
		s.notes(t)
		low = max(low, s.at.y)
	}
	s.at.y = low + tableGap
	return true
}

// narrow is a table no wider than it needs to be.
func (s *press) narrow(t table) *setTable {
	set := s.measure(t, t.rows)
	set.widths = s.needs(set)
	for i, c := range set.columns {
		if !c.words {
			set.widths[i] = max(set.widths[i], leastFigure)
		}
	}
	s.headings(set)
	return set
}

// fresh is the room of a page on which nothing stands yet.
func (s *press) fresh() float64 { return s.at.h - marginTop - 12 - marginFoot }

// whole is how high a table is that is not split.
func (s *press) whole(t *setTable) float64 {
	sum := titleHeight + s.headHeight(t) + s.notesHeight(t)
	for _, r := range t.rows {
		sum += s.rowHeight(t, r)
	}
	return sum
}

// measure finds the largest size at which all figures stand on one line, and gives each column the width that it needs. The rows of
// all tables that are to look alike are measured for each of them.
func (s *press) measure(t table, alike [][]field) *setTable {
	set := &setTable{table: t, size: bodySize, pad: pad, x: s.at.side, room: s.at.inner()}
	if len(t.rows) == 0 {
		nothing := make([]field, len(t.columns))
		nothing[0].words = wordNothing
		t.rows = [][]field{nothing}
		alike = append(slices.Clone(alike), nothing)
	}
	set.rows = alike
	if s.at.w > s.at.h {
		set.size, set.pad = 7.5, padAcross
	}
	for ; ; set.size -= 0.25 {
		set.widths = s.needs(set)
		if set.width() <= s.at.inner() || set.size <= leastSize {
			break
		}
	}
	s.spread(set)
	set.rows = t.rows
	s.headings(set)
	return set
}

func (s *press) headings(t *setTable) {
	t.head = nil
	for i, c := range t.columns {
		t.head = append(t.head, s.wrap(c.heading(), t.headSize(), t.widths[i]-2*t.pad))
	}
}

// headSize is a little below that of the figures: headings are read once.
func (t *setTable) headSize() float64 { return t.size * 0.87 }

// needs is the least width of each column: words may go over two lines, figures may not, headings over three or four.
func (s *press) needs(t *setTable) []float64 {
	out := make([]float64, len(t.columns))
	deep := 3.0
	if len(t.columns) > widest+1 {
		deep = 4
	}
	for i, c := range t.columns {
		need := s.width(c.heading(), t.headSize())
		if len([]rune(c.heading())) > 4 {
			need = max(need/deep+t.headSize(), 4*t.headSize())
		}
		for _, r := range t.rows {
			w := s.width(r[i].text(), t.size)
			switch {
			case !c.words:
			case len(t.columns) > widest+1:
				w = min(w, 9*t.size) // a row may be two lines high, so that its figures are not too small
			case i > 0:
				w = min(w, mostWords)
			default:
				w = min(w, mostLabel)
			}
			need = max(need, w)
		}
		if c.words {
			need = max(need, leastLabel)
		}
		out[i] = need + 2*t.pad + 0.1 // against the rounding of sums
	}
	return out
}

// spread gives what is left of the page's width to the figures: one width for all of them where there is room for that, and never
// more than helps to read them.
func (s *press) spread(t *setTable) {
	var figures []int
	words, widestNeed := 0.0, 0.0
	for i, c := range t.columns {
		if c.words {
			words += t.widths[i]
			continue
		}
		figures = append(figures, i)
		widestNeed = max(widestNeed, t.widths[i])
	}
	if len(figures) == 0 {
		return
	}
	n := float64(len(figures))
	if each := (s.at.inner() - words) / n; each >= widestNeed {
		for _, i := range figures {
			t.widths[i] = max(widestNeed, min(each, mostFigure))
		}
		return
	}
	rest := max(0, s.at.inner()-t.width())
	for _, i := range figures {
		t.widths[i] += rest / n
	}
}

func (s *press) headHeight(t *setTable) float64 {
	deepest := 1
	for _, h := range t.head {
		deepest = max(deepest, len(h))
	}
	return float64(deepest)*t.headSize()*leading + 5
}

func (s *press) rowHeight(t *setTable, r []field) float64 {
	deepest := 1
	for i, f := range r {
		if t.columns[i].words {
			deepest = max(deepest, len(s.wrap(f.words, t.size, t.widths[i]-2*t.pad)))
		}
	}
	return float64(deepest-1)*t.size*leading + t.size*1.75
}

func (s *press) title(t *setTable) {
	title := t.title
	if t.again {
		title += " (続き)"
	}
	s.put(left, box{t.x, s.at.y, t.room, titleHeight - 4}, titleSize, title)
	s.at.y += titleHeight
}

func (s *press) head(t *setTable) {
	p, h, x := s.at, s.headHeight(t), t.x
	p.shades = append(p.shades, box{x, p.y, t.width(), h})
	step := t.headSize() * leading
	for i, lines := range t.head {
		y := p.y + (h-step*float64(len(lines)))/2
		for _, l := range lines {
			s.put(centre, box{x, y, t.widths[i], step}, t.headSize(), l)
			y += step
		}
		x += t.widths[i]
	}
	p.lines = append(p.lines, line{t.x, p.y, x, p.y, thin}, line{t.x, p.y + h, x, p.y + h, thin})
	t.uprights(p, p.y, p.y+h)
	p.y += h
}

func (t *setTable) uprights(p *page, from, to float64) {
	x := t.x
	for i := range len(t.widths) + 1 {
		thick := hair
		if i == 0 || i == len(t.widths) {
			thick = thin
		}
		p.lines = append(p.lines, line{x, from, x, to, thick})
		if i < len(t.widths) {
			x += t.widths[i]
		}
	}
}

// row sets a row: words to the left, figures to the right, and what stands for a figure like one.
func (s *press) row(t *setTable, r []field) {
	p, h, x := s.at, s.rowHeight(t, r), t.x
	step := t.size * leading
	for i, f := range r {
		b := box{x + t.pad, p.y, t.widths[i] - 2*t.pad, h}
		if t.columns[i].words {
			lines := s.wrap(f.words, t.size, b.w)
			y := p.y + (h-step*float64(len(lines)))/2
			for _, l := range lines {
				s.put(left, box{b.x, y, b.w, step}, t.size, l)
				y += step
			}
		} else {
			s.put(right, b, s.fit(f.text(), t.size, b.w), f.text())
		}
		x += t.widths[i]
	}
	p.y += h
	p.lines = append(p.lines, line{t.x, p.y, x, p.y, hair})
}

// sides draws the rules that stand upright, from the head to here, and the one beneath the last row.
func (s *press) sides(t *setTable, top float64) {
	t.uprights(s.at, top, s.at.y)
	s.at.lines = append(s.at.lines, line{t.x, s.at.y, t.x + t.width(), s.at.y, thin})
}

func (s *press) noteLines(t *setTable) []string {
	var out []string
	for _, n := range t.notes {
		out = append(out, s.wrap(n, noteSize, t.room)...)
	}
	return out
}

func (s *press) notesHeight(t *setTable) float64 {
	n := len(s.noteLines(t))
	if n == 0 {
		return 0
	}
	return 3 + float64(n)*noteSize*1.4
}

func (s *press) notes(t *setTable) {
	lines := s.noteLines(t)
	if len(lines) == 0 {
		return
	}
	s.at.y += 3
	for _, l := range lines {
		s.put(left, box{t.x, s.at.y, t.room, noteSize * 1.4}, noteSize, l)
		s.at.y += noteSize * 1.4
	}
}
