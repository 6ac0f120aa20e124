package dialer

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNextFor(t *testing.T) {
	h, rules := wardHours(), DefaultRules()
	for _, c := range []struct {
		name  string
		rule  NextRule
		now   time.Time
		tries []Try
		want  CaseState
		due   time.Time
	}{
		{"five minutes", NextRule{AfterMinutes: 5}, at(10, 0), nil, CaseWaiting, at(10, 5)},
		{"at once", NextRule{}, at(10, 0), nil, CaseWaiting, at(10, 0)},
		{"an hour, another band", NextRule{AfterMinutes: 60, OtherBand: true}, at(10, 0), nil, CaseWaiting, at(12, 0)},
		{"an hour, another band already", NextRule{AfterMinutes: 60, OtherBand: true}, at(11, 30), nil, CaseWaiting, at(12, 30)},
		{"past the closing", NextRule{AfterMinutes: 60}, at(16, 30), nil, CaseWaiting, tokyo(11, 25, 13, 0)},
		{"another day", NextRule{NextDay: true}, at(10, 0), nil, CaseWaiting, tokyo(11, 25, 13, 0)},
		{"another day, over the year's end", NextRule{NextDay: true}, tokyo(12, 28, 16, 0), nil, CaseWaiting, time.Date(2027, 1, 4, 9, 0, 0, 0, Tokyo)},
		{"held", NextRule{Hold: true}, at(10, 0), nil, CaseHeld, time.Time{}},
		{"the first time", NextRule{NextDay: true, HoldAfter: 2}, at(10, 0), []Try{{Result: NoAnswer}, {Result: Busy}}, CaseWaiting, tokyo(11, 25, 13, 0)},
		{"the second time", NextRule{NextDay: true, HoldAfter: 2}, at(10, 0), []Try{{Result: NoAnswer}, {Result: Unallocated}}, CaseHeld, time.Time{}},
		{"often enough today", NextRule{AfterMinutes: 5, MostPerDay: 2}, at(10, 0), []Try{{At: at(9, 50), Result: Unallocated}}, CaseWaiting, tokyo(11, 25, 13, 0)},
		{"often, but not today", NextRule{AfterMinutes: 5, MostPerDay: 2}, at(10, 0), []Try{{At: at(-4, 0), Result: Unallocated}}, CaseWaiting, at(10, 5)},
	} {
		c.rule.Reason = Reason{"理由", "a reason"}
		got, spoilt := rules.NextFor(Verdict{Result: Unallocated}, &c.rule, Situation{Now: c.now, Hours: h, Tries: c.tries})
		if got.State != c.want || !got.Due.Equal(c.due) || got.Why != "理由" || got.WhyEN != "a reason" || got.Cause != CauseResult || spoilt {
			t.Errorf("%s: %+v, want %s at %v", c.name, got, c.want, c.due)
		}
	}
}

