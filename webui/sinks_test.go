package webui

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sinks are what would have the browser take text for a program or for markup, or let other pages speak with ours. React writes
// everything else as text.
var sinks = regexp.MustCompile(`dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|createContextualFragment|DOMParser|document\.write|` +
	`\beval\(|new Function\(|set(Timeout|Interval)\(\s*["'` + "`" + `]|javascript:|srcDoc|<iframe|<object|<embed|postMessage|addEventListener\(\s*"message"|` +
	`window\.open\(|document\.domain|document\.cookie|importScripts|__proto__|target="_blank"|https?://`)

// harmless are addresses in the panel that are names, and are not gone to, and what reaches no other origin. A
// BroadcastChannel reaches pages of this origin alone (HTML §9.5).
var harmless = regexp.MustCompile(`\bchannel\.postMessage|http://www\.w3\.org/[0-9]+/|http://127\.0\.0\.1:8080`)

// TestThePanelHasNoDangerousSinks: what debtors, callers and lists say reaches the page as text alone, and the page knows no other
// origin than its own.
func TestThePanelHasNoDangerousSinks(t *testing.T) {
	files := 0
	look := func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files++
		for n, line := range strings.Split(string(b), "\n") {
			if found := sinks.FindString(harmless.ReplaceAllString(line, "")); found != "" {
				t.Errorf("%s:%d has %s: write text, or say in docs/security.md why this is safe", path, n+1, found)
			}
		}
	}
	look("app/index.html")
	err := filepath.WalkDir("app/src", func(path string, _ fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (ext == ".tsx" || ext == ".ts" || ext == ".css") && !strings.HasSuffix(path, ".test.ts") && filepath.Base(path) != "schema.d.ts" {
			look(path)
		}
		return err
	})
	if err != nil || files < 100 {
		t.Fatalf("looked at %d files: %v", files, err)
	}
	for _, bad := range []string{`<b dangerouslySetInnerHTML={{}}>`, `el.innerHTML = x`, `eval("x")`, `<a href="javascript:x">`, `fetch("https://elsewhere.example")`} {
		if !sinks.MatchString(bad) {
			t.Errorf("%s would not be found", bad)
		}
	}
}
