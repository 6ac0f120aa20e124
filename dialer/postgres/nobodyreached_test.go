package postgres

import (
	"fmt"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// calledInVain is a call of ours that reached nobody; one that was not dialled leaves its case where it stands.
func calledInVain(t *testing.T, l *Ledger, of dialer.Target, at time.Time, result dialer.Result) {
	t.Helper()
	r := reservation(of, at)
	must(t, l.Reserve(t.Context(), r))
	end := endOf(r, result)
	end.Next.Cause = dialer.CauseResult
	if result == dialer.NotDialled {
		end.Next = dialer.CaseNext{}
	} else {
		must(t, l.Dialled(t.Context(), r.ID, end.DialledAt, customerLeg(at)))
	}
	must(t, l.End(t.Context(), end))
}

// saidIn are entries of a talk by what they have its case wait for.
func saidIn(what string, id dialer.CallID, of dialer.Target, at time.Time) casework.Recorded {
	r := nothingAsked(id, of, at)
	switch what {
	case "dead":
		r.Business = []casework.Business{casework.MovedOrDeceased}
		r.Next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "転出・死亡です"}
	case "promised":
		r.Business, r.Promise = []casework.Business{casework.Promised}, &casework.Promise{Yen: 12000, DueOn: "2026-12-20", Means: "slip"}
		r.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(27 * 24 * time.Hour), Cause: dialer.CausePromise, Why: "納付約束です"}
	}
	return r
}

func putIn(t *testing.T, l *Ledger, r casework.Recorded) {
	t.Helper()
	_, err := l.Record(t.Context(), r)
	must(t, err)
}

// TestACallThatReachedNobodyTakesNothingBackOfATalk: corrected after such a call, a talk still holds its case and keeps what was promised; what waits by the rules
// of that call goes on doing so.
func TestACallThatReachedNobodyTakesNothingBackOfATalk(t *testing.T) {
	for _, c := range []struct {
		name, first, then string
		later             dialer.Result
		want              dialer.Cause
	}{
		{"dead, and nobody answered", "nothing", "dead", dialer.NoAnswer, dialer.CauseEntry},
		{"dead, and not dialled", "nothing", "dead", dialer.NotDialled, dialer.CauseEntry},
		{"promised, and nobody answered", "nothing", "promised", dialer.NoAnswer, dialer.CausePromise},
		{"withdrawn, and not dialled", "promised", "nothing", dialer.NotDialled, dialer.CauseEntry},
		{"nothing, and nobody answered", "promised", "nothing", dialer.NoAnswer, dialer.CauseResult},
		{"dead, and there was a talk", "nothing", "dead", dialer.Answered, dialer.CausePromise},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, set := sinceNoon(t)
			of, _ := owes(t, l)
			talk := call(t, l, of, noon, dialer.Answered)
			putIn(t, l, saidIn(c.first, talk.ID, of, noon.Add(5*time.Minute)))
			set(noon.Add(4 * time.Hour))
			if c.later == dialer.Answered {
				other := call(t, l, of, noon.Add(2*time.Hour), dialer.Answered)
				putIn(t, l, saidIn("promised", other.ID, of, noon.Add(125*time.Minute)))
			} else {
				calledInVain(t, l, of, noon.Add(2*time.Hour), c.later)
			}
			then := saidIn(c.then, talk.ID, of, noon.Add(3*time.Hour))
			putIn(t, l, then)
			next := caseOf(t, l, of.CaseID).Next
			if next.Cause != c.want || c.want == then.Next.Cause && (next.State != then.Next.State || next.Due.Before(then.Next.Due)) {
				t.Errorf("it stands %+v", next)
			}
		})
	}
}

// TestWhatIsNotedLateHoldsItsCase: that nobody answered since does not have somebody be called who is dead, or at a number that is not theirs.
func TestWhatIsNotedLateHoldsItsCase(t *testing.T) {
	l, set := sinceNoon(t)
	set(noon.Add(2 * time.Hour))
	for _, result := range []dialer.Result{dialer.Answered, dialer.NumberChanged} {
		of, _ := owes(t, l)
		call(t, l, of, noon.Add(30*time.Minute), dialer.NoAnswer)
		n := byHand(of, noon, result)
		n.Noted, n.Next = l.now(), dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseResult, Why: "架電しません"}
		if n.Entry != nil {
			n.By, n.Decides, n.Direction = "supervisor1", true, dialer.Inbound
			n.Entry.Kind, n.Entry.Business = casework.OtherBusiness, []casework.Business{casework.MovedOrDeceased}
		}
		kept := noted(t, l, n)
		if next := caseOf(t, l, of.CaseID).Next; next != n.Next || kept.Next != next {
			t.Errorf("%s: it stands %+v, and it is answered that it stands %+v", result, next, kept.Next)
		}
		r := reservation(of, noon.Add(3*time.Hour))
		if r.MustWait = true; l.Reserve(t.Context(), r) == nil {
			t.Errorf("%s: it is dialled", result)
		}
	}
}

