package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// callAgain is an entry after which its case is called again.
func callAgain(id dialer.CallID, of dialer.Target, at time.Time) casework.Recorded {
	due := at.Add(time.Hour)
	return casework.Recorded{
		Entry:   casework.Entry{Party: casework.Self, Business: []casework.Business{casework.CallBack}, CallAgain: &due},
		Attempt: id, Case: of.CaseID, By: "operator1", At: at,
		Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Cause: dialer.CauseAsked, Why: "指定の時刻です"},
	}
}

// heldBySupervisor has a supervisor hold a case.
func heldBySupervisor(t *testing.T, l *Ledger, of dialer.Target, at time.Time) dialer.CaseNext {
	t.Helper()
	_, err := l.Order(t.Context(), of.CaseID, casework.Order{Act: casework.Hold, By: "supervisor1", At: at, Reason: "苦情のため電話しない"})
	must(t, err)
	return caseOf(t, l, of.CaseID).Next
}

// comesIn is a talk with whoever a case is about, who has called us. Its result is owed.
func comesIn(t *testing.T, l *Ledger, of dialer.Target, at time.Time) dialer.CallID {
	t.Helper()
	in := arrival(at)
	in.Caller, in.NumberRef, in.Kind = of.Number, of.NumberRef, of.Number.Kind()
	got, err := l.Arrive(t.Context(), in)
	if must(t, err); got.CaseID != of.CaseID {
		t.Fatalf("it is of case %s", got.CaseID)
	}
	must(t, l.End(t.Context(), dialer.AttemptEnd{
		ID: in.ID, StartedAt: at, AnsweredAt: at, EndedAt: at.Add(time.Minute), EndedBy: dialer.ByCustomer, Desk: "desk1", Operator: "operator1",
		Verdict: dialer.Verdict{Result: dialer.Answered, Confidence: dialer.High}, Next: dialer.ResultOwed,
	}))
	return in.ID
}

// TestACorrectionUndoesNoOrder: an operator who adds a note to a talk has its case be called no sooner than a supervisor said since. A later time does count, so does what
// holds the case, and so does a supervisor's own correction.
func TestACorrectionUndoesNoOrder(t *testing.T) {
	l, set := sinceNoon(t)
	for i, c := range []struct {
		name    string
		decides bool
		next    dialer.CaseNext
		want    dialer.Cause
	}{
		{"sooner", false, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(7 * 24 * time.Hour), Cause: dialer.CauseEntry, Why: "7日後"}, dialer.CauseSupervisor},
		{"later", false, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(40 * 24 * time.Hour), Cause: dialer.CausePromise, Why: "約束"}, dialer.CausePromise},
		{"never", false, dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "転出・死亡です"}, dialer.CauseEntry},
		{"a supervisor's", true, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(7 * 24 * time.Hour), Cause: dialer.CauseEntry, Why: "7日後"}, dialer.CauseEntry},
	} {
		of, _ := owes(t, l)
		at := noon.Add(time.Duration(i) * time.Hour)
		talk := call(t, l, of, at, dialer.Answered)
		putIn(t, l, saidIn("nothing", talk.ID, of, at.Add(5*time.Minute)))
		set(at.Add(10 * time.Minute))
		_, err := l.Order(t.Context(), of.CaseID, casework.Order{
			Act: casework.Skip, By: "supervisor1", At: at.Add(10 * time.Minute), Until: noon.Add(30 * 24 * time.Hour), Reason: "区の確認待ち",
		})
		must(t, err)
		r := saidIn("nothing", talk.ID, of, at.Add(15*time.Minute))
		r.Note, r.Next, r.Decides = "追記", c.next, c.decides
		kept, err := l.Record(t.Context(), r)
		must(t, err)
		if next := caseOf(t, l, of.CaseID).Next; next.Cause != c.want || kept.Next.Cause != c.want {
			t.Errorf("%s: it stands %+v, and is answered to stand %+v", c.name, next, kept.Next)
		}
	}
}

