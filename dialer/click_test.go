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

func (h *house) click(r dialer.DialRequest) error {
	h.t.Helper()
	_, err := h.Dial(h.t.Context(), r)
	return err
}

func next(a dialer.Asker, desk dialer.DeskID) dialer.DialRequest {
	return dialer.DialRequest{Asker: a, Desk: desk, Next: true}
}

func TestRefusals(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		ids := h.cases(3)
		named := dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[0]}
		h.refused(h.click(next(first, "desk9")), dialer.UnknownDesk)
		h.refused(h.click(next(second, desk1)), dialer.NotYourDesk)
		h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1}), dialer.UnknownCase)
		h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: "no such case"}), dialer.UnknownCase)
		h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Number: "0300001234", Reason: "頼まれて"}), dialer.UnknownCase)

		h.phone.Register(desk1, false)
		h.refused(h.click(named), dialer.DeskUnregistered)
		h.phone.Register(desk1, true)
		h.phone.Use(desk1, true)
		h.refused(h.click(named), dialer.DeskBusy)
		h.phone.Use(desk1, false)
		h.phone.Refuse(dialer.Refuse(dialer.NoRoute))
		h.refused(h.click(named), dialer.NoRoute)
		broken := errors.New("no RTP port is left")
		h.phone.Refuse(broken)
		if err := h.click(named); !errors.Is(err, broken) {
			h.t.Errorf("got %v", err)
		}
		h.phone.Refuse(nil)

		h.ledger.Bar(h.ledger.Case(ids[0]).Numbers[0])
		h.refused(h.click(named), dialer.DoNotCall)
		h.ledger.PutCase(dialertest.Case{ID: ids[1], Numbers: []dialer.Number{"0990123456"}})
		h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[1]}), dialer.ForbiddenNumber)
		h.ledger.PutCase(dialertest.Case{ID: ids[1], Numbers: []dialer.Number{"0570012345"}})
		h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[1]}), dialer.ForbiddenNumber)

		h.phone.Far(dialertest.RingsForEver(), dialertest.Far{})
		id := h.dial(first, desk1, ids[2])
		h.refused(h.click(named), dialer.DeskBusy)
		h.refused(h.click(dialer.DialRequest{Asker: second, Desk: desk2, Case: ids[2]}), dialer.CaseBusy)
		h.must(h.Hangup(h.t.Context(), first, id))
		h.ended(id)
		if leases := h.queue.Leases(); len(leases) != 1 || leases[0].Case != h.desk(desk1).CaseID {
			h.t.Errorf("only what is presented is leased: %v", leases)
		}
	})
}

func TestOutsideHours(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		sleepUntil(time.Date(2026, 11, 24, 17, 0, 0, 0, dialer.Tokyo))
		no := h.refused(h.click(next(first, desk1)), dialer.OutsideHours)
		if no.JA != "開設時間外です。次に発信できるのは 11月25日 13:00 からです" {
			t.Errorf("it says %q", no.JA)
		}
		if len(h.ledger.Attempts()) != 0 || len(h.phone.Deeds("")) != 0 {
			t.Error("something was begun")
		}
	})
}

// A double click is one call; so is a click that is sent again, while it rings, talks, or its result is owed.
func TestTheSameClickTwice(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(3)
		h.ledger.Break("Reserve", dialertest.Fault{Slow: 300 * time.Millisecond}) // so that the second comes in between
		r := next(first, desk1)
		r.IdempotencyKey = "click"
		var got [2]dialer.Accepted
		var errs [2]error
		together(
			func() { got[0], errs[0] = h.Dial(t.Context(), r) },
			func() { got[1], errs[1] = h.Dial(t.Context(), r) },
		)
		if errs[0] != nil || errs[1] != nil || got[0].CallID != got[1].CallID || got[0].CaseID != got[1].CaseID || got[0].Repeated == got[1].Repeated {
			t.Fatalf("%+v %v", got, errs)
		}
		again := func() {
			t.Helper()
			if acc, err := h.Dial(t.Context(), r); err != nil || !acc.Repeated || acc.CallID != got[0].CallID {
				t.Errorf("%+v, %v", acc, err)
			}
		}
		h.state(got[0].CallID, dialer.Talking)
		again()
		h.must(h.Hangup(t.Context(), first, got[0].CallID))
		h.ended(got[0].CallID)
		again() // its result is owed
		h.result(got[0].CallID, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		again() // from the ledger
		if n := len(h.ledger.Attempts()); n != 1 {
			t.Errorf("%d attempts", n)
		}
	})
}

