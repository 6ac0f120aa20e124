package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A tiny ledger, of one centre and of two in shared tables: all figures are there, and the reports have as many attempts as were made up
// (the benchmark itself looks at each).
func TestReportsAreMeasured(t *testing.T) {
	o := reportBench{months: 2, calls: 300, centres: 2, repeat: 2}
	got, err := o.run(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var figures map[string]float64
	if err := json.Unmarshal(b, &figures); err != nil {
		t.Fatalf("not one flat object of numbers: %v", err)
	}
	for _, name := range []string{"attempts", "progress_p99_ms", "month_p99_ms", "year_p99_ms"} { // others rely on these
		if _, ok := figures[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	for name, n := range figures {
		if n <= 0 {
			t.Errorf("%s is %v", name, n)
		}
	}
	if got.Attempts != 600 || got.SharedAttempts != 1200 || got.Months != 2 || got.Centres != 2 {
		t.Errorf("%+v", got)
	}
	if least := 300; got.ProgressRows < least || got.MonthRows < least || got.YearRows < 2*least || got.SharedMonthRows < least {
		t.Errorf("fewer rows were read than there are calls: %+v", got)
	}
	if got.SharedMonthRows > 3*got.MonthRows {
		t.Errorf("%d rows are read for one centre of two, %d for one alone", got.SharedMonthRows, got.MonthRows)
	}
}

// Nothing is left behind by a benchmark that is broken off.
func TestReportsBenchIsBrokenOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // the server runs as another user
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := reportBench{months: 24, calls: 60, centres: 1, repeat: 1}.run(ctx, writerFunc(func() { cancel() }))
	if err == nil || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("%v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// writerFunc is called with each write.
type writerFunc func()

func (f writerFunc) Write(b []byte) (int, error) {
	f()
	return len(b), nil
}
