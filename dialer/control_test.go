package dialer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// talks brings a call into its talk.
func (h *house) talks(a dialer.Asker, desk dialer.DeskID) (dialer.CallID, dialer.CaseID) {
	h.t.Helper()
	ids := h.cases(1)
	call := h.dial(a, desk, ids[0])
	h.state(call, dialer.Talking)
	return call, ids[0]
}

func (h *house) evidence(id dialer.CallID) []dialer.EvidenceEvent {
	h.t.Helper()
	a, _ := h.ledger.Attempt(id)
	var all []dialer.EvidenceEvent
	for _, ev := range a.End.Evidence {
		all = append(all, ev.Event)
	}
	return all
}

func TestHoldAndMute(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		ctx := t.Context()
		h.refused(h.Hold(ctx, second, call, true), dialer.NotYourDesk)
		if err := h.Hold(ctx, first, "none", true); err == nil {
			t.Error("a call that is not there was held")
		}
		h.must(h.Hold(ctx, first, call, true))
		h.must(h.Hold(ctx, first, call, true)) // twice is once
		h.must(h.Mute(ctx, supervisor, call, true))
		synctest.Wait()
		if v, _ := h.Call(call); !v.Held || !v.Muted || v.State != dialer.Talking {
			t.Errorf("%+v", v)
		}
		h.must(h.Hold(ctx, first, call, false))
		h.must(h.Mute(ctx, first, call, false))
		synctest.Wait()
		if v, _ := h.Call(call); v.Held || v.Muted {
			t.Errorf("%+v", v)
		}
		for what, n := range map[string]int{"hold": 1, "resume": 1} {
			if got := h.phone.Did(call, dialer.CustomerLeg, what); got != n {
				t.Errorf("%s was done %d times", what, got)
			}
		}
		h.must(h.Hangup(ctx, first, call))
		h.ended(call)
		if ev := h.evidence(call); !slices.Contains(ev, dialer.EvHeld) || !slices.Contains(ev, dialer.EvResumed) {
			t.Errorf("%v", ev)
		}
		if err := h.Hold(ctx, first, call, true); err == nil {
			t.Error("a call that is over was held")
		}
	})
}

func TestOnlyATalkIsHeldOrHandedOn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.phone.Far(dialertest.Far{}, dialertest.RingsForEver())
		call := h.dial(first, desk1, h.cases(1)[0])
		h.state(call, dialer.CallingCustomer)
		h.refused(h.Hold(t.Context(), first, call, true), dialer.NotTalking)
		h.refused(h.Transfer(t.Context(), first, call, desk2, false), dialer.NotTalking)
		if v := h.desk(desk2); v.Ringing != "" {
			t.Error("a desk was seized for nothing")
		}
	})
}

func TestTalkIsHandedOn(t *testing.T) {
	for _, consult := range []bool{false, true} {
		inHouse(t, func(t *testing.T, h *house) {
			next := h.cases(1)[0]
			call, id := h.talks(first, desk1)
			h.must(h.Transfer(t.Context(), first, call, desk2, consult))
			synctest.Wait()
			if consult {
				v, _ := h.Call(call)
				if v.TransferTo != desk2 || !v.Consulting || v.Desk != desk1 || h.desk(desk2).Ringing != call {
					t.Errorf("%+v", v)
				}
				_, err := h.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Next: true})
				h.refused(err, dialer.DeskBusy)
				h.must(h.CompleteTransfer(t.Context(), first, call))
				synctest.Wait()
			}
			v, _ := h.Call(call)
			if v.Desk != desk2 || v.Operator != op2 || v.State != dialer.Talking || v.TransferTo != "" || v.Consulting {
				t.Errorf("%+v", v)
			}
			h.deskIs(desk2, dialer.DeskInCall, id)
			h.deskIs(desk1, dialer.DeskReady, next) // it goes on with its work
			// The case is not anybody else's: its lease went along.
			time.Sleep(10 * time.Minute)
			_, err := h.Dial(t.Context(), dialer.DialRequest{Asker: first, Desk: desk1, Case: id})
			h.refused(err, dialer.CaseBusy)
			h.refused(h.Hold(t.Context(), first, call, true), dialer.NotYourDesk)
			h.must(h.Hangup(t.Context(), second, call))
			a := h.ended(call)
			if a.End.EndedBy != dialer.ByOperator || a.End.Verdict.Result != dialer.Answered || !a.End.Verdict.Counted {
				t.Errorf("%+v", a.End)
			}
			if ev := h.evidence(call); !slices.Contains(ev, dialer.EvTransferred) {
				t.Errorf("%v", ev)
			}
			h.deskIs(desk2, dialer.DeskWrapUp, id)
			if a.End.Desk != desk2 || a.End.Operator != op2 {
				t.Errorf("the result is owed by %s at %s", a.End.Operator, a.End.Desk)
			}
			_, err = h.Present(t.Context(), first, desk1, id, false)
			h.refused(err, dialer.CaseBusy)
			h.restart(func(*dialer.Deps) {})
			h.must(h.Recover(t.Context()))
			h.deskIs(desk2, dialer.DeskWrapUp, id)
			if n := len(h.ledger.Attempts()); n != 1 {
				t.Errorf("%d attempts", n)
			}
			h.result(call, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		})
	}
}

func TestTransferThatComesToNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		ctx := t.Context()
		h.refused(h.Transfer(ctx, first, call, "desk9", false), dialer.UnknownDesk)
		h.refused(h.Transfer(ctx, first, call, desk1, false), dialer.DeskBusy)
		h.phone.Decline(desk2)
		h.must(h.Transfer(ctx, first, call, desk2, true))
		synctest.Wait()
		if v, _ := h.Call(call); v.TransferTo != "" || v.Consulting || v.Desk != desk1 || h.desk(desk2).Ringing != "" {
			t.Errorf("%+v", v)
		}
		h.deskIs(desk1, dialer.DeskInCall, id)
		_, err := h.Leave(ctx, second, desk2)
		h.must(err)
		h.refused(h.Transfer(ctx, first, call, desk2, false), dialer.DeskBusy)
	})
}

func TestTransferTakenBackAndEnded(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		ctx := t.Context()
		h.must(h.Transfer(ctx, first, call, desk2, true))
		synctest.Wait()
		h.must(h.CancelTransfer(ctx, first, call))
		synctest.Wait()
		if v := h.desk(desk2); v.Ringing != "" || v.State != dialer.DeskReady {
			t.Errorf("%+v", v)
		}
		h.must(h.Transfer(ctx, first, call, desk2, true))
		synctest.Wait()
		h.must(h.Hangup(ctx, first, call)) // in the middle of it
		h.ended(call)
		if v := h.desk(desk2); v.Ringing != "" {
			t.Errorf("the other desk still rings: %+v", v)
		}
	})
}

// TestATalkIsHandedOnSoOften and no oftener, by the panel, by the phone or by many at once: each time a phone is called, and what is known of it is kept until
// the talk's end. Who is told so still talks.
func TestATalkIsHandedOnSoOften(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		ctx := t.Context()
		begun := func() int { return h.phone.Did(call, dialer.DeskLeg, "transfer") }
		takenBack := func() {
			t.Helper()
			synctest.Wait()
			h.must(h.CancelTransfer(ctx, first, call))
			synctest.Wait()
			time.Sleep(time.Minute) // the desk does not rest
		}
		h.phone.Refer(call, desk2, true)
		takenBack()
		for begun() < dialer.MostTransfers {
			h.must(h.Transfer(ctx, first, call, desk2, true))
			takenBack()
		}
		h.refused(h.Transfer(ctx, first, call, desk2, true), dialer.TooManyTransfers)
		h.refused(h.Transfer(ctx, supervisor, call, desk2, false), dialer.TooManyTransfers)
		h.phone.Refer(call, desk2, true)
		synctest.Wait()
		if n := h.phone.Did(call, dialer.DeskLeg, "refuse_transfer"); n != 1 || begun() != dialer.MostTransfers {
			t.Errorf("%d begun, and %d of the phone's refused", begun(), n)
		}
		if v := h.desk(desk2); v.Ringing != "" {
			t.Errorf("%+v", v)
		}
		h.deskIs(desk1, dialer.DeskInCall, id)
		h.must(h.Hangup(ctx, first, call))
		h.ended(call)
	})
}

