package casework

import (
	"fmt"
	"slices"
	"strings"
)

// HeaderUnread is the header of a list that nobody knows how to read, with what each column seems to mean: a person says what it
// does mean, and saves that as a ListSource. It holds headings and no row.
type HeaderUnread struct {
	Near    string        `json:"near,omitempty"` // the source whose columns these almost are
	Gone    []string      `json:"gone"`           // columns of that source that are not there any more
	Columns []ColumnGuess `json:"columns"`
}

// ColumnGuess is one column of such a list, and the field that is proposed for it.
type ColumnGuess struct {
	ListColumn
	New bool `json:"new"` // the source that the list is near to has no such column
}

// settle says how a header is read: by the source that has exactly these columns, else by the built-in names, unless a source that
// has almost these columns says that this would be another reading. ok is false when it is not to be read.
func (m Mapping) settle(cells []string, key func(string) string) (Mapping, header, bool) {
	here := distinct(keysOf(cells, key))
	for _, s := range m.Sources {
		if (m.Source == "" || m.Source == s.Name) && sameColumns(s.keys(key), here) {
			of := s.mapping(m)
			h := of.locate(cells, key)
			return of, h, h.whole()
		}
	}
	h := m.locate(cells, key)
	if m.Source != "" {
		return m, h, false
	}
	return m, h, h.whole() && !m.misread(h, here, key)
}

func keysOf(cells []string, key func(string) string) []string {
	keys := make([]string, len(cells))
	for i, c := range cells {
		keys[i] = key(c)
	}
	return keys
}

// misread reports whether the built-in names would read a header otherwise than the source that it is near to: one of its columns
// as something else, or without a column that the source takes.
func (m Mapping) misread(h header, here []string, key func(string) string) bool {
	s, ok := m.near(here, key)
	if !ok {
		return false
	}
	means := map[int]Field{}
	for f, i := range h.at {
		means[i] = f
	}
	of := s.mapping(m)
	for f, names := range of.Columns {
		if i, found := h.at[f]; !found || slices.Contains(here, key(names[0])) && key(h.cells[i]) != key(names[0]) {
			return true
		}
	}
	for i, cell := range h.cells {
		if f, taken := means[i]; taken && slices.ContainsFunc(of.left, func(left string) bool { return key(left) == key(cell) }) && f != "" {
			return true
		}
	}
	return false
}

// near is the source that shares most columns with a header, if those are at least half of either's.
func (m Mapping) near(here []string, key func(string) string) (best ListSource, ok bool) {
	most := 0
	for _, s := range m.Sources {
		if m.Source != "" && m.Source != s.Name {
			continue
		}
		theirs, shared := s.keys(key), 0
		for _, k := range theirs {
			if slices.Contains(here, k) {
				shared++
			}
		}
		if shared > most && 2*shared >= max(len(theirs), len(here)) {
			best, most, ok = s, shared, true
		}
	}
	return best, ok
}

// unread describes a header that is refused; nil where its cells look like somebody's row.
func (m Mapping) unread(h header, key func(string) string) *HeaderUnread {
	if slices.ContainsFunc(h.cells, hasNumber) {
		return nil
	}
	u := &HeaderUnread{Gone: []string{}, Columns: []ColumnGuess{}}
	here := distinct(keysOf(h.cells, key))
	s, near := m.near(here, key)
	known := map[string]ListColumn{}
	if near {
		u.Near = s.Name
		for _, c := range s.Columns {
			known[key(c.Name)] = c
			if !slices.Contains(here, key(c.Name)) {
				u.Gone = append(u.Gone, c.Name)
			}
		}
	}
	g := guesses{of: m, key: key, taken: map[Field]bool{}}
	for _, c := range known {
		g.taken[c.Field] = slices.Contains(here, key(c.Name))
	}
	seen := map[string]bool{}
	for _, cell := range h.cells {
		k := key(cell)
		if k == "" || seen[k] {
			continue
		}
		seen[k] = true
		c, old := known[k]
		if !old {
			c = ListColumn{Name: strings.TrimSpace(cell), Field: g.guess(k)}
		}
		u.Columns = append(u.Columns, ColumnGuess{ListColumn: c, New: near && !old})
	}
	return u
}

