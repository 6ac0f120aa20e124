package postgres

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Who was shown a debt stays, in its order, and cannot be taken out.
func TestDisclosuresStay(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	lines := []casework.Disclosure{
		{Shown: true, Ticked: []casework.Identifier{casework.ByName, casework.ByBirthday}, Party: casework.Self},
		{Party: casework.Family},
		{Shown: true, Ticked: []casework.Identifier{casework.ByName, casework.ByAddress}},
	}
	for i := range lines {
		lines[i].Attempt, lines[i].Case, lines[i].By, lines[i].At = r.ID, target.CaseID, "operator1", noon.Add(time.Duration(i)*time.Second)
		must(t, l.Disclose(t.Context(), lines[i]))
		again := lines[i]
		again.At = again.At.Add(time.Millisecond)
		must(t, l.Disclose(t.Context(), again)) // a key pressed twice
	}
	got, err := l.Disclosures(t.Context(), r.ID)
	must(t, err)
	same := slices.EqualFunc(got, lines, func(a, b casework.Disclosure) bool {
		return a.Attempt == b.Attempt && a.Case == b.Case && a.By == b.By && a.At.Equal(b.At) && a.Shown == b.Shown &&
			slices.Equal(a.Ticked, b.Ticked) && a.Party == b.Party
	})
	if !same {
		t.Errorf("got %+v, want %+v", got, lines)
	}
	for _, sql := range []string{"DELETE FROM disclosures", "UPDATE disclosures SET shown = false", "TRUNCATE disclosures", "DELETE FROM history_checks", "TRUNCATE history_checks"} {
		if sql == "DELETE FROM history_checks" {
			must(t, l.CheckHistory(t.Context(), target.CaseID, "operator1", noon))
		}
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

// 経過確認済 holds for one call of who ticked it, on its day.
func TestNobodyIsCalledWhoseHistoryWasNotRead(t *testing.T) {
	l := newLedger(t)
	l.needHistory = func() bool { return true }
	target := listedTarget(t, l)
	reserve := func(by dialer.UserID, at time.Time) (dialer.Reservation, error) {
		r := reservation(target, at)
		r.Operator = by
		return r, l.Reserve(t.Context(), r)
	}
	checked := func(by dialer.UserID, at time.Time) time.Time {
		t.Helper()
		got, err := l.HistoryChecked(t.Context(), target.CaseID, by, at)
		must(t, err)
		return got
	}
	_, err := reserve("operator1", noon)
	wantRule(t, err, dialer.HistoryUnread)

	must(t, l.CheckHistory(t.Context(), target.CaseID, "operator1", noon))
	must(t, l.CheckHistory(t.Context(), target.CaseID, "operator1", noon.Add(time.Millisecond)))
	if !checked("operator1", noon).Equal(noon) || !checked("operator2", noon).IsZero() {
		t.Error("the tick is of its own reader")
	}
	_, err = reserve("operator2", noon.Add(time.Second))
	wantRule(t, err, dialer.HistoryUnread)
	r, err := reserve("operator1", noon.Add(2*time.Second))
	must(t, err)
	must(t, l.End(t.Context(), endOf(r, dialer.NotDialled))) // the desk phone did not answer: nobody was called
	r, err = reserve("operator1", noon.Add(3*time.Second))
	must(t, err)
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(4*time.Second), customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(r, dialer.Busy)))

	_, err = reserve("operator1", noon.Add(time.Hour)) // each call has its own
	wantRule(t, err, dialer.HistoryUnread)
	must(t, l.CheckHistory(t.Context(), target.CaseID, "operator1", noon.Add(time.Hour)))
	if checked("operator1", noon.Add(time.Hour)).IsZero() || !checked("operator1", noon.Add(24*time.Hour)).IsZero() {
		t.Error("the tick is of its own day")
	}
	_, err = reserve("operator1", noon.Add(24*time.Hour))
	wantRule(t, err, dialer.HistoryUnread)

	// A case that was opened for a number alone has no history to read.
	target = newTarget()
	id, err := l.AdHoc(t.Context(), target.Number, "番号の確認", "supervisor1")
	must(t, err)
	target, err = l.Target(t.Context(), id, "")
	must(t, err)
	_, err = reserve("supervisor1", noon.Add(25*time.Hour))
	must(t, err)
}
