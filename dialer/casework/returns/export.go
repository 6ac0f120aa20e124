package returns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// Export is one file of negotiation records that was written between closes.
type Export struct {
	ID          string // UUIDv7
	Day         dialer.Date
	By          dialer.UserID // empty: the command line
	At          time.Time
	Again       bool // what had gone before was asked for once more
	Firsts      int  // rows that went for the first time
	Corrections int  // … that correct one that went before
	Repeats     int  // … that went before just so, marked 再出力
	Files       []dayclose.File
}

// ExportStore keeps which rows stand in which file. The ledger implements it.
type ExportStore interface {
	// Export takes the rows that an export has, hands them to write, and keeps the export with the files that it returns: all of
	// that or none. ErrNothing when there are no rows, ErrGone when the day's personal data went back for good, a *dialer.Refusal
	// (day_closed) while a close is under way, or by TooManyExports.
	Export(ctx context.Context, e Export, write func([]Row) ([]dayclose.File, error)) (Export, error)
	// ExportByID returns one; dialer.ErrNotFound when there is none.
	ExportByID(ctx context.Context, id string) (Export, error)
	// Exports lists them, newest first.
	Exports(ctx context.Context, limit int) ([]Export, error)
	// CountToExport is how many rows of a day an export would take for the first time.
	CountToExport(ctx context.Context, day dialer.Date) (int, error)
	// RowsOfCase are one case's records of a day, in the order in which they happened.
	RowsOfCase(ctx context.Context, id dialer.CaseID, day dialer.Date) ([]Row, error)
}

// The errors of an export.
var (
	ErrNothing = errors.New("there is nothing to export: all records of the day stand in a file already, or none were made")
	ErrGone    = errors.New("the personal data of that day went back to the ward for good, and its records with the close's file")
)

// TooManyExports refuses to write a day once more when MostAgain files of it were written so.
const TooManyExports dialer.Rule = "too_many_exports"

// MostAgain bounds the files of a day that have what others had: each keeps for good which records it has, and the close looks at all of them.
const MostAgain = 20

// RefuseExport is the refusal by TooManyExports. What stands in no file yet can still go.
func RefuseExport() *dialer.Refusal {
	return &dialer.Refusal{
		Rule: TooManyExports, JA: "この日の再出力は20回までです。書き出し済みのファイルをお使いください。未出力の記録は、再出力を選ばなければ書き出せます",
		EN: "a day is exported again at most 20 times; take one of its files. Records that stand in no file yet can be exported without asking for it again",
	}
}

// Exporter writes negotiation records when somebody asks, and as text to paste.
type Exporter struct {
	Store    ExportStore
	Folder   dayclose.Folder
	Layout   Layout
	Alphabet Alphabet
	Name     func(dialer.UserID) string
	Now      dialer.Clock
}

// Export writes a day's records so far: those that stand in no file yet, and when asked, those that do once more. replaced names the
// cells that could not be written as they are.
func (x *Exporter) Export(ctx context.Context, day dialer.Date, by dialer.UserID, again bool) (e Export, replaced []string, err error) {
	now := x.Now()
	e = Export{ID: dialer.NewID(now), Day: day, By: by, At: now, Again: again}
	out := &leaving{
		folder: x.Folder, layout: x.Layout, alphabet: x.Alphabet, day: day, id: e.ID, tell: func(line string) { replaced = append(replaced, line) },
	}
	defer out.discard()
	name := once(x.Name)
	kept, err := x.Store.Export(ctx, e, func(rows []Row) ([]dayclose.File, error) {
		cells := cellsOf(each(rows), func(r Row) []string { return x.Layout.cells(r, name) })
		if _, err := out.table(kindRecords, x.Layout.headers(), cells, true); err != nil {
			return nil, err
		}
		return out.done()
	})
	if err != nil && len(out.files) > 0 {
		// The files stay where they are: whether the ledger kept the export may be all that is not known. What no list names
		// was not given to anybody.
		return e, nil, fmt.Errorf("the export was written but not kept, and does not count unless the list of exports has it: %w", err)
	}
	return kept, replaced, err
}

// Exports lists the exports there were, newest first.
func (x *Exporter) Exports(ctx context.Context, limit int) ([]Export, error) {
	return x.Store.Exports(ctx, limit)
}

// Waiting is how many rows of a day stand in no file yet.
func (x *Exporter) Waiting(ctx context.Context, day dialer.Date) (int, error) {
	return x.Store.CountToExport(ctx, day)
}

// Open opens one of an export's files, if it is as it was written; dialer.ErrNotFound when there is no such file.
func (x *Exporter) Open(ctx context.Context, id string, n int) (dayclose.File, *os.File, error) {
	e, err := x.Store.ExportByID(ctx, id)
	if err != nil {
		return dayclose.File{}, nil, err
	}
	if n < 0 || n >= len(e.Files) {
		return dayclose.File{}, nil, fmt.Errorf("the export has no file %d: %w", n, dialer.ErrNotFound)
	}
	r, err := x.Folder.Open(e.Files[n])
	return e.Files[n], r, err
}

// Record is one case's negotiation record of a day as text to paste, a line for each call; empty when nothing was recorded.
func (x *Exporter) Record(ctx context.Context, id dialer.CaseID, day dialer.Date) (text string, calls int, err error) {
	rows, err := x.Store.RowsOfCase(ctx, id, day)
	if err != nil {
		return "", 0, err
	}
	name := once(x.Name)
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = x.Layout.Text(r, name)
	}
	return strings.Join(lines, "\n"), len(rows), nil
}
