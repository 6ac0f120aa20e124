package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"kakeru/dialer/dialertest/full"
)

// TestBenchCalls runs both modes for a moment: calls come about (on a busy machine, not all in time), ledger, carrier and panel agree where there are any,
// and nothing is left open.
func TestBenchCalls(t *testing.T) {
	full.Only(t)
	t.Setenv(asBinary, "1") // the far ends are this binary again
	for _, ledger := range []string{"off", "on"} {
		t.Run(ledger, func(t *testing.T) {
			var out, errs bytes.Buffer
			args := []string{"bench", "calls", "--rate", "20", "--seconds", "0.5", "--rest", "0", "--json", "--ledger", ledger, "--profiles", t.TempDir()}
			if code := dispatch(t.Context(), args, streams{&out, &errs}); code != 0 {
				t.Fatalf("exit status %d: %s", code, errs.String())
			}
			var f callsFigures
			if err := json.Unmarshal(out.Bytes(), &f); err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
			if f.Calls != 10 || f.Failed > f.Calls/2 || f.Goroutines != 0 || f.Sockets != 0 {
				t.Errorf("%+v", f)
			}
			if f.CPUPer1000 <= 0 || f.SetupP50 <= 0 || f.SetupP99 < f.SetupP50 || f.RSS <= 0 || f.RSSPeak <= 0 || f.CallsPerS <= 0 {
				t.Errorf("a figure was not measured: %+v", f)
			}
		})
	}
}

func TestBenchCallsRefusesAnotherLedger(t *testing.T) {
	var errs bytes.Buffer
	if code := dispatch(t.Context(), []string{"bench", "calls", "--ledger", "maybe"}, streams{&errs, &errs}); code != 2 {
		t.Errorf("exit status %d", code)
	}
	if !strings.Contains(errs.String(), "--ledger is on or off") {
		t.Errorf("it says %q", errs.String())
	}
}
