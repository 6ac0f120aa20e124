package dialer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestACallThatAnotherTookIsNotMissed: it stands in the record, its caller is not called back, and the case that was opened for it alone is over.
func TestACallThatAnotherTookIsNotMissed(t *testing.T) {
	for _, listed := range []bool{true, false} {
		inHouse(t, func(t *testing.T, h *house) {
			number := dialertest.NewNumber()
			var id dialer.CaseID
			if listed {
				id, number = h.known("ja")
			}
			before := h.ledger.Case(id).Next
			caller := h.phone.Come(number)
			in := h.incoming()
			synctest.Wait()
			time.Sleep(3 * time.Second)
			caller.TakenElsewhere()
			a := h.ended(in.ID)
			if a.End.Verdict.Result != dialer.Cancelled || a.End.Verdict.Rule != "inbound_elsewhere" || a.End.Verdict.Counted || a.End.Desk != "" {
				t.Errorf("listed %v: it came to %+v", listed, a.End.Verdict)
			}
			switch got := h.ledger.Case(a.Reservation.Target.CaseID).Next; {
			case listed && (got.State != before.State || !got.Due.Equal(before.Due) || got.Why != before.Why):
				t.Errorf("the case of the list stands at %+v, and stood at %+v", got, before)
			case !listed && got.State != dialer.CaseClosed:
				t.Errorf("the caller's own case stands at %+v", got)
			}
			if v := h.desk(desk1); v.State != dialer.DeskReady || v.Ringing != "" {
				t.Errorf("%+v", v)
			}
		})
	}
}
