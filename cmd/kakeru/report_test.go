package main

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// reported has the day's report from the panel and from the command line: the same figures, and the same bytes each time. It says how
// many calls it counts.
func (h *house) reported(chief *panelClient) (attempts int) {
	h.t.Helper()
	day := dialer.DateOf(time.Now()).String()
	var shown struct{ Report report.Report }
	h.must(chief.call(h.t.Context(), http.MethodGet, "/api/reports/day?period="+day, nil, &shown))
	figure := shown.Report.At("attempts", "total", "attempts")
	if figure == nil || figure.Value == nil {
		h.t.Fatalf("no figure: %+v", shown.Report)
	}
	var behind struct{ Total int }
	h.must(chief.call(h.t.Context(), http.MethodGet, "/api/reports/day/rows?section=attempts&row=total&column=attempts&period="+day, nil, &behind))
	if float64(behind.Total) != *figure.Value {
		h.t.Errorf("%d rows behind %v attempts", behind.Total, *figure.Value)
	}
	command := []string{"report", "--day", day, "--config", h.config()}
	var files [][]byte
	for i := range 3 {
		out := filepath.Join(h.t.TempDir(), "report.csv")
		if got := h.command(append(command, "--out", out)...); got.status != 0 {
			h.t.Fatalf("%d %s", got.status, got.err)
		}
		b, err := os.ReadFile(out) //nolint:gosec // the test's own
		h.must(err)
		files = append(files, b)
		h.command(append(command, "--out", out)...).failed(h.t, 1, "--out", "exists")
		if i == 1 && bytes.Equal(files[0], files[1]) {
			break // else the seats' hours of today went on in between, once in three minutes
		}
	}
	if !bytes.Equal(files[len(files)-2], files[len(files)-1]) {
		h.t.Error("the same report was written again, and differs")
	}
	lines := csv.NewReader(bytes.NewReader(files[0]))
	lines.FieldsPerRecord = -1
	rows, err := lines.ReadAll()
	h.must(err)
	if len(rows) < 30 {
		h.t.Errorf("the file has %d lines", len(rows))
	}
	for format, begins := range map[string]string{"pdf": "%PDF-", "xlsx": "PK", "json": `{"kind":"day"`} {
		if got := h.command(append(command, "--format", format)...); got.status != 0 || !strings.HasPrefix(got.out, begins) {
			h.t.Errorf("%s: %d %s %.20q", format, got.status, got.err, got.out)
		}
	}
	for _, paper := range []string{"--inspection", "--privacy"} {
		kind := strings.TrimPrefix(paper, "--")
		for format, begins := range map[string]string{"csv": "\ufeff", "pdf": "%PDF-", "xlsx": "PK", "json": `{"kind":"` + kind + `"`} {
			if got := h.command("report", paper, day[:7], "--config", h.config(), "--format", format); got.status != 0 || !strings.HasPrefix(got.out, begins) {
				h.t.Errorf("%s %s: %d %s %.20q", paper, format, got.status, got.err, got.out)
			}
		}
	}
	h.command(append(command, "--revision", "9")...).failed(h.t, 1, "no such report")
	return int(*figure.Value)
}

func TestReportGivenWrongly(t *testing.T) {
	for words, args := range map[string][]string{
		"give one of":            {},
		"--day, --month":         {"--day", "2026-11-24", "--month", "2026-11"},
		"csv, xlsx, pdf or json": {"--day", "2026-11-24", "--format", "doc"},
		"not understood":         {"--day", "2026-11-24", "more"},
		"write YYYY-MM-DD":       {"--day", "2026-02-30"},
		"has not begun":          {"--month", "2999-01"},
		"fiscal year":            {"--fiscal-year", "26"},
		"write YYYY-MM, ":        {"--inspection", "2026-11-24"},
		"not a month":            {"--privacy", "2026"},
	} {
		var out, errs bytes.Buffer
		if status := dispatch(t.Context(), append([]string{"report"}, args...), streams{&out, &errs}); status == 0 || !strings.Contains(errs.String(), words) {
			t.Errorf("%v: %d %s", args, status, &errs)
		}
		if strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%v is not answered with one line: %q", args, &errs)
		}
	}
}
