package dialer_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// The customer's INVITE leaves after dialled_at is committed, or not at all: whatever the ledger does.
func TestNobodyIsRungWithoutARecord(t *testing.T) {
	for name, how := range map[string]dialertest.Fault{
		"hangs":              {Hang: true},
		"is too slow":        {Slow: 1500 * time.Millisecond},
		"fails":              {Err: errors.New("disk full")},
		"its answer is lost": {Lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				ids := h.cases(1)
				before := h.ledger.Case(ids[0]).Next
				h.ledger.Break("Dialled", how)
				h.phone.Far(dialertest.Far{}, dialertest.Far{})
				clicked := time.Now()
				a := h.ended(h.dial(first, desk1, ids[0]))
				v := a.End.Verdict
				if v.Result != dialer.NotDialled || v.Counted || a.End.EndedBy != dialer.BySystem || !a.DialledAt.IsZero() {
					t.Errorf("%+v by %s, dialled at %v", v, a.End.EndedBy, a.DialledAt)
				}
				if len(h.phone.Dialled()) != 0 {
					t.Error("the customer was rung")
				}
				if took := a.End.EndedAt.Sub(clicked); took > 1200*time.Millisecond {
					t.Errorf("the operator waited %v", took)
				}
				if got := h.ledger.Case(ids[0]).Next; got != before {
					t.Errorf("the case moved to %+v", got)
				}
			})
		})
	}
}

// One second is from the desk's answer, not from when the scribe comes to it.
func TestTheSecondRunsFromTheAnswer(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		h.phone.Far(dialertest.Answers(2*sec, 0), dialertest.Far{})
		h.ledger.Break("Note", dialertest.Fault{Hang: true})
		h.ledger.Break("Dialled", dialertest.Fault{Slow: 800 * time.Millisecond})
		if a := h.ended(h.dial(first, desk1, "")); a.End.Verdict.Result != dialer.NotDialled {
			t.Errorf("%+v", a.End.Verdict)
		}
		h.ledger.Break("Dialled", dialertest.Fault{Slow: 100 * time.Millisecond})
		id := h.dial(first, desk1, "")
		h.state(id, dialer.Talking) // notes that hang are lost, and cost nothing more
		h.must(h.Hangup(t.Context(), first, id))
		h.ended(id)
	})
}

// With the ledger hanging from any moment on, legs are dropped at once; the end goes to the spool, and the desk is free.
func TestAHangUpNeverWaitsForTheLedger(t *testing.T) {
	for _, state := range []dialer.State{dialer.CallingDesk, dialer.CallingCustomer, dialer.Talking} {
		t.Run(string(state), func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				ids := h.cases(2)
				desk, customer := dialertest.Far{}, dialertest.Far{}
				switch state {
				case dialer.CallingDesk:
					desk = dialertest.RingsForEver()
				case dialer.CallingCustomer:
					customer = dialertest.RingsForEver()
				default:
				}
				h.phone.Far(desk, customer)
				id := h.dial(first, desk1, "")
				h.state(id, state)
				h.ledger.Break("", dialertest.Fault{Hang: true})
				asked := time.Now()
				h.must(h.Hangup(t.Context(), first, id))
				synctest.Wait()
				for _, d := range h.phone.Deeds(id) {
					if d.What == "drop" && d.At.Sub(asked) > 0 {
						t.Errorf("the %s leg was dropped after %v", d.Leg, d.At.Sub(asked))
					}
				}
				if h.phone.Did(id, dialer.DeskLeg, "drop") == 0 {
					t.Error("the desk leg was not dropped")
				}
				h.ended(id)
				if took := time.Since(asked); took > sec || h.ledger.Spooled() != 1 {
					t.Errorf("after %v, %d ends in the spool", took, h.ledger.Spooled())
				}
				h.refused(h.click(dialer.DialRequest{Asker: second, Desk: desk2, Case: ids[1]}), dialer.LedgerDown)
				h.ledger.Break("", dialertest.Fault{})
			})
		})
	}
}

