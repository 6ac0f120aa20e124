package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// owes is a case that is listed and owes 20,000 yen, with the ward's number of it.
func owes(t *testing.T, l *Ledger) (of dialer.Target, ward string) {
	t.Helper()
	ward = fmt.Sprintf("%010d", numbers.Add(1))
	of, err := l.Target(t.Context(), load(t, l, person(ward)).Waiting[0].Case, "")
	must(t, err)
	return of, ward
}

// allPaid reads a list by which cases owe nothing any more.
func allPaid(t *testing.T, l *Ledger, wards ...string) {
	t.Helper()
	var rows []casework.PaidRow
	for _, ward := range wards {
		rows = append(rows, payment(ward, firstTerm, tokyo(time.November, 20), 20000))
	}
	readPaidList(t, l, rows...)
}

// wantPaid has a case be held as perhaps paid, and stand in no line.
func wantPaid(t *testing.T, l *Ledger, of dialer.Target) {
	t.Helper()
	next := caseOf(t, l, of.CaseID).Next
	if want := (dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CausePaid, Why: casework.MaybePaid.JA, WhyEN: casework.MaybePaid.EN}); next != want {
		t.Errorf("it stands %+v", next)
	}
	if w, err := l.Place(t.Context(), of.CaseID); err != nil || w != nil {
		t.Errorf("in the line it stands %+v, %v", w, err)
	}
}

func wantWaiting(t *testing.T, l *Ledger, of dialer.Target, cause dialer.Cause) {
	t.Helper()
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseWaiting || next.Cause != cause {
		t.Errorf("it stands %+v, and is to wait as %q", next, cause)
	}
}

// sinceNoon is a ledger whose clock stands a while after the calls of these tests.
func sinceNoon(t *testing.T) (l *Ledger, set func(time.Time)) {
	t.Helper()
	l, set = lateLedger(t)
	set(noon.Add(time.Hour))
	return l, set
}

// nothingAsked is an entry after which its case waits by the rules.
func nothingAsked(id dialer.CallID, of dialer.Target, at time.Time) casework.Recorded {
	r := callAgain(id, of, at)
	r.Business, r.CallAgain = []casework.Business{casework.NoCommitment}, nil
	r.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: at.Add(24 * time.Hour), Cause: dialer.CauseEntry, Why: "翌日です"}
	return r
}

func recordAsTold(t *testing.T, l *Ledger, r casework.Recorded) {
	t.Helper()
	kept, err := l.Record(t.Context(), r)
	must(t, err)
	if next := caseOf(t, l, r.Case).Next; kept.Next.State != next.State || kept.Next.Cause != next.Cause || kept.Next.Why != next.Why {
		t.Errorf("it is answered that the case stands %+v, and it stands %+v", kept.Next, next)
	}
}

// TestACasePaidDuringATalkThatWasAnothersIsHeld: it stands as it did before the talk, but for the list that came meanwhile.
func TestACasePaidDuringATalkThatWasAnothersIsHeld(t *testing.T) {
	l, _ := sinceNoon(t)
	x, xWard := owes(t, l)
	y, yWard := owes(t, l)
	asked, askedWard := owes(t, l)
	z, _ := owes(t, l)
	recordAsTold(t, l, callAgain(call(t, l, asked, noon, dialer.Answered).ID, asked, noon.Add(time.Minute)))
	calls := []dialer.CallID{comesIn(t, l, x, noon.Add(10*time.Minute)), comesIn(t, l, asked, noon.Add(20*time.Minute))}
	allPaid(t, l, xWard, yWard, askedWard)
	wantPaid(t, l, y)
	for _, id := range calls {
		_, err := l.NameCase(t.Context(), id, z.CaseID, "operator1")
		must(t, err)
	}
	wantPaid(t, l, x)
	wantWaiting(t, l, asked, dialer.CauseAsked) // the debtor wants the call
}

// TestACasePaidWhileItIsCalledIsHeldAtTheEnd, whether it was dialled or not.
func TestACasePaidWhileItIsCalledIsHeldAtTheEnd(t *testing.T) {
	l, _ := sinceNoon(t)
	for _, result := range []dialer.Result{dialer.NoAnswer, dialer.NotDialled} {
		of, ward := owes(t, l)
		r := reservation(of, noon)
		must(t, l.Reserve(t.Context(), r))
		allPaid(t, l, ward)
		wantWaiting(t, l, of, dialer.CauseNew)
		end := endOf(r, result)
		if result == dialer.NotDialled {
			end.Next = dialer.CaseNext{}
		} else {
			must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
		}
		must(t, l.End(t.Context(), end))
		wantPaid(t, l, of)
	}
}

