package dialer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// incoming waits until a call that came in is live, and gives it.
func (h *house) incoming() dialer.CallView {
	h.t.Helper()
	var v dialer.CallView
	h.poll(func() bool {
		i := slices.IndexFunc(h.Calls(), func(v dialer.CallView) bool { return v.Direction == dialer.Inbound })
		if i >= 0 {
			v = h.Calls()[i]
		}
		return i >= 0
	}, func() string { return "a call that comes in" })
	return v
}

// restart starts another engine on what the fakes hold.
func (h *house) restart(change func(*dialer.Deps)) {
	h.t.Helper()
	h.stop()
	<-h.ran
	change(&h.deps)
	h.open()
}

// known opens a case and returns its number.
func (h *house) known(language string) (dialer.CaseID, dialer.Number) {
	h.t.Helper()
	id := h.cases(1)[0]
	c := h.ledger.Case(id)
	c.Language = language
	h.ledger.PutCase(c)
	return id, c.Numbers[0]
}

func TestCallComesInRingsAndIsAnswered(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id, number := h.known("ja")
		caller := h.phone.Come(number)
		call := h.incoming()
		synctest.Wait()
		if !slices.Equal(caller.Rung(), []dialer.DeskID{desk1, desk2}) || call.CaseID != id {
			t.Errorf("rang %v for %q", caller.Rung(), call.CaseID)
		}
		if h.desk(desk1).Ringing != call.ID || h.desk(desk2).Ringing != call.ID {
			t.Error("the desks do not show that they ring")
		}
		_, err := h.Dial(t.Context(), dialer.DialRequest{Asker: first, Desk: desk1, Next: true})
		h.refused(err, dialer.DeskBusy)
		time.Sleep(3 * time.Second)
		caller.Lift(desk2)
		h.state(call.ID, dialer.Talking)
		if !caller.Answered() {
			t.Error("the desk answered, and the caller did not hear it")
		}
		h.deskIs(desk2, dialer.DeskInCall, id)
		if h.desk(desk1).Ringing != "" || h.desk(desk2).Ringing != "" {
			t.Error("a desk still rings")
		}
		// The case is not anybody else's meanwhile.
		_, err = h.Dial(t.Context(), dialer.DialRequest{Asker: first, Desk: desk1, Case: id})
		h.refused(err, dialer.CaseBusy)
		time.Sleep(time.Minute)
		caller.HangUp()
		a := h.ended(call.ID)
		end := a.End
		if end.Verdict.Result != dialer.Answered || end.Verdict.Counted || end.EndedBy != dialer.ByCustomer || end.Desk != desk2 ||
			end.Operator != op2 || !end.DialledAt.IsZero() || end.AnsweredAt.IsZero() || end.RingingAt.IsZero() {
			t.Errorf("%+v", end)
		}
		h.deskIs(desk2, dialer.DeskWrapUp, id)
		if c := h.ledger.Case(id); c.Next.State != dialer.CaseResultDue {
			t.Errorf("the case is %s", c.Next.State)
		}
		h.result(call.ID, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		if v := h.desk(desk2); v.State != dialer.DeskReady {
			t.Errorf("the desk is %s", v.State)
		}
	})
}

// The case that stood at the desk goes back, and another desk may take it.
func TestCallThatComesInTakesTheDesksCaseAway(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		stood, err := h.Present(t.Context(), first, desk1, ids[0], false)
		h.must(err)
		caller := h.phone.Come("") // withheld
		call := h.incoming()
		synctest.Wait()
		caller.Lift(desk1)
		h.state(call.ID, dialer.Talking)
		synctest.Wait()
		if v := h.desk(desk1); v.CaseID == stood || v.CaseID == "" {
			t.Errorf("case %q stands at the desk", v.CaseID)
		}
		got, err := h.Present(t.Context(), second, desk2, stood, false)
		if h.must(err); got != stood {
			t.Errorf("got %q", got)
		}
		h.must(h.Hangup(t.Context(), first, call.ID))
		if a := h.ended(call.ID); a.End.EndedBy != dialer.ByOperator || a.End.Verdict.Result != dialer.Answered {
			t.Errorf("%+v", a.End)
		}
	})
}

// A click that came to nothing, clicked again in a talk that came in, made no call: that talk is not its answer.
func TestClickIsNotAnsweredByACallThatCameIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		click := dialer.DialRequest{Asker: first, Desk: desk1, Next: true, IdempotencyKey: "once"}
		_, err := h.Dial(t.Context(), click)
		h.refused(err, dialer.QueueEmpty)
		caller := h.phone.Come(dialertest.NewNumber())
		call := h.incoming()
		synctest.Wait()
		caller.Lift(desk1)
		h.state(call.ID, dialer.Talking)
		_, err = h.Dial(t.Context(), click)
		h.refused(err, dialer.DeskBusy)
	})
}

