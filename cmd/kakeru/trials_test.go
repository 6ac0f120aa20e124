package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestProductionHasNoTrials: a binary for production is made without the demo, the lab, the benches, made-up lists, and what starts stores; in the
// long tests it is built, and asked.
func TestProductionHasNoTrials(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "production", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Fields(string(out))
	for _, trial := range []string{"kakeru/sip/lab", "kakeru/cmd/stores", "kakeru/dialer/besthour/year"} {
		if slices.Contains(parts, trial) {
			t.Errorf("production is built with %s", trial)
		}
	}
	if !slices.Contains(parts, "kakeru/webui") {
		t.Errorf("it is built with %v", parts)
	}
	if os.Getenv("KAKERU_LONG") == "" {
		return
	}
	bin := filepath.Join(t.TempDir(), "kakeru")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "production", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range append(demos(), trials()...) {
		out, err := exec.CommandContext(t.Context(), bin, c.name).CombinedOutput() //nolint:gosec // just built
		if err == nil || !strings.Contains(string(out), "there is no command") {
			t.Errorf("kakeru %s: %v %s", c.name, err, out)
		}
	}
	if out, err := exec.CommandContext(t.Context(), bin, "help").Output(); err != nil || !strings.Contains(string(out), "kakeru serve") { //nolint:gosec // just built
		t.Errorf("%v: %s", err, out)
	}
}