// TestADeskThatRestsIsHandedNothing: it has rung in vain again and again, as it does for calls that come in.
func TestADeskThatRestsIsHandedNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		ctx := t.Context()
		for range 2 {
			h.must(h.Transfer(ctx, first, call, desk2, true))
			synctest.Wait()
			h.must(h.CancelTransfer(ctx, first, call))
			synctest.Wait()
		}
		h.refused(h.Transfer(ctx, first, call, desk2, true), dialer.DeskBusy)
		time.Sleep(6 * time.Second)
		h.must(h.Transfer(ctx, first, call, desk2, true))
		synctest.Wait()
		h.must(h.CompleteTransfer(ctx, first, call))
		synctest.Wait()
		h.must(h.Hangup(ctx, second, call))
		h.ended(call)
	})
}

// TestALineThatIsBuiltAnewKnowsWhoHasTheTalk that was handed on: the new desk. Nothing is claimed for the old one.
func TestALineThatIsBuiltAnewKnowsWhoHasTheTalk(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		h.must(h.Transfer(t.Context(), first, call, desk2, false))
		synctest.Wait()
		h.deskIs(desk2, dialer.DeskInCall, id)
		h.queue.Lose()
		time.Sleep(5 * time.Second)
		held := h.queue.Leases()
		if len(held) != 1 || held[0].Case != id || held[0].Desk != desk2 {
			t.Errorf("%+v", held)
		}
		_, err := h.Present(t.Context(), first, desk1, id, false)
		h.refused(err, dialer.CaseBusy)
		h.must(h.Hangup(t.Context(), second, call))
		h.ended(call)
		if held := h.queue.Leases(); len(held) != 0 {
			t.Errorf("after the talk %+v", held)
		}
	})
}

func TestPhonesOwnTransferButton(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		h.phone.Refer(call, "desk9", false)
		synctest.Wait()
		if h.phone.Did(call, dialer.DeskLeg, "refuse_transfer") != 1 {
			t.Error("a transfer to no desk was not refused")
		}
		h.phone.Refer(call, desk2, false)
		synctest.Wait()
		h.deskIs(desk2, dialer.DeskInCall, id)
		h.must(h.Hangup(t.Context(), second, call))
		h.ended(call)
	})
}

// A desk that was just asked to take a call over rings for nobody once that call has ended, however the two fall together.
func TestTransferInTheMomentOfTheEnd(t *testing.T) {
	for range 60 {
		inHouse(t, func(t *testing.T, h *house) {
			h.phone.Far(dialertest.Answers(0, 5*time.Second), dialertest.Answers(0, 5*time.Second))
			h.phone.Slow("hold", 10*time.Second) // the call hears what happens meanwhile all at once, in any order
			call, _ := h.talks(first, desk1)
			h.must(h.Hold(t.Context(), first, call, true))
			time.Sleep(7 * time.Second) // both have hung up
			h.must(h.Transfer(t.Context(), first, call, desk2, false))
			h.ended(call)
			synctest.Wait()
			if v := h.desk(desk2); v.Ringing != "" {
				t.Errorf("the other desk rings for a call that is over: %+v", v)
			}
		})
	}
}

// The other phone answers while the talk is being ended: whoever talked owes the result.
func TestAnswerOfTheOtherDeskAfterTheEnd(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		h.must(h.Hangup(t.Context(), first, call))
		synctest.Wait()
		h.state(call, dialer.Ending)
		h.phone.Move(call, desk2)
		a := h.ended(call)
		h.deskIs(desk1, dialer.DeskWrapUp, id)
		if v := h.desk(desk2); v.State != dialer.DeskReady || a.End.Desk != desk1 {
			t.Errorf("%+v, %+v", v, a.End)
		}
	})
}

