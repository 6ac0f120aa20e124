package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// top is the house, from here.
const top = "../.."

var (
	rowOfSecurity = regexp.MustCompile(`^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (\S+) \| ([^|]+) \|$`)
	quoted        = regexp.MustCompile("`([^`]+)`")
	nameOfTest    = regexp.MustCompile(`^(Test|Fuzz)[A-Z0-9]\w*$`)
	nameOfFile    = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+/?$|^[\w.-]+\.(md|go|mjs|yml|yaml|ts|tsx|json|sum|mod|sql)$|^Makefile$`)
	declared      = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z0-9]\w*)\(`)
)

// walkTop visits the files of the house, by their path from the top.
func walkTop(t *testing.T, visit func(file string)) {
	t.Helper()
	err := filepath.WalkDir(top, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "bin" || d.Name() == "test-results") {
			return fs.SkipDir
		}
		if !d.IsDir() {
			name, err := filepath.Rel(top, at)
			visit(filepath.ToSlash(name))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(top, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// testsThereAre are the names of all tests and fuzz targets, with the packages that have one so named.
func testsThereAre(t *testing.T) map[string][]string {
	t.Helper()
	names := map[string][]string{}
	walkTop(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			for _, found := range declared.FindAllStringSubmatch(textOf(t, file), -1) {
				names[found[1]] = append(names[found[1]], path.Dir(file))
			}
		}
	})
	if len(names) < 1000 {
		t.Fatalf("only %d tests were found", len(names))
	}
	return names
}

// wrongNames are the tests and files that a text names and that are not there. Where several packages have a test of that name, the
// one that is meant stands behind it: `TestRefusals` (dialer/vault).
func wrongNames(text string, tests map[string][]string) (wrong, named []string) {
	for _, q := range quoted.FindAllStringSubmatchIndex(text, -1) {
		name, rest := text[q[2]:q[3]], text[q[1]:]
		switch {
		case nameOfTest.MatchString(name):
			named = append(named, name)
			meant := func(pkg string) bool { return strings.HasPrefix(rest, " ("+pkg+")") }
			switch have := tests[name]; {
			case len(have) == 0:
				wrong = append(wrong, "there is no test "+name)
			case len(have) > 1 && !slices.ContainsFunc(have, meant):
				wrong = append(wrong, fmt.Sprintf("%s is a test of %s: say which behind it", name, strings.Join(have, ", ")))
			}
		case nameOfFile.MatchString(name):
			named = append(named, name)
			if !thereIs(name) {
				wrong = append(wrong, "there is no file "+name)
			}
		}
	}
	return wrong, named
}

// thereIs finds a file by its path from the top; flows of the browser tests by their name alone.
func thereIs(name string) bool {
	for _, place := range []string{name, "webui/app/browser/flows/" + name, "webui/app/browser/day/" + name} {
		if _, err := os.Stat(filepath.Join(top, place)); err == nil {
			return true
		}
	}
	return false
}

// faultsOf are what is wrong with the tables of docs/security.md.
func faultsOf(text, expected string, tests map[string][]string) []string {
	var faults []string
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	levels := map[string]string{}
	for line := range strings.Lines(expected) {
		if n, level, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			levels[n] = level
		}
	}
	seen, count := map[string]bool{}, map[string]int{}
	for i, line := range strings.Split(text, "\n") {
		m := rowOfSecurity.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "| ") && len(line) > 3 && line[2] >= '0' && line[2] <= '9' && strings.Count(line, ".") > 1 {
				say("line %d is no row: | number | level | about | met, n/a or open | shown by |", i+1)
			}
			continue
		}
		n, level, state, shown := m[1], m[2], m[4], m[5]
		if seen[n] {
			say("%s stands there twice", n)
		}
		seen[n] = true
		count[state]++
		if levels[n] != level {
			say("%s is not of level %s", n, level)
		}
		wrong, named := wrongNames(shown, tests)
		for _, w := range wrong {
			say("%s: %s", n, w)
		}
		switch state {
		case "met":
			if len(named) == 0 {
				say("%s is met, and names neither a test nor a file that shows it", n)
			}
		case "n/a":
			if len(strings.Fields(shown)) < 3 {
				say("%s does not say why it is not applicable", n)
			}
		case "open":
			_, reason, ok := strings.Cut(shown, "Until then:")
			if missing, found := strings.CutPrefix(strings.TrimSpace(shown), "Missing:"); !ok || !found || len(strings.Fields(missing)) < 5 || len(strings.Fields(reason)) < 5 {
				say("%s is open, and does not say `Missing: …` and `Until then: …`", n)
			}
		default:
			say("%s is %q, which is neither met nor n/a nor open", n, state)
		}
	}
	for n := range levels {
		if !seen[n] {
			say("%s is missing", n)
		}
	}
	if want := fmt.Sprintf("**%d met, %d not applicable, %d open**", count["met"], count["n/a"], count["open"]); !strings.Contains(text, want) {
		say("the sum at the head is another than %s", want)
	}
	slices.Sort(faults)
	return faults
}