func TestMissedCallIsCalledBack(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id, number := h.known("ja")
		// They were reached this morning: nobody would ring them again today, but for their own call.
		call := h.dial(first, desk1, id)
		h.state(call, dialer.Talking)
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
		h.result(call, "self", dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(24 * time.Hour), Why: "約束なし"})
		caller := h.phone.Come(number)
		in := h.incoming()
		time.Sleep(10 * time.Second)
		caller.HangUp()
		a := h.ended(in.ID)
		if a.End.Verdict.Result != dialer.NoAnswer || a.End.Verdict.Rule != "inbound_missed" || a.End.Desk != "" || a.End.Verdict.Counted {
			t.Errorf("%+v", a.End)
		}
		c := h.ledger.Case(id)
		if c.Next.State != dialer.CaseWaiting || c.Next.Due.After(time.Now()) || !strings.Contains(c.Next.Why, "不在着信") {
			t.Errorf("%+v", c.Next)
		}
		if v := h.desk(desk1); v.State != dialer.DeskReady || v.Ringing != "" {
			t.Errorf("%+v", v)
		}
		// It stands first in the line, and may be dialled.
		if line := h.line(); len(line) == 0 || line[0] != id {
			t.Fatalf("the line is %v", line)
		}
		back := h.dial(second, desk2, "")
		if got, _ := h.Call(back); got.CaseID != id {
			t.Errorf("called back for %q", got.CaseID)
		}
		h.state(back, dialer.Talking)
	})
}

func TestCallersWhoCannotBeCalledBack(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		caller := h.phone.Come("")
		in := h.incoming()
		a := h.ended(in.ID) // nobody answers: the limit ends it
		if a.End.EndedBy != dialer.ByDeskLimit || a.End.EndedAt.Sub(a.End.StartedAt) < dialer.WardInbound().Ring {
			t.Errorf("%+v", a.End)
		}
		if c := h.ledger.Case(a.Reservation.Target.CaseID); c.Next.State != dialer.CaseClosed {
			t.Errorf("%+v", c.Next)
		}
		if caller.Answered() || len(h.line()) != 0 {
			t.Errorf("answered %v, line %v", caller.Answered(), h.line())
		}
	})
}

func TestUnknownCallerGetsACaseOfTheirOwn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		number := dialertest.NewNumber()
		caller := h.phone.Come(number)
		in := h.incoming()
		synctest.Wait()
		caller.Lift(desk1)
		h.state(in.ID, dialer.Talking)
		own := h.desk(desk1).CaseID
		if own == "" || !h.ledger.Case(own).Opened {
			t.Fatalf("case %q stands at the desk", own)
		}
		// They say who they are.
		id := h.cases(1)[0]
		h.refused(h.NameCase(t.Context(), second, in.ID, id), dialer.NotYourDesk)
		h.must(h.NameCase(t.Context(), first, in.ID, id))
		h.deskIs(desk1, dialer.DeskInCall, id)
		if v := h.incoming(); v.CaseID != id {
			t.Errorf("the call is about %q", v.CaseID)
		}
		caller.PutDown()
		a := h.ended(in.ID)
		if a.Reservation.Target.CaseID != id || h.ledger.Case(own).Next.State != dialer.CaseClosed {
			t.Errorf("attempt of %q, own case %+v", a.Reservation.Target.CaseID, h.ledger.Case(own).Next)
		}
		h.deskIs(desk1, dialer.DeskWrapUp, id)
		// Also afterwards, as long as no result is recorded.
		other := h.cases(1)[0]
		h.must(h.NameCase(t.Context(), first, in.ID, other))
		h.deskIs(desk1, dialer.DeskWrapUp, other)
		// The one before is called as it was to be: the line has it again.
		synctest.Wait()
		if _, err := h.Present(t.Context(), second, desk2, "", false); err != nil || h.desk(desk2).CaseID != id {
			t.Errorf("%q comes up at the other desk, and %q waits: %v", h.desk(desk2).CaseID, id, err)
		}
		h.result(in.ID, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		h.refused(h.NameCase(t.Context(), supervisor, in.ID, id), dialer.NotYourDesk)
	})
}