// A first click that waits is not waited for longer than its caller wants.
func TestARepeatedClickGivesUpWithItsCaller(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		h.ledger.Break("Reserve", dialertest.Fault{Slow: sec})
		r := next(first, desk1)
		r.IdempotencyKey = "click"
		together(
			func() { _, _ = h.Dial(t.Context(), r) },
			func() {
				time.Sleep(100 * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				if _, err := h.Dial(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			},
		)
	})
}

// Two clicks in one instant: two at one desk make one call, and two desks never call one case or one number.
func TestClicksInOneInstant(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		var errs [2]error
		together(
			func() { errs[0] = h.click(next(first, desk1)) },
			func() { errs[1] = h.click(next(first, desk1)) },
		)
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v", errs)
		}
		h.refused(errors.Join(errs[:]...), dialer.DeskBusy)
		for _, v := range h.Calls() {
			h.must(h.Hangup(t.Context(), first, v.ID))
			h.ended(v.ID)
		}

		h.queue.Lose() // so that only the ledger stands between them
		h.queue.Break("", dialertest.Fault{Err: dialer.ErrQueueDown})
		shared := h.ledger.Case(ids[1])
		shared.ID = "the household's other case"
		h.ledger.PutCase(shared)
		sleepUntil(time.Now().Add(5 * time.Hour)) // past every rule
		before := len(h.ledger.Attempts())
		together(
			func() {
				errs[0] = h.click(dialer.DialRequest{Asker: supervisorAt(first), Desk: desk1, Case: ids[1], Reason: "確認"})
			},
			func() { errs[1] = h.click(dialer.DialRequest{Asker: second, Desk: desk2, Case: shared.ID}) },
		)
		if n := len(h.ledger.Attempts()) - before; n != 1 {
			t.Errorf("%d attempts at one number: %v", n, errs)
		}
	})
}

// supervisorAt is an operator's person with a supervisor's role.
func supervisorAt(a dialer.Asker) dialer.Asker { a.Role = dialer.RoleSupervisor; return a }

func TestAfterATalkTheResultComesFirst(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(sec, 5*sec))
		id := h.dial(first, desk1, "")
		h.ended(id)
		h.deskIs(desk1, dialer.DeskWrapUp, ids[0])
		h.refused(h.click(next(first, desk1)), dialer.ResultIsDue)
		_, err := h.Present(t.Context(), first, desk1, "", false)
		h.refused(err, dialer.ResultIsDue)
		if line := h.line(); !slices.Equal(line, ids[1:]) {
			t.Errorf("the line: %v", line)
		}
		again := time.Now().Add(48 * time.Hour)
		h.result(id, "self", dialer.CaseNext{State: dialer.CaseWaiting, Due: again, Why: "折返し"})
		h.deskIs(desk1, dialer.DeskReady, ids[1])
		if line := h.line(); !slices.Contains(line, ids[0]) {
			t.Errorf("the line: %v", line)
		}
		// A correction moves the case and nothing else.
		h.result(id, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		if line := h.line(); slices.Contains(line, ids[0]) {
			t.Errorf("the line: %v", line)
		}
		h.deskIs(desk1, dialer.DeskReady, ids[1])
	})
}

func TestPresent(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(3)
		present := func(want dialer.CaseID, skip bool) dialer.CaseID {
			t.Helper()
			id, err := h.Present(t.Context(), first, desk1, want, skip)
			h.must(err)
			h.deskIs(desk1, dialer.DeskReady, id)
			return id
		}
		if a, b := present("", false), present("", false); a != ids[0] || b != ids[0] {
			t.Error("the case presented must stay")
		}
		if present("", true) != ids[1] {
			t.Error("skip takes the next")
		}
		if present(ids[2], false) != ids[2] {
			t.Error("a case that was asked for")
		}
		if leases := h.queue.Leases(); len(leases) != 1 {
			t.Errorf("one desk holds one case: %v", leases)
		}
		_, err := h.Present(t.Context(), second, desk2, ids[2], false)
		h.refused(err, dialer.CaseBusy)
		_, err = h.Present(t.Context(), second, desk1, "", false)
		h.refused(err, dialer.NotYourDesk)
		_, err = h.Present(t.Context(), second, "desk9", "", false)
		h.refused(err, dialer.UnknownDesk)
		if len(h.phone.Deeds("")) != 0 {
			t.Error("presenting never dials")
		}
		_, err = h.Leave(t.Context(), first, desk1) // gives the case back
		h.must(err)
		if leases := h.queue.Leases(); len(leases) != 0 {
			t.Errorf("the case was not given back: %v", leases)
		}
	})
}