// TestSecurityTable holds docs/security.md against the standard's numbers, and what it names against what there is.
func TestSecurityTable(t *testing.T) {
	tests, expected := testsThereAre(t), textOf(t, "docs/testdata/asvs-5.0.0.txt")
	if n := strings.Count(expected, "\n") - 1; n != 253 {
		t.Fatalf("the standard has 253 items of levels 1 and 2, and %d stand in the list", n)
	}
	text := textOf(t, "docs/security.md")
	for _, fault := range faultsOf(text, expected, tests) {
		t.Errorf("docs/security.md: %s", fault)
	}
	for _, page := range []string{"docs/security.md", "docs/threat-model.md"} {
		wrong, _ := wrongNames(textOf(t, page), tests)
		for _, w := range wrong {
			t.Errorf("%s: %s", page, w)
		}
	}
}

// TestSecurityTableIsGuarded: the guard itself bites.
func TestSecurityTableIsGuarded(t *testing.T) {
	expected := "# numbers\n1.1.1 1\n1.1.2 2\n"
	good := "**1 met, 0 not applicable, 1 open**\n| 1.1.1 | 1 | a | met | `TestA` |\n" +
		"| 1.1.2 | 2 | b | open | Missing: one thing or another here. Until then: somebody looks at it daily. |\n"
	tests := map[string][]string{"TestA": {"a"}, "TestTwice": {"b", "c"}}
	if faults := faultsOf(good, expected, tests); len(faults) > 0 {
		t.Fatalf("a right table has %q", faults)
	}
	for what, text := range map[string]string{
		"is missing":            strings.Replace(good, "| 1.1.1 | 1 | a | met | `TestA` |\n", "", 1),
		"twice":                 good + "| 1.1.1 | 1 | a | met | `TestA` |\n",
		"no test TestB":         strings.Replace(good, "`TestA`", "`TestA`, `TestB`", 1),
		"no file no/such.go":    strings.Replace(good, "`TestA`", "`TestA`, `no/such.go`", 1),
		"say which behind":      strings.Replace(good, "`TestA`", "`TestTwice` (a)", 1),
		"names neither":         strings.Replace(good, "`TestA`", "we believe so", 1),
		"not of level 2":        strings.Replace(good, "| 1.1.1 | 1 |", "| 1.1.1 | 2 |", 1),
		"neither met nor":       strings.Replace(good, "| met |", "| done |", 1),
		"and does not say":      strings.Replace(good, "Until then: somebody looks at it daily.", "Later.", 1),
		"sum at the head":       strings.Replace(good, "**1 met", "**2 met", 1),
		"is no row":             strings.Replace(good, "| met | `TestA` |", "| met |", 1),
		"why it is not applica": strings.Replace(good, "| met | `TestA` |", "| n/a | no |", 1),
	} {
		if faults := faultsOf(text, expected, tests); !strings.Contains(strings.Join(faults, "\n"), what) {
			t.Errorf("nothing says %q: %q", what, faults)
		}
	}
}

// keptApart are packages that can do what this program must not do anywhere, and where they may stand.
var keptApart = []struct {
	pkg, why string
	where    []string // by the beginning of the path, from the top
}{
	{"os/exec", "serving starts no other program", []string{"cmd/stores/", "cmd/kakeru/bench_", ".ci/"}},
	{"plugin", "no code is loaded at run time", nil},
	{"net/http/pprof", "nothing of the process's inside is served", nil},
	{"expvar", "nothing of the process's inside is served", nil},
	{"net/smtp", "no mail is sent", nil},
	{"html/template", "the server writes no page of what people typed", nil},
	{"text/template", "templates are ours, for phones' settings alone", []string{"cmd/kakeru/provision"}},
	{"encoding/gob", "what comes from outside is read into shapes that are written down", nil},
	{"math/rand", "chance is drawn by math/rand/v2 where it is no secret, and by crypto/rand where it is", nil},
	{"crypto/md5", "only SIP's digests have it, in their library", []string{"sip/lab/"}},
	{"crypto/sha1", "no new use of a hash that is broken", nil},
	{"crypto/des", "no new use of a cipher that is broken", nil},
	{"crypto/rc4", "no new use of a cipher that is broken", nil},
	{"archive/zip", "no archive that comes from outside is unpacked", nil},
	{"unsafe", "memory is Go's to guard", []string{"sip/media/socket", "cmd/kakeru/bench_"}},
}

// TestKeptApart: what could start programs, load code, or weaken secrets stands in few places, or nowhere.
func TestKeptApart(t *testing.T) {
	looked := 0
	walkTop(t, func(file string) {
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "storestest/") {
			return
		}
		looked++
		f, err := parser.ParseFile(token.NewFileSet(), file, textOf(t, file), parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			pkg, _ := strconv.Unquote(spec.Path.Value)
			for _, kept := range keptApart {
				if pkg == kept.pkg && !slices.ContainsFunc(kept.where, func(at string) bool { return strings.HasPrefix(file, at) }) {
					t.Errorf("%s imports %s: %s", file, pkg, kept.why)
				}
			}
		}
	})
	if looked < 300 {
		t.Fatalf("looked at %d files only", looked)
	}
}
