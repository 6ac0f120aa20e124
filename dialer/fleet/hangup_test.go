package fleet_test

import (
	"errors"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestAHangUpFindsItsCall: where nothing comes of what the other node shows, the register says who has the call; and where that node does not answer, the
// person is sent to the phone's own hook.
func TestAHangUpFindsItsCall(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		c.wire.Deafen("a", true)
		byHand := func(id dialer.CallID, why string) {
			t.Helper()
			if no := c.refused(a.Hangup(t.Context(), second, id), dialer.QueueDown); !strings.Contains(no.EN, "hang up at the phone") {
				t.Errorf("%s: the person is told %q", why, no.EN)
			}
		}
		id := c.talk(b, second, desk2)
		if _, shown := a.Call(id); shown {
			t.Fatal("a was not deaf")
		}
		c.refused(a.Hangup(t.Context(), first, id), dialer.NotYourDesk)
		a.door.Break("Carrier", dialertest.Fault{Hang: true})
		byHand(id, "the register does not answer")
		a.door.Break("Carrier", dialertest.Fault{})
		c.wire.Break("Send", dialertest.Fault{Hang: true})
		byHand(id, "the wire is away")
		c.wire.Break("Send", dialertest.Fault{})
		c.wire.Hold("b", true)
		byHand(id, "b does not answer")
		c.must(b.Hangup(t.Context(), second, id))
		c.over(id)
		if err := a.Hangup(t.Context(), second, id); !errors.Is(err, dialer.ErrNotFound) {
			t.Errorf("a call that is over: %v", err)
		}
		c.wire.Hold("b", false)
		c.wire.Deafen("a", false)
		c.sees(a, desk2, "in wrap-up", func(v dialer.DeskView) bool { return v.State == dialer.DeskWrapUp })
	})
}

// TestAHangUpIsDoneByWhoHasTheCall, though its node shows nothing.
func TestAHangUpIsDoneByWhoHasTheCall(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		c.wire.Break("Publish", dialertest.Fault{Hang: true})
		id := c.talk(b, second, desk2)
		c.until("b knows that nobody hears it", func() bool { return !b.Heard() })
		c.must(a.Hangup(t.Context(), second, id))
		if got := c.over(id); got.End.EndedBy != dialer.ByOperator {
			t.Errorf("it was ended by %s", got.End.EndedBy)
		}
		c.wire.Break("Publish", dialertest.Fault{})
		c.until("b is heard again", b.Heard)
	})
}
