package main

import (
	"strings"
	"testing"
	"time"
)

// TestACommandGoesByARightClock: what it leaves bears its time.
func TestACommandGoesByARightClock(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, off := range []time.Duration{0, time.Minute, -time.Minute} {
		if err := clocksAgree(noon, noon.Add(off), time.Minute); err != nil {
			t.Errorf("%v: %v", off, err)
		}
	}
	for off, says := range map[time.Duration]string{30 * 24 * time.Hour: "720h0m0s apart", -61 * time.Second: "1m1s apart"} {
		if err := clocksAgree(noon, noon.Add(off), time.Minute); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", off, err)
		}
	}
}
