package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// goCount follows a run of `go test -json`.
type goCount struct {
	tally
	show   io.Writer
	output map[string]*strings.Builder // by test, or by package for what no test wrote
	parent map[string]bool             // tests that have subtests: counted by those
	broken map[string]bool             // tests and packages in which a test failed
}

// countGo counts tests that have no subtests of their own. A test or a package
// that fails while none of what it contains did counts as one failure more.
func countGo(output io.Reader, show io.Writer) tally {
	c := &goCount{
		show: show, output: map[string]*strings.Builder{},
		parent: map[string]bool{}, broken: map[string]bool{},
	}
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) == nil && e.Action != "":
			c.take(e)
		default:
			_, _ = show.Write(line) // the go command itself speaks
		}
		if err != nil {
			return c.tally
		}
	}
}

func (c *goCount) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "run":
		if parent, sub := parentOf(e.Test); sub {
			c.parent[e.Package+" "+parent] = true
		}
	case "build-output":
		fmt.Fprint(c.show, e.Output)
	case "output":
		if c.output[key] == nil {
			c.output[key] = &strings.Builder{}
		}
		c.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		c.end(e, key)
		delete(c.output, key)
	}
}

func (c *goCount) end(e event, key string) {
	if e.Action == "fail" {
		c.showUnended(e)
		if text := c.output[key]; text != nil {
			fmt.Fprint(c.show, text.String())
		}
	}
	if e.Test == "" && e.Action != "fail" {
		if e.Action == "pass" {
			fmt.Fprintf(c.show, "ok %s %.1fs\n", e.Package, e.Elapsed)
		}
		return
	}
	switch {
	case e.Action == "fail":
		if !c.broken[key] {
			c.failed++
		}
		if parent, sub := parentOf(e.Test); sub {
			c.broken[e.Package+" "+parent] = true
		}
		c.broken[e.Package+" "] = true
	case c.parent[key]:
	case e.Action == "pass":
		c.passed++
	case e.Action == "skip":
		c.skipped++
	}
}

// showUnended shows, when a package fails, what those of its tests wrote whose end was never told: the process died in
// them, or they left a line unfinished, so that test2json did not know their end for one.
func (c *goCount) showUnended(e event) {
	if e.Test != "" {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(c.output)) {
		if pkg, test, _ := strings.Cut(key, " "); pkg == e.Package && test != "" {
			fmt.Fprint(c.show, c.output[key].String())
			delete(c.output, key)
		}
	}
}

// parentOf is the name of the test that a subtest belongs to.
func parentOf(test string) (parent string, sub bool) {
	i := strings.LastIndexByte(test, '/')
	if i < 0 {
		return "", false
	}
	return test[:i], true
}

// What the runners of the web tests say last: vitest "Tests  1 failed | 11 passed (12)",
// node --test "# pass 11" or "ℹ pass 11", and plain "11 passed, 1 failed".
var (
	colours    = regexp.MustCompile("\x1b\\[[0-9;]*m")
	vitestLine = regexp.MustCompile(`^\s*Tests\s.*\(\d+\)`)
	plainLine  = regexp.MustCompile(`^\s*\d+ passed, \d+ failed`)
	nodeLine   = regexp.MustCompile(`^(?:#|ℹ) (pass|fail|skipped) (\d+)$`)
	figure     = regexp.MustCompile(`(\d+) (passed|failed|skipped)`)
)

// countText shows everything a runner prints and adds up its summaries.
func countText(output io.Reader, show io.Writer) tally {
	var t tally
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(show, line)
		bare := strings.TrimRight(colours.ReplaceAllString(line, ""), "\r\n ")
		if m := nodeLine.FindStringSubmatch(bare); m != nil {
			t.add(m[2], m[1])
		} else if vitestLine.MatchString(bare) || plainLine.MatchString(bare) {
			for _, m := range figure.FindAllStringSubmatch(bare, -1) {
				t.add(m[1], m[2])
			}
		}
		if err != nil {
			return t
		}
	}
}

func (t *tally) add(digits, what string) {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	switch what {
	case "pass", "passed":
		t.passed += n
	case "fail", "failed":
		t.failed += n
	case "skipped":
		t.skipped += n
	}
}

// target is one fuzz target.
type target struct{ pkg, name string }

// fuzzTargets lists all of the module's. Packages that do not compile are left
// to the other suites to report.
func fuzzTargets(ctx context.Context) []target {
	pkgs, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		return nil
	}
	var found []target
	for pkg := range strings.FieldsSeq(string(pkgs)) {
		list, err := exec.CommandContext(ctx, "go", "test", "-list", "^Fuzz", pkg).Output()
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(list)) {
			if name := strings.TrimSpace(line); strings.HasPrefix(name, "Fuzz") {
				found = append(found, target{pkg, name})
			}
		}
	}
	return found
}