// TestOnlyASupervisorLiftsAHold: a call noted by hand, one that came in, the correction of an older one and the end of a call leave a case held for what it was held
// for; what a supervisor records has it be called again.
func TestOnlyASupervisorLiftsAHold(t *testing.T) {
	l := newLedger(t)
	record := func(r casework.Recorded) {
		t.Helper()
		kept, err := l.Record(t.Context(), r)
		if must(t, err); kept.Next != caseOf(t, l, r.Case).Next {
			t.Errorf("it is answered that the case stands %+v", kept.Next)
		}
	}
	for what, does := range map[string]func(of dialer.Target, earlier dialer.CallID){
		"a talk noted by hand": func(of dialer.Target, _ dialer.CallID) {
			n := byHand(of, noon.Add(time.Minute), dialer.Answered)
			_, err := l.NoteCall(t.Context(), n)
			must(t, err)
		},
		"a call noted by hand that reached nobody": func(of dialer.Target, _ dialer.CallID) {
			_, err := l.NoteCall(t.Context(), byHand(of, noon.Add(time.Minute), dialer.NoAnswer))
			must(t, err)
		},
		"an older call's correction": func(of dialer.Target, earlier dialer.CallID) { record(callAgain(earlier, of, noon.Add(time.Minute))) },
		"a call that ends":           func(of dialer.Target, _ dialer.CallID) { call(t, l, of, noon.Add(time.Minute), dialer.NoAnswer) },
		"a talk that came in": func(of dialer.Target, _ dialer.CallID) {
			id := comesIn(t, l, of, noon.Add(time.Minute))
			if state := caseOf(t, l, of.CaseID).Next.State; state != dialer.CaseResultDue {
				t.Errorf("meanwhile it is %s", state)
			}
			record(callAgain(id, of, noon.Add(2*time.Minute)))
			again := callAgain(id, of, noon.Add(3*time.Minute))
			again.Mine = true // a correction
			record(again)
		},
		"a complaint that is then corrected": func(of dialer.Target, _ dialer.CallID) {
			id := comesIn(t, l, of, noon.Add(time.Minute))
			complaint := callAgain(id, of, noon.Add(2*time.Minute))
			complaint.Business, complaint.CallAgain = []casework.Business{casework.Complaint}, nil
			complaint.Next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "苦情です"}
			record(complaint)
			record(callAgain(id, of, noon.Add(3*time.Minute)))
		},
	} {
		t.Run(what, func(t *testing.T) {
			of := listedTarget(t, l)
			earlier := call(t, l, of, noon.Add(-time.Hour), dialer.Answered)
			record(callAgain(earlier.ID, of, noon.Add(-50*time.Minute)))
			want := heldBySupervisor(t, l, of, noon)
			does(of, earlier.ID)
			if next := caseOf(t, l, of.CaseID).Next; next != want {
				t.Errorf("it stands %+v, and stood %+v", next, want)
			}
			decides := callAgain(earlier.ID, of, noon.Add(10*time.Minute))
			if what != "an older call's correction" && what != "a call that ends" && what != "a call noted by hand that reached nobody" {
				decides.Attempt = comesIn(t, l, of, noon.Add(9*time.Minute))
			}
			decides.By, decides.Decides = "supervisor1", true
			record(decides)
			if what != "a call that ends" && what != "a call noted by hand that reached nobody" && caseOf(t, l, of.CaseID).Next.State != dialer.CaseWaiting {
				t.Error("a supervisor does not lift it")
			}
		})
	}
}

// TestAnEntryThatHeldItsCaseIsCorrected: who has ticked what holds a case by mistake takes that back themselves; and the end of a call that holds it, until its
// result is known, holds it no longer than that.
func TestAnEntryThatHeldItsCaseIsCorrected(t *testing.T) {
	l := newLedger(t)
	of := listedTarget(t, l)
	talk := call(t, l, of, noon, dialer.Answered)
	wrong := callAgain(talk.ID, of, noon.Add(time.Minute))
	wrong.Next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "苦情です"}
	for _, r := range []casework.Recorded{wrong, callAgain(talk.ID, of, noon.Add(2*time.Minute))} {
		_, err := l.Record(t.Context(), r)
		must(t, err)
	}
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseWaiting {
		t.Errorf("it stands %+v", next)
	}

	of = listedTarget(t, l)
	r := reservation(of, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(time.Second), customerLeg(noon)))
	end := endOf(r, dialer.Interrupted)
	end.Next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseResult, Why: "中断しました"}
	must(t, l.End(t.Context(), end))
	_, err := l.Record(t.Context(), callAgain(r.ID, of, end.EndedAt.Add(time.Minute)))
	must(t, err)
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseWaiting {
		t.Errorf("it stands %+v", next)
	}
}

// TestAHeldCaseThatWasNotTheCallersStaysHeld: the talk counted for it until somebody said whose it was.
func TestAHeldCaseThatWasNotTheCallersStaysHeld(t *testing.T) {
	l := newLedger(t)
	of, other := listedTarget(t, l), listedTarget(t, l)
	want := heldBySupervisor(t, l, of, noon)
	in := comesIn(t, l, of, noon.Add(time.Minute))
	_, err := l.NameCase(t.Context(), in, other.CaseID, "operator1")
	must(t, err)
	if next := caseOf(t, l, of.CaseID).Next; next != want {
		t.Errorf("it stands %+v, and stood %+v", next, want)
	}
}

