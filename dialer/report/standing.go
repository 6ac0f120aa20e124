package report

import (
	"math"
	"slices"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report/forecast"
)

// Measure is what a target is about (§10).
type Measure string

// The measures.
const (
	Calls    Measure = "calls"   // 電話催告, by the definition of 件 that is set
	Messages Measure = "sms"     // SMS催告
	Entries  Measure = "numbers" // 電話番号入力
)

// Measures lists the measures.
var Measures = []Measure{Calls, Messages, Entries}

// Goal is what a month or a fiscal year is to come to.
type Goal struct {
	Measure Measure
	Period  Period
	Target  int         // zero: there is none
	UpTo    int         // what it should not go beyond (月200〜250件); zero: no matter
	Most    int         // what it must never go beyond (上限5,000件); zero: no matter
	Ward    *TargetWord // who set it instead of the contract; nil: it is the contract's
}

// TargetWord is what the ward said a month is to come to (§10(2)).
type TargetWord struct {
	Month  string        `json:"month"` // YYYY-MM
	Calls  *int          `json:"calls,omitempty" doc:"left out: as the contract says, again"`
	Reason string        `json:"reason"` // who of the ward said so, and why
	By     dialer.UserID `json:"-"`      // who wrote it down
	At     time.Time     `json:"at"`
}

// State is how a target stands.
type State string

// The states. Those of a period that runs go by the chance that the target is reached.
const (
	NoTarget   State = "none"
	NotInUse   State = "unused"      // 未使用: nobody has entered any message, be it zero
	Over       State = "over"        // more was done than ever may be
	OverSoon   State = "over_likely" // more is foretold than ever may be
	NotKnown   State = "unknown"     // nothing was done yet that a forecast could go by
	OnTrack    State = "on_track"    // it is likelier than not
	AtRisk     State = "at_risk"     // it is not
	FailingNow State = "failing"     // one of ten such periods would reach it: the ward must be told (§10(3))
	Reached    State = "reached"
	Missed     State = "missed" // the period is over
)

// States lists the states.
var States = []State{NoTarget, NotInUse, Over, OverSoon, NotKnown, OnTrack, AtRisk, FailingNow, Reached, Missed}

// TargetFailing is the kind of the alert that tells of a target that fails.
const TargetFailing = "target_failing"

// The chances, in percent, below which a target is at risk, and failing: the latter is the upper end of the interval of 80 %.
const (
	riskBelow = 50
	failBelow = 10
)

// Standing is how a target stands at an instant.
type Standing struct {
	Measure  Measure     `json:"measure"`
	Kind     Kind        `json:"kind" doc:"month or year"`
	Period   string      `json:"period"`
	Target   int         `json:"target"`
	UpTo     int         `json:"up_to,omitempty" doc:"what it should not go beyond"`
	Most     int         `json:"most,omitempty" doc:"what it must never go beyond"`
	Ward     *TargetWord `json:"ward,omitempty" doc:"who set the target; left out where it is the contract's"`
	Done     int         `json:"done"`
	Plan     int         `json:"plan" doc:"what should be done by now: the target, spread over the hours of all seats"`
	Forecast Forecast    `json:"forecast"`
	Chance   float64     `json:"chance" doc:"that the target is reached, in percent"`
	State    State       `json:"state"`
	// Pace and Needed are for an hour of one seat: how it went so far in the period, and how it must go from now on.
	Pace      *float64 `json:"pace,omitempty" doc:"left out before the first hour"`
	Needed    *float64 `json:"needed,omitempty" doc:"left out where nothing is needed any more, or no hour is left"`
	HoursLeft float64  `json:"hours_left" doc:"of all seats together"`
	FailedOn  string   `json:"failed_on,omitempty" doc:"since which day the forecast has failed, in the evening of each; left out when it does not fail"`
	Curve     []Point  `json:"curve"`
}

// Point is where a curve stands at the end of a day: the plan, what was done, or what is foretold.
type Point struct {
	Day      string    `json:"day"`
	Plan     float64   `json:"plan"`
	Done     *int      `json:"done,omitempty"`
	Forecast *Forecast `json:"forecast,omitempty"`
}

