package dialer

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// advice moves every call to one hour of the day.
type advice struct{ hour int }

func (a advice) Rank(NumberKind, time.Time) int { return 0 }

func (a advice) Note(NumberKind, time.Time) (HourNote, bool) { return HourNote{}, false }

func (a advice) Better(_ NumberKind, _, due time.Time, allowed func(time.Time) bool) (time.Time, HourNote, bool) {
	for t := due.Truncate(time.Hour).Add(time.Hour); t.Before(due.Add(7 * 24 * time.Hour)); t = t.Add(time.Hour) {
		if minuteOf(t)/60 == a.hour && allowed(t) {
			return t, HourNote{JA: "この時間の応答率が高い", EN: "more is answered then"}, true
		}
	}
	return due, HourNote{}, false
}

func TestAtBestHour(t *testing.T) {
	h := wardHours()
	for _, c := range []struct {
		name        string
		hour        int
		called, due time.Time
		want        time.Time
	}{
		{"the same day", 16, at(10, 0), at(12, 0), at(16, 0)},
		{"an hour with a day of its own", 18, at(10, 0), at(12, 0), tokyo(11, 25, 18, 0)},
		{"not in the band of the call just made", 11, at(10, 0), at(12, 0), at(12, 0)},
		{"in it, where the rules came to it too", 11, at(10, 0), tokyo(11, 26, 9, 0), tokyo(11, 26, 11, 0)},
		{"never while the centre is shut", 20, at(10, 0), at(12, 0), at(12, 0)},
		{"a short wait is about something else", 16, at(10, 0), at(10, 5), at(10, 5)},
	} {
		rules := DefaultRules()
		rules.Advice = advice{c.hour}
		n := CaseNext{State: CaseWaiting, Due: c.due, Why: "不在のため", WhyEN: "nobody answered"}
		got := rules.AtBestHour(n, KindMobile, c.called, h)
		if !got.Due.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got.Due, c.want)
		}
		if moved := got.Why == "不在のため。この時間の応答率が高いため、その時間に架電します"; moved != !c.want.Equal(c.due) {
			t.Errorf("%s: %q (%q)", c.name, got.Why, got.WhyEN)
		}
	}
	rules := DefaultRules()
	n := CaseNext{State: CaseWaiting, Due: at(12, 0)}
	if got := rules.AtBestHour(n, KindMobile, at(10, 0), h); got != n {
		t.Errorf("without advice: %+v", got)
	}
	rules.Advice = advice{16}
	held := CaseNext{State: CaseHeld, Due: at(12, 0)}
	if got := rules.AtBestHour(held, KindMobile, at(10, 0), h); got != held {
		t.Errorf("held: %+v", got)
	}
}

// Whatever is advised, a case is called no sooner than the rules say, and while the centre is open.
func TestAdviceStaysWithinTheRules(t *testing.T) {
	h, plain, advised := wardHours(), DefaultRules(), DefaultRules()
	rapid.Check(t, func(t *rapid.T) {
		advised.Advice = advice{rapid.IntRange(0, 23).Draw(t, "hour")}
		v := drawVerdict(t)
		s := Situation{Now: at(9, 0).Add(time.Duration(rapid.Int64Range(0, 60*24*60).Draw(t, "minute")) * time.Minute), Hours: h}
		without, _ := plain.NextFor(v, nil, s)
		with, _ := advised.NextFor(v, nil, s)
		if with.State != without.State || with.Due.Before(without.Due) || with.State == CaseWaiting && !h.Open(with.Due) {
			t.Fatalf("%+v, without advice %+v", with, without)
		}
	})
}