// A desk that becomes free while a caller waits is rung too.
func TestCallerWaitsForADesk(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		one, two := h.dial(first, desk1, ids[0]), h.dial(second, desk2, ids[1])
		h.state(one, dialer.Talking)
		h.state(two, dialer.Talking)
		caller := h.phone.Come(dialertest.NewNumber())
		in := h.incoming()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(caller.Rung()) != 0 {
			t.Fatalf("desks in a talk were rung: %v", caller.Rung())
		}
		h.must(h.Hangup(t.Context(), second, two))
		h.ended(two)
		synctest.Wait()
		if len(caller.Rung()) != 0 {
			t.Fatalf("a desk that owes a result was rung: %v", caller.Rung())
		}
		h.result(two, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		h.poll(func() bool { return len(caller.Rung()) == 1 }, func() string { return "a ring" })
		caller.Lift(caller.Rung()[0])
		h.state(in.ID, dialer.Talking)
		h.deskIs(desk2, dialer.DeskInCall, h.incoming().CaseID)
	})
}

func TestPhonesThatDeclineAreLeftAlone(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(1)
		caller := h.phone.Come(dialertest.NewNumber())
		in := h.incoming()
		synctest.Wait()
		caller.Decline(desk1)
		synctest.Wait()
		if v := h.desk(desk1); v.Ringing != "" {
			t.Fatal("a desk that declined still rings")
		}
		out := h.dial(first, desk1, ids[0]) // it may go on with its work
		h.state(out, dialer.Talking)
		caller.Lift(desk2)
		h.state(in.ID, dialer.Talking)
		if n := len(caller.Rung()); n != 2 {
			t.Errorf("rung %v", caller.Rung())
		}
	})
}

// TestCallersWhoOnlyRingDoNotStopTheDialling: two who ring and give up in turn, at no cost to them, leave each desk a while in which it dials.
func TestCallersWhoOnlyRingDoNotStopTheDialling(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		rings := func() (rung bool) {
			caller := h.phone.Come("")
			h.incoming()
			synctest.Wait()
			rung = len(caller.Rung()) > 0
			time.Sleep(1200 * time.Millisecond)
			caller.HangUp()
			synctest.Wait()
			return rung
		}
		for range 2 {
			if !rings() {
				t.Fatal("a desk that rang in vain once is not rung again")
			}
		}
		if rings() {
			t.Error("a desk that rang in vain twice has no moment to dial")
		}
		out := h.dial(first, desk1, h.cases(1)[0])
		h.state(out, dialer.Talking)
		time.Sleep(6 * time.Second)
		if !rings() {
			t.Error("the other desk is not rung any more")
		}
	})
}

func TestWhichDesksRing(t *testing.T) {
	step := 10 * time.Second
	for _, c := range []struct {
		order    dialer.InboundOrder
		language string
		want     []string // what has been rung after 0, 1, 2 steps
	}{
		{dialer.RingAll, "ja", []string{"desk1 desk2", "desk1 desk2", "desk1 desk2"}},
		{dialer.RingLongestIdle, "ja", []string{"desk2", "desk2 desk1", "desk2 desk1"}},
		{dialer.RingByLanguage, "vi", []string{"desk2", "desk2 desk1", "desk2 desk1"}},
		{dialer.RingByLanguage, "ja", []string{"desk1 desk2", "desk1 desk2", "desk1 desk2"}},
		{dialer.RingByLanguage, "zh", []string{"desk1 desk2", "desk1 desk2", "desk1 desk2"}}, // nobody speaks it: everybody rings
	} {
		t.Run(fmt.Sprintf("%s %s", c.order, c.language), func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				h.restart(func(d *dialer.Deps) {
					d.Inbound = dialer.InboundRules{Order: c.order, Ring: time.Minute, Step: step}
					d.Desks[1].Languages = []string{"vi"}
				})
				h.sit(second, desk2)
				time.Sleep(time.Second)
				h.sit(first, desk1)
				_, number := h.known(c.language)
				caller := h.phone.Come(number)
				h.incoming()
				for i, want := range c.want {
					synctest.Wait()
					var got []string
					for _, id := range caller.Rung() {
						got = append(got, string(id))
					}
					if strings.Join(got, " ") != want {
						t.Errorf("after %d steps: %v, want %s", i, got, want)
					}
					time.Sleep(step + time.Second)
				}
				caller.HangUp()
			})
		})
	}
}