// Skipping goes through the line, instead of changing two cases for each other for ever; what was skipped comes back.
func TestSkipGoesThroughTheLine(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(3)
		for i, want := range ids {
			id, err := h.Present(t.Context(), first, desk1, "", i > 0)
			h.must(err)
			if id != want {
				t.Errorf("skip %d presents %s, want %s", i, id, want)
			}
		}
		_, err := h.Present(t.Context(), first, desk1, "", true)
		h.refused(err, dialer.QueueEmpty)
		time.Sleep(15*time.Minute + time.Second) // of the test's own clock
		if id, err := h.Present(t.Context(), first, desk1, "", true); err != nil || id != ids[0] {
			t.Errorf("after a while: %s, %v", id, err)
		}
	})
}

// A line that was emptied a moment ago is not told to an operator as "no case is due": the ledger is asked first.
func TestAnEmptiedLineIsNotAnEmptyLine(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		h.queue.Lose()
		id, err := h.Present(t.Context(), first, desk1, "", false)
		h.must(err)
		if id != ids[0] {
			t.Errorf("presented %s", id)
		}
	})
}

// A browser that goes away in the middle is not taken for a queue that went away.
func TestACancelledRequestIsNoOutage(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := h.Present(ctx, first, desk1, "", false)
		h.must(err)
		if got != ids[0] || len(h.board.Alerts()) != 0 {
			t.Errorf("%s, %v", got, h.board.Alerts())
		}
	})
}

// What a rule keeps from being called now is put off, in the ledger and in the line, and the next case comes up.
func TestRulesPutCasesOff(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(4)
		h.ledger.Bar(h.ledger.Case(ids[0]).Numbers[0])
		h.ledger.PutCase(dialertest.Case{ID: ids[1], Next: h.ledger.Case(ids[1]).Next}) // no number
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
		h.ended(h.dial(first, desk1, ids[2])) // busy: not again for 5 minutes
		h.must(h.ledger.Defer(t.Context(), ids[2], dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now(), Why: "すぐ"}))
		h.must(h.queue.Put(t.Context(), dialer.Waiting{Case: ids[2], Due: time.Now()})) // the line says: now
		h.deskIs(desk1, dialer.DeskReady, ids[3])
		_, err := h.Present(t.Context(), second, desk2, "", false)
		h.refused(err, dialer.QueueEmpty)
		for _, held := range ids[:2] {
			if n := h.ledger.Case(held).Next; n.State != dialer.CaseHeld || n.Why == "" {
				t.Errorf("%s: %+v", held, n)
			}
		}
		if n := h.ledger.Case(ids[2]).Next; n.State != dialer.CaseWaiting || !n.Due.After(time.Now()) || n.Why == "" {
			t.Errorf("busy a moment ago: %+v", n)
		}
	})
}

// A case that was named keeps what it waits for when a rule says no.
func TestARuleLeavesANamedCaseWhereItStands(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		promise := dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(20 * 24 * time.Hour), Why: "約束の期日待ち"}
		held := dialer.CaseNext{State: dialer.CaseHeld, Why: "スーパーバイザーの判断待ち"}
		for i, stands := range []dialer.CaseNext{promise, held} {
			id := h.cases(1)[0]
			h.phone.Far(dialertest.Far{}, dialertest.RingsForEver())
			h.ended(h.dial(first, desk1, id))
			h.must(h.ledger.Defer(t.Context(), id, stands))
			_, err := h.Present(t.Context(), first, desk1, id, false)
			h.must(err)
			r := next(first, desk1)
			if i == 1 {
				r = dialer.DialRequest{Asker: first, Desk: desk1, Case: id}
			}
			h.refused(h.click(r), dialer.NumberLocked)
			synctest.Wait()
			if got := h.ledger.Case(id).Next; got != stands {
				t.Errorf("it stood as %+v, and now %+v", stands, got)
			}
		}
	})
}

// A call that came to nothing on our side leaves a named case where it stood: a promise is not broken by a desk phone.
func TestNotDialledLeavesTheCase(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		boss := dialer.Asker{User: "supervisor", Role: dialer.RoleSupervisor}
		_, err := h.Sit(t.Context(), boss, desk1, true)
		h.must(err)
		for _, stands := range []dialer.CaseNext{
			{State: dialer.CaseHeld, Why: "保留"},
			{State: dialer.CaseWaiting, Due: time.Now().Add(20 * 24 * time.Hour), Why: "約束の期日待ち"},
		} {
			h.ledger.PutCase(dialertest.Case{ID: "named", Numbers: []dialer.Number{dialertest.NewNumber()}, Next: stands})
			h.phone.Far(dialertest.Rejects(0, 486, 0), dialertest.Far{})
			a := h.ended(h.dial(boss, desk1, "named"))
			if got := h.ledger.Case("named").Next; a.End.Verdict.Result != dialer.NotDialled || got != stands {
				t.Errorf("%s: it stood as %+v, and now %+v", a.End.Verdict.Result, stands, got)
			}
		}
	})
}