// TestATimeThatWasAskedForStands: who asked for a call at a time is called then, though somebody tried before and nobody answered; so is who promised, and whom a
// supervisor has put off.
func TestATimeThatWasAskedForStands(t *testing.T) {
	h, rules := wardHours(), DefaultRules()
	asked := CaseNext{State: CaseWaiting, Due: tokyo(11, 26, 10, 0), Cause: CauseAsked, Why: "希望", WhyEN: "asked for", Mine: "operator1"}
	promised, putOff := asked, asked
	promised.Cause, putOff.Cause = CausePromise, CauseSupervisor
	for name, c := range map[string]struct {
		now    time.Time
		result Result
		stood  CaseNext
		keeps  bool
	}{
		"before it":                      {at(10, 0), NoAnswer, asked, true},
		"at it":                          {tokyo(11, 26, 10, 0), NoAnswer, asked, false},
		"before it, and there is no one": {at(10, 0), NumberChanged, asked, false},
		"before a promise":               {at(10, 0), Busy, promised, true},
		"before a supervisor's day":      {at(10, 0), NoAnswer, putOff, true},
		"of another cause":               {at(10, 0), NoAnswer, CaseNext{State: CaseWaiting, Due: tokyo(11, 26, 10, 0), Cause: CauseResult}, false},
	} {
		got, _ := rules.NextFor(Verdict{Result: c.result}, nil, Situation{Now: c.now, Hours: h, Stood: c.stood})
		if (got == c.stood) != c.keeps {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A number that proved useless does not hold a case that has another.
func TestAUselessNumberAndTheNext(t *testing.T) {
	h, rules := wardHours(), DefaultRules()
	for _, result := range []Result{NumberChanged, BadNumber} {
		s := Situation{Now: at(10, 0), Hours: h}
		if got, spoilt := rules.NextFor(Verdict{Result: result}, nil, s); got.State != CaseHeld || !spoilt {
			t.Errorf("%s, no other number: %+v, spoilt %v", result, got, spoilt)
		}
		s.OtherNumber = true
		if got, spoilt := rules.NextFor(Verdict{Result: result}, nil, s); got.State != CaseWaiting || !got.Due.Equal(at(11, 0)) || !spoilt {
			t.Errorf("%s, another number: %+v, spoilt %v", result, got, spoilt)
		}
	}
	s := Situation{Now: at(10, 0), Hours: h, OtherNumber: true}
	if got, spoilt := rules.NextFor(Verdict{Result: Unallocated}, nil, s); got.State != CaseWaiting || spoilt {
		t.Errorf("unallocated once: %+v, spoilt %v", got, spoilt)
	}
	if got, _ := rules.NextFor(Verdict{Result: Refused}, nil, s); got.State != CaseHeld {
		t.Errorf("a refusal is the person's, not the number's: %+v", got)
	}
}

// Whatever the built-in rules say comes next is due when the centre is open, and not before now.
func TestWhatComesNextIsDueWhenOpen(t *testing.T) {
	h, rules := wardHours(), DefaultRules()
	rapid.Check(t, func(t *rapid.T) {
		v := drawVerdict(t)
		now := tokyo(1, 5, 0, 0).Add(time.Duration(rapid.Int64Range(0, 360*24*3600).Draw(t, "second")) * time.Second)
		if rapid.Bool().Draw(t, "with advice") {
			rules.Advice = advice{rapid.IntRange(0, 23).Draw(t, "good hour")}
		}
		next, _ := rules.NextFor(v, nil, Situation{Now: now, Hours: h, OtherNumber: rapid.Bool().Draw(t, "other")})
		if next.State == CaseWaiting && (!h.Open(next.Due) || next.Due.Before(now)) || next.Why == "" || next.WhyEN == "" || next.Cause == "" {
			t.Fatalf("%+v at %v: %+v", v, now, next)
		}
	})
}

func drawVerdict(t *rapid.T) Verdict {
	return Verdict{
		Result:     rapid.SampledFrom(Results).Filter(func(r Result) bool { return r != Answered && r != NotDialled }).Draw(t, "result"),
		Confidence: rapid.SampledFrom([]Confidence{High, Medium, Low}).Draw(t, "confidence"), Counted: rapid.Bool().Draw(t, "counted"),
	}
}

func TestCaps(t *testing.T) {
	caps := Caps{PerDay: 2, PerWeek: 4, PerMonth: 6}
	for _, c := range []struct {
		name string
		now  time.Time
		made CaseCount
		from time.Time
	}{
		{"never called", at(10, 0), CaseCount{}, at(10, 0)},
		{"below all", at(10, 0), CaseCount{1, 3, 5}, at(10, 0)},
		{"the day's", at(10, 0), CaseCount{2, 3, 5}, tokyo(11, 25, 0, 0)},
		{"the week's", at(10, 0), CaseCount{0, 4, 5}, tokyo(11, 30, 0, 0)},
		{"the week's, on a Sunday", tokyo(11, 29, 10, 0), CaseCount{0, 4, 5}, tokyo(11, 30, 0, 0)},
		{"the week's, on a Monday", tokyo(11, 30, 10, 0), CaseCount{0, 4, 5}, tokyo(12, 7, 0, 0)},
		{"the month's", at(10, 0), CaseCount{2, 4, 6}, tokyo(12, 1, 0, 0)},
		{"the month's, in December", tokyo(12, 28, 10, 0), CaseCount{0, 0, 6}, time.Date(2027, 1, 1, 0, 0, 0, 0, Tokyo)},
	} {
		from, why := caps.FreeFrom(c.now, c.made)
		if !from.Equal(c.from) || (why == Reason{}) != from.Equal(c.now) || (why.EN == "") != (why.JA == "") {
			t.Errorf("%s: %v (%v), want %v", c.name, from, why, c.from)
		}
	}
	if from, _ := (Caps{}).FreeFrom(at(10, 0), CaseCount{99, 99, 99}); !from.Equal(at(10, 0)) {
		t.Error("no cap is no bound")
	}
}

// Whoever calls a case only when its caps let them never calls it more often in any day, week or month.
func TestCapsHoldOverAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		caps := Caps{PerDay: rapid.IntRange(0, 3).Draw(t, "day")}
		caps.PerWeek = rapid.IntRange(caps.PerDay, 6).Draw(t, "week")
		caps.PerMonth = rapid.IntRange(caps.PerWeek, 12).Draw(t, "month")
		var calls []time.Time
		now := at(9, 0)
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(1, 30*60).Draw(t, "wait")) * time.Minute)
			from, _ := caps.FreeFrom(now, countOf(calls, now))
			for i := 0; from.After(now); i++ {
				if i > 3 {
					t.Fatalf("never free after %v", calls)
				}
				now = from
				from, _ = caps.FreeFrom(now, countOf(calls, now))
			}
			calls = append(calls, now)
			made := countOf(calls, now)
			if caps.PerDay > 0 && made.Day > caps.PerDay || caps.PerWeek > 0 && made.Week > caps.PerWeek || caps.PerMonth > 0 && made.Month > caps.PerMonth {
				t.Fatalf("%+v breaks %+v at %v", made, caps, now)
			}
		}
	})
}

// countOf counts calls the plain way, beside the code that is tested.
func countOf(calls []time.Time, now time.Time) (n CaseCount) {
	year, week := now.In(Tokyo).ISOWeek()
	for _, c := range calls {
		y, w := c.In(Tokyo).ISOWeek()
		if DateOf(c) == DateOf(now) {
			n.Day++
		}
		if y == year && w == week {
			n.Week++
		}
		if DateOf(c).Year == DateOf(now).Year && DateOf(c).Month == DateOf(now).Month {
			n.Month++
		}
	}
	return n
}
