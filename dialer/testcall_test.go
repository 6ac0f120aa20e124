package dialer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
)

var admin = dialer.Asker{User: "admin", Role: dialer.RoleAdmin}

// tester is a phone side whose test calls last as long as the test wants.
type tester struct {
	asked []dialer.DeskTest
	takes time.Duration
}

func (p *tester) TestDesk(_ context.Context, t dialer.DeskTest) (dialer.DeskTestReport, error) {
	p.asked = append(p.asked, t)
	time.Sleep(p.takes)
	return dialer.DeskTestReport{Desk: t.Desk, End: dialer.TestDone, Auto: t.Click.Use(t.Desk)}, nil
}

func inTestedHouse(t *testing.T, test func(*testing.T, *house, *tester)) {
	t.Helper()
	inHouse(t, func(t *testing.T, h *house) {
		p := &tester{takes: 10 * time.Second}
		h.close()
		h.deps.Tester = p
		h.open()
		test(t, h, p)
	})
}

// Where nobody needs the desk its phone is rung; a click in the meantime is refused in words, and nothing stands in the ledger.
func TestATestCallHoldsTheDesk(t *testing.T) {
	t.Parallel()
	inTestedHouse(t, func(t *testing.T, h *house, p *tester) {
		h.sit(first, desk1)
		ids := h.cases(1)
		done := make(chan dialer.DeskTestReport, 1)
		go func() {
			r, err := h.TestDesk(t.Context(), admin, desk1, false)
			h.must(err)
			done <- r
		}()
		synctest.Wait()
		_, err := h.Dial(t.Context(), dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[0], IdempotencyKey: "a"})
		h.refused(err, dialer.DeskBusy)
		_, err = h.TestDesk(t.Context(), admin, desk1, false)
		h.refused(err, dialer.DeskBusy)
		_, err = h.Pause(t.Context(), supervisor, desk1, "確認")
		h.refused(err, dialer.DeskBusy)
		if r := <-done; r.End != dialer.TestDone || r.Auto {
			t.Errorf("got %+v", r)
		}
		synctest.Wait()
		if n := len(h.ledger.Attempts()); n != 0 {
			t.Errorf("%d attempts", n)
		}
		if len(p.asked) != 1 || p.asked[0].Click != nil || p.asked[0].Ring != dialer.WardLimits().DeskRing {
			t.Errorf("asked %+v", p.asked)
		}
		_, err = h.Pause(t.Context(), supervisor, desk1, "確認")
		h.must(err)
	})
}

// A phone is opened by itself at an empty desk, or at one's own; never at another person's.
func TestATestCallOpensNobodysMicrophone(t *testing.T) {
	t.Parallel()
	inTestedHouse(t, func(t *testing.T, h *house, p *tester) {
		h.sit(first, desk1)
		_, err := h.TestDesk(t.Context(), admin, desk1, true)
		h.refused(err, dialer.NotYourDesk)
		_, err = h.TestDesk(t.Context(), first, desk1, true)
		h.must(err)
		r, err := h.TestDesk(t.Context(), admin, desk2, true)
		h.must(err)
		if !r.Auto || len(p.asked) != 2 {
			t.Errorf("got %+v after %d", r, len(p.asked))
		}
		_, err = h.TestDesk(t.Context(), admin, "desk9", true)
		h.refused(err, dialer.UnknownDesk)
	})
}

func TestATestCallWaitsForNoOne(t *testing.T) {
	t.Parallel()
	inTestedHouse(t, func(t *testing.T, h *house, p *tester) {
		h.sit(first, desk1)
		_, err := h.Pause(t.Context(), supervisor, desk1, "確認")
		h.must(err)
		_, err = h.TestDesk(t.Context(), admin, desk1, false)
		h.refused(err, dialer.DeskBusy)
		if len(p.asked) != 0 {
			t.Error("the phone was rung")
		}
	})
	inHouse(t, func(t *testing.T, h *house) {
		_, err := h.TestDesk(t.Context(), admin, desk1, false)
		h.refused(err, dialer.NoRoute)
	})
}

func TestDesksAreRenamed(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		h.NameDesks(map[dialer.DeskID]string{desk1: "窓側", "desk9": "ない席"})
		if d := h.Desks(); d[0].Name != "窓側" || d[1].Name != "席2" || d[0].Operator != op1 {
			t.Errorf("got %+v", d)
		}
	})
}
