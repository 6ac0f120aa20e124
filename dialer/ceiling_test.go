package dialer

import (
	"strings"
	"testing"
	"time"
)

// TestTheCeilingRefusesWithItsReason: at the bound and beyond, by hour and by day, and never without one.
func TestTheCeilingRefusesWithItsReason(t *testing.T) {
	c := Ceiling{PerHour: 10, PerDay: 20}
	for _, tc := range []struct {
		c           Ceiling
		hour, today int
		want        CeilingSpan
	}{
		{c, 0, 0, ""}, {c, 9, 19, ""}, {c, 10, 10, CeilingHour}, {c, 11, 19, CeilingHour}, {c, 0, 20, CeilingDay}, {c, 10, 20, CeilingDay},
		{Ceiling{}, 1e6, 1e6, ""}, {Ceiling{PerHour: 1}, 0, 1e6, ""}, {Ceiling{PerDay: 1}, 1e6, 0, ""},
	} {
		span, no := tc.c.Refusal(tc.hour, tc.today)
		if span != tc.want || (no == nil) != (tc.want == "") {
			t.Errorf("%+v after %d and %d: %q %v, want %q", tc.c, tc.hour, tc.today, span, no, tc.want)
		}
		if no != nil && (no.Rule != CeilingReached || !strings.Contains(no.JA, "上限") || !strings.Contains(no.EN, "settings allow")) {
			t.Errorf("said %+v", no)
		}
	}
}

// TestTheCeilingsDayIsTokyos: whatever zone the instant is written in.
func TestTheCeilingsDayIsTokyos(t *testing.T) {
	now := time.Date(2026, 11, 23, 15, 30, 0, 0, time.UTC) // half past midnight of the 24th in Tokyo
	if got := CeilingDay.Began(now); !got.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, Tokyo)) {
		t.Errorf("the day began %s", got)
	}
	if got := CeilingHour.Began(now); !got.Equal(now.Add(-time.Hour)) {
		t.Errorf("the hour began %s", got)
	}
}