// An end that can be written nowhere is tried until it can; the supervisor is told once.
func TestAnEndIsNeverLost(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
		h.ledger.Break("End", dialertest.Fault{Err: errors.New("no space left")})
		id := h.dial(first, desk1, "")
		h.state(id, dialer.Ended)
		time.Sleep(time.Minute)
		if a, _ := h.ledger.Attempt(id); a.End != nil {
			t.Fatal("written all the same")
		}
		if got := h.board.Alerts(); !slices.Equal(got, []string{"spool_full"}) {
			t.Errorf("alerts %v", got)
		}
		h.ledger.Break("End", dialertest.Fault{})
		h.ended(id)
		h.deskIs(desk1, dialer.DeskReady, ids[1])
	})
}

// A reservation whose answer is lost may have been committed: it is closed, so that it locks nobody out.
func TestALostReservationIsClosed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		h.ledger.Break("Reserve", dialertest.Fault{Lost: true})
		h.ledger.Break("End", dialertest.Fault{Err: errors.New("no space left")}) // and that fails at first
		h.refused(h.click(next(first, desk1)), dialer.LedgerDown)
		h.ledger.Break("End", dialertest.Fault{})
		time.Sleep(sec)
		all := h.ledger.Attempts()
		if len(all) != 1 || all[0].End == nil || all[0].End.Verdict.Result != dialer.NotDialled {
			t.Fatalf("%+v", all)
		}
		h.ledger.Break("Reserve", dialertest.Fault{})
		h.ended(h.dial(first, desk1, ids[0]))
	})
}

func TestWithoutTheQueue(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(3)
		h.queue.Break("", dialertest.Fault{Hang: true})
		h.refused(h.click(next(first, desk1)), dialer.QueueDown)
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
		h.ended(h.dial(first, desk1, ids[1])) // a named case can be called
		if got := h.board.Alerts(); !slices.Equal(got, []string{"queue_down"}) {
			t.Errorf("alerts %v", got)
		}
		h.queue.Lose()
		h.queue.Break("", dialertest.Fault{})
		h.poll(func() bool { return slices.Contains(h.board.Alerts(), "queue_back") }, func() string { return "a queue that is back" })
		if line := h.line(); !slices.Equal(line, []dialer.CaseID{ids[0], ids[2], ids[1]}) {
			t.Errorf("the line as rebuilt: %v", line)
		}
		id := h.dial(first, desk1, "")
		if v, _ := h.Call(id); v.CaseID != ids[0] {
			t.Errorf("next is %s", v.CaseID)
		}
	})
}

// The line is never believed against the ledger: Redis may come back from an old dump.
func TestAnOldLineRingsNobody(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(4)
		later := dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(14 * 24 * time.Hour), Why: "約束の期日待ち"}
		for i, n := range []dialer.CaseNext{{State: dialer.CaseClosed, Why: "完了"}, later, {State: dialer.CaseResultDue, Why: "結果待ち"}} {
			h.must(h.ledger.Defer(t.Context(), ids[i], n)) // and the queue missed it
		}
		h.must(h.queue.Put(t.Context(), dialer.Waiting{Case: "a case that is gone", Due: time.Now(), Priority: -1}))
		id := h.dial(first, desk1, "")
		if v, _ := h.Call(id); v.CaseID != ids[3] {
			t.Errorf("it rings %s", v.CaseID)
		}
		if got := h.ledger.Case(ids[1]).Next; got != later {
			t.Errorf("the promise became %+v", got)
		}
		if line := h.line(); !slices.Equal(line, []dialer.CaseID{ids[3], ids[1]}) {
			t.Errorf("the line: %v", line)
		}
	})
}

// A line that was lost in a call comes back with the desks' leases, and without the case that is in the call.
func TestALineLostInATalk(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(3)
		id := h.dial(first, desk1, "")
		h.state(id, dialer.Talking)
		_, err := h.Present(t.Context(), second, desk2, "", false)
		h.must(err)
		h.queue.Lose()
		time.Sleep(10 * sec)
		if leases := h.queue.Leases(); len(leases) != 2 || leases[0].Case != ids[0] || leases[1].Case != ids[1] {
			t.Errorf("leases %v", leases)
		}
		time.Sleep(10 * time.Minute) // and they are renewed
		if leases := h.queue.Leases(); len(leases) != 2 {
			t.Errorf("leases %v", leases)
		}
		h.must(h.Hangup(t.Context(), first, id))
		h.ended(id)
		if line := h.line(); !slices.Equal(line, ids[1:]) {
			t.Errorf("the line: %v", line)
		}
	})
}

