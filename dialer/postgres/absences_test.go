package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestAbsences: an absence lasts until its operator's next row, and no row is ever changed.
func TestAbsences(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	open := func(want ...dialer.Absence) {
		t.Helper()
		got, err := l.OpenAbsences(t.Context())
		must(t, err)
		for i := range got {
			got[i].From = got[i].From.In(noon.Location())
		}
		if !slices.Equal(got, want) {
			t.Errorf("away are %+v, want %+v", got, want)
		}
	}
	open()
	rest := dialer.Absence{Desk: "desk1", Operator: "operator1", Reason: dialer.AwayBreak, From: at(0)}
	must(t, l.BeginAbsence(t.Context(), rest))
	meets := dialer.Absence{Desk: "desk2", Operator: "operator2", Reason: dialer.AwayMeeting, From: at(1)}
	must(t, l.BeginAbsence(t.Context(), meets))
	open(rest, meets)
	rest.Reason, rest.From = dialer.AwayPaper, at(2)
	must(t, l.BeginAbsence(t.Context(), rest)) // for another reason from now on
	open(rest, meets)
	for range 2 { // the second time there is nothing to end
		must(t, l.EndAbsence(t.Context(), "desk1", "operator1", at(3)))
	}
	open(meets)
	must(t, l.EndAbsence(t.Context(), "desk3", "operator3", at(4)))
	if n := count(t, l, `SELECT count(*) FROM absences`); n != 4 {
		t.Errorf("%d rows were written, want 4", n)
	}
	for _, change := range []string{`UPDATE absences SET reason = 'errand'`, `DELETE FROM absences`, `TRUNCATE absences`} {
		if err := exec(t, url, change); err == nil || !strings.Contains(err.Error(), "never changed") && !strings.Contains(err.Error(), "absences") {
			t.Errorf("%s: %v", change, err)
		}
	}
	err := l.BeginAbsence(t.Context(), dialer.Absence{Desk: "desk1", Operator: "operator1", Reason: "golf", From: at(5)})
	if err == nil {
		t.Error("a reason that there is not was written")
	}
}

// TestOwnFigures: an operator's own calls that count, from midnight to midnight.
func TestOwnFigures(t *testing.T) {
	l := newLedger(t)
	one := reservation(newTarget(), noon)
	call(t, l, newTarget(), noon, dialer.NoAnswer)
	call(t, l, newTarget(), noon.Add(time.Minute), dialer.Answered)
	call(t, l, newTarget(), noon.Add(-24*time.Hour), dialer.Busy)
	f, err := l.OwnFigures(t.Context(), one.Operator, noon.Add(-time.Hour), noon.Add(time.Hour))
	if must(t, err); f.Attempts != 2 || f.Answered != 1 {
		t.Errorf("%+v", f)
	}
	if f, err = l.OwnFigures(t.Context(), "somebody else", noon.Add(-time.Hour), noon.Add(time.Hour)); err != nil || f.Attempts != 0 {
		t.Errorf("another's: %+v, %v", f, err)
	}
}