// A case that is held while its call is up, as one that is perhaps paid is by the call's end, leaves the line with it.
func TestACaseThatIsHeldDuringItsCallLeavesTheLine(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		for _, desk := range []dialertest.Far{{}, dialertest.Rejects(2*time.Second, 486, 0)} {
			id, held := h.cases(1)[0], dialer.CaseNext{State: dialer.CaseHeld, Why: "納付済の可能性"}
			h.phone.Far(desk, dialertest.RingsForEver())
			called := h.dial(first, desk1, id)
			h.must(h.ledger.Defer(t.Context(), id, held))
			a := h.ended(called)
			synctest.Wait()
			if got := h.ledger.Case(id).Next; got != held || slices.Contains(h.line(), id) {
				t.Errorf("%s: it stands %+v, and the line is %v", a.End.Verdict.Result, got, h.line())
			}
		}
	})
}

// What is held for a decision, or closed, is not an operator's to dial, though they may read it.
func TestAnOperatorDialsWhatWaits(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		for _, state := range []dialer.CaseState{dialer.CaseHeld, dialer.CaseClosed, dialer.CaseResultDue} {
			id := dialer.CaseID("case-" + string(state))
			h.ledger.PutCase(dialertest.Case{ID: id, Numbers: []dialer.Number{dialertest.NewNumber()}, Next: dialer.CaseNext{State: state}})
			h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: id}), dialer.CaseBusy)
			_, err := h.Present(t.Context(), first, desk1, id, false)
			h.must(err)
			h.refused(h.click(next(first, desk1)), dialer.CaseBusy)
		}
		if n := len(h.ledger.Attempts()); n != 0 {
			t.Errorf("%d attempts", n)
		}
	})
}

// A supervisor holds a case in the very moment of a click: after every rule has said yes, and before the attempt stands. Nobody is rung.
func TestACaseIsHeldInTheMomentOfTheClick(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		boss := dialer.Asker{User: "supervisor", Role: dialer.RoleSupervisor}
		_, err := h.Sit(t.Context(), boss, desk2, true)
		h.must(err)
		h.ledger.Break("Reserve", dialertest.Fault{Slow: time.Second})
		for _, asks := range []func(dialer.CaseID) dialer.DialRequest{
			func(dialer.CaseID) dialer.DialRequest { return next(first, desk1) },
			func(id dialer.CaseID) dialer.DialRequest {
				return dialer.DialRequest{Asker: first, Desk: desk1, Case: id}
			},
			func(id dialer.CaseID) dialer.DialRequest {
				_, err := h.Present(t.Context(), first, desk1, id, false)
				h.must(err)
				return next(first, desk1)
			},
			func(dialer.CaseID) dialer.DialRequest { return next(boss, desk2) }, // it comes up by itself: nobody has decided
		} {
			id := h.cases(1)[0]
			held := dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}
			r := asks(id)
			time.AfterFunc(500*time.Millisecond, func() { h.must(h.ledger.Defer(t.Context(), id, held)) })
			if err := h.click(r); err == nil {
				t.Error("it is called")
			}
			synctest.Wait()
			if got := h.ledger.Case(id).Next; got != held || len(h.ledger.Attempts()) != 0 {
				t.Errorf("it stands %+v, and there are %d attempts", got, len(h.ledger.Attempts()))
			}
		}
		id := h.cases(1)[0]
		h.must(h.ledger.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}))
		h.must(h.click(dialer.DialRequest{Asker: boss, Desk: desk2, Case: id})) // a supervisor decides
		synctest.Wait()
	})
}

// TestANumberIsForbiddenWhileTheDeskRings: whoever forbids it is told that it is done, so nobody is rung who was not yet.
func TestANumberIsForbiddenWhileTheDeskRings(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id := h.cases(1)[0]
		number := h.ledger.Case(id).Numbers[0]
		h.phone.Far(dialertest.Far{Ring: time.Second}, dialertest.Far{})
		call := h.dial(first, desk1, id)
		h.state(call, dialer.CallingDesk)
		h.ledger.Bar(number)
		a := h.ended(call)
		if a.End.Verdict.Result != dialer.NotDialled || !a.DialledAt.IsZero() || !slices.Contains(h.evidence(call), dialer.EvForbidden) {
			t.Errorf("%+v", a.End)
		}
	})
}

