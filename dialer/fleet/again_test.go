package fleet_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
)

// TestWhatWasSaidOnceIsDoneOnce: who writes in Redis cannot forge what nodes tell each other, and what they put there once more is neither done
// nor shown: minutes later or hours.
func TestWhatWasSaidOnceIsDoneOnce(t *testing.T) {
	for _, later := range []time.Duration{time.Minute, 5 * time.Minute, 11 * time.Minute, 3 * time.Hour} {
		inCentre(t, func(t *testing.T, c *centre) {
			a, b := twoNodes(c)
			c.sit(a, second, desk2)
			c.sees(a, desk2, "taken", ready)
			if _, err := a.Leave(t.Context(), second, desk2); err != nil {
				t.Fatal(err)
			}
			c.sees(a, desk2, "empty", func(v dialer.DeskView) bool { return v.State == dialer.DeskEmpty })
			time.Sleep(later)
			seen := len(a.board.Changes())
			c.wire.Again()
			synctest.Wait()
			if v := b.desk(desk2); v.State != dialer.DeskEmpty {
				t.Errorf("%s later somebody was seated there again: %+v", later, v)
			}
			for _, change := range a.board.Changes()[seen:] {
				if change.Desk != nil && change.Desk.State != dialer.DeskEmpty {
					t.Errorf("%s later the panel was shown %+v", later, change.Desk)
				}
			}
		})
	}
}

// TestWhatComesTooLateIsNotDone: Redis may stand still and go on. Whoever asked was told that it was not done, and has left perhaps: neither is a
// phone opened then, nor anything else done.
func TestWhatComesTooLateIsNotDone(t *testing.T) {
	for _, later := range []time.Duration{time.Second, 20 * time.Second, 4 * time.Minute} {
		inCentre(t, func(t *testing.T, c *centre) {
			a, b := twoNodes(c)
			c.sit(a, second, desk2)
			c.sees(a, desk2, "taken", ready)
			c.wire.Hold("b", true)
			if _, err := a.Leave(t.Context(), second, desk2); err == nil {
				t.Error("it was done")
			}
			time.Sleep(later)
			c.wire.Hold("b", false)
			synctest.Wait()
			if v := b.desk(desk2); v.State == dialer.DeskEmpty {
				t.Errorf("%s after nobody had answered it was done", later)
			}
		})
	}
}
