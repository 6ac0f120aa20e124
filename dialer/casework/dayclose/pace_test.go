package dayclose

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestThePaceSaysWhenToPressAgain, in Tokyo and not a minute early, and waits for no clock that was wrong.
func TestThePaceSaysWhenToPressAgain(t *testing.T) {
	last := time.Date(2026, 11, 24, 17, 30, 1, 0, dialer.Tokyo)
	for now, waits := range map[time.Time]bool{
		last: true, last.Add(-time.Minute): true, last.Add(WaitGivenUp - 1): true, last.Add(WaitGivenUp): false, last.Add(-WaitGivenUp): false,
	} {
		g := GivenUpBefore{Now: now}
		for i := range MostGivenUp {
			if no := g.Refuse(); no != nil {
				t.Errorf("after %d: %v", i, no)
			}
			g.Add(Close{Moved: last.Add(-time.Duration(i) * time.Hour)})
		}
		g.Add(Close{Moved: last.Add(24 * time.Hour)})
		switch no := g.Refuse(); {
		case (no != nil) != waits:
			t.Errorf("at %s: %v", now, no)
		case waits && (!strings.Contains(no.JA, "17:41から") || !strings.Contains(no.EN, "from 17:41")):
			t.Errorf("%v, %s", no, no.JA)
		}
	}
}