// The phone calls the other desk by itself: to everybody it is the panel's transfer with a word before.
func TestPhoneAsksTheOtherDeskByItself(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		h.phone.Refer(call, desk2, true)
		synctest.Wait()
		if v, _ := h.Call(call); v.TransferTo != desk2 || !v.Consulting || v.Desk != desk1 || h.desk(desk2).Ringing != call {
			t.Errorf("%+v", v)
		}
		h.phone.Refer(call, desk2, true) // once more meanwhile
		synctest.Wait()
		if h.phone.Did(call, dialer.DeskLeg, "refuse_transfer") != 1 {
			t.Error("a second one was not refused")
		}
		h.must(h.CompleteTransfer(t.Context(), first, call))
		synctest.Wait()
		h.deskIs(desk2, dialer.DeskInCall, id)
		h.must(h.Hangup(t.Context(), second, call))
		h.ended(call)
		if n := len(h.ledger.Attempts()); n != 1 {
			t.Errorf("%d attempts", n)
		}
	})
}

// A phone that rings for ever keeps the customer waiting for no longer than a desk rings for anything else.
func TestTransferThatNobodyAnswersIsTakenBack(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, id := h.talks(first, desk1)
		h.phone.RingOn(desk2)
		h.must(h.Transfer(t.Context(), first, call, desk2, false))
		time.Sleep(dialer.WardLimits().DeskRing - time.Second)
		if v, _ := h.Call(call); v.TransferTo != desk2 || h.desk(desk2).Ringing != call {
			t.Errorf("it was taken back early: %+v", v)
		}
		time.Sleep(2 * time.Second)
		if v, _ := h.Call(call); v.TransferTo != "" || v.State != dialer.Talking || h.desk(desk2).Ringing != "" {
			t.Errorf("%+v", v)
		}
		h.deskIs(desk1, dialer.DeskInCall, id)
		h.must(h.Transfer(t.Context(), first, call, desk2, true)) // a talk between the two desks is bounded by nothing
		synctest.Wait()
		h.phone.Consult(call, desk2)
		time.Sleep(2 * dialer.WardLimits().DeskRing)
		if v, _ := h.Call(call); v.TransferTo != desk2 || !v.Consulting {
			t.Errorf("%+v", v)
		}
		h.must(h.CompleteTransfer(t.Context(), first, call))
		synctest.Wait()
		h.must(h.Hangup(t.Context(), second, call))
		h.ended(call)
	})
}

// TestWhatIsSaidAgainAndAgainIsCounted: evidence is kept for ever, and a far end that says the same a thousand times has us keep it fifty times, and how often
// it came.
func TestWhatIsSaidAgainAndAgainIsCounted(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		h.phone.Far(dialertest.Answers(0, 0), dialertest.Answers(sec, time.Hour))
		id := h.dial(first, desk1, "")
		h.state(id, dialer.Talking)
		for range 300 {
			h.phone.Again(id, dialer.DeskLeg, dialer.EvChanged)
			synctest.Wait()
		}
		for range 2 {
			h.phone.Again(id, dialer.CustomerLeg, dialer.EvChanged)
			synctest.Wait()
		}
		h.must(h.Hangup(t.Context(), first, id))
		a := h.ended(id)
		kept := map[string]int{}
		for _, ev := range a.End.Evidence {
			kept[string(ev.Leg)+" "+string(ev.Event)+" "+ev.Reason]++
		}
		for what, want := range map[string]int{
			"desk changed ": 50, "desk more changed 250": 1, "customer changed ": 2, "customer answered OK": 1, "desk gone ": 1,
		} {
			if kept[what] != want {
				t.Errorf("%q stands there %d times, want %d: %v", what, kept[what], want, kept)
			}
		}
		if last := a.End.Evidence[len(a.End.Evidence)-1]; last.Event != dialer.EvMore || last.At.IsZero() {
			t.Errorf("at the end stands %+v", last)
		}
	})
}