// A claim that somebody else ended is forgotten at a desk that only reads its case.
func TestALostClaimIsForgotten(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		_, err := h.Present(t.Context(), first, desk1, "", false)
		h.must(err)
		h.must(h.ledger.Defer(t.Context(), ids[0], dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}))
		h.must(h.queue.Remove(t.Context(), ids[0]))
		time.Sleep(5 * sec)
		h.deskIs(desk1, dialer.DeskReady, "")
	})
}

// One that nobody ended goes on at the desk: the line was built anew by a process that did not know of it.
func TestALostClaimOfAWaitingCaseIsMadeAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		_, err := h.Present(t.Context(), first, desk1, "", false)
		h.must(err)
		h.must(h.queue.Rebuild(t.Context(), h.ledger.Waiting(t.Context()), nil))
		time.Sleep(5 * sec)
		h.deskIs(desk1, dialer.DeskReady, ids[0])
		if leases := h.queue.Leases(); len(leases) != 1 || leases[0].Case != ids[0] {
			t.Errorf("leases %v", leases)
		}
	})
}

func TestDrain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(3)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(sec, 0))
		talk := h.dial(first, desk1, ids[0])
		h.state(talk, dialer.Talking)
		h.ledger.Break("Reserve", dialertest.Fault{Slow: sec})
		var late dialer.Accepted
		var lateErr error
		drained := make(chan time.Duration, 1)
		together(
			func() {
				late, lateErr = h.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: ids[1]})
			},
			func() {
				time.Sleep(100 * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				defer cancel()
				from := time.Now()
				h.Drain(ctx)
				drained <- time.Since(from)
			},
			func() {
				time.Sleep(200 * time.Millisecond)
				h.refused(h.click(next(second, desk2)), dialer.Draining)
				_, err := h.Present(t.Context(), second, desk2, "", false)
				h.refused(err, dialer.Draining)
				if v, _ := h.Call(talk); v.State != dialer.Talking {
					t.Errorf("the talk was not left its time: %s", v.State)
				}
			},
		)
		h.must(lateErr)
		if took := <-drained; took > 3*sec {
			t.Errorf("it took %v", took)
		}
		for _, id := range []dialer.CallID{talk, late.CallID} {
			if a, _ := h.ledger.Attempt(id); a.End == nil || a.End.EndedBy != dialer.BySystem {
				t.Errorf("%+v", a.End)
			}
		}
		if got := len(h.phone.Dialled()); got != 1 {
			t.Errorf("%d customers were rung", got)
		}
		h.must(h.ResultRecorded(t.Context(), talk, ids[0])) // after the drain: nothing runs on
	})
}

// A queue that comes back with what it had before it went is rebuilt all the same.
func TestAQueueThatComesBackOld(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		h.queue.Break("", dialertest.Fault{Hang: true})
		time.Sleep(10 * sec)
		h.must(h.ledger.Defer(t.Context(), ids[0], dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}))
		h.queue.Break("", dialertest.Fault{})
		time.Sleep(10 * sec)
		if line := h.line(); !slices.Equal(line, ids[1:]) {
			t.Errorf("the line: %v", line)
		}
	})
}

// A result that is recorded the moment the talk's end is written puts the case where it says, however slow the queue is.
func TestAResultAtOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(sec, sec))
		h.queue.Break("Done", dialertest.Fault{Slow: 200 * time.Millisecond})
		id := h.dial(first, desk1, "")
		h.ended(id)
		h.result(id, "self", dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(48 * time.Hour), Why: "折返し"})
		time.Sleep(sec)
		if line := h.line(); !slices.Equal(line, ids) {
			t.Errorf("the line: %v", line)
		}
	})
}

