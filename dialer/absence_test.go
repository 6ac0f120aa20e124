package dialer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// While somebody is away nothing stands at their desk, nothing is dialled from it, and nobody who calls rings there; afterwards the next
// case comes by itself.
func TestAwayFromTheSeat(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		_, err := h.Present(t.Context(), first, desk1, "", false)
		h.must(err)
		began := time.Now()
		v, err := h.Away(t.Context(), first, desk1, dialer.AwayBreak)
		if h.must(err); v.State != dialer.DeskAway || v.Away != dialer.AwayBreak || v.CaseID != "" || !v.Since.Equal(began) {
			t.Errorf("%+v", v)
		}
		if leases := h.queue.Leases(); len(leases) != 0 {
			t.Errorf("the case that stood there is still kept: %v", leases)
		}
		h.refused(h.click(next(first, desk1)), dialer.SeatAway)
		h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[0]}), dialer.SeatAway)
		_, err = h.Present(t.Context(), first, desk1, "", false)
		h.refused(err, dialer.SeatAway)
		caller := h.phone.Come("0300005678")
		h.incoming()
		synctest.Wait()
		if !slices.Equal(caller.Rung(), []dialer.DeskID{desk2}) {
			t.Errorf("a caller rang %v", caller.Rung())
		}
		time.Sleep(time.Second)
		v, err = h.Away(t.Context(), first, desk1, dialer.AwayMeeting)
		if h.must(err); v.Away != dialer.AwayMeeting || !v.Since.Equal(began.Add(time.Second)) {
			t.Errorf("for another reason: %+v", v)
		}
		_, err = h.Back(t.Context(), second, desk1)
		h.refused(err, dialer.NotYourDesk)
		v, err = h.Back(t.Context(), first, desk1)
		if h.must(err); v.State != dialer.DeskReady || v.Away != "" {
			t.Errorf("back: %+v", v)
		}
		synctest.Wait()
		if rung := caller.Rung(); !slices.Contains(rung, desk1) {
			t.Errorf("the caller who waits rang only %v", rung)
		}
		caller.HangUp()
		synctest.Wait()
		h.nobodyAway()
		v, err = h.Back(t.Context(), first, desk1) // again: nothing happens
		if h.must(err); v.State != dialer.DeskReady {
			t.Errorf("%+v", v)
		}
		_, err = h.Away(t.Context(), first, desk1, dialer.AwayErrand)
		h.must(err)
		_, err = h.Back(t.Context(), supervisor, desk1)
		h.must(err)
		synctest.Wait()
		if v := h.desk(desk1); v.State != dialer.DeskReady || v.CaseID == "" {
			t.Errorf("no case came to stand there: %+v", v)
		}
	})
}

func (h *house) nobodyAway() {
	h.t.Helper()
	open, err := h.ledger.OpenAbsences(h.t.Context())
	if h.must(err); len(open) != 0 {
		h.t.Errorf("still away by the ledger: %+v", open)
	}
}

// What is refused, and why.
func TestAwayIsRefused(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(2)
		away := func(a dialer.Asker, desk dialer.DeskID, reason dialer.AwayReason) error {
			_, err := h.Away(t.Context(), a, desk, reason)
			return err
		}
		h.refused(away(first, desk1, "golf"), dialer.SeatAway)
		h.refused(away(first, "desk9", dialer.AwayBreak), dialer.UnknownDesk)
		h.refused(away(second, desk1, dialer.AwayBreak), dialer.NotYourDesk)
		h.refused(away(supervisor, desk1, dialer.AwayBreak), dialer.NotYourDesk)
		_, err := h.Back(t.Context(), first, "desk9")
		h.refused(err, dialer.UnknownDesk)
		h.ledger.Break("BeginAbsence", dialertest.Fault{Err: dialer.ErrLedgerDown})
		h.refused(away(first, desk1, dialer.AwayBreak), dialer.LedgerDown)
		if v := h.desk(desk1); v.State != dialer.DeskReady {
			t.Errorf("it is %s all the same", v.State)
		}
		h.ledger.Break("BeginAbsence", dialertest.Fault{})
		call, _ := h.talks(first, desk1)
		if no := h.refused(away(first, desk1, dialer.AwayBreak), dialer.DeskBusy); no.JA == dialer.Refuse(dialer.DeskBusy).JA {
			t.Error("in a call it has no sentence of its own")
		}
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
		h.refused(away(first, desk1, dialer.AwayBreak), dialer.ResultIsDue)
	})
}

// Leaving, or being relieved, ends an absence; that it ended is written even when the ledger is away for a moment.
func TestAnAbsenceEndsWithTheSeat(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, err := h.Away(t.Context(), first, desk1, dialer.AwayTraining)
		h.must(err)
		h.ledger.Break("EndAbsence", dialertest.Fault{Err: dialer.ErrLedgerDown})
		v, err := h.Leave(t.Context(), first, desk1)
		if h.must(err); v.State != dialer.DeskEmpty || v.Away != "" {
			t.Errorf("%+v", v)
		}
		time.Sleep(2 * time.Second)
		h.ledger.Break("EndAbsence", dialertest.Fault{})
		time.Sleep(time.Minute)
		h.nobodyAway()
		_, err = h.Away(t.Context(), second, desk2, dialer.AwayTrouble)
		h.must(err)
		v, err = h.Sit(t.Context(), first, desk2, true)
		if h.must(err); v.State != dialer.DeskReady || v.Away != "" {
			t.Errorf("%+v", v)
		}
		synctest.Wait()
		h.nobodyAway()
	})
}

// When somebody last touched a key is theirs to tell, and only ever grows.
func TestTouched(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.refused(h.Touched(t.Context(), first, "desk9", 0), dialer.UnknownDesk)
		h.refused(h.Touched(t.Context(), second, desk1, 0), dialer.NotYourDesk)
		h.must(h.Touched(t.Context(), first, desk1, 5*time.Second))
		at := time.Now().Add(-5 * time.Second)
		h.must(h.Touched(t.Context(), first, desk1, time.Minute)) // told late, of an earlier one
		if v := h.desk(desk1); !v.TouchedAt.Equal(at) {
			t.Errorf("touched at %v, want %v", v.TouchedAt, at)
		}
		_, err := h.Leave(t.Context(), first, desk1)
		h.must(err)
		if v := h.desk(desk1); !v.TouchedAt.IsZero() {
			t.Errorf("an empty seat was touched at %v", v.TouchedAt)
		}
	})
}

// On another day whoever was away is back.
func TestAnAbsenceIsOfItsDay(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, err := h.Away(t.Context(), first, desk1, dialer.AwayBreak)
		h.must(err)
		h.stop()
		<-h.ran
		h.deps.DesksApart = true
		h.open()
		h.must(h.Recover(t.Context()))
		h.must(h.Adopt(t.Context(), []dialer.Seat{{Desk: desk1}, {Desk: desk2}}))
		time.Sleep(24 * time.Hour)
		h.sit(first, desk1)
		if v := h.desk(desk1); v.State != dialer.DeskReady || v.Away != "" {
			t.Errorf("%+v", v)
		}
		synctest.Wait()
		h.nobodyAway()
	})
}
