package dialer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// missed has somebody call and hang up before anybody lifts, and returns their case.
func (h *house) missed(number dialer.Number) dialer.CaseID {
	h.t.Helper()
	caller := h.phone.Come(number)
	in := h.incoming()
	time.Sleep(2 * time.Second)
	caller.HangUp()
	return h.ended(in.ID).Reservation.Target.CaseID
}

// TestStrangersDoNotFillTheLine: of many missed calls from numbers that are on no list, ten an hour and forty a day come into the line by themselves; what
// more there are is held for a supervisor, who is told once an hour. Somebody of the list comes into it whatever strangers do, and so does a stranger who is
// in it already.
func TestStrangersDoNotFillTheLine(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		told := func() (n int) {
			for _, a := range h.board.Alerts() {
				if strings.Contains(a, "strangers_call") {
					n++
				}
			}
			return n
		}
		states := func(ids []dialer.CaseID, want dialer.CaseState) (n int) {
			for _, id := range ids {
				if c := h.ledger.Case(id); c.Next.State == want && strings.Contains(c.Next.Why, "不在着信") {
					n++
				}
			}
			return n
		}
		var first dialer.Number
		var all []dialer.CaseID
		for hour, want := range []int{10, 20, 30, 40, 40, 40} {
			sleepUntil(time.Date(2026, 11, 24, 10+hour, 10, 0, 0, dialer.Tokyo))
			for i := range 15 {
				number := dialertest.NewNumber()
				if hour == 0 && i == 0 {
					first = number
				}
				all = append(all, h.missed(number))
			}
			if waiting, held := states(all, dialer.CaseWaiting), states(all, dialer.CaseHeld); waiting != want || held != len(all)-want || told() != hour+1 {
				t.Errorf("after hour %d %d wait and %d are held of %d, and the supervisor was told %d times", hour, waiting, held, len(all), told())
			}
		}
		id, number := h.known("ja")
		if got := h.missed(number); got != id || h.ledger.Case(id).Next.State != dialer.CaseWaiting {
			t.Errorf("somebody of the list is %+v", h.ledger.Case(id).Next)
		}
		if again := h.missed(first); again != all[0] || h.ledger.Case(again).Next.State != dialer.CaseWaiting {
			t.Errorf("who is to be called back, and calls again, is %+v", h.ledger.Case(again).Next)
		}
		sleepUntil(time.Date(2026, 11, 26, 10, 10, 0, 0, dialer.Tokyo))
		if fresh := h.missed(dialertest.NewNumber()); h.ledger.Case(fresh).Next.State != dialer.CaseWaiting {
			t.Errorf("two days later somebody is %+v", h.ledger.Case(fresh).Next)
		}
	})
}

// TestStrangersDoNotFillTheLineUnseen: no more of them come into the line where the ledger could not say who calls.
func TestStrangersDoNotFillTheLineUnseen(t *testing.T) {
	for name, how := range map[string]dialertest.Fault{"hangs": {Hang: true}, "is away": {Err: dialer.ErrLedgerDown}} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				listed, number := h.known("ja")
				h.ledger.Break("Arrive", how)
				states := map[dialer.CaseState]int{}
				for range 25 {
					states[h.ledger.Case(h.missed(dialertest.NewNumber())).Next.State]++
				}
				if states[dialer.CaseWaiting] != 10 || states[dialer.CaseHeld] != 15 {
					t.Errorf("of 25 strangers stand %v", states)
				}
				if got := h.missed(number); got != listed || h.ledger.Case(got).Next.State != dialer.CaseWaiting {
					t.Errorf("somebody of the list is %+v", h.ledger.Case(got).Next)
				}
			})
		})
	}
}

// TestACallToAStrangerIsNoAttemptOfTheWards: who is on no list is called back, the record has it whole, and the ward is not told of one more call to a debtor.
func TestACallToAStrangerIsNoAttemptOfTheWards(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		stranger := h.missed(dialertest.NewNumber())
		listed, number := h.known("ja")
		h.missed(number)
		for id, counted := range map[dialer.CaseID]bool{stranger: false, listed: true} {
			call := h.dial(first, desk1, id)
			h.state(call, dialer.Talking)
			h.must(h.Hangup(t.Context(), first, call))
			a := h.ended(call)
			if v := a.End.Verdict; v.Counted != counted || v.Result != dialer.Answered || counted == strings.Contains(v.Why, "名簿にない") {
				t.Errorf("%+v", v)
			}
			if !slices.ContainsFunc(a.End.Evidence, func(e dialer.Evidence) bool { return e.Event == dialer.EvAnswered }) {
				t.Error("its evidence is not kept")
			}
			h.result(call, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "済"})
		}
	})
}
