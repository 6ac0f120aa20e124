package report_test

import (
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// TestSpread: from the opening to the close, the plan grows evenly to the target; a call outside the hours has its own half hour.
func TestSpread(t *testing.T) {
	wednesday := dialer.Date{Year: 2026, Month: 11, Day: 25} // 13–19
	hours := dialer.Hours{Week: dialer.WardHours()}
	c := report.Spread(wednesday, hours, 120, []report.HalfHour{{At: wednesday.At(10 * 60), Attempts: 1}, {At: wednesday.At(13 * 60), Attempts: 8, Answered: 3}})
	if len(c.Halves) != 13 || c.Target != 120 || c.Date != "2026-11-25" {
		t.Fatalf("%+v", c)
	}
	if h := c.Halves[0]; h.Attempts != 1 || h.Plan != 0 {
		t.Errorf("before the opening: %+v", h)
	}
	if h := c.Halves[1]; h.Attempts != 8 || h.Answered != 3 || h.Plan != 10 {
		t.Errorf("the first half hour: %+v", h)
	}
	if h := c.Halves[12]; h.Plan != 120 || !h.At.Equal(wednesday.At(18*60+30)) {
		t.Errorf("the last: %+v", h)
	}
	if c := report.Spread(dialer.Date{Year: 2026, Month: 11, Day: 29}, hours, 0, nil); len(c.Halves) != 0 {
		t.Errorf("a closed day: %+v", c)
	}
}
