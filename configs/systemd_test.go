package configs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mostExposed is the exposure level (0: nothing, 10: everything) that the unit may have. docs/operations.md has the figure.
const mostExposed = 1.5

// TestTheUnit: systemd itself finds no mistake in it, and how much of the machine it leaves open is what the docs say.
func TestTheUnit(t *testing.T) {
	const unit = "systemd/kakeru.service"
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"DynamicUser=yes", "NoNewPrivileges=yes", "LimitCORE=0", "LoadCredential=master:", "UMask=0077", "CapabilityBoundingSet=\n"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("it lacks %s", line)
		}
	}
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed; run: apt-get install systemd")
	}
	// The binary need not be installed where the test runs, nor the manual.
	here := filepath.Join(t.TempDir(), "kakeru.service")
	plain := regexp.MustCompile(`(?m)^(ExecStart=)\S+`).ReplaceAllString(string(text), "${1}/bin/true")
	if err := os.WriteFile(here, []byte(plain), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "verify", "--man=no", here).CombinedOutput() //nolint:gosec // systemd's own
	if err != nil || strings.Contains(string(out), here) || strings.Contains(string(out), "kakeru.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err = exec.CommandContext(t.Context(), program, "security", "--offline=yes", "--no-pager", here).CombinedOutput() //nolint:gosec // systemd's own
	found := regexp.MustCompile(`exposure level for kakeru.service: ([0-9.]+)`).FindSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	level, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil || level > mostExposed {
		t.Errorf("the exposure level is %s\n%s", found[1], out)
	}
	t.Logf("exposure level %s", found[1])
}
