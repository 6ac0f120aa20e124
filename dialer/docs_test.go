package dialer

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated pages in docs/ anew")

// page compares a generated page with the one in docs/, or writes it.
func page(t *testing.T, name, want string) {
	t.Helper()
	path := "../docs/" + name
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("docs/%s is not what the code says (%v); run: go test ./dialer -run Page -update", name, err)
	}
}

func TestPageOfTheStates(t *testing.T) {
	var b strings.Builder
	b.WriteString("# A call's states\n\nMade from the table in `dialer/machine.go` by a test. What is not here changes nothing: a fact that comes too late,\n" +
		"or twice, is only logged.\n\n```mermaid\nstateDiagram-v2\n    [*] --> queued\n")
	for _, r := range table {
		if r.from != r.to {
			fmt.Fprintf(&b, "    %s --> %s: %s%s\n", r.from, r.to, r.on, bracket(r.when.name))
		}
	}
	b.WriteString("    ended --> [*]\n```\n\n| in | when | and | then | do |\n|---|---|---|---|---|\n")
	for _, r := range table {
		acts := make([]string, len(r.do))
		for i, a := range r.do {
			acts[i] = string(a)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.from, r.on, r.when.name, r.to, strings.Join(acts, ", "))
	}
	page(t, "call-states.md", b.String())
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return " [" + s + "]"
}

func TestPageOfTheResults(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Connection results\n\nMade from `dialer/results.json`, the built-in table, by a test. The first row that matches decides. A trunk may have\n" +
		"a table of its own, whose rows may say with `next` what follows; else [the queue's rules](rules.md) do.\n\n" +
		"| rule | when | result | confidence | counts | why |\n|---|---|---|---|---|---|\n")
	for _, r := range DefaultResults() {
		counts := "no"
		if r.Counted {
			counts = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Name, whenOf(r), r.Result, r.Confidence, counts, r.Why)
	}
	page(t, "results.md", b.String())
}

func whenOf(r ResultRule) string {
	var when []string
	add := func(format string, args ...any) { when = append(when, fmt.Sprintf(format, args...)) }
	for _, c := range []struct {
		name string
		is   *bool
	}{{"sent", r.Sent}, {"rang", r.Ringing}, {"answered", r.Answered}, {"an answer that was hung up", r.Crossed}} {
		switch {
		case c.is == nil:
		case *c.is:
			add("%s", c.name)
		default:
			add("not %s", c.name)
		}
	}
	if len(r.EndedBy) > 0 {
		add("ended by %s", list(r.EndedBy))
	}
	switch {
	case r.StatusTo != 0:
		add("status %d–%d", r.Status[0], r.StatusTo)
	case len(r.Status) > 0:
		add("status %s", list(r.Status))
	}
	if len(r.Heard) > 0 {
		add("heard %s", list(r.Heard))
	}
	if len(r.Cause) > 0 {
		add("cause %s", list(r.Cause))
	}
	if r.RangAtLeastS > 0 {
		add("rang at least %d s", r.RangAtLeastS)
	}
	if r.WithinS > 0 {
		add("within %d s", r.WithinS)
	}
	if len(when) == 0 {
		return "anything else"
	}
	return strings.Join(when, ", ")
}

func list[T any](all []T) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(all), "[]"), " ", " or ")
}