// TestACasePaidDuringATalkIsHeldByItsResult, unless the debtor asked for a call: also where that is a correction, by whoever recorded the result.
func TestACasePaidDuringATalkIsHeldByItsResult(t *testing.T) {
	l, _ := sinceNoon(t)
	of, ward := owes(t, l)
	talk := call(t, l, of, noon, dialer.Answered)
	allPaid(t, l, ward)
	for i, e := range []struct {
		says func(dialer.CallID, dialer.Target, time.Time) casework.Recorded
		held bool
	}{{nothingAsked, true}, {callAgain, false}, {nothingAsked, true}, {callAgain, false}} {
		recordAsTold(t, l, e.says(talk.ID, of, noon.Add(time.Duration(i+1)*time.Minute)))
		if e.held {
			wantPaid(t, l, of)
		} else {
			wantWaiting(t, l, of, dialer.CauseAsked)
		}
	}
	part, partWard := owes(t, l)
	talk = call(t, l, part, noon, dialer.Answered)
	readPaidList(t, l, payment(partWard, firstTerm, tokyo(time.November, 20), 19999))
	recordAsTold(t, l, nothingAsked(talk.ID, part, noon.Add(time.Minute)))
	wantWaiting(t, l, part, dialer.CauseEntry)
}

// TestAResultRecordedInATalkThatOutlivesAPaidList: the talk's end holds the case, and who recorded the result may still correct it.
func TestAResultRecordedInATalkThatOutlivesAPaidList(t *testing.T) {
	l, _ := sinceNoon(t)
	of, ward := owes(t, l)
	r := reservation(of, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
	recordAsTold(t, l, nothingAsked(r.ID, of, noon.Add(5*time.Second)))
	allPaid(t, l, ward)
	must(t, l.End(t.Context(), endOf(r, dialer.Answered)))
	wantPaid(t, l, of)
	recordAsTold(t, l, callAgain(r.ID, of, noon.Add(time.Minute)))
	wantWaiting(t, l, of, dialer.CauseAsked)
}

// TestASupervisorHasOneCalledWhoHasPerhapsPaid: what they order, or record, knowing the payments stands until others are read.
func TestASupervisorHasOneCalledWhoHasPerhapsPaid(t *testing.T) {
	l, set := sinceNoon(t)
	of, ward := owes(t, l)
	allPaid(t, l, ward)
	set(noon.Add(2 * time.Hour))
	_, err := l.Order(t.Context(), of.CaseID, casework.Order{Act: casework.Release, By: "supervisor1", At: l.now(), Reason: "区の確認"})
	must(t, err)
	wantWaiting(t, l, of, dialer.CauseSupervisor)
	call(t, l, of, noon.Add(3*time.Hour), dialer.NoAnswer)
	wantWaiting(t, l, of, "")
	readPaidList(t, l)
	wantWaiting(t, l, of, "")
	set(noon.Add(4 * time.Hour))
	readPaidList(t, l, payment(ward, "令和8年度 第2期", tokyo(time.November, 21), 1))
	wantPaid(t, l, of)

	decides := nothingAsked(call(t, l, of, noon.Add(5*time.Hour), dialer.Answered).ID, of, noon.Add(6*time.Hour))
	decides.By, decides.Decides = "supervisor1", true
	recordAsTold(t, l, decides)
	wantWaiting(t, l, of, dialer.CauseEntry)

	other, otherWard := owes(t, l)
	decides = nothingAsked(call(t, l, other, noon, dialer.Answered).ID, other, noon.Add(time.Minute))
	decides.By, decides.Decides = "supervisor1", true
	allPaid(t, l, otherWard)
	recordAsTold(t, l, decides) // there was no hold to be lifted
	wantPaid(t, l, other)
}

// TestAnEndThatHasNotSeenThePaymentsIsWaitedFor: neither it nor the list leaves the case waiting.
func TestAnEndThatHasNotSeenThePaymentsIsWaitedFor(t *testing.T) {
	l, _ := sinceNoon(t)
	of, ward := owes(t, l)
	r := reservation(of, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
	list := newList(true)
	list.At = l.now()
	_, err := l.StagePaid(t.Context(), list, paidRows(payment(ward, firstTerm, tokyo(time.November, 20), 20000)), nil)
	must(t, err)
	applied := make(chan error, 1)
	must(t, l.inTx(t.Context(), "end a call", func(ctx context.Context, q *db.Queries) error {
		if _, err := l.endAttempt(ctx, q, endOf(r, dialer.NoAnswer)); err != nil {
			return err
		}
		go func() {
			_, _, err := l.ApplyPaid(t.Context(), list.ID, "admin")
			applied <- err
		}()
		for waits := false; !waits && len(applied) == 0; time.Sleep(5 * time.Millisecond) {
			if err := l.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").Scan(&waits); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, <-applied)
	wantPaid(t, l, of)
}

// readList reads a list now, and applies none.
func readList(t *testing.T, l *Ledger, rows ...casework.Row) (id string) {
	t.Helper()
	list := newList(true)
	list.ID, list.At = dialer.NewID(l.now()), l.now()
	_, err := l.Stage(t.Context(), list, rowsOf(rows...), nil)
	must(t, err)
	return list.ID
}

// applyList applies it, and gives the cases that come into the line.
func applyList(t *testing.T, l *Ledger, id string) []dialer.Waiting {
	t.Helper()
	done, err := l.Apply(t.Context(), id, "admin", nil)
	must(t, err)
	return done.Waiting
}

// TestAListThatWasReadBeforeThePaymentsFreesNobody: of what was taken in between a list's reading and its applying the list knows nothing. Whom it frees it brings
// no more than whom it brings first, or with less to pay.
func TestAListThatWasReadBeforeThePaymentsFreesNobody(t *testing.T) {
	l, set := sinceNoon(t)
	of, ward := owes(t, l)
	other, less := owes(t, l)
	newcomer := fmt.Sprintf("%010d", numbers.Add(1))
	owesLess := person(less)
	owesLess.Balance.Yen = 10000
	early := readList(t, l, person(ward), owesLess, person(newcomer))
	set(noon.Add(61 * time.Minute))
	allPaid(t, l, ward, newcomer)
	readPaidList(t, l, payment(less, firstTerm, tokyo(time.November, 20), 10000))
	wantPaid(t, l, of)
	wantWaiting(t, l, other, dialer.CauseNew)
	set(noon.Add(62 * time.Minute))
	if waiting := applyList(t, l, early); len(waiting) != 0 {
		t.Errorf("%d cases come into the line", len(waiting))
	}
	wantPaid(t, l, of)
	wantPaid(t, l, other)
	if n := count(t, l, "SELECT count(*) FROM cases WHERE state = 'held' AND cause = 'paid'"); n != 3 {
		t.Errorf("%d cases are held as paid", n)
	}
	applyList(t, l, readList(t, l, person(ward))) // the ward says now that it is owed all the same
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseWaiting {
		t.Errorf("it stands %+v", next)
	}
}

// TestAnOlderListIsNotAppliedAfterANewerOne: what it says was so once.
func TestAnOlderListIsNotAppliedAfterANewerOne(t *testing.T) {
	l, set := sinceNoon(t)
	_, ward := owes(t, l)
	older := readList(t, l, person(ward))
	set(noon.Add(61 * time.Minute))
	newer := readList(t, l, person(ward))
	applyList(t, l, newer)
	_, err := l.Apply(t.Context(), older, "admin", nil)
	if no := (*casework.ListError)(nil); !errors.As(err, &no) || no.Code != "list_older" {
		t.Errorf("%v", err)
	}
	_, err = l.Apply(t.Context(), newer, "admin", nil) // once more changes nothing
	must(t, err)
	applyList(t, l, readList(t, l, person(ward)))
}

// TestAPaymentThatIsTakenBackLeavesWhatWasWaitedFor: a promise whose date is ahead is waited for again.
func TestAPaymentThatIsTakenBackLeavesWhatWasWaitedFor(t *testing.T) {
	l, set := sinceNoon(t)
	of, ward := owes(t, l)
	talk := call(t, l, of, noon, dialer.Answered)
	e := entry(talk)
	e.Next.Cause, e.Promise.Yen, e.Promise.Parts, e.Promise.DueOn = dialer.CausePromise, 12000, nil, "2026-12-20"
	_, err := l.Record(t.Context(), e)
	must(t, err)
	stood := caseOf(t, l, of.CaseID).Next
	set(noon.Add(61 * time.Minute))
	allPaid(t, l, ward)
	wantPaid(t, l, of)
	set(noon.Add(62 * time.Minute))
	readPaidList(t, l, payment(ward, firstTerm, tokyo(time.November, 20), -20000))
	if next := caseOf(t, l, of.CaseID).Next; next.State != stood.State || !next.Due.Equal(stood.Due) || next.Cause != stood.Cause {
		t.Errorf("it stands %+v, and stood %+v", next, stood)
	}
}

// TestWhoIsPutOffAndPaysIsHeld: a supervisor's order to leave somebody alone for a while, or to let them go on, from before the payments is no order to call them.
func TestWhoIsPutOffAndPaysIsHeld(t *testing.T) {
	l, set := sinceNoon(t)
	of, ward := owes(t, l)
	_, err := l.Order(t.Context(), of.CaseID, casework.Order{Act: casework.Skip, Until: l.now().Add(240 * time.Hour), By: "supervisor", At: l.now(), Reason: "入院中"})
	must(t, err)
	set(noon.Add(2 * time.Hour))
	allPaid(t, l, ward)
	wantPaid(t, l, of)
}

// TestPaymentsOfOneCaseAreBounded: all of them are looked at whenever its promises are settled.
func TestPaymentsOfOneCaseAreBounded(t *testing.T) {
	l, _ := sinceNoon(t)
	_, ward := owes(t, l)
	rows := make([]casework.PaidRow, mostPayments+1)
	for i := range rows {
		rows[i] = payment(ward, firstTerm, tokyo(time.November, 20), 1)
	}
	list := newList(true)
	list.ID, list.At = dialer.NewID(l.now()), l.now()
	_, err := l.StagePaid(t.Context(), list, paidRows(rows...), nil)
	must(t, err)
	_, _, err = l.ApplyPaid(t.Context(), list.ID, "admin")
	if no := (*casework.ListError)(nil); !errors.As(err, &no) || no.Code != "many_payments" {
		t.Errorf("%v", err)
	}
	if n := count(t, l, "SELECT count(*) FROM payments"); n != 0 {
		t.Errorf("%d payments count", n)
	}
	readPaidList(t, l, rows[:mostPayments]...)
}
