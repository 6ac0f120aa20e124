package postgres

import (
	"slices"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// The lane of a case follows its language and the number to be dialled next, wherever the line is read.
func TestACasesLane(t *testing.T) {
	l := newLedger(t)
	fixed, mobile := dialer.Number("0300001111"), dialer.Number("09000001111")
	row := person("0000099001")
	row.Language = "zh"
	row.Phones = []casework.Phone{
		{Rank: 1, Number: fixed, Kind: fixed.Kind(), Usable: true}, {Rank: 2, Number: mobile, Kind: mobile.Kind(), Usable: true},
	}
	list := newList(true)
	_, err := l.Stage(t.Context(), list, rowsOf(row), nil)
	must(t, err)
	done, err := l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	id := done.Waiting[0].Case
	lane := func(want dialer.Lane) {
		t.Helper()
		w, err := l.Place(t.Context(), id)
		if must(t, err); w == nil || w.Lane != want {
			t.Fatalf("in its place: %+v, want the lane %q", w, want)
		}
		var all []dialer.Waiting
		for w, err := range l.Waiting(t.Context()) {
			must(t, err)
			all = append(all, w)
		}
		if !slices.Equal(all, []dialer.Waiting{*w}) {
			t.Errorf("in the line: %+v, want %+v", all, *w)
		}
		again, err := l.Apply(t.Context(), list.ID, "admin", nil)
		if must(t, err); !slices.Equal(again.Waiting, all) {
			t.Errorf("of its list: %+v, want %+v", again.Waiting, all)
		}
	}
	target, err := l.Target(t.Context(), id, "")
	if must(t, err); target.Number != fixed {
		t.Fatalf("the next number is of the kind %s", target.Number.Kind())
	}
	lane(dialer.LaneOf("", "zh", dialer.KindFixed))
	for _, next := range []dialer.NumberKind{dialer.KindMobile, ""} {
		_, err := l.pool.Exec(t.Context(), `UPDATE phones SET usable = false WHERE case_id = $1 AND usable AND rank =
			(SELECT min(rank) FROM phones WHERE case_id = $1 AND usable)`, string(id))
		must(t, err)
		lane(dialer.LaneOf("", "zh", next))
	}
}
