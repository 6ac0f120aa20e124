package report

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"kakeru/dialer"
)

// Ref names a row of the ledger behind a figure, and says what it is.
type Ref struct {
	Kind RefKind
	ID   string        // of the row; the day of an SMS entry
	At   time.Time     // when; zero where the row itself is asked (an attempt)
	By   dialer.UserID // who; empty where nobody did, or the row itself says so
	Yen  int64         // of a promise or a payment
	What Words         // more of it
}

// RefKind says what a Ref names.
type RefKind string

// The kinds of Ref. Those of a promise and of a payment towards one name the attempt in which it was promised, that of a hand-off that
// was read the hand-off, that of a report its day.
const (
	RefAttempt RefKind = "attempt"
	RefPromise RefKind = "promise"
	RefPayment RefKind = "payment"
	RefHandoff RefKind = "handoff"
	RefNumber  RefKind = "number"
	RefSMS     RefKind = "sms"

	RefClose        RefKind = "close"
	RefExport       RefKind = "export"
	RefList         RefKind = "list"
	RefPaidList     RefKind = "paid_list"
	RefDisclosure   RefKind = "disclosure"
	RefHistoryCheck RefKind = "history_check"
	RefHandoffRead  RefKind = "handoff_read"
	RefListen       RefKind = "listen"
	RefReport       RefKind = "report"
)

// RefKinds lists the kinds of Ref.
var RefKinds = []RefKind{
	RefAttempt, RefPromise, RefPayment, RefHandoff, RefNumber, RefSMS,
	RefClose, RefExport, RefList, RefPaidList, RefDisclosure, RefHistoryCheck, RefHandoffRead, RefListen, RefReport,
}

func (a Attempt) ref() Ref { return Ref{Kind: RefAttempt, ID: string(a.ID)} }

func (p Promise) ref() Ref {
	return Ref{Kind: RefPromise, ID: string(p.Attempt), At: p.At, Yen: p.Yen}
}

func (p Payment) ref() Ref {
	return Ref{Kind: RefPayment, ID: string(p.Attempt), At: p.PaidOn.At(0), Yen: p.Yen}
}

func (h Handoff) ref() Ref {
	return Ref{Kind: RefHandoff, ID: h.ID, At: h.At, What: named(handoffWords)(string(h.Kind))}
}

func (n Number) ref() Ref { return Ref{Kind: RefNumber, ID: n.ID, At: n.At} }

func (s SMS) ref() Ref {
	return Ref{Kind: RefSMS, ID: s.On.String(), What: words(fmt.Sprintf("%d件", s.Sent), fmt.Sprintf("%d messages", s.Sent))}
}

// Where is one cell of a report.
type Where struct{ Section, Row, Column string }

// grid is a section while its figures are being summed.
type grid struct {
	section Section
	rows    map[string][]int64
	words   map[[2]string]Cell                // what stands in a cell instead of its sum, by row and column
	keep    []string                          // rows that stand there even when nothing fell into them, in their order
	titled  func(key string) Words            // of a row
	titles  map[string]Words                  // of rows that have one of their own
	wanted  func(row string, column int) bool // the cell whose rows are asked for; nil: none
	refs    []Ref
}

func newGrid(key, ja, en string, titled func(string) Words, columns ...Column) *grid {
	return &grid{
		section: Section{Key: key, Title: Words{JA: ja, EN: en}, Columns: columns, Notes: []Words{}},
		rows:    map[string][]int64{}, words: map[[2]string]Cell{}, titled: titled,
	}
}

// say puts something else than a sum into a cell, and sees to it that its row is there.
func (g *grid) say(row, column string, c Cell) {
	g.row(row)
	g.words[[2]string{row, column}] = c
}

// title names a row of its own.
func (g *grid) title(row string, w Words) {
	if g.titles == nil {
		g.titles = map[string]Words{}
	}
	g.titles[row] = w
	g.row(row)
}

// row is a row's sums; one that was not there is now.
func (g *grid) row(key string) []int64 {
	cells := g.rows[key]
	if cells == nil {
		cells = make([]int64, len(g.section.Columns))
		g.rows[key] = cells
	}
	return cells
}

// add adds n to a cell, for one row of the ledger.
func (g *grid) add(row string, column int, n int64, of Ref) {
	g.row(row)[column] += n
	if n != 0 && g.wanted != nil && g.wanted(row, column) {
		g.refs = append(g.refs, of)
	}
}

// addOne adds one to some cells of a row, for one row of the ledger.
func (g *grid) addOne(row string, columns []int, of Ref) {
	cells := g.row(row)
	for _, c := range columns {
		cells[c]++
		if g.wanted != nil && g.wanted(row, c) {
			g.refs = append(g.refs, of)
		}
	}
}

// want asks for the rows behind a cell; false when there is no such column.
func (g *grid) want(w Where) bool {
	at := slices.IndexFunc(g.section.Columns, func(c Column) bool { return c.Key == w.Column && !c.Given && c.Unit != InWords })
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
		title, ok := g.titles[key]
		if !ok {
			title = g.titled(key)
		}
		row := Row{Key: key, Title: title, Cells: make([]Cell, len(s.Columns))}
		for i := range row.Cells {
			var v int64
			if cells := g.rows[key]; cells != nil {
				v = cells[i]
			}
			row.Cells[i] = number(float64(v))
			if c, ok := g.words[[2]string{key, s.Columns[i].Key}]; ok {
				row.Cells[i] = c
			} else if s.Columns[i].Unit == InWords {
				row.Cells[i] = Cell{Why: NoBase}
			}
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}
