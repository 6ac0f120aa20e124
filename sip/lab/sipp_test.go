package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kakeru/sip/lab/ports"
)

// TestSIPpAgrees has SIPp, which nobody here wrote, make the calls: its
// scenarios in testdata fail on any message out of place.
func TestSIPpAgrees(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not installed (Debian: sip-tester)")
	}
	carrier := runCarrier(t)
	for nn, end := range map[string]End{
		"05": EndedByUs, "41": EndedRefused, "42": EndedRefused, "54": EndedByThem, "56": EndedByThem,
	} {
		t.Run(nn, func(t *testing.T) {
			const calls = 5
			before := len(finished(carrier, nn))
			runSIPp(t, sipp, carrier, nn, calls)
			until(t, "all calls ended", func() bool { return len(finished(carrier, nn)) == before+calls })
			for _, l := range finished(carrier, nn) {
				if l.EndedBy != end || l.Up || l.Acks == 0 {
					t.Errorf("log: %+v", l)
				}
			}
		})
	}
}

func finished(c *Carrier, nn string) (logs []CallLog) {
	for _, l := range c.Calls() {
		if l.LastTwo == nn && ended(l) {
			logs = append(logs, l)
		}
	}
	return logs
}

func runSIPp(t *testing.T, sipp string, carrier *Carrier, nn string, calls int) {
	t.Helper()
	scenario, err := filepath.Abs(filepath.Join("testdata", "row"+nn+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	//nolint:gosec // the arguments are ours
	cmd := exec.CommandContext(ctx, sipp, "-sf", scenario, "-s", prefix+nn, "-i", "127.0.0.1", "-p", fmt.Sprint(ports.Lend(t, 1).Port()),
		"-auth_uri", prefix+nn+"@"+carrier.Addr().String(), // else SIPp leaves the user out, and row 54 compares
		"-m", strconv.Itoa(calls), "-l", strconv.Itoa(calls), "-r", "50", "-nostdin", "-timeout", "30s", "-timeout_error",
		"-trace_err", "-error_file", filepath.Join(t.TempDir(), "errors.log"), carrier.Addr().String())
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		errors, _ := os.ReadFile(cmd.Args[len(cmd.Args)-2])
		t.Fatalf("sipp: %v\n%s\n%s", err, errors, tail(out))
	}
}

func tail(out []byte) []byte { return out[max(0, len(out)-2000):] }