// A lease that was lost without our knowing (the line was built anew in that moment): another desk had the case, and what it came to
// is not ours to undo. The next one stands there.
func TestACaseThatAnotherDeskHadMeanwhile(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		_, err := h.Present(t.Context(), first, desk1, ids[0], false)
		h.must(err)
		h.must(h.queue.Remove(t.Context(), ids[0]))
		h.must(h.ledger.Defer(t.Context(), ids[0], dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}))
		h.refused(h.click(next(first, desk1)), dialer.CaseBusy)
		synctest.Wait() // for what comes up by itself
		h.deskIs(desk1, dialer.DeskReady, ids[1])
		if n := len(h.ledger.Attempts()); n != 0 {
			t.Errorf("%d attempts", n)
		}
	})
}

func TestASupervisorMayMore(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		boss := dialer.Asker{User: "supervisor", Role: dialer.RoleSupervisor}
		_, err := h.Sit(t.Context(), boss, desk1, true)
		h.must(err)
		h.phone.Far(dialertest.Far{}, dialertest.RingsForEver())
		r := dialer.DialRequest{Asker: boss, Desk: desk1, Number: dialertest.NewNumber()}
		h.refused(h.click(r), dialer.UnknownCase)
		r.Reason = "窓口からの依頼"
		acc, err := h.Dial(t.Context(), r)
		h.must(err)
		if a := h.ended(acc.CallID); a.Reservation.Override != "" || h.ledger.Case(acc.CaseID).Reason != r.Reason {
			t.Errorf("override %q, want none", a.Reservation.Override)
		}
		h.refused(h.click(r), dialer.NumberLocked) // the reason to leave the case out is none to dial against the number rule
		r.Case = acc.CaseID
		acc, err = h.Dial(t.Context(), r)
		h.must(err)
		if a := h.ended(acc.CallID); a.Reservation.Override != r.Reason {
			t.Errorf("override %q, want %q", a.Reservation.Override, r.Reason)
		}
		r.Reason = ""
		h.refused(h.click(r), dialer.NumberLocked)
		r.Number, r.Case, r.Reason = "119", "", "試しに"
		h.refused(h.click(r), dialer.ForbiddenNumber)
	})
}

// A click while the next case is coming up waits for that, and dials it: nobody is told that the desk is busy.
func TestAClickWhileTheNextCaseComesUp(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
		h.ledger.Break("Place", dialertest.Fault{Slow: 400 * time.Millisecond})
		id := h.dial(first, desk1, ids[0])
		h.poll(func() bool { return h.board.Last(id).State == dialer.Ended }, func() string { return "the end" })
		h.deskIs(desk1, dialer.DeskReady, "")
		if v, _ := h.Call(h.dial(first, desk1, "")); v.CaseID != ids[1] {
			t.Errorf("dialled %s", v.CaseID)
		}
		var errs [2]error
		sleepUntil(time.Now().Add(time.Minute))
		h.ledger.Break("Place", dialertest.Fault{})
		more := h.cases(1)
		together(
			func() { _, errs[0] = h.Present(t.Context(), second, desk2, "", false) },
			func() { _, errs[1] = h.Present(t.Context(), second, desk2, "", false) },
		)
		h.must(errors.Join(errs[:]...))
		h.deskIs(desk2, dialer.DeskReady, more[0])
	})
}

// TestACallBackThatWasAskedForIsMade: a person answered today and asked to be called at 15:00. That is the one exception to
// "no more today", and it stands in the record.
func TestACallBackThatWasAskedForIsMade(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(2*sec, 20*sec))
		id := h.dial(first, desk1, "")
		h.ended(id)
		due := time.Date(2026, 11, 24, 15, 0, 0, 0, dialer.Tokyo)
		h.must(h.ledger.Ask(id, due))
		h.result(id, "self", dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Why: "相手の希望の日時に再架電します"})
		_, err := h.Dial(t.Context(), dialer.DialRequest{Asker: first, Desk: desk1, Case: ids[0]})
		h.refused(err, dialer.NumberLocked)
		if next := h.ledger.Case(ids[0]).Next; !next.Due.Equal(due) {
			t.Errorf("an early click moved the case to %v", next.Due)
		}
		sleepUntil(due.Add(time.Minute))
		again := h.dial(first, desk1, "")
		if a, _ := h.ledger.Attempt(again); a.Reservation.Override == "" {
			t.Error("the exception is not in the record")
		}
		h.ended(again)
	})
}
