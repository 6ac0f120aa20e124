package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
)

// Issued is a report as it went out: frozen. What is found out later goes into a revision of its own, which says why there is one.
type Issued struct {
	Kind     Kind
	Period   string
	Revision int // 1 for the first
	At       time.Time
	By       dialer.UserID // empty: at the close, or by the calendar
	Reason   string        // why there is another; empty for the first
	Whole    bool          // nothing more could come when it went out
	SHA256   string        // of Content, in hexadecimal
	Content  []byte        // JSON of the Report; nil in a list
}

// Report is what was issued. It fails when the bytes are not those that were.
func (i Issued) Report() (r Report, err error) {
	if err := thaw(i.Content, i.SHA256, &r); err != nil {
		return r, fmt.Errorf("%s %s, revision %d: %w", i.Kind, i.Period, i.Revision, err)
	}
	return r, nil
}

// Format is how a report is written as a file.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	PDF  Format = "pdf"
	JSON Format = "json" // as the API has it
)

// Formats lists the formats.
var Formats = []Format{CSV, XLSX, PDF, JSON}

// Store keeps issued reports. dialer/postgres implements it.
type Store interface {
	// Issue adds a report, under its revision or the next that is free; ErrIssued when the period has that revision already.
	Issue(ctx context.Context, i Issued) (revision int, err error)
	// IssuedOf lists a period's, the first first, without their contents.
	IssuedOf(ctx context.Context, kind Kind, period string) ([]Issued, error)
	// IssuedSince returns the newest of each period of which any went out since an instant, without their contents.
	IssuedSince(ctx context.Context, since time.Time) ([]Issued, error)
	// IssuedReport returns one with its content; ErrNotIssued when there is none.
	IssuedReport(ctx context.Context, kind Kind, period string, revision int) (Issued, error)
}

// The errors of a Store.
var (
	ErrIssued    = errors.New("that revision has been issued")
	ErrNotIssued = errors.New("no such report was issued")
)

// Issuer issues reports.
type Issuer struct {
	Ledger Ledger
	Store  Store
}

// maxReason is how long a reason may be, in characters.
const maxReason = 200

// Issue freezes a period's report as it stands. The second and every later one needs a reason, and something that changed. Two that
// are issued at once are one: the other gets ErrIssued. What cannot be issued is an *AskError.
func (i Issuer) Issue(ctx context.Context, o Options, p Period, by dialer.UserID, reason string) (Issued, error) {
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > maxReason {
		return Issued{}, &AskError{JA: fmt.Sprintf("理由は%d文字以内で書いてください", maxReason), EN: fmt.Sprintf("a reason has at most %d characters", maxReason)}
	}
	before, err := i.Store.IssuedOf(ctx, p.Kind, p.Name)
	if err != nil {
		return Issued{}, fmt.Errorf("find what was issued: %w", err)
	}
	made, err := Make(ctx, i.Ledger, o, p)
	if err != nil {
		return Issued{}, err
	}
	content, digest, err := freeze(made)
	if err != nil {
		return Issued{}, fmt.Errorf("write the report: %w", err)
	}
	out := Issued{
		Kind: p.Kind, Period: p.Name, Revision: 1, At: o.Now, By: by, Reason: reason, Whole: made.Whole,
		SHA256: digest, Content: content,
	}
	if n := len(before); n > 0 {
		last := before[n-1]
		out.Revision = last.Revision + 1
		moved, err := i.moved(ctx, last, made)
		switch {
		case err != nil:
			return Issued{}, err
		case !moved:
			return Issued{}, &AskError{
				JA: fmt.Sprintf("第%d版から変わった数値はありません。再発行は不要です", last.Revision),
				EN: fmt.Sprintf("nothing has changed since revision %d: there is nothing to issue", last.Revision),
			}
		case reason == "":
			return Issued{}, &AskError{JA: "再発行の理由を書いてください", EN: "say why it is issued again"}
		}
	}
	if out.Revision, err = i.Store.Issue(ctx, out); err != nil {
		return Issued{}, fmt.Errorf("issue the report: %w", err)
	}
	return out, nil
}

// moved reports whether a report says anything else than one that was issued: a figure, or that it is whole now. The words of its
// titles and the names in it may be others since.
func (i Issuer) moved(ctx context.Context, last Issued, is Report) (bool, error) {
	frozen, err := i.Store.IssuedReport(ctx, last.Kind, last.Period, last.Revision)
	if err != nil {
		return false, fmt.Errorf("read what was issued: %w", err)
	}
	was, err := frozen.Report()
	if err != nil {
		return false, err
	}
	return was.Whole != is.Whole || len(Changes(was, is)) > 0, nil
}

// Correction is a result that was recorded, or recorded anew, after a report went out: what may lie behind a change.
type Correction struct {
	Attempt  dialer.CallID
	Revision int
	By       dialer.UserID
	At       time.Time
}

// Change is one cell that differs between two reports of a period.
type Change struct {
	Section string `json:"section"`
	Row     string `json:"row"`
	Column  string `json:"column"`
	Title   Words  `json:"title"` // of the section, the row and the column
	Was     *Cell  `json:"was,omitempty"`
	Is      *Cell  `json:"is,omitempty" doc:"left out when the row is not there any more"`
	Unit    Unit   `json:"unit"`
}

// Changes lists the cells in which a report differs from an earlier one, in the order of the page.
func Changes(was, is Report) []Change {
	out := []Change{}
	for _, s := range is.Sections {
		for _, row := range s.Rows {
			for i, c := range s.Columns {
				now, before := &row.Cells[i], was.At(s.Key, row.Key, c.Key)
				if !same(before, now) {
					out = append(out, Change{s.Key, row.Key, c.Key, titleOf(s, row, c), before, now, c.Unit})
				}
			}
		}
	}
	for _, s := range was.Sections {
		for _, row := range s.Rows {
			for i, c := range s.Columns {
				if before := &row.Cells[i]; is.At(s.Key, row.Key, c.Key) == nil && !same(before, nil) {
					out = append(out, Change{s.Key, row.Key, c.Key, titleOf(s, row, c), before, nil, c.Unit})
				}
			}
		}
	}
	return slices.Clip(out)
}

// same compares two cells; a row that is not there is one of nothing, and so is a ratio of nothing.
func same(a, b *Cell) bool {
	if nothing := func(c *Cell) bool { return c == nil || c.Why == NoBase }; nothing(a) && nothing(b) {
		return true
	}
	value := func(c *Cell) (v float64, why Absence, text Words) {
		switch {
		case c == nil:
			return 0, "", Words{}
		case c.Text != nil:
			text = *c.Text
		}
		if c.Value == nil {
			return 0, c.Why, text
		}
		return *c.Value, "", text
	}
	av, aw, at := value(a)
	bv, bw, bt := value(b)
	return av == bv && aw == bw && at == bt
}

func titleOf(s Section, r Row, c Column) Words {
	join := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " › ")
	}
	return Words{JA: join(s.Title.JA, r.Title.JA, c.Title.JA), EN: join(s.Title.EN, r.Title.EN, c.Title.EN)}
}
