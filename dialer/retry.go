package dialer

import (
	"fmt"
	"time"
)

// Bands are the parts of a day that count as different times to try (DOMAIN "Number rule"): before noon, early
// afternoon, late afternoon, evening. Each is [start, next start) in minutes since midnight.
var Bands = []int{0, 12 * 60, 15 * 60, 17 * 60, 24 * 60}

// bandOf returns which of Bands an instant falls in.
func bandOf(t time.Time) int {
	m := minuteOf(t)
	for i := len(Bands) - 2; i > 0; i-- {
		if m >= Bands[i] {
			return i
		}
	}
	return 0
}

// NumberRule keeps one number from being rung too often, across the cases of a household, both desks and restarts.
type NumberRule struct {
	// RingsPerDay is how often a number may be rung in a day without an answer, RingGap apart and in different bands.
	RingsPerDay int
	RingGap     time.Duration
	OtherBand   bool
	// BusyPerDay is how often a busy number may be tried in a day, BusyGap apart.
	BusyPerDay int
	BusyGap    time.Duration
	// Off lifts the rule, for load tests and benchmarks only: settings refuse it unless every trunk is a lab.
	Off bool
}

// WardNumberRule is the rule of DOMAIN.
func WardNumberRule() NumberRule {
	return NumberRule{RingsPerDay: 2, RingGap: time.Hour, OtherBand: true, BusyPerDay: 3, BusyGap: 5 * time.Minute}
}

// answeredByPerson reports whether a person was reached: unless the operator said it was a machine, an answer is one.
func (t Try) answeredByPerson() bool {
	if t.Result != Answered {
		return false
	}
	switch t.Party {
	case "voicemail", "recorder", "fax":
		return false
	}
	return true
}

// askedFor is what stands in the record of a call that only the person's own wish allows (DOMAIN "Number rule").
const (
	askedFor   = "相手の希望の日時による再架電"
	missedThem = "不在着信への折り返し"
)

// FreeFrom returns when a number may be rung next, given today's earlier tries: now itself when it may at once. why is
// a Japanese sentence when it may not, or may only because the person asked to be called again at a time that has come, or
// called us and nobody answered: with that wish, what came before it counts no more.
func (r NumberRule) FreeFrom(now time.Time, tries []Try) (from time.Time, why string) {
	if r.Off {
		return now, ""
	}
	today, tomorrow := DateOf(now), DateOf(now).Next().At(0)
	var rings, busies int
	var lastRing, lastBusy, locked time.Time
	asked, lockedWhy := "", ""
	for _, t := range tries {
		switch {
		case DateOf(t.At) != today:
		case t.CalledUs:
			asked, locked, rings, busies = missedThem, time.Time{}, 0, 0
		case t.answeredByPerson() && DateOf(t.AskedFor) == today && now.Before(t.AskedFor):
			locked, lockedWhy = t.AskedFor, "相手の希望の時刻までお待ちください"
		case t.answeredByPerson() && DateOf(t.AskedFor) == today:
			asked, locked, rings, busies = askedFor, time.Time{}, 0, 0
		case t.answeredByPerson():
			locked, lockedWhy = tomorrow, "本日すでに応答があった番号のため、本日は発信できません"
		case t.Result == Busy:
			busies, lastBusy = busies+1, t.At
		case t.MayHaveRung:
			rings, lastRing = rings+1, t.At
		}
	}
	if !locked.IsZero() {
		return locked, lockedWhy
	}
	if asked != "" && rings+busies == 0 {
		return now, asked
	}
	return r.gap(now, tomorrow, [2]int{rings, busies}, [2]time.Time{lastRing, lastBusy})
}

func (r NumberRule) gap(now, tomorrow time.Time, n [2]int, last [2]time.Time) (time.Time, string) {
	const rings, busies = 0, 1
	if n[rings] >= r.RingsPerDay {
		return tomorrow, fmt.Sprintf("本日すでに%d回呼び出した番号のため、本日は発信できません", n[rings])
	}
	if n[busies] >= r.BusyPerDay {
		return tomorrow, fmt.Sprintf("本日すでに%d回話中だった番号のため、本日は発信できません", n[busies])
	}
	if free := last[rings].Add(r.RingGap); n[rings] > 0 && now.Before(free) {
		return r.clearBand(last[rings], free), "前回の呼び出しから間隔をあけています"
	}
	if n[rings] > 0 && r.OtherBand && bandOf(now) == bandOf(last[rings]) {
		return r.clearBand(last[rings], now), "前回と違う時間帯に発信します"
	}
	if free := last[busies].Add(r.BusyGap); n[busies] > 0 && now.Before(free) {
		return free, "話中だったため、間隔をあけています"
	}
	return now, ""
}

// clearBand moves t to the start of the next band when it is still in the band of last.
func (r NumberRule) clearBand(last, t time.Time) time.Time {
	if !r.OtherBand || DateOf(t) != DateOf(last) || bandOf(t) != bandOf(last) {
		return t
	}
	return DateOf(t).At(Bands[bandOf(t)+1])
}

// NextFor says what a case waits for after a verdict that ends in no talk: by the verdict's rule, the opening hours, and
// how often the number had this result before (tries, this one not among them).
func NextFor(rule NextRule, v Verdict, now time.Time, hours Hours, tries []Try) CaseNext {
	same := 1
	for _, t := range tries {
		if t.Result == v.Result {
			same++
		}
	}
	if rule.Hold || (rule.HoldAfter > 0 && same >= rule.HoldAfter) {
		return CaseNext{State: CaseHeld, Why: rule.Why}
	}
	due := now.Add(time.Duration(rule.AfterMinutes) * time.Minute)
	if rule.NextDay {
		due = DateOf(now).Next().At(0)
	}
	if rule.OtherBand && DateOf(due) == DateOf(now) && bandOf(due) == bandOf(now) {
		due = DateOf(now).At(Bands[bandOf(now)+1])
	}
	return CaseNext{State: CaseWaiting, Due: hours.NextOpen(due), Why: rule.Why}
}
