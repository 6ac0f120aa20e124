package fleet_test

import (
	"context"
	"testing"
	"time"

	"kakeru/dialer"
)

// longestTest is about how long a test call takes that nobody picks up.
const longestTest = 35 * time.Second

// tester is the phones of a node, which nobody lifts.
type tester struct{ rang []dialer.DeskID }

func (p *tester) TestDesk(_ context.Context, t dialer.DeskTest) (dialer.DeskTestReport, error) {
	p.rang = append(p.rang, t.Desk)
	time.Sleep(longestTest)
	return dialer.DeskTestReport{Desk: t.Desk, End: dialer.TestNoAnswer, Auto: t.Click.Use(t.Desk)}, nil
}

// TestATestCallAtAnotherNode: the node that has the phone rings it, however long that takes, and what it answered comes to whoever asked.
func TestATestCallAtAnotherNode(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		admin := dialer.Asker{User: "admin", Role: dialer.RoleAdmin}
		r, err := a.TestDesk(t.Context(), admin, desk2, true)
		c.must(err)
		if r.Desk != desk2 || r.End != dialer.TestNoAnswer || !r.Auto {
			t.Errorf("reported: %+v", r)
		}
		if len(a.tester.rang) != 0 || len(b.tester.rang) != 1 {
			t.Errorf("a rang %v, b %v", a.tester.rang, b.tester.rang)
		}
		c.sit(a, second, desk2)
		_, err = a.TestDesk(t.Context(), admin, desk2, true)
		if c.refused(err, dialer.NotYourDesk); len(b.tester.rang) != 1 {
			t.Error("the phone of somebody who sits there was opened")
		}
	})
}
