package casework

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

func TestRank(t *testing.T) {
	now := jst(24, 10, 0)
	rules := DefaultRules()
	base := Facts{Tries: 1, Yen: 20_000, OldestDue: now.AddDate(0, -2, 0)}
	with := func(f func(*Facts)) Facts { c := base; f(&c); return c }
	for _, c := range []struct {
		name string
		f    Facts
		want int
		why  string
	}{
		{"nothing speaks for it", base, Ordinary, ""},
		{"asked for", with(func(f *Facts) { f.Cause = dialer.CauseAsked }), 20, "希望された日時の再架電"},
		{"they called", with(func(f *Facts) { f.Cause = dialer.CauseMissed }), 25, "不在着信への折り返し"},
		{"a promise runs", with(func(f *Facts) { f.Promise, f.PromiseOn = PromiseOpen, now.AddDate(0, 0, -13) }), Ordinary, ""},
		{"a promise fell due", with(func(f *Facts) { f.Promise, f.PromiseOn = PromiseOpen, now.AddDate(0, 0, -14) }), 35, "約束の期日を過ぎ納付が未確認"},
		{"a promise was broken", with(func(f *Facts) { f.Promise = PromiseBroken }), 30, "納付約束の不履行"},
		{"a promise was kept", with(func(f *Facts) { f.Promise = PromiseKept }), Ordinary, ""},
		{"much is owed", with(func(f *Facts) { f.Yen = 300_000 }), 46, "滞納額30万円以上"},
		{"a good deal is owed", with(func(f *Facts) { f.Yen = 100_000 }), 48, "滞納額10万円以上"},
		{"owed for long", with(func(f *Facts) { f.OldestDue = now.AddDate(-1, 0, -1) }), 47, "納期限から1年以上"},
		{"no date is known", with(func(f *Facts) { f.OldestDue = time.Time{} }), Ordinary, ""},
		{"never called", with(func(f *Facts) { f.Tries = 0 }), 49, "初めての架電"},
		{"called in vain", with(func(f *Facts) { f.Tries = 8 }), 55, "架電8回以上"},
		{"several", with(func(f *Facts) { f.Tries, f.Yen, f.Cause = 0, 300_000, dialer.CauseMissed }), 20, "不在着信への折り返し・滞納額30万円以上・初めての架電"},
	} {
		got := rules.Rank(c.f, now)
		if got.Priority != c.want || got.Why.JA != c.why || (got.Why.EN == "") != (c.why == "") {
			t.Errorf("%s: %+v, want %d (%s)", c.name, got, c.want, c.why)
		}
	}
}

// Whatever is known of a case, its rank is one of the line's, behind every pin, and the same when it is made again.
func TestRankIsBoundedAndStable(t *testing.T) {
	rules := DefaultRules()
	rapid.Check(t, func(t *rapid.T) {
		for i := range rules.Priorities {
			rules.Priorities[i].Points = rapid.IntRange(-49, 49).Draw(t, "points")
		}
		now := jst(24, 0, 0).Add(time.Duration(rapid.IntRange(0, 400*24).Draw(t, "hours")) * time.Hour)
		f := Facts{
			Cause: rapid.SampledFrom(dialer.Causes).Draw(t, "cause"), Yen: rapid.Int64Range(0, 9_999_999).Draw(t, "yen"), OldestDue: jst(1, 0, 0),
			Tries: rapid.IntRange(0, 40).Draw(t, "tries"), Promise: rapid.SampledFrom(PromiseStates).Draw(t, "promise"), PromiseOn: jst(20, 0, 0),
		}
		r := rules.Rank(f, now)
		if r.Priority <= PinnedPriority || r.Priority > PriorityLast || r != rules.Rank(f, now) {
			t.Fatalf("%+v: %+v", f, r)
		}
	})
}
