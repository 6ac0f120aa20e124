package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/japan"
)

// exported writes the records so far from the panel and from the command line: each once, and once more when asked. It says how many
// there were.
func (h *house) exported(chief *panelClient) (rows int) {
	h.t.Helper()
	day := dialer.DateOf(time.Now()).String()
	out := filepath.Join(h.t.TempDir(), "records.csv")
	var made struct {
		Export struct{ Firsts, Repeats int }
	}
	h.must(chief.call(h.t.Context(), http.MethodPost, "/api/exports", map[string]string{"day": day}, &made))
	if made.Export.Firsts == 0 || made.Export.Repeats != 0 {
		h.t.Errorf("%+v", made)
	}
	command := []string{"export", "--day", day, "--out", out, "--config", h.config()}
	h.command(command...).failed(h.t, 1, "nothing to export")
	if _, err := os.Stat(out); err == nil {
		h.t.Error("a file is left of an export that had nothing")
	}
	if got := h.command(append(command, "--again")...); got.status != 0 || !strings.Contains(got.out, "0 for the first time") {
		h.t.Fatalf("%d %s %s", got.status, got.out, got.err)
	}
	h.command(append(command, "--again")...).failed(h.t, 1, "--out", "exists")
	b, err := os.ReadFile(out) //nolint:gosec // the test's own
	h.must(err)
	decoded, _, err := japan.Decode(bytes.NewReader(b))
	h.must(err)
	text, err := io.ReadAll(decoded)
	h.must(err)
	if again := strings.Count(string(text), "再出力\""); again != made.Export.Firsts {
		h.t.Errorf("%d rows are marked 再出力, not %d:\n%s", again, made.Export.Firsts, text)
	}
	var list struct {
		Items   []struct{ Again bool }
		Waiting int
	}
	h.must(chief.call(h.t.Context(), http.MethodGet, "/api/exports", nil, &list))
	if len(list.Items) != 2 || !list.Items[0].Again || list.Waiting != 0 {
		h.t.Errorf("%+v", list)
	}
	return made.Export.Firsts
}

// TestExportGivenWrongly says what to give, and a folder that holds nothing of the kind is not found to be in order.
func TestExportGivenWrongly(t *testing.T) {
	std := func() (streams, *bytes.Buffer) {
		var out, errs bytes.Buffer
		return streams{&out, &errs}, &errs
	}
	empty := t.TempDir()
	for words, args := range map[string][]string{
		"give --day":      {"--out", "x"},
		"YYYY-MM-DD":      {"--day", "tomorrow", "--out", "x"},
		"give --out":      {"--day", "2026-11-24"},
		"not understood":  {"--day", "2026-11-24", "--out", "x", "more"},
		"give one folder": {"verify"},
		"no Ed25519 key":  {"verify", "--key", "x", empty},
		"no such file":    {"verify", filepath.Join(empty, "nothing")},
		"no manifest":     {"verify", empty},
	} {
		s, errs := std()
		want := 2
		if strings.HasPrefix(words, "no ") && words != "no Ed25519 key" {
			want = 1
		}
		if status := dispatch(t.Context(), append([]string{"export"}, args...), s); status != want || !strings.Contains(errs.String(), words) {
			t.Errorf("%v: %d %s", args, status, errs)
		}
	}
}
