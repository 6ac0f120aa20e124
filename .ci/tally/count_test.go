package main

import (
	"io"
	"strings"
	"testing"
)

func TestCountGo(t *testing.T) {
	lines := []string{
		`{"Action":"run","Package":"p","Test":"A"}`,
		`{"Action":"pass","Package":"p","Test":"A"}`,
		`{"Action":"run","Package":"p","Test":"B"}`,
		`{"Action":"run","Package":"p","Test":"B/one"}`,
		`{"Action":"run","Package":"p","Test":"B/two"}`,
		`{"Action":"pass","Package":"p","Test":"B/one"}`,
		`{"Action":"fail","Package":"p","Test":"B/two"}`,
		`{"Action":"fail","Package":"p","Test":"B"}`,
		`{"Action":"run","Package":"p","Test":"C"}`,
		`{"Action":"skip","Package":"p","Test":"C"}`,
		`{"Action":"fail","Package":"p"}`,
		`{"Action":"build-output","ImportPath":"q","Output":"does not compile\n"}`,
		`{"Action":"fail","Package":"q"}`,
		`not json at all`,
	}
	var shown strings.Builder
	got := countGo(strings.NewReader(strings.Join(lines, "\n")), &shown)
	if want := (tally{passed: 2, failed: 2, skipped: 1}); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if !strings.Contains(shown.String(), "not json at all") {
		t.Fatal("the go command's own words were swallowed")
	}
}

// TestTheLastWordsOfADeadProcessAreShown: a test whose end is never told is the one to look at.
func TestTheLastWordsOfADeadProcessAreShown(t *testing.T) {
	var shown strings.Builder
	countGo(strings.NewReader(`{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"why it died\n"}
{"Action":"output","Package":"q","Test":"A","Output":"of another package\n"}
{"Action":"fail","Package":"p"}`), &shown)
	if got := shown.String(); got != "why it died\n" {
		t.Fatalf("shown: %q", got)
	}
}

func TestParentThatFailsByItself(t *testing.T) {
	got := countGo(strings.NewReader(`{"Action":"run","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"A/x"}
{"Action":"pass","Package":"p","Test":"A/x"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"fail","Package":"p"}`), io.Discard)
	if want := (tally{passed: 1, failed: 1}); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

func TestCountText(t *testing.T) {
	for output, want := range map[string]tally{
		"      Tests  1 failed | 11 passed | 2 skipped (14)\n":     {11, 1, 2},
		"\x1b[2m      Tests \x1b[22m \x1b[32m3 passed\x1b[39m (3)": {3, 0, 0},
		" Test Files  2 passed (2)\n      Tests  9 passed (9)\n":   {9, 0, 0},
		"ℹ pass 4\nℹ fail 1\nℹ skipped 0\n":                        {4, 1, 0},
		"7 passed, 2 failed\n":                                     {7, 2, 0},
		"nothing was said\n":                                       {},
	} {
		if got := countText(strings.NewReader(output), io.Discard); got != want {
			t.Errorf("%q: got %+v, want %+v", output, got, want)
		}
	}
}

func TestSuiteThatSaysNothing(t *testing.T) {
	for _, c := range []struct {
		script string
		want   tally
		all    bool
	}{
		{"exit 3", tally{failed: 1}, false},
		{"exit 0", tally{failed: 1}, false},
		{"echo '2 passed, 0 failed'; exit 1", tally{passed: 2, failed: 1}, false},
		{"echo '2 passed, 0 failed'", tally{passed: 2}, true},
	} {
		s := suite{name: "x", args: []string{"sh", "-c", c.script}, count: countText}
		if got := s.run(t.Context(), io.Discard); got != c.want {
			t.Errorf("%q: got %+v, want %+v", c.script, got, c.want)
		}
		var out strings.Builder
		if ok := runAll(t.Context(), []suite{s}, &out); ok != c.all {
			t.Errorf("%q: runAll says %v", c.script, ok)
		}
		if !strings.HasSuffix(out.String(), " failed\n") {
			t.Errorf("%q: the last line is not the count: %q", c.script, out.String())
		}
	}
}

// TestAFuzzTargetThatRanOutIsRunAgain: only one whose clock ended it, never one that found something.
func TestAFuzzTargetThatRanOutIsRunAgain(t *testing.T) {
	for shown, want := range map[string]bool{
		"--- FAIL: FuzzA (30.06s)\n    context deadline exceeded\nFAIL\n":                                               true,
		"--- FAIL: FuzzA (3.1s)\n    --- FAIL: FuzzA (0.00s)\n    Failing input written to testdata\n":                  false,
		"--- FAIL: FuzzA (30.06s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzA/1\n": false,
		"--- FAIL: FuzzA (0.1s)\n    a_test.go:3: got context deadline exceeded\n":                                      false,
		"--- FAIL: FuzzA (30.06s)\n    context deadline exceeded\npanic: runtime error\n":                               false,
	} {
		if got := ranOut(shown); got != want {
			t.Errorf("%q: %v, want %v", shown, got, want)
		}
	}
	s := suite{
		name: "fuzz", args: []string{"sh", "-c", "cat ran 2>/dev/null || { echo first > ran; echo '    context deadline exceeded'; exit 1; }"}, dir: t.TempDir(),
		count: func(output io.Reader, show io.Writer) tally {
			text, _ := io.ReadAll(output)
			_, _ = show.Write(append([]byte("\n"), text...))
			if strings.Contains(string(text), "first") {
				return tally{passed: 1}
			}
			return tally{failed: 1}
		},
		again: ranOut,
	}
	if got := s.run(t.Context(), io.Discard); got != (tally{passed: 1}) {
		t.Errorf("run once more: %+v", got)
	}
}

// TestNarrowSuitesRunTwoAtOnce: each waits for the other, and what they say stays apart.
func TestNarrowSuitesRunTwoAtOnce(t *testing.T) {
	dir := t.TempDir()
	waiting := func(me, other string) suite {
		return suite{name: me, narrow: true, count: countText, dir: dir, args: []string{"sh", "-c",
			"touch " + me + "; while [ ! -e " + other + " ]; do sleep 0.01; done; echo '1 passed, 0 failed'"}}
	}
	var out strings.Builder
	alone := suite{name: "c", narrow: true, count: countText, args: []string{"echo", "3 passed, 0 failed"}}
	if !runAll(t.Context(), []suite{waiting("a", "b"), waiting("b", "a"), alone}, &out) {
		t.Error(out.String())
	}
	if s := out.String(); !strings.HasPrefix(s, "== a\n1 passed, 0 failed\n== b\n1 passed, 0 failed\n== c\n") || !strings.HasSuffix(s, "\n5 passed, 0 failed\n") {
		t.Errorf("%q", s)
	}
}
