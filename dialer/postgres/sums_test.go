package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer/casework"
)

// TestAStagedSumThatWasChangedIsNotApplied: between the reading of a list and its applying its sums stand in the database. What was changed there is not the ward's,
// and gets no mark of ours.
func TestAStagedSumThatWasChangedIsNotApplied(t *testing.T) {
	l := newLedger(t)
	for _, sql := range []string{
		"UPDATE staged_rows SET yen = 987654 WHERE list_id = $1 AND line = 2",
		"UPDATE staged_rows SET due_on = due_on + 1 WHERE list_id = $1 AND line = 2",
		"UPDATE staged_rows SET parts[4] = (SELECT o.parts[4] FROM staged_rows o WHERE o.list_id = $1 AND o.line = 1) WHERE list_id = $1 AND line = 2",
	} {
		list := newList(true)
		_, err := l.Stage(t.Context(), list, rowsOf(person(fmt.Sprintf("%010d", numbers.Add(1))), person(fmt.Sprintf("%010d", numbers.Add(1)))), nil)
		must(t, err)
		n, err := l.pool.Exec(t.Context(), sql, list.ID)
		must(t, err)
		if n.RowsAffected() != 1 {
			t.Fatalf("%s: %d rows", sql, n.RowsAffected())
		}
		_, err = l.Apply(t.Context(), list.ID, "admin", nil)
		if no := (*casework.ListError)(nil); !errors.As(err, &no) || no.Code != "list_changed" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestSumsThatWereTakenAwayAreMissed: who takes a case's sums away, and its mark with them, has it be no case that no list named.
func TestSumsThatWereTakenAwayAreMissed(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	for _, sql := range []string{"UPDATE case_sums SET mark = '' WHERE case_id = $1", "DELETE FROM balances WHERE case_id = $1"} {
		_, err := l.pool.Exec(t.Context(), sql, string(target.CaseID))
		must(t, err)
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, []string{"sum"}) {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
	if note := caseOf(t, l, target.CaseID).WardNote; !strings.HasPrefix(note, sumsChangedNote) {
		t.Errorf("the operator reads %q", note)
	}
}
