package returns

import (
	"bytes"
	"fmt"
	"strings"

	"kakeru/dialer"
)

// Alphabet writes text for the ward: japan's CP932 is one.
type Alphabet interface {
	// Has reports whether a character can be written.
	Has(r rune) bool
	// Encode writes a text all of whose characters it has.
	Encode(s string) ([]byte, error)
}

// geta stands for a character that cannot be written and has no rule, as printers in Japan have always done.
const geta = "〓"

// Replaced names one cell in which characters were replaced: where, and which by what.
type Replaced struct {
	Row    int // as a person counts the file's lines: the header is 1
	Column string
	From   rune
	To     string
}

func (r Replaced) String() string {
	return fmt.Sprintf("%d行 %s: U+%04X → %s", r.Row, r.Column, r.From, r.To)
}

// table is a file being written.
type table struct {
	alphabet Alphabet
	rules    map[string]string
	keep     bool // what a spreadsheet could take for a formula is left as it is
	out      bytes.Buffer
	rows     int
	replaced []Replaced
}

// add writes a row, cell by cell; headers name the columns.
func (t *table) add(headers, cells []string) error {
	t.rows++
	for i, cell := range cells {
		if i > 0 {
			t.out.WriteByte(',')
		}
		text, err := t.alphabet.Encode(`"` + strings.ReplaceAll(t.fit(headers[i], cell), `"`, `""`) + `"`)
		if err != nil {
			return fmt.Errorf("row %d, column %s cannot be written", t.rows, headers[i]) // the cell's text is personal
		}
		t.out.Write(text)
	}
	t.out.WriteString("\r\n")
	return nil
}

// fit replaces what cannot be written, and then looks for a formula's sign in what stands there: a rule may well have made one, or taken away what stood before
// it. Line ends within a cell are CRLF, as they are between rows.
func (t *table) fit(column, cell string) string {
	var b strings.Builder
	var replaced []Replaced
	for _, r := range strings.ReplaceAll(strings.ReplaceAll(cell, "\r\n", "\n"), "\n", "\r\n") {
		if t.alphabet.Has(r) {
			b.WriteRune(r)
			continue
		}
		to, ok := t.rules[string(r)]
		if !ok {
			to = geta
		}
		replaced = append(replaced, Replaced{Row: t.rows, Column: column, From: r, To: to})
		b.WriteString(to)
	}
	text := b.String()
	if sign, ok := dialer.FormulaSign(text); ok && !t.keep {
		t.replaced = append(t.replaced, Replaced{Row: t.rows, Column: column, From: sign, To: "'" + string(sign)})
		text = "'" + text
	}
	t.replaced = append(t.replaced, replaced...)
	return text
}

// Records writes negotiation records as the layout has them. replaced names the cells that could not be written as they are.
func (l Layout) Records(rows []Row, alphabet Alphabet, name func(dialer.UserID) string) (file []byte, replaced []Replaced, err error) {
	headers := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		headers[i] = c.Header
	}
	cells := make([][]string, len(rows))
	for n, r := range rows {
		cells[n] = make([]string, len(l.Columns))
		for i, c := range l.Columns {
			cells[n][i] = fields[c.Field](r, l.Codes, name)
		}
	}
	return l.plainTable(headers, cells, alphabet)
}

// plainTable writes rows under headers.
func (l Layout) plainTable(headers []string, rows [][]string, alphabet Alphabet) (file []byte, replaced []Replaced, err error) {
	t := &table{alphabet: alphabet, rules: l.Replace, keep: l.Formulas == keepFormulas}
	for _, cells := range append([][]string{headers}, rows...) {
		if err := t.add(headers, cells); err != nil {
			return nil, nil, err
		}
	}
	return t.out.Bytes(), t.replaced, nil
}
