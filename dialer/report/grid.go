package report

import (
	"maps"
	"slices"
)

// Ref names a row of the ledger behind a figure.
type Ref struct {
	Kind RefKind `json:"kind"`
	ID   string  `json:"id" doc:"of the attempt, hand-off or number; the day of an SMS entry"`
}

// RefKind says what a Ref names.
type RefKind string

// The kinds of Ref. Those of a promise and of a payment towards one name the attempt in which it was promised.
const (
	RefAttempt RefKind = "attempt"
	RefPromise RefKind = "promise"
	RefPayment RefKind = "payment"
	RefHandoff RefKind = "handoff"
	RefNumber  RefKind = "number"
	RefSMS     RefKind = "sms"
)

// RefKinds lists the kinds of Ref.
var RefKinds = []RefKind{RefAttempt, RefPromise, RefPayment, RefHandoff, RefNumber, RefSMS}

// Where is one cell of a report.
type Where struct{ Section, Row, Column string }

// grid is a section while its figures are being summed.
type grid struct {
	section Section
	rows    map[string][]int64
	keep    []string                          // rows that stand there even when nothing fell into them, in their order
	titled  func(key string) Words            // of a row
	wanted  func(row string, column int) bool // the cell whose rows are asked for; nil: none
	refs    []Ref
}

func newGrid(key, ja, en string, titled func(string) Words, columns ...Column) *grid {
	return &grid{
		section: Section{Key: key, Title: Words{JA: ja, EN: en}, Columns: columns, Notes: []Words{}},
		rows:    map[string][]int64{}, titled: titled,
	}
}

// cells are those of a row, which is made when it is not there yet.
func (g *grid) cells(row string) []int64 {
	cells := g.rows[row]
	if cells == nil {
		cells = make([]int64, len(g.section.Columns))
		g.rows[row] = cells
	}
	return cells
}

// add adds n to a cell, for one row of the ledger.
func (g *grid) add(row string, column int, n int64, of Ref) {
	g.cells(row)[column] += n
	if n != 0 && g.wanted != nil && g.wanted(row, column) {
		g.refs = append(g.refs, of)
	}
}

// addOne adds one to some cells of a row, for one row of the ledger.
func (g *grid) addOne(row string, columns []int, of Ref) {
	cells := g.cells(row)
	for _, c := range columns {
		cells[c]++
		if g.wanted != nil && g.wanted(row, c) {
			g.refs = append(g.refs, of)
		}
	}
}

// want asks for the rows behind a cell; false when there is no such column.
func (g *grid) want(w Where) bool {
	at := slices.IndexFunc(g.section.Columns, func(c Column) bool { return c.Key == w.Column })
	g.wanted = func(row string, column int) bool { return row == w.Row && column == at }
	return at >= 0
}

func (g *grid) note(ja, en string) {
	g.section.Notes = append(g.section.Notes, Words{JA: ja, EN: en})
}

// done returns the section: the rows that always stand there, then the others by their keys.
func (g *grid) done() Section {
	s := g.section
	s.Rows = []Row{}
	order := slices.Clone(g.keep)
	for _, key := range slices.Sorted(maps.Keys(g.rows)) {
		if !slices.Contains(g.keep, key) {
			order = append(order, key)
		}
	}
	for _, key := range order {
		row := Row{Key: key, Title: g.titled(key), Cells: make([]Cell, len(s.Columns))}
		for i := range row.Cells {
			var v int64
			if cells := g.rows[key]; cells != nil {
				v = cells[i]
			}
			row.Cells[i] = number(float64(v))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}
