package dialer

import (
	"fmt"
	"time"
)

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
	// Bands are the parts of a day; the ward's when nil.
	Bands DayBands
	Reason
}

func (r NumberRule) bands() DayBands {
	if r.Bands == nil {
		return Bands
	}
	return r.Bands
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
var (
	askedFor   = Reason{"相手の希望の日時による再架電", "called again at the time that was asked for"}
	missedThem = Reason{"不在着信への折り返し", "they called and nobody answered"}
)

// Why a number is not rung at once.
var (
	waitForThem  = Reason{"相手の希望の時刻までお待ちください", "it is not yet the time that was asked for"}
	answeredOnce = Reason{"本日すでに応答があった番号のため、本日は発信できません", "somebody answered at this number today"}
	ringGap      = Reason{"前回の呼び出しから間隔をあけています", "the number was rung a short while ago"}
	ringBand     = Reason{"前回と違う時間帯に発信します", "the number was rung in this part of the day"}
	busyGap      = Reason{"話中だったため、間隔をあけています", "the number was busy a short while ago"}
)

// FreeFrom returns when a number may be rung next, given today's earlier tries: now itself when it may at once. why is
// said when it may not, or may only because the person asked to be called again at a time that has come, or
// called us and nobody answered: with that wish, what came before it counts no more.
func (r NumberRule) FreeFrom(now time.Time, tries []Try) (from time.Time, why Reason) {
	if r.Off {
		return now, Reason{}
	}
	today, tomorrow := DateOf(now), DateOf(now).Next().At(0)
	var rings, busies, returned int
	var lastRing, lastBusy, locked time.Time
	var asked, lockedWhy Reason
	for _, t := range tries {
		switch {
		case DateOf(t.At) != today && !t.At.After(now): // one that is still to come was made before the clocks were set back: today, for all that anybody knows
		case t.CalledUs && returned < r.RingsPerDay: // beyond that, whoever shows somebody's number could have them rung without end
			returned++
			asked, locked, rings, busies = missedThem, time.Time{}, 0, 0
		case t.CalledUs:
		case t.answeredByPerson() && DateOf(t.AskedFor) == today && now.Before(t.AskedFor):
			locked, lockedWhy = t.AskedFor, waitForThem
		case t.answeredByPerson() && DateOf(t.AskedFor) == today:
			asked, locked, rings, busies = askedFor, time.Time{}, 0, 0
		case t.answeredByPerson():
			locked, lockedWhy = tomorrow, answeredOnce
		case t.Result == Busy:
			busies, lastBusy = busies+1, t.At
		case t.MayHaveRung:
			rings, lastRing = rings+1, t.At
		}
	}
	if !locked.IsZero() {
		return locked, lockedWhy
	}
	if asked != (Reason{}) && rings+busies == 0 {
		return now, asked
	}
	return r.gap(now, tomorrow, [2]int{rings, busies}, [2]time.Time{lastRing, lastBusy})
}

func (r NumberRule) gap(now, tomorrow time.Time, n [2]int, last [2]time.Time) (time.Time, Reason) {
	const rings, busies = 0, 1
	if n[rings] >= r.RingsPerDay {
		return tomorrow, Reason{
			fmt.Sprintf("本日すでに%d回呼び出した番号のため、本日は発信できません", n[rings]), fmt.Sprintf("the number was rung %d times today", n[rings]),
		}
	}
	if n[busies] >= r.BusyPerDay {
		return tomorrow, Reason{
			fmt.Sprintf("本日すでに%d回話中だった番号のため、本日は発信できません", n[busies]), fmt.Sprintf("the number was busy %d times today", n[busies]),
		}
	}
	if free := last[rings].Add(r.RingGap); n[rings] > 0 && now.Before(free) {
		return r.clearBand(last[rings], free), ringGap
	}
	if n[rings] > 0 && r.OtherBand && r.bands().Of(now) == r.bands().Of(last[rings]) {
		return r.clearBand(last[rings], now), ringBand
	}
	if free := last[busies].Add(r.BusyGap); n[busies] > 0 && now.Before(free) {
		return free, busyGap
	}
	return now, Reason{}
}

// clearBand moves t to the start of the next band when it is still in the band of last.
func (r NumberRule) clearBand(last, t time.Time) time.Time {
	if !r.OtherBand || DateOf(t) != DateOf(last) || r.bands().Of(t) != r.bands().Of(last) {
		return t
	}
	return r.bands().After(t)
}
