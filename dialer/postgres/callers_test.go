package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestWhoCalledBeforeTheyCameOntoAList: a caller whom nobody knows has a case of their own; once their number stands on a list they are who it says, though the last
// call with it was the stranger's, and stay it.
func TestWhoCalledBeforeTheyCameOntoAList(t *testing.T) {
	l := newLedger(t)
	before := arrival(noon)
	own, err := l.Arrive(t.Context(), before)
	must(t, err)
	if !own.Unlisted || own.CaseID != before.NewCase {
		t.Fatalf("%+v", own)
	}
	end := endOf(dialer.Reservation{ID: before.ID, At: before.At}, dialer.NoAnswer)
	end.DialledAt, end.Verdict.Counted = time.Time{}, false
	must(t, l.End(t.Context(), end))
	again := func(after time.Duration) dialer.Target {
		in := arrival(noon.Add(after))
		in.Caller, in.NumberRef, in.Kind = before.Caller, before.NumberRef, before.Kind
		got, err := l.Arrive(t.Context(), in)
		must(t, err)
		return got
	}
	if got := again(time.Minute); got.CaseID != own.CaseID {
		t.Errorf("the same stranger again is %s", got.CaseID)
	}
	row := person("0000000042")
	row.Phones = []casework.Phone{{Rank: 1, Number: before.Caller, Kind: before.Caller.Kind(), Usable: true}}
	listed := load(t, l, row).Waiting[0].Case
	for _, after := range []time.Duration{time.Hour, 2 * time.Hour} {
		if got := again(after); got.CaseID != listed || got.Unlisted {
			t.Errorf("after %s the caller is %s, on no list: %v; want %s", after, got.CaseID, got.Unlisted, listed)
		}
	}
}