func TestOutsideTheHours(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id, number := h.known("ja")
		sleepUntil(time.Date(2026, 11, 24, 20, 0, 0, 0, dialer.Tokyo))
		caller := h.phone.Come(number)
		h.poll(func() bool { return len(h.ledger.Attempts()) == 1 && h.ledger.Attempts()[0].End != nil }, func() string { return "an end" })
		a := h.ledger.Attempts()[0]
		if !caller.TurnedAway() || len(caller.Rung()) != 0 || a.End.Verdict.Rule != "inbound_shut" || a.End.Verdict.Result != dialer.NoAnswer {
			t.Errorf("rang %v: %+v", caller.Rung(), a.End)
		}
		c := h.ledger.Case(id)
		if want := time.Date(2026, 11, 25, 13, 0, 0, 0, dialer.Tokyo); c.Next.State != dialer.CaseWaiting || !c.Next.Due.Equal(want) {
			t.Errorf("%+v", c.Next)
		}
		h.restart(func(d *dialer.Deps) { d.Inbound = dialer.WardInbound(); d.Inbound.RingWhenShut = true })
		h.sit(first, desk1)
		caller = h.phone.Come(number)
		h.incoming()
		synctest.Wait()
		if !slices.Equal(caller.Rung(), []dialer.DeskID{desk1}) || caller.TurnedAway() {
			t.Errorf("rang %v", caller.Rung())
		}
		caller.HangUp()
	})
}

// On a day that is closed, and after the contract's end, nobody is put through, whoever sits there.
func TestACallThatComesInAfterTheClose(t *testing.T) {
	for _, rule := range []dialer.Rule{dialer.DayClosed, dialer.ContractEnded} {
		inHouse(t, func(t *testing.T, h *house) {
			h.sit(first, desk1)
			_, number := h.known("ja")
			h.ledger.Break("Arrive", dialertest.Fault{Err: dialer.Refuse(rule)})
			caller := h.phone.Come(number)
			synctest.Wait()
			if !caller.TurnedAway() || len(caller.Rung()) != 0 {
				t.Errorf("%s: turned away %v, rang %v", rule, caller.TurnedAway(), caller.Rung())
			}
		})
	}
}

// A ledger that is away keeps nobody from answering a telephone; the record comes with the end.
func TestLedgerIsAwayWhenACallComesIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, number := h.known("ja")
		h.ledger.Break("", dialertest.Fault{Hang: true})
		caller := h.phone.Come(number)
		in := h.incoming()
		synctest.Wait()
		caller.Lift(desk1)
		h.state(in.ID, dialer.Talking)
		h.ledger.Break("", dialertest.Fault{})
		caller.HangUp()
		a := h.ended(in.ID)
		if a.Arrival == nil || a.End.Verdict.Result != dialer.Answered || a.End.Desk != desk1 || a.Reservation.Target.CaseID == "" {
			t.Errorf("%+v", a)
		}
	})
}

func TestCallsThatCameInAfterACrash(t *testing.T) {
	for _, c := range []struct {
		name   string
		seen   []dialer.EvidenceEvent
		result dialer.Result
		state  dialer.CaseState
	}{
		{"it had just come", nil, dialer.NoAnswer, dialer.CaseWaiting},
		{"it rang", []dialer.EvidenceEvent{dialer.EvInviteReceived}, dialer.NoAnswer, dialer.CaseWaiting},
		{"a talk", []dialer.EvidenceEvent{dialer.EvInviteReceived, dialer.EvAnswerSent}, dialer.Interrupted, dialer.CaseHeld},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				id, number := h.known("ja")
				in := dialer.Arrival{
					ID: dialer.CallID(dialer.NewID(time.Now())), At: time.Now(), Trunk: "lab", Caller: number, Kind: number.Kind(),
					NumberRef: h.deps.Refs.Number(number), NewCase: dialer.CaseID(dialer.NewID(time.Now())),
					CustomerLeg: dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: "caller", Data: []byte("caller")},
				}
				_, err := h.ledger.Arrive(t.Context(), in)
				h.must(err)
				var p dialer.Progress
				for _, ev := range c.seen {
					p.Evidence = append(p.Evidence, dialer.Evidence{At: time.Now(), Leg: dialer.CustomerLeg, Event: ev})
				}
				h.must(h.ledger.Note(t.Context(), in.ID, p))
				h.restart(func(*dialer.Deps) {})
				h.must(h.Recover(t.Context()))
				a := h.ended(in.ID)
				if a.End.Verdict.Result != c.result || a.End.EndedBy != dialer.ByCrash || a.End.Verdict.Counted {
					t.Errorf("%+v", a.End)
				}
				if next := h.ledger.Case(id).Next; next.State != c.state {
					t.Errorf("%+v", next)
				}
				if n := len(h.phone.Terminated()); n != 1 {
					t.Errorf("%d legs were hung up", n)
				}
			})
		})
	}
}

