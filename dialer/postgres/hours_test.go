package postgres

import (
	"cmp"
	"reflect"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/casework"
)

// said records who was there, and when they asked to be called again.
func said(t testing.TB, l *Ledger, r dialer.Reservation, party casework.Party, again *time.Time) {
	t.Helper()
	e := entry(r)
	e.Entry = casework.Entry{Party: party, Business: []casework.Business{casework.NoCommitment}, CallAgain: again}
	_, err := l.Record(t.Context(), e)
	must(t, err)
}

func hourCounts(t testing.TB, l *Ledger, samples bool, now time.Time) []besthour.Count {
	t.Helper()
	got, err := l.Hours(samples).HourCounts(t.Context(), now.Add(-365*24*time.Hour), now)
	must(t, err)
	slices.SortFunc(got, func(a, b besthour.Count) int {
		return cmp.Or(cmp.Compare(a.Weekday, b.Weekday), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Earlier, b.Earlier), cmp.Compare(b.WeeksAgo, a.WeeksAgo))
	})
	return got
}

func TestHourCounts(t *testing.T) {
	l := newLedger(t)
	tuesday := time.Date(2026, 6, 16, 10, 30, 0, 0, dialer.Tokyo)
	hour, day := time.Hour, 24*time.Hour
	one, two := newTarget(), newTarget()
	again := tuesday.Add(2*day + 3*hour)

	call(t, l, one, tuesday, dialer.NoAnswer)                                                     // tue 10, the first
	call(t, l, one, tuesday.Add(5*hour), dialer.Busy)                                             // tue 15, the second
	said(t, l, call(t, l, one, tuesday.Add(day+4*hour), dialer.Answered), casework.Recorder, nil) // wed 14, the third: no person
	person := call(t, l, one, tuesday.Add(day+8*hour), dialer.Answered)                           // wed 18, the fourth: a person
	said(t, l, person, casework.Voicemail, nil)
	said(t, l, person, casework.Family, &again) // the newest counts
	call(t, l, one, again, dialer.Answered)     // nobody has said who it was
	call(t, l, one, again.Add(day), dialer.NoAnswer)
	call(t, l, one, again.Add(7*day), dialer.OutOfReach)

	// Of another number, what says nothing of the hour, and what is too old or to come.
	for i, result := range []dialer.Result{dialer.Unallocated, dialer.Refused, dialer.LineTrouble, dialer.Cancelled, dialer.NotDialled} {
		call(t, l, two, tuesday.Add(time.Duration(i)*hour), result)
	}
	call(t, l, two, tuesday.Add(-400*day), dialer.NoAnswer)
	now := tuesday.Add(10 * day)
	call(t, l, two, now, dialer.NoAnswer)
	call(t, l, newTarget(), time.Date(2026, 6, 16, 0, 10, 0, 0, dialer.Tokyo), dialer.NoAnswer) // a Monday yet in Greenwich

	m := dialer.KindMobile
	want := []besthour.Count{
		{Kind: m, Weekday: time.Tuesday, Hour: 0, WeeksAgo: 1, Tried: 1},
		{Kind: m, Weekday: time.Tuesday, Hour: 10, WeeksAgo: 1, Tried: 1},
		{Kind: m, Weekday: time.Tuesday, Hour: 15, Earlier: 1, WeeksAgo: 1, Tried: 1},
		{Kind: m, Weekday: time.Wednesday, Hour: 14, Earlier: 2, WeeksAgo: 1, Tried: 1},
		{Kind: m, Weekday: time.Wednesday, Hour: 18, Earlier: 3, WeeksAgo: 1, Tried: 1, Answered: 1},
		// The call at the time asked for is left out whatever became of it; this one is the second of its series.
		{Kind: m, Weekday: time.Thursday, Hour: 13, Earlier: 1, Tried: 1},
	}
	if got := hourCounts(t, l, true, now); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := hourCounts(t, l, false, now); len(got) != 0 {
		t.Errorf("of real numbers, of which none was called: %+v", got)
	}
}

// What the ledger counts of numbers that were rung over and over is what plain counting gives.
func TestHourCountsOfLongSeries(t *testing.T) {
	l := newLedger(t)
	target, vain := newTarget(), 0
	start := time.Date(2026, 6, 15, 9, 0, 0, 0, dialer.Tokyo)
	type key struct{ earlier, answered int }
	want, got := map[key]int{}, map[key]int{}
	for i, answers := range []bool{false, false, false, false, false, true, true, false, true, false, false} {
		at := start.Add(time.Duration(i) * 26 * time.Hour)
		k := key{earlier: min(vain, besthour.EarlierMost)}
		vain++
		if answers {
			said(t, l, call(t, l, target, at, dialer.Answered), casework.Self, nil)
			k.answered, vain = 1, 0
		} else {
			call(t, l, target, at, dialer.NoAnswer)
		}
		want[k]++
	}
	for _, c := range hourCounts(t, l, true, start.Add(30*24*time.Hour)) {
		got[key{c.Earlier, c.Answered}] += c.Tried
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