// A talk's case could not leave the line before its end was written, because the queue hung; its result is recorded while the engine
// still sees to that. Whatever comes first, the case waits where the ledger has it.
func TestAResultWhileTheQueueWakes(t *testing.T) {
	for name, broken := range map[string]map[string]dialertest.Fault{
		"leaving is slow":              {"Done": {Slow: sec}},
		"leaving is done late":         {"Done": {Lost: true}},
		"leaving and removing is slow": {"Done": {Slow: sec}, "Remove": {Slow: sec}},
		"the claim was lost meanwhile": {"Done": {Err: dialer.ErrClaimLost}, "Remove": {Slow: sec}},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				ids := h.cases(1)
				h.phone.Far(dialertest.Answers(sec, 0), dialertest.Answers(sec, 0))
				id := h.dial(first, desk1, ids[0])
				h.state(id, dialer.Talking)
				for op, how := range broken {
					h.queue.Break(op, how)
				}
				h.must(h.Hangup(t.Context(), first, id))
				time.Sleep(600 * time.Millisecond) // the end is written, the line still has the case
				h.result(id, "family", dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(time.Hour), Why: "再架電"})
				for op := range broken {
					h.queue.Break(op, dialertest.Fault{})
				}
				time.Sleep(5 * sec)
				if !slices.Contains(h.line(), ids[0]) {
					t.Errorf("the case waits by the ledger, and is not in the line: %v", h.line())
				}
			})
		})
	}
}

// TestWhatTheLedgerDidNotTakeIsOwed: a ledger that stalls just as the debtor answers has, once it is back, the handle that
// ends the talk and the evidence of the answer, also when nothing more happens.
func TestWhatTheLedgerDidNotTakeIsOwed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(5*sec, 0))
		id := h.dial(first, desk1, "")
		h.state(id, dialer.CallingCustomer)
		time.Sleep(2 * sec)
		ringing, _ := h.ledger.Attempt(id)
		before := string(ringing.Legs[dialer.CustomerLeg].Data)
		h.ledger.Break("Note", dialertest.Fault{Hang: true})
		h.state(id, dialer.Talking)
		time.Sleep(10 * sec)
		h.ledger.Break("Note", dialertest.Fault{})
		time.Sleep(2 * sec)
		a, _ := h.ledger.Attempt(id)
		if string(a.Legs[dialer.CustomerLeg].Data) == before {
			t.Error("the handle that ends the talk was not written")
		}
		answered := 0
		for _, e := range a.Evidence {
			if e.Leg == dialer.CustomerLeg && e.Event == dialer.EvAnswered {
				answered++
			}
		}
		if answered != 1 {
			t.Errorf("the answer stands in the evidence %d times", answered)
		}
		h.must(h.Hangup(t.Context(), first, id))
		h.ended(id)
	})
}

// sleepsAfter is a ledger at whose answer to a reservation the process sleeps, as one that was frozen does.
type sleepsAfter struct {
	dialer.Ledger

	sleep func()
}

func (l sleepsAfter) Reserve(ctx context.Context, r dialer.Reservation) error {
	defer l.sleep()
	return l.Ledger.Reserve(ctx, r)
}

// A server that slept between a click and the reservation's answer opens no phone for it: whoever clicked has given up.
func TestAClickThatLayTooLongOpensNoPhone(t *testing.T) {
	for slept, opens := range map[time.Duration]bool{7 * sec: true, 9 * sec: false} {
		t.Run(slept.String(), func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				h.stop()
				<-h.ran
				var ahead time.Duration
				h.deps.Now = func() time.Time { return time.Now().Add(ahead) }
				h.deps.Ledger = sleepsAfter{h.ledger, func() { ahead = slept }}
				h.open()
				h.sit(first, desk1)
				ids := h.cases(1)
				h.phone.Far(dialertest.RingsForEver(), dialertest.Far{})
				err := h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[0]})
				a := h.ledger.Attempts()[0]
				if opens {
					h.must(err)
					h.state(a.Reservation.ID, dialer.CallingDesk)
					h.must(h.Hangup(t.Context(), first, a.Reservation.ID))
					h.ended(a.Reservation.ID)
					return
				}
				h.refused(err, dialer.LedgerDown)
				if end := h.ended(a.Reservation.ID).End; end.Verdict.Result != dialer.NotDialled || end.Verdict.Counted {
					t.Errorf("it ended as %+v", end)
				}
				if deeds := h.deeds(a.Reservation.ID); len(deeds) != 0 {
					t.Errorf("the phone did %+v", deeds)
				}
			})
		})
	}
}