// TestACaseWithoutANumberIsReleasedOnceItHasOne: both were wrong, they have called us, and the ward's next list brings others.
func TestACaseWithoutANumberIsReleasedOnceItHasOne(t *testing.T) {
	l, set := sinceNoon(t)
	of, ward := owes(t, l)
	for i, phone := range caseOf(t, l, of.CaseID).Phones {
		target, err := l.Target(t.Context(), of.CaseID, phone.Number)
		must(t, err)
		at := noon.Add(time.Duration(10*i) * time.Minute)
		wrong := nothingAsked(call(t, l, target, at, dialer.Answered).ID, of, at.Add(5*time.Minute))
		wrong.Business = []casework.Business{casework.WrongNumber}
		recordAsTold(t, l, wrong)
	}
	recordAsTold(t, l, nothingAsked(comesIn(t, l, of, noon.Add(30*time.Minute)), of, noon.Add(35*time.Minute)))
	want := dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseNumberless, Why: noNumberWhy, WhyEN: noNumberWhyEN}
	if next := caseOf(t, l, of.CaseID).Next; next != want {
		t.Errorf("it stands %+v", next)
	}
	set(noon.Add(65 * time.Minute))
	load(t, l, person(ward))
	_, err := l.Order(t.Context(), of.CaseID, casework.Order{Act: casework.Release, By: "supervisor1", At: l.now(), Reason: "番号が届いた"})
	must(t, err)
	wantWaiting(t, l, of, dialer.CauseSupervisor)
	_, err = l.Target(t.Context(), of.CaseID, "")
	must(t, err)
}

// TestAWrongNumberThatWasASlipIsDialledAgain, unless another call, or the network, said so too.
func TestAWrongNumberThatWasASlipIsDialledAgain(t *testing.T) {
	wrongly := func(id dialer.CallID, of dialer.Target, at time.Time) casework.Recorded {
		r := nothingAsked(id, of, at)
		r.Business = []casework.Business{casework.WrongNumber}
		return r
	}
	for _, c := range []struct {
		name   string
		before func(l *Ledger, of dialer.Target)
		takes  time.Duration // after the call, when it is taken back
		want   bool
	}{
		{"a slip", func(*Ledger, dialer.Target) {}, 6 * time.Minute, true},
		{"another call said so", func(l *Ledger, of dialer.Target) {
			putIn(t, l, wrongly(call(t, l, of, noon.Add(-time.Hour), dialer.Answered).ID, of, noon.Add(-50*time.Minute)))
		}, 6 * time.Minute, false},
		{"it was a fax", func(l *Ledger, of dialer.Target) {
			fax := nothingAsked(call(t, l, of, noon.Add(-time.Hour), dialer.Answered).ID, of, noon.Add(-50*time.Minute))
			fax.Party, fax.Business, fax.Spoilt = casework.Fax, nil, true
			putIn(t, l, fax)
		}, 6 * time.Minute, false},
		{"the network said so", func(l *Ledger, of dialer.Target) { calledInVain(t, l, of, noon.Add(-time.Hour), dialer.NumberChanged) }, 6 * time.Minute, false},
		{"an older entry out of a spool", func(*Ledger, dialer.Target) {}, 4 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, set := sinceNoon(t)
			p := person(fmt.Sprintf("%010d", numbers.Add(1)))
			p.Phones = p.Phones[:1]
			of, err := l.Target(t.Context(), load(t, l, p).Waiting[0].Case, "")
			must(t, err)
			c.before(l, of)
			talk := call(t, l, of, noon, dialer.Answered)
			putIn(t, l, wrongly(talk.ID, of, noon.Add(5*time.Minute)))
			if caseOf(t, l, of.CaseID).Phones[0].Usable {
				t.Error("a wrong number is dialled")
			}
			putIn(t, l, nothingAsked(talk.ID, of, noon.Add(c.takes)))
			if got := caseOf(t, l, of.CaseID).Phones[0].Usable; got != c.want {
				t.Errorf("it may be dialled: %t", got)
			}
			if !c.want {
				return
			}
			set(noon.Add(70 * time.Minute))
			p.Balance.Yen++
			load(t, l, p)
			_, err = l.Target(t.Context(), of.CaseID, "")
			must(t, err)
			must(t, l.Reserve(t.Context(), reservation(of, l.now())))
			putIn(t, l, wrongly(talk.ID, of, noon.Add(80*time.Minute)))
			if caseOf(t, l, of.CaseID).Phones[0].Usable {
				t.Error("it was wrong after all, and is dialled")
			}
		})
	}
}
