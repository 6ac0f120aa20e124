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
	mostFigure  = 78.0
	leading     = 1.3
	tableGap    = 14.0
	titleHeight = 18.0
)

// setTable is a table with all that its place on paper needs.
type setTable struct {
	table
	size, pad float64
	widths    []float64
	head      [][]string // the lines of each heading
	again     bool       // it went on from the page before
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
	if len(t.rows) == 0 {
		nothing := make([]field, len(t.columns))
		nothing[0].words = wordNothing
		t.rows = [][]field{nothing}
	}
	whole := titleHeight + s.headHeight(set) + s.notesHeight(t)
	for _, r := range t.rows {
		whole += s.rowHeight(set, r)
	}
	fresh := s.at.h - marginTop - 12 - marginFoot
	if s.at.room() < whole && (whole < fresh || s.at.room() < fresh/3) {
		s.turn(across)
	}
	s.title(set)
	s.head(set)
	top := s.at.y
	for i, r := range t.rows {
		need := s.rowHeight(set, r)
		if i == len(t.rows)-1 {
			need += s.notesHeight(t)
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
	s.notes(t)
	s.at.y += tableGap
}

// measure finds the largest size at which all figures stand on one line, and gives each column the width that it needs. The rows of
// all tables that are to look alike are measured for each of them.
func (s *press) measure(t table, alike [][]field) *setTable {
	set := &setTable{table: t, size: bodySize, pad: pad}
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
	for i, c := range t.columns {
		set.head = append(set.head, s.wrap(c.heading(), set.headSize(), set.widths[i]-2*set.pad))
	}
	return set
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
			if c.words && len(t.columns) > widest+1 {
				w = min(w, 9*t.size) // a row may be two lines high, so that its figures are not too small
			} else if c.words {
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

// The places where Japanese is not broken: before what closes, behind what opens, and within the words of our own headings.
var (
	closing  = []rune(")\uff09、。」ー・:\uff1aょっゃュョッャ%")
	opening  = []rune("(\uff08「")
	unparted = words("対象外", "電話", "番号", "時間", "取消", "異常", "形式", "誤り", "再架電", "架電", "金額", "約束", "電源断", "国保", "後期", "内訳", "なし",
		"納付", "済額", "猶予", "結果", "未入力", "件数", "保険", "通話", "秒", "処理", "開設", "人")
)

func words(of ...string) [][]rune {
	var out [][]rune
	for _, w := range of {
		out = append(out, []rune(w))
	}
	return out
}

// wrap breaks words into lines: before a bracket where that is enough, else wherever a line is full.
func (s *press) wrap(words string, size, width float64) []string {
	if words == "" {
		return nil
	}
	if s.width(words, size) <= width {
		return []string{words}
	}
	var out []string
	runes := []rune(words)
	for len(runes) > 0 {
		n := 1
		for n < len(runes) && s.width(string(runes[:n+1]), size) <= width {
			n++
		}
		n = nicer(runes, n)
		out = append(out, string(runes[:n]))
		runes = runes[n:]
	}
	return out
}

// nicer moves the end of a line of n characters back to where Japanese may be broken; a place behind a colon or a middle dot, or
// before a bracket, is better than any other in the second half of the line.
func nicer(runes []rune, n int) int {
	if n == len(runes) {
		return n
	}
	for i := n; i > n/2; i-- {
		if slices.Contains(opening, runes[i]) || slices.Contains([]rune(":・ "), runes[i-1]) {
			return i
		}
	}
	for i := n; i > 1; i-- {
		if !slices.Contains(closing, runes[i]) && !slices.Contains(opening, runes[i-1]) && !parts(runes, i) {
			return i
		}
	}
	return n
}

// parts says whether a break before character i would part a word, or a number.
func parts(runes []rune, i int) bool {
	if narrow(runes[i-1]) && narrow(runes[i]) {
		return true
	}
	for _, w := range unparted {
		for from := max(0, i-len(w)+1); from < i; from++ {
			if from+len(w) <= len(runes) && slices.Equal(runes[from:from+len(w)], w) {
				return true
			}
		}
	}
	return false
}

// narrow says whether a character is of a Latin word or a number.
func narrow(r rune) bool { return r > ' ' && r < 0x80 }

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
	s.put(left, box{s.at.side, s.at.y, s.at.inner(), titleHeight - 4}, titleSize, title)
	s.at.y += titleHeight
}

func (s *press) head(t *setTable) {
	p, h, x := s.at, s.headHeight(t), s.at.side
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
	p.lines = append(p.lines, line{p.side, p.y, x, p.y, thin}, line{p.side, p.y + h, x, p.y + h, thin})
	t.uprights(p, p.y, p.y+h)
	p.y += h
}

func (t *setTable) uprights(p *page, from, to float64) {
	x := p.side
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
	p, h, x := s.at, s.rowHeight(t, r), s.at.side
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
	p.lines = append(p.lines, line{p.side, p.y, x, p.y, hair})
}

// sides draws the rules that stand upright, from the head to here, and the one beneath the last row.
func (s *press) sides(t *setTable, top float64) {
	t.uprights(s.at, top, s.at.y)
	s.at.lines = append(s.at.lines, line{s.at.side, s.at.y, s.at.side + t.width(), s.at.y, thin})
}

func (s *press) noteLines(t table) []string {
	var out []string
	for _, n := range t.notes {
		out = append(out, s.wrap(n, noteSize, s.at.inner())...)
	}
	return out
}

func (s *press) notesHeight(t table) float64 {
	n := len(s.noteLines(t))
	if n == 0 {
		return 0
	}
	return 3 + float64(n)*noteSize*1.4
}

func (s *press) notes(t table) {
	lines := s.noteLines(t)
	if len(lines) == 0 {
		return
	}
	s.at.y += 3
	for _, l := range lines {
		s.put(left, box{s.at.side, s.at.y, s.at.inner(), noteSize * 1.4}, noteSize, l)
		s.at.y += noteSize * 1.4
	}
}
