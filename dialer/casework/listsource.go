package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// ListSource is where lists come from whose columns have names of their own (取込元), and what each of those columns means. It
// is never written over: a change is the next version, and the newest one counts.
type ListSource struct {
	Name    string
	Version int
	Columns []ListColumn
	By      dialer.UserID
	At      time.Time
}

// ListColumn is one column of a source's lists, by its heading. An empty field means that it is not taken.
type ListColumn struct {
	Name  string `json:"name"`
	Field Field  `json:"field"`
}

// SourceStore keeps the sources of lists. The ledger implements it.
type SourceStore interface {
	// ListSources returns the newest version of every source, by name.
	ListSources(ctx context.Context) ([]ListSource, error)
	// SaveListSource keeps a source as the next version of its name, and returns it with that.
	SaveListSource(ctx context.Context, s ListSource) (ListSource, error)
}

// Fields lists every field that a column can mean, in the order of the ward's list.
func Fields() []Field { return slices.Clone(fields) }

const (
	maxSourceName  = 40
	maxColumnName  = 60
	maxListColumns = 200
	maxListSources = 100 // all are read with each list
)

// Check returns what is wrong with a source, column by column, so that it reads lists once it is saved. others are the sources
// there are.
func (s ListSource) Check(others []ListSource, n Notation) []FieldError {
	f, key := &findings{}, compare(n)
	if !named(s.Name, maxSourceName) {
		f.add("name", "bad_name", fmt.Sprintf("取込元の名前を%d字以内で入れてください(番号は入れないでください)", maxSourceName),
			fmt.Sprintf("name the source, in at most %d letters and without any number of somebody's", maxSourceName))
	}
	if len(s.Columns) == 0 || len(s.Columns) > maxListColumns {
		f.add("columns", "length", fmt.Sprintf("列は1〜%d個です", maxListColumns), fmt.Sprintf("a list has 1 to %d columns", maxListColumns))
		return f.found
	}
	if len(others) >= maxListSources && !slices.ContainsFunc(others, func(o ListSource) bool { return o.Name == s.Name }) {
		f.add("name", "many", fmt.Sprintf("取込元は%d個までです。いまある取込元の名前を選び、その次の版として保存してください", maxListSources),
			fmt.Sprintf("there are at most %d sources; choose the name of one there is, and save this as its next version", maxListSources))
	}
	s.checkColumns(f, key)
	for _, o := range others {
		if len(f.found) == 0 && o.Name != s.Name && sameColumns(o.keys(key), s.keys(key)) {
			f.add("name", "same_columns", fmt.Sprintf("同じ列の取込元「%s」があります。その名前で保存してください", o.Name),
				fmt.Sprintf("the source %q has the same columns; save it under that name", o.Name))
		}
	}
	return f.found
}

func (s ListSource) checkColumns(f *findings, key func(string) string) {
	m := DefaultMapping()
	seen, taken := map[string]bool{}, map[Field]string{}
	for i, c := range s.Columns {
		at, k := fmt.Sprintf("columns[%d]", i), key(c.Name)
		// What has a long number in it is no heading but somebody's row: it is not repeated either.
		if k == "" || !named(c.Name, maxColumnName) {
			f.add(at+".name", "bad_column_name", fmt.Sprintf("%d列目の見出しは%d字以内の列名にしてください(番号などのデータは使えません)", i+1, maxColumnName),
				fmt.Sprintf("the heading of column %d is no name of a column of at most %d letters", i+1, maxColumnName))
			continue
		}
		if seen[k] {
			f.add(at+".name", "double_column", fmt.Sprintf("列「%s」が2つあります。どちらかの見出しを変えてください", c.Name), fmt.Sprintf("the column %q stands there twice; rename one", c.Name))
		}
		seen[k] = true
		switch first, used := taken[c.Field]; {
		case c.Field == "":
		case !slices.Contains(fields, c.Field):
			f.add(at+".field", "unknown_field", fmt.Sprintf("列「%s」の項目が正しくありません。一覧から選んでください", c.Name), fmt.Sprintf("the column %q has a field that is none; choose one of the list", c.Name))
		case used:
			f.add(at+".field", "double_field", fmt.Sprintf("列「%s」と「%s」がどちらも「%s」になっています。1つにしてください", first, c.Name, m.Name(c.Field)),
				fmt.Sprintf("the columns %q and %q are both %s; keep one", first, c.Name, c.Field))
		default:
			taken[c.Field] = c.Name
		}
	}
	for _, need := range m.Need {
		if _, ok := taken[need]; !ok {
			f.add("columns", "missing_field", fmt.Sprintf("「%s」に当たる列を選んでください", m.Name(need)), fmt.Sprintf("no column is the %s; choose one", need))
		}
	}
}

// named reports whether a text can be a name that is kept in plain: of some length, and with no number of anybody's in it.
func named(s string, most int) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !hasNumber(s)
}

// hasNumber reports whether a text holds so many digits in a row that they may be somebody's number.
func hasNumber(s string) bool {
	run := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= '０' && r <= '９':
			if run++; run >= 7 {
				return true
			}
		case r == '-', r == '－', r == '‐', r == ' ':
		default:
			run = 0
		}
	}
	return false
}

// mapping is the one by which a source's lists are read: its headings, and the words of the cells as ever.
func (s ListSource) mapping(m Mapping) Mapping {
	m.Columns, m.left = map[Field][]string{}, nil
	for _, c := range s.Columns {
		if c.Field == "" {
			m.left = append(m.left, c.Name)
			continue
		}
		m.Columns[c.Field] = []string{c.Name}
	}
	m.Source = s.Name
	return m
}

// keys are the headings of a source as they are compared.
func (s ListSource) keys(key func(string) string) []string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = key(c.Name)
	}
	return distinct(names)
}

// distinct returns what is not empty, each once, in order.
func distinct(names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" })
	slices.Sort(names)
	return slices.Compact(names)
}

func sameColumns(a, b []string) bool { return slices.Equal(a, b) }
