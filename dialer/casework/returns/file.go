package returns

import (
	"bufio"
	"fmt"
	"io"
	"slices"
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

// table is a file being written, a row at a time.
type table struct {
	alphabet Alphabet
	rules    map[string]string
	keep     bool // what a spreadsheet could take for a formula is left as it is
	out      *bufio.Writer
	rows     int
	told     func(Replaced) error // of each cell that could not be written as it is
}

// table writes to out.
func (l Layout) table(out io.Writer, alphabet Alphabet, told func(Replaced) error) *table {
	return &table{alphabet: alphabet, rules: l.Replace, keep: l.Formulas == keepFormulas, out: bufio.NewWriter(out), told: told}
}

// add writes a row, cell by cell; headers name the columns.
func (t *table) add(headers, cells []string) error {
	t.rows++
	for i, cell := range cells {
		fits, err := t.fit(headers[i], cell)
		if err != nil {
			return err
		}
		text, err := t.alphabet.Encode(`"` + strings.ReplaceAll(fits, `"`, `""`) + `"`)
		if err != nil {
			return fmt.Errorf("row %d, column %s cannot be written", t.rows, headers[i]) // the cell's text is personal
		}
		if i > 0 {
			text = append([]byte{','}, text...)
		}
		if _, err := t.out.Write(text); err != nil {
			return err
		}
	}
	_, err := t.out.WriteString("\r\n")
	return err
}

// fit replaces what cannot be written, and then looks for a formula's sign in what stands there: a rule may well have made one, or taken away what stood before
// it. Line ends within a cell are CRLF, as they are between rows.
func (t *table) fit(column, cell string) (string, error) {
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
		replaced = slices.Insert(replaced, 0, Replaced{Row: t.rows, Column: column, From: sign, To: "'" + string(sign)})
		text = "'" + text
	}
	for _, r := range replaced {
		if err := t.told(r); err != nil {
			return "", err
		}
	}
	return text, nil
}

// headers are those of the records.
func (l Layout) headers() []string {
	headers := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		headers[i] = c.Header
	}
	return headers
}

// cells are a record's, as the layout has them.
func (l Layout) cells(r Row, name func(dialer.UserID) string) []string {
	cells := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		cells[i] = fields[c.Field](r, l.Codes, name)
	}
	return cells
}