// TestAHoldAndAClickAreNotBothAccepted: a supervisor holds a case while its attempt is being written. Who comes second is refused.
func TestAHoldAndAClickAreNotBothAccepted(t *testing.T) {
	l := newLedger(t)
	of := listedTarget(t, l)
	r := reservation(of, noon)
	r.MustWait = true
	ordered := make(chan error, 1)
	must(t, l.inTx(t.Context(), "reserve", func(ctx context.Context, q *db.Queries) error {
		if err := l.insertAttempt(ctx, q, r, l.self().Life); err != nil {
			return err
		}
		go func() {
			_, err := l.Order(t.Context(), of.CaseID, casework.Order{Act: casework.Hold, By: "supervisor1", At: noon, Reason: "電話しない"})
			ordered <- err
		}()
		for waits := false; !waits && len(ordered) == 0; time.Sleep(5 * time.Millisecond) {
			err := l.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").Scan(&waits)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	if no := (*dialer.Refusal)(nil); !errors.As(<-ordered, &no) || no.Rule != dialer.CaseBusy {
		t.Error("it is called, and held")
	}
	must(t, l.End(t.Context(), endOf(r, dialer.NotDialled)))
	heldBySupervisor(t, l, of, noon)
	r = reservation(of, noon)
	r.MustWait = true
	if no := (*dialer.Refusal)(nil); !errors.As(l.Reserve(t.Context(), r), &no) || no.Rule != dialer.CaseBusy {
		t.Error("it is held, and called")
	}
}

// TestAHeldCaseIsPutOffByNobody: who had it in hand when a supervisor held it does not put it back into the line.
func TestAHeldCaseIsPutOffByNobody(t *testing.T) {
	l := newLedger(t)
	of := listedTarget(t, l)
	want := heldBySupervisor(t, l, of, noon)
	err := l.Defer(t.Context(), of.CaseID, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(time.Minute), Cause: dialer.CauseNumber, Why: "番号の間隔です"})
	if !errors.Is(err, dialer.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if next := caseOf(t, l, of.CaseID).Next; next != want {
		t.Errorf("it stands %+v, and stood %+v", next, want)
	}
}

// TestACallByHandAtTheSameInstantHoldsNothing: that a call ended at the very instant since when a case is held does not make the hold its own.
func TestACallByHandAtTheSameInstantHoldsNothing(t *testing.T) {
	l := newLedger(t)
	of := listedTarget(t, l)
	r := reservation(of, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(time.Second), customerLeg(noon)))
	end := endOf(r, dialer.Refused)
	end.Next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseResult, Why: "着信拒否です"}
	must(t, l.End(t.Context(), end))
	n := byHand(of, end.EndedAt, dialer.Answered)
	n.Direction, n.Number = dialer.Inbound, ""
	_, err := l.NoteCall(t.Context(), n)
	must(t, err)
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseHeld {
		t.Errorf("it stands %+v", next)
	}
}

// TestANoteThatMovesNothingLeavesWhatWasArranged: the time that was asked for is still the case's, and a talk whose result is owed still decides.
func TestANoteThatMovesNothingLeavesWhatWasArranged(t *testing.T) {
	l := newLedger(t)
	of := listedTarget(t, l)
	note := func(at time.Time, result dialer.Result) {
		t.Helper()
		want, n := caseOf(t, l, of.CaseID).Next, byHand(of, at, result)
		n.Stays = true
		_, err := l.NoteCall(t.Context(), n)
		must(t, err)
		if next := caseOf(t, l, of.CaseID).Next; next != want {
			t.Errorf("it stands %+v, and stood %+v", next, want)
		}
	}
	asked := callAgain(call(t, l, of, noon, dialer.Answered).ID, of, noon.Add(time.Minute))
	_, err := l.Record(t.Context(), asked)
	must(t, err)
	note(noon.Add(2*time.Minute), dialer.Answered)
	note(noon.Add(3*time.Minute), dialer.NoAnswer)

	r := reservation(of, noon.Add(10*time.Minute))
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, r.At.Add(time.Second), customerLeg(noon)))
	end := endOf(r, dialer.Answered)
	end.Next = dialer.ResultOwed
	must(t, l.End(t.Context(), end))
	note(noon.Add(20*time.Minute), dialer.Answered)
	complaint := callAgain(r.ID, of, noon.Add(30*time.Minute))
	complaint.Next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "苦情です"}
	_, err = l.Record(t.Context(), complaint)
	must(t, err)
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseHeld {
		t.Errorf("a complaint leaves it %s", next.State)
	}
}