// Stand says how a target stands, and by days (of a year: by the ends of its months) how it came to stand so. The book has all days from
// BookFrom of the period on, today among them.
func Stand(g Goal, plan Plan, book []DayDone) Standing {
	c := course{Goal: g, plan: plan, book: book}
	s := c.at(plan.Now)
	s.FailedOn = c.failedOn(s)
	s.Curve = c.curve(s)
	return s
}

// course is the way of one target through its period.
type course struct {
	Goal
	plan Plan
	book []DayDone
}

// value is what a day adds to the measure.
func (c course) value(d DayDone) int {
	switch c.Measure {
	case Messages:
		return d.SMS
	case Entries:
		return d.Numbers
	default:
		return d.Counts.Of(c.plan.Definition)
	}
}

// done is what had been done by an instant: whole days before its own, and of that what the book has.
func (c course) done(now time.Time) int {
	sum := 0
	for _, d := range c.book {
		if !d.Date.Before(c.Period.From) && d.Date.Before(c.Period.To) && !d.Date.At(0).After(now) {
			sum += c.value(d)
		}
	}
	return sum
}

// at is how it stood at an instant, without its curve.
func (c course) at(now time.Time) Standing {
	s := Standing{
		Measure: c.Measure, Kind: c.Period.Kind, Period: c.Period.Name, Target: c.Target, UpTo: c.UpTo, Most: c.Most, Ward: c.Ward,
		Done: c.done(now), Curve: []Point{},
	}
	all, passed := c.minutes(now)
	if all > 0 {
		s.Plan = int(math.Round(float64(c.Target) * passed / all))
	}
	s.HoursLeft = tenth((all - passed) / 60)
	if passed > 0 {
		pace := tenth(float64(s.Done) * 60 / passed)
		s.Pace = &pace
	}
	if missing := c.Target - s.Done; missing > 0 && all > passed {
		needed := math.Ceil(float64(missing)*60/(all-passed)*10) / 10
		s.Needed = &needed
	}
	o := c.outlook(now, c.Period.To)
	s.Forecast = c.forecastOf(o, s.Done)
	s.Chance = tenth(100 * (1 - o.Below(float64(c.Target-s.Done))))
	s.State = c.state(s, now, o)
	return s
}

func (c course) state(s Standing, now time.Time, o forecast.Outlook) State {
	switch {
	case c.Target == 0:
		return NoTarget
	case c.Measure == Messages && !c.entered():
		return NotInUse
	case c.Most > 0 && s.Done > c.Most:
		return Over
	case c.Most > 0 && s.Forecast.Mid > c.Most:
		return OverSoon
	case s.Done >= c.Target:
		return Reached
	case c.Period.Over(now):
		return Missed
	case o.Nothing() && s.HoursLeft > 0:
		return NotKnown
	case s.Chance < failBelow:
		return FailingNow
	case s.Chance < riskBelow:
		return AtRisk
	default:
		return OnTrack
	}
}

// entered reports whether somebody entered messages in the period.
func (c course) entered() bool {
	return slices.ContainsFunc(c.book, func(d DayDone) bool { return d.Entered && !d.Date.Before(c.Period.From) && d.Date.Before(c.Period.To) })
}

func (c course) forecastOf(o forecast.Outlook, done int) Forecast {
	return Forecast{
		Low: done + int(math.Floor(o.Quantile(0.1))), Mid: done + int(math.Round(o.Quantile(0.5))), High: done + int(math.Ceil(o.Quantile(0.9))),
	}
}

