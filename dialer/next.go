package dialer

import (
	"fmt"
	"time"
)

// Situation is what is known when it is decided when a case is called again.
type Situation struct {
	Now   time.Time
	Hours Hours
	// Tries are the earlier ones at the number, the one just ended not among them.
	Tries []Try
	// Kind is that of the number that is called next, as far as is known.
	Kind NumberKind
	// OtherNumber: the case has another number that may be dialled.
	OtherNumber bool
	// Stood is what the case waited for before; the zero one where that is not known.
	Stood CaseNext
}

// keeps reports whether a time that was arranged stands, though the case was called before it and nobody answered.
func (s Situation) keeps(next CaseNext) bool {
	switch s.Stood.Cause {
	case CauseAsked, CausePromise, CauseSupervisor:
		return s.Stood.State == CaseWaiting && s.Stood.Due.After(s.Now) && next.Due.Before(s.Stood.Due)
	default:
		return false
	}
}

// NextFor says what a case waits for after a verdict that ends in no talk: by the rule for it (that of the trunk's own table,
// when it has one), the opening hours, and how often the number had this result before. spoilt: the number is useless.
func (r Rules) NextFor(v Verdict, own *NextRule, s Situation) (next CaseNext, spoilt bool) {
	rule := r.After(v)
	if own != nil {
		rule = *own
	}
	same, today := 1, 1
	for _, t := range s.Tries {
		if t.Result == v.Result {
			same++
			if DateOf(t.At) == DateOf(s.Now) {
				today++
			}
		}
	}
	if rule.Hold || (rule.HoldAfter > 0 && same >= rule.HoldAfter) {
		if rule.SpoilsNumber && s.OtherNumber {
			return r.OtherNumber(rule.Reason, s.Now, s.Hours), true
		}
		return CaseNext{State: CaseHeld, Cause: CauseResult, Why: rule.JA, WhyEN: rule.EN}, rule.SpoilsNumber
	}
	due := s.Now.Add(time.Duration(rule.AfterMinutes) * time.Minute)
	if rule.NextDay || rule.MostPerDay > 0 && today >= rule.MostPerDay {
		due = DateOf(s.Now).Next().At(0)
	}
	if rule.OtherBand && DateOf(due) == DateOf(s.Now) && r.Bands.Of(due) == r.Bands.Of(s.Now) {
		due = r.Bands.After(s.Now)
	}
	next = CaseNext{State: CaseWaiting, Due: s.Hours.NextOpen(due), Cause: CauseResult, Why: rule.JA, WhyEN: rule.EN}
	if next = r.AtBestHour(next, s.Kind, s.Now, s.Hours); s.keeps(next) {
		return s.Stood, false
	}
	return next, false
}

// OtherNumber is what a case waits for whose number proved useless and which has another.
func (r Rules) OtherNumber(why Reason, now time.Time, hours Hours) CaseNext {
	due := hours.NextOpen(now.Add(time.Duration(r.Numbers.AfterSpoiledMinutes) * time.Minute))
	return CaseNext{
		State: CaseWaiting, Due: due, Cause: CauseResult,
		Why:   "この番号は使えないため、次の番号に架電します(" + why.JA + ")",
		WhyEN: "this number is of no use, so the next one is called (" + why.EN + ")",
	}
}

// CaseCount is how often a case was called, by attempts that count or by hand: today, this week from Monday on, and this month.
type CaseCount struct{ Day, Week, Month int }

// FreeFrom returns when a case may be called next by its caps: now itself when it may at once, else why not.
func (c Caps) FreeFrom(now time.Time, made CaseCount) (from time.Time, why Reason) {
	today := DateOf(now)
	switch {
	case c.PerMonth > 0 && made.Month >= c.PerMonth:
		next := Date{today.Year, today.Month + 1, 1}.At(0)
		return next, Reason{
			fmt.Sprintf("今月すでに%d回架電した案件のため、来月まで発信しません", made.Month),
			fmt.Sprintf("the case was called %d times this month; it waits for the next", made.Month),
		}
	case c.PerWeek > 0 && made.Week >= c.PerWeek:
		toMonday := (8 - int(today.Weekday())) % 7
		if toMonday == 0 {
			toMonday = 7
		}
		return today.At(toMonday * dayMinutes), Reason{
			fmt.Sprintf("今週すでに%d回架電した案件のため、来週まで発信しません", made.Week),
			fmt.Sprintf("the case was called %d times this week; it waits for the next", made.Week),
		}
	case c.PerDay > 0 && made.Day >= c.PerDay:
		return today.Next().At(0), Reason{
			fmt.Sprintf("本日すでに%d回架電した案件のため、本日は発信しません", made.Day),
			fmt.Sprintf("the case was called %d times today; it waits for another day", made.Day),
		}
	}
	return now, Reason{}
}
