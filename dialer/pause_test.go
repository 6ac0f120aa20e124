package dialer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// A paused desk is given no case and rung for no call, until a supervisor releases it; who sits there can neither end it by coming back nor by
// sitting down anew.
func TestPausedDesk(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(2)
		_, err := h.Present(t.Context(), first, desk1, "", false)
		h.must(err)
		v, err := h.Pause(t.Context(), supervisor, desk1, " 様子を確認する ")
		if h.must(err); v.State != dialer.DeskAway || v.Away != dialer.AwayPaused || v.PausedBy != supervisor.User || v.PauseReason != "様子を確認する" || v.CaseID != "" {
			t.Errorf("%+v", v)
		}
		if leases := h.queue.Leases(); len(leases) != 0 {
			t.Errorf("the case that stood there is still kept: %v", leases)
		}
		h.refused(h.click(next(first, desk1)), dialer.SeatAway)
		_, err = h.Back(t.Context(), first, desk1)
		h.refused(err, dialer.SeatAway)
		caller := h.phone.Come("0300005678")
		h.incoming()
		synctest.Wait()
		for _, d := range caller.Rung() {
			if d == desk1 {
				t.Error("a paused desk was rung")
			}
		}
		caller.HangUp()
		synctest.Wait()
		_, err = h.Away(t.Context(), first, desk1, dialer.AwayBreak) // a break may be taken all the same
		h.must(err)
		v, err = h.Back(t.Context(), first, desk1)
		if h.must(err); v.Away != dialer.AwayPaused {
			t.Errorf("after the break: %+v", v)
		}
		_, err = h.Leave(t.Context(), first, desk1)
		h.must(err)
		h.sit(first, desk1)
		if v := h.desk(desk1); v.State != dialer.DeskAway || v.Away != dialer.AwayPaused {
			t.Errorf("after sitting down anew: %+v", v)
		}
		v, err = h.Unpause(t.Context(), supervisor, desk1)
		if h.must(err); v.State != dialer.DeskReady || v.PausedBy != "" {
			t.Errorf("released: %+v", v)
		}
		synctest.Wait()
		if v := h.desk(desk1); v.CaseID == "" {
			t.Errorf("no case came to stand there: %+v", v)
		}
	})
}

// In a call it is paused after the result; a pause is kept through a restart.
func TestPausedAfterTheCall(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(2)
		id, _ := h.talks(first, desk1)
		v, err := h.Pause(t.Context(), supervisor, desk1, "研修")
		if h.must(err); v.State != dialer.DeskInCall || v.PausedBy == "" {
			t.Errorf("%+v", v)
		}
		h.must(h.Hangup(t.Context(), first, id))
		h.ended(id)
		if v := h.desk(desk1); v.State != dialer.DeskWrapUp {
			t.Errorf("%+v", v)
		}
		h.result(id, "self", dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"})
		synctest.Wait()
		if v := h.desk(desk1); v.State != dialer.DeskAway || v.Away != dialer.AwayPaused || v.CaseID != "" {
			t.Errorf("after the result: %+v", v)
		}
		h.stop()
		<-h.ran
		h.deps.DesksApart = true
		h.open()
		h.must(h.Recover(t.Context()))
		h.must(h.Adopt(t.Context(), []dialer.Seat{{Desk: desk1, Operator: first.User}, {Desk: desk2}}))
		if v := h.desk(desk1); v.State != dialer.DeskAway || v.Away != dialer.AwayPaused || v.PauseReason != "研修" {
			t.Errorf("after a restart: %+v", v)
		}
	})
}

func TestPauseIsRefused(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		pause := func(a dialer.Asker, desk dialer.DeskID, reason string) error {
			_, err := h.Pause(t.Context(), a, desk, reason)
			return err
		}
		h.refused(pause(first, desk1, "x"), dialer.NotYourDesk)
		h.refused(pause(supervisor, desk1, " "), dialer.SeatAway)
		h.refused(pause(supervisor, "desk9", "x"), dialer.UnknownDesk)
		_, err := h.Unpause(t.Context(), first, desk1)
		h.refused(err, dialer.NotYourDesk)
		h.ledger.Break("SetPause", dialertest.Fault{Err: dialer.ErrLedgerDown})
		h.refused(pause(supervisor, desk1, "x"), dialer.LedgerDown)
		h.ledger.Break("SetPause", dialertest.Fault{})
		v, err := h.Unpause(t.Context(), supervisor, desk1) // not paused: nothing changes
		if h.must(err); v.State != dialer.DeskReady {
			t.Errorf("%+v", v)
		}
		time.Sleep(time.Second)
	})
}
