package returns

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// drawer is a store of exports.
type drawer struct {
	rows  []Row
	kept  []Export
	fails error // after the file was written
}

func (d *drawer) Export(_ context.Context, e Export, write func([]Row) ([]dayclose.File, error)) (Export, error) {
	if len(d.rows) == 0 {
		return e, ErrNothing
	}
	files, err := write(d.rows)
	if err != nil || d.fails != nil {
		return e, errors.Join(err, d.fails)
	}
	e.Files, e.Firsts = files, len(d.rows)
	d.kept = append(d.kept, e)
	return e, nil
}

func (d *drawer) ExportByID(_ context.Context, id string) (Export, error) {
	i := slices.IndexFunc(d.kept, func(e Export) bool { return e.ID == id })
	if i < 0 {
		return Export{}, dialer.ErrNotFound
	}
	return d.kept[i], nil
}

func (d *drawer) Exports(context.Context, int) ([]Export, error)          { return d.kept, nil }
func (d *drawer) CountToExport(context.Context, dialer.Date) (int, error) { return len(d.rows), nil }
func (d *drawer) RowsOfCase(context.Context, dialer.CaseID, dialer.Date) ([]Row, error) {
	return d.rows, nil
}

var ten = time.Date(2026, 11, 24, 1, 12, 0, 0, time.UTC)

func exporter(t *testing.T, d *drawer) *Exporter {
	return &Exporter{
		Store: d, Folder: dayclose.Folder(t.TempDir()), Layout: DefaultLayout(), Alphabet: ward{}, Name: named, Now: func() time.Time { return ten },
	}
}

// TestAnExportComesBack: what was written is read as it was, the file is the one that was kept, and what could not be written is
// told by cell.
func TestAnExportComesBack(t *testing.T) {
	d := &drawer{rows: []Row{
		{WardNumber: "0000000001", At: ten, Direction: dialer.Outbound, Result: dialer.Answered, Note: "月末に払う😀", Operator: "o", Attempt: "a1"},
		{WardNumber: "0000000002", At: ten, Direction: dialer.Outbound, Result: dialer.NoAnswer, Attempt: "a2", Mark: Again},
	}}
	x := exporter(t, d)
	day := dialer.DateOf(ten)
	e, replaced, err := x.Export(t.Context(), day, "supervisor", true)
	if err != nil || e.Day != day || e.By != "supervisor" || !e.At.Equal(ten) || !slices.Equal(replaced, []string{"records 2行 交渉経過: U+1F600 → 〓"}) {
		t.Fatalf("%+v, %v, %v", e, replaced, err)
	}
	if len(e.Files) != 2 || e.Files[0].Rows != 2 || e.Files[1].Kind != kindReplaced {
		t.Fatalf("%+v", e.Files)
	}
	f, r, err := x.Open(t.Context(), e.ID, 0)
	if err != nil || f != e.Files[0] {
		t.Fatalf("%+v, %v", f, err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	got := readBack(t, b)
	mark := slices.IndexFunc(x.Layout.Columns, func(c Column) bool { return c.Field == "mark" })
	if len(got) != 3 || got[1][mark] != "" || got[2][mark] != x.Layout.Codes.Mark[string(Again)] || !slices.Contains(got[1], "月末に払う〓") {
		t.Errorf("%q", got)
	}
	for _, n := range []int{-1, 2} {
		if _, _, err := x.Open(t.Context(), e.ID, n); !errors.Is(err, dialer.ErrNotFound) {
			t.Errorf("file %d: %v", n, err)
		}
	}
}

// TestAnExportThatWasNotKept says so, and keeps quiet about no reason.
func TestAnExportThatWasNotKept(t *testing.T) {
	d := &drawer{}
	x := exporter(t, d)
	if _, _, err := x.Export(t.Context(), dialer.DateOf(ten), "o", false); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	d.rows, d.fails = []Row{{WardNumber: "0000000001", Direction: dialer.Outbound, Result: dialer.NoAnswer}}, dialer.ErrLedgerDown
	if _, _, err := x.Export(t.Context(), dialer.DateOf(ten), "o", false); !errors.Is(err, dialer.ErrLedgerDown) || !strings.Contains(err.Error(), "does not count") {
		t.Error(err)
	}
	d.fails, x.Folder = nil, "/proc/nowhere"
	if _, _, err := x.Export(t.Context(), dialer.DateOf(ten), "o", false); err == nil || len(d.kept) > 0 {
		t.Errorf("kept although it could not be written: %v, %v", d.kept, err)
	}
}

// TestARecordAsText: a line for each call, none for none.
func TestARecordAsText(t *testing.T) {
	d := &drawer{}
	x := exporter(t, d)
	if text, n, err := x.Record(t.Context(), "case-1", dialer.DateOf(ten)); err != nil || text != "" || n != 0 {
		t.Errorf("%q, %d, %v", text, n, err)
	}
	d.rows = []Row{
		{WardNumber: "0000000001", At: ten, Direction: dialer.Outbound, Result: dialer.NoAnswer},
		{WardNumber: "0000000001", At: ten.Add(time.Hour), Direction: dialer.Outbound, Result: dialer.Answered, Note: "一行目\n二行目"},
	}
	text, n, err := x.Record(t.Context(), "case-1", dialer.DateOf(ten))
	lines := strings.Split(text, "\n")
	if err != nil || n != 2 || len(lines) != 2 || !strings.Contains(lines[0], "10:12") || !strings.Contains(lines[1], "一行目 二行目") {
		t.Errorf("%q, %d, %v", text, n, err)
	}
}