// outlook is what is to come between an instant and a day.
func (c course) outlook(now time.Time, to dialer.Date) forecast.Outlook {
	today := dialer.DateOf(now)
	from := dialer.DateOf(now.AddDate(0, 0, -7*weeksBack))
	if first, ok := c.begins(); ok && from.Before(first) { // before that the work was not slow: there was none
		from = first
	}
	var passed, left []forecast.Day
	for d := from; d.Before(to); d = d.Next() {
		whole, gone := c.plan.seatMinutes(d, now)
		if whole == 0 {
			continue
		}
		day := forecast.Day{Weekday: d.Weekday(), Phase: c.phase(d), Whole: whole}
		if done := dayOr(c.book, d); !today.Before(d) && c.tells(done) {
			day.Minutes, day.Count = gone, float64(c.value(done))
			passed = append(passed, day)
		}
		if !d.Before(today) && !d.Before(c.Period.From) {
			day.Minutes, day.Count = whole-gone, 0
			left = append(left, day)
		}
	}
	return forecast.Of(passed, left)
}

// tells reports whether a day says anything of the measure: of messages one does that somebody entered some of, be it none.
func (c course) tells(d DayDone) bool { return c.Measure != Messages || d.Entered }

// begins is the first day of the book on which something of the measure was done.
func (c course) begins() (dialer.Date, bool) {
	i := slices.IndexFunc(c.book, func(d DayDone) bool { return c.value(d) > 0 })
	if i < 0 {
		return dialer.Date{}, false
	}
	return c.book[i].Date, true
}

// phases is into how many parts a month falls, where the work thins out in its course: a person who was called before adds none.
const phases = 4

// phase is the part of its month that a day lies in.
func (c course) phase(d dialer.Date) int {
	if c.Measure != Calls || c.plan.Definition == ByAttempts {
		return 0
	}
	first := dialer.Date{Year: d.Year, Month: d.Month, Day: 1}
	days := int(first.At(0).AddDate(0, 1, 0).Sub(first.At(0)) / day)
	return (d.Day - 1) * phases / days
}

// minutes are those of all seats in the period, and those of them that have passed at an instant.
func (c course) minutes(now time.Time) (all, passed float64) {
	for d := c.Period.From; d.Before(c.Period.To); d = d.Next() {
		whole, gone := c.plan.seatMinutes(d, now)
		all, passed = all+whole, passed+gone
	}
	return all, passed
}

// failedOn is since which day the forecast has failed without a break, as the ledger and the target of now have it for the evening of
// each, and for today now; empty when it does not fail now.
func (c course) failedOn(s Standing) (day string) {
	failing := func(s Standing) bool { return s.State == FailingNow || s.State == Missed }
	if !failing(s) {
		return ""
	}
	last := c.Period.To
	if today := dialer.DateOf(c.plan.Now).Next(); today.Before(last) {
		last = today
	}
	for d := last; c.Period.From.Before(d); {
		d = dialer.DateOf(d.At(-1))
		evening := d.Next().At(0).Add(-time.Second)
		if whole, _ := c.plan.seatMinutes(d, evening); whole == 0 {
			continue
		}
		if evening.Before(c.plan.Now) && !failing(c.at(evening)) {
			break
		}
		day = d.String()
	}
	if day == "" { // on a day that is closed: the last evening was still good, or there has been none yet
		day = dialer.DateOf(last.At(-1)).String()
	}
	return day
}

// curve is the way so far and the way that is foretold: by days, of a year by the ends of its months.
func (c course) curve(s Standing) []Point {
	all, _ := c.minutes(c.plan.Now)
	today := dialer.DateOf(c.plan.Now)
	out := []Point{}
	sum, done := 0.0, 0
	for d := c.Period.From; d.Before(c.Period.To); d = d.Next() {
		whole, _ := c.plan.seatMinutes(d, c.plan.Now)
		sum += whole
		done += c.value(dayOr(c.book, d))
		if c.Period.Kind == OfYear && d.Next().Day != 1 && d.Next() != c.Period.To && d != today {
			continue
		}
		p := Point{Day: d.String()}
		if all > 0 {
			p.Plan = tenth(float64(c.Target) * sum / all)
		}
		if !today.Before(d) {
			n := done
			p.Done = &n
		}
		if !d.Before(today) && !c.Period.Over(c.plan.Now) {
			f := c.forecastOf(c.outlook(c.plan.Now, d.Next()), s.Done)
			p.Forecast = &f
		}
		out = append(out, p)
	}
	return out
}
