package report

// Report is a report as it is shown, exported, frozen and compared. It holds figures and words, never personal data.
type Report struct {
	Kind     Kind      `json:"kind"`
	Period   string    `json:"period"`
	From     string    `json:"from"` // first day, YYYY-MM-DD
	Until    string    `json:"until" doc:"last day, YYYY-MM-DD"`
	Title    Words     `json:"title"`
	Whole    bool      `json:"whole" doc:"the period is over; one that is not shows what is there so far"`
	Sections []Section `json:"sections"`
}

// Section is one table of a report.
type Section struct {
	Key     string   `json:"key"`
	Title   Words    `json:"title"`
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	Reading *Words   `json:"reading,omitempty" doc:"what the figures say, in a sentence; left out where nothing is read from them"`
	Notes   []Words  `json:"notes" doc:"by which definition the figures were made"`
}

// Column is one figure of each row.
type Column struct {
	Key   string `json:"key"`
	Title Words  `json:"title"`
	Unit  Unit   `json:"unit"`
	Given bool   `json:"given,omitempty" doc:"not made of the ledger's rows: there are none to open"`
	// PartOf is the column of the same table whose figure this one's is part of; empty for one that stands by itself.
	PartOf string `json:"part_of,omitempty" doc:"the column of the same table whose figure this is a part of"`
}

// Row is what a line of figures is about.
type Row struct {
	Key   string `json:"key"`
	Title Words  `json:"title"`
	Cells []Cell `json:"cells"` // one for each column
}

// Cell is one figure, or words. A cell that has none is not zero: Value is nil, and Why says so, in Text's words where it has some.
type Cell struct {
	Value *float64 `json:"value,omitempty"`
	Why   Absence  `json:"absent,omitempty"`
	Text  *Words   `json:"text,omitempty"`
}

// Absence says why a cell has no figure.
type Absence string

// The absences.
const (
	NoBase Absence = "no_base" // a ratio of nothing
	Unused Absence = "unused"  // 未使用: the service is not in use
)

// Words are a title or a note.
type Words struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// Unit is what a column's figures are.
type Unit string

// The units.
const (
	InCalls   Unit = "count"
	InYen     Unit = "yen"
	InSeconds Unit = "seconds"
	InPercent Unit = "percent" // of 100, with one decimal
	InRate    Unit = "rate"    // per hour, with one decimal
	InWords   Unit = "words"   // no figures
)

// Units lists the units.
var Units = []Unit{InCalls, InYen, InSeconds, InPercent, InRate, InWords}

// At returns a cell by its section, row and column; nil where there is none.
func (r Report) At(section, row, column string) *Cell {
	for _, s := range r.Sections {
		if s.Key != section {
			continue
		}
		for c := range s.Columns {
			if s.Columns[c].Key != column {
				continue
			}
			for i := range s.Rows {
				if s.Rows[i].Key == row {
					return &s.Rows[i].Cells[c]
				}
			}
		}
	}
	return nil
}

func number(v float64) Cell { return Cell{Value: &v} }

// said is a cell of words; one of none says nothing.
func said(ja, en string) Cell {
	if ja == "" {
		return Cell{Why: NoBase}
	}
	return Cell{Text: &Words{JA: ja, EN: en}}
}