// guesses proposes fields by what a heading says, each once.
type guesses struct {
	of    Mapping
	key   func(string) string
	taken map[Field]bool
}

// guess takes the field whose name stands in the heading, the longest one; several numbers are taken in their order.
func (g guesses) guess(heading string) Field {
	var best Field
	long := 0
	for _, f := range fields {
		for _, name := range g.of.Columns[f] {
			if k := g.key(name); len(k) > long && strings.Contains(heading, k) && (k == heading || !g.taken[f]) {
				best, long = f, len(k)
			}
		}
	}
	if slices.Contains(phoneFields, best) || strings.Contains(heading, "電話") || strings.Contains(heading, "tel") {
		best = g.phone(best)
	}
	if best != "" {
		g.taken[best] = true
	}
	return best
}

func (g guesses) phone(want Field) Field {
	if want != "" && !g.taken[want] {
		return want
	}
	for _, f := range phoneFields {
		if !g.taken[f] {
			return f
		}
	}
	return ""
}

// refuse says what is wrong with the line that looked most like a header, and what to do.
func (l *lines) refuse(h header) error {
	e := l.refusal(h)
	e.Header = l.mapping.unread(h, l.key)
	return e
}

func (l *lines) refusal(h header) *ListError {
	here := distinct(keysOf(h.cells, l.key))
	if s, near := l.mapping.near(here, l.key); near {
		if gone, come := moved(s, h, l.key); len(gone)+len(come) > 0 {
			return &ListError{
				Code: "columns_moved",
				JA: fmt.Sprintf("取込元「%s」の列が変わっています。なくなった列: %s。増えた列: %s。列の対応を確かめて保存するか、一覧表を出力し直してください",
					s.Name, orNone(gone, "なし"), orNone(come, "なし")),
				EN: fmt.Sprintf("the columns of the source %q have changed; gone: %s; new: %s; check what the columns mean and save that, or export the list again",
					s.Name, orNone(gone, "none"), orNone(come, "none")),
			}
		}
	}
	if l.mapping.Source != "" {
		return &ListError{
			Code: "other_source",
			JA:   fmt.Sprintf("取込元「%s」の列ではありません。取込元か、一覧表を確かめてください", l.mapping.Source),
			EN:   fmt.Sprintf("these are not the columns of the source %q; check the source, or the list", l.mapping.Source),
		}
	}
	if len(h.missing) > 0 {
		names := l.mapping.namesOf(h.missing)
		return &ListError{
			Code: "columns",
			JA:   fmt.Sprintf("必要な列がありません: %s。見出しの行を確かめるか、列の対応を設定してください", names),
			EN:   fmt.Sprintf("columns are missing: %s; check the header, or set what the columns are called", names),
		}
	}
	names := l.mapping.namesOf(h.twice)
	return &ListError{
		Code: "double_column",
		JA:   fmt.Sprintf("同じ意味の列が2つ以上あります: %s。どちらかを除いてください", names),
		EN:   fmt.Sprintf("columns stand there twice: %s; leave one out", names),
	}
}

// moved are the columns that a source has and a header has not, by name, and the reverse, by place: what stands there may be
// anything.
func moved(s ListSource, h header, key func(string) string) (gone, come []string) {
	theirs, here := s.keys(key), keysOf(h.cells, key)
	for _, c := range s.Columns {
		if !slices.Contains(here, key(c.Name)) {
			gone = append(gone, c.Name)
		}
	}
	for i, k := range here {
		if k != "" && !slices.Contains(theirs, k) {
			come = append(come, fmt.Sprintf("%d列目", i+1))
		}
	}
	return gone, come
}

func orNone(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, "、")
}