// Nobody is connected before what a crash left is known: it says which desks are taken.
func TestCallersWaitForTheRecovery(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.stop()
		<-h.ran
		h.Engine = dialer.NewEngine(h.deps)
		caller := h.phone.Come(dialertest.NewNumber())
		time.Sleep(time.Second)
		if len(h.Calls()) != 0 {
			t.Fatal("a call was taken before the recovery")
		}
		h.must(h.Recover(t.Context()))
		in := h.incoming()
		caller.HangUp()
		h.ended(in.ID)
	})
}

func TestCallersWaitForTheRecoveryNoLongerThanForADesk(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.stop()
		<-h.ran
		h.Engine = dialer.NewEngine(h.deps)
		caller := h.phone.Come(dialertest.NewNumber())
		time.Sleep(dialer.WardInbound().Ring - time.Second)
		if !caller.Open() {
			t.Error("the caller was turned away early")
		}
		time.Sleep(2 * time.Second)
		if caller.Open() {
			t.Error("the caller hears nothing, for ever")
		}
		h.must(h.Recover(t.Context()))
	})
}

func TestDrainingTurnsCallersAway(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		caller := h.phone.Come(dialertest.NewNumber())
		in := h.incoming()
		synctest.Wait()
		done, cancel := contextDone()
		defer cancel()
		h.Drain(done)
		if a, _ := h.ledger.Attempt(in.ID); a.End == nil || a.End.EndedBy != dialer.BySystem {
			t.Errorf("%+v", a.End)
		}
		late := h.phone.Come(dialertest.NewNumber())
		synctest.Wait()
		if len(h.Calls()) != 0 || late.Answered() || caller.Answered() {
			t.Errorf("%d calls", len(h.Calls()))
		}
	})
}

// The operator lifts as the caller gives up: what counts is whether the caller was answered.
func TestCallerGivesUpAsTheOperatorLifts(t *testing.T) {
	answered, missed := 0, 0
	for range 100 {
		inHouse(t, func(t *testing.T, h *house) {
			id, number := h.known("ja")
			caller := h.phone.Come(number)
			in := h.incoming()
			synctest.Wait()
			caller.Lift(desk1)
			caller.HangUp()
			a := h.ended(in.ID)
			sent := slices.ContainsFunc(a.End.Evidence, func(e dialer.Evidence) bool { return e.Event == dialer.EvAnswerSent })
			if sent != (a.End.Verdict.Result == dialer.Answered) || sent == a.End.AnsweredAt.IsZero() {
				t.Errorf("answered in truth: %v; the record says %s at %v", sent, a.End.Verdict.Result, a.End.AnsweredAt)
			}
			if sent {
				answered++
				h.result(in.ID, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "済"})
				return
			}
			missed++
			if c := h.ledger.Case(id); c.Next.State != dialer.CaseWaiting || !strings.Contains(c.Next.Why, "不在着信") {
				t.Errorf("the case waits for %+v", c.Next)
			}
			h.deskIs(desk1, dialer.DeskReady, h.desk(desk1).CaseID)
		})
	}
	t.Logf("%d answered, %d missed", answered, missed)
}

// Whoever calls us, or talks with us, is not rung meanwhile, by none of the cases of their number; with the ledger away too.
func TestWhoeverCallsUsIsNotRung(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id, number := h.known("ja")
		other := h.cases(1)[0]
		c := h.ledger.Case(other)
		c.Numbers = []dialer.Number{number} // the same household
		h.ledger.PutCase(c)
		caller := h.phone.Come(number)
		in := h.incoming()
		refused := func() {
			t.Helper()
			_, err := h.Dial(t.Context(), dialer.DialRequest{Asker: supervisor, Desk: desk2, Case: id})
			if err == nil {
				t.Error("the caller's case was dialled")
			}
			_, err = h.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: other})
			h.refused(err, dialer.NumberLocked)
		}
		caller.Decline(desk2) // it is free to dial again, while the other still rings
		synctest.Wait()
		refused()
		caller.Lift(desk1)
		synctest.Wait()
		h.deskIs(desk1, dialer.DeskInCall, id)
		refused()
		caller.HangUp()
		h.ended(in.ID)
		h.result(in.ID, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "済"})
		h.must(h.Hangup(t.Context(), first, h.dial(first, desk1, other)))
	})
}
