package report

import (
	"context"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// monthGoal is the November of planAt, and what it is to come to.
func monthGoal(t *testing.T, target int) Goal {
	t.Helper()
	p, err := ParsePeriod(OfMonth, "2026-11", november(30, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return Goal{Measure: Calls, Period: p, Target: target}
}

// bookOf has so many attempts on every day of work from one day of November to another.
func bookOf(plan Plan, n func(d dialer.Date) int, from, to dialer.Date) (book []DayDone) {
	for d := from; d.Before(to.Next()); d = d.Next() {
		if _, _, open := plan.Hours.On(d); open {
			k := n(d)
			book = append(book, DayDone{Date: d, Counts: Counts{Attempts: k, Persons: k, Cases: k, Thirds: k}})
		}
	}
	return book
}

func nov(day int) dialer.Date { return dialer.Date{Year: 2026, Month: time.November, Day: day} }

// perHour is a pace: so many attempts in each hour of work; where it is negative, a quarter more or less from day to day.
func perHour(n int) func(dialer.Date) int {
	return func(d dialer.Date) int {
		n := n
		if n < 0 {
			n = -n - n/4*(2*(d.Day%2)-1)
		}
		if d.Weekday() == time.Wednesday {
			return 5 * n
		}
		return 7 * n
	}
}

// The month has 132 hours of work.
func TestHowATargetStands(t *testing.T) {
	for _, c := range []struct {
		name    string
		now     time.Time
		target  int
		pace    int
		spoil   func(*Plan)
		state   State
		failed  string
		plan    int
		needed  float64 // zero: none
		inHours float64 // left
	}{
		{"on the way", november(13, 20, 0), 132 * 40, 42, nil, OnTrack, "", 40 * 59, 38.4, 73},
		{"too slow", november(13, 20, 0), 132 * 40, 28, nil, FailingNow, "2026-11-02", 40 * 59, 49.7, 73},
		{"a hair too slow, and so even that it shows", november(13, 20, 0), 132 * 40, 39, nil, FailingNow, "2026-11-11", 40 * 59, 40.9, 73},
		{"a hair too slow on uneven days", november(13, 20, 0), 132 * 40, -39, nil, AtRisk, "", 40 * 59, 41.7, 73},
		{"reached early", november(13, 20, 0), 59 * 30, 30, nil, Reached, "", 791, 0, 73},
		{"none was set", november(13, 20, 0), 0, 30, nil, NoTarget, "", 0, 0, 73},
		{"over, and missed", november(30, 20, 0).AddDate(0, 0, 1), 132 * 40, 39, nil, Missed, "2026-11-11", 132 * 40, 0, 0},
		{"over, and reached", november(30, 20, 0).AddDate(0, 0, 1), 132 * 40, 40, nil, Reached, "", 132 * 40, 0, 0},
		{"before its first hour", november(1, 12, 0), 132 * 40, 0, nil, NotKnown, "", 0, 40, 132},
		{"two desks", november(13, 20, 0), 132 * 40, 42, func(p *Plan) { p.Desks = 2 }, OnTrack, "", 40 * 59, 19.2, 146},
		{"one of two stays away to the end", november(13, 20, 0), 132 * 40, 42, func(p *Plan) {
			p.Desks, p.Hours.Seats = 2, map[dialer.Date]int{}
			for d := 16; d <= 30; d++ {
				p.Hours.Seats[nov(d)] = 1
			}
		}, FailingNow, "2026-11-04", 3262, 38.4, 73},
		{"the ward closes from the 16th on", november(13, 20, 0), 132 * 40, 42, func(p *Plan) {
			closed := p.Hours.Closed
			p.Hours.Extra = nil
			p.Hours.Closed = func(d dialer.Date) string {
				if d.Day >= 16 {
					return "臨時閉庁"
				}
				return closed(d)
			}
		}, FailingNow, "2026-11-02", 132 * 40, 0, 0},
	} {
		plan := planAt(c.now)
		if c.spoil != nil {
			c.spoil(&plan)
		}
		last := nov(30)
		if today := dialer.DateOf(c.now); today.Before(last) {
			last = today
		}
		s := Stand(monthGoal(t, c.target), plan, bookOf(plan, perHour(c.pace), nov(1), last))
		needed := 0.0
		if s.Needed != nil {
			needed = *s.Needed
		}
		if s.State != c.state || s.FailedOn != c.failed || math.Abs(float64(s.Plan-c.plan)) > 1 || needed != c.needed || s.HoursLeft != c.inHours {
			t.Errorf("%s: %s (%.1f %%, %+v), failed on %q, plan %d, needed %.1f, %.1f hours left", c.name, s.State, s.Chance, s.Forecast, s.FailedOn, s.Plan, needed, s.HoursLeft)
		}
	}
}

// The curve ends where the standing stands, and goes on from there as foretold.
func TestTheCurve(t *testing.T) {
	plan := planAt(november(13, 20, 0))
	s := Stand(monthGoal(t, 5000), plan, bookOf(plan, perHour(40), nov(1), nov(13)))
	if len(s.Curve) != 30 {
		t.Fatalf("%d points", len(s.Curve))
	}
	for i, p := range s.Curve {
		if (p.Done != nil) != (i < 13) || (p.Forecast != nil) != (i >= 12) {
			t.Errorf("%s: done %v, forecast %v", p.Day, p.Done, p.Forecast)
		}
		if i > 0 && p.Plan < s.Curve[i-1].Plan {
			t.Errorf("%s: the plan goes back", p.Day)
		}
	}
	last := s.Curve[29]
	if *s.Curve[12].Done != s.Done || last.Plan != 5000 || *last.Forecast != s.Forecast {
		t.Errorf("done %d, at the end %+v of %+v", s.Done, last, s.Forecast)
	}
}

func TestAYearsCurveGoesByMonths(t *testing.T) {
	plan := planAt(november(13, 20, 0))
	p, err := ParsePeriod(OfYear, "2026", plan.Now)
	if err != nil {
		t.Fatal(err)
	}
	april := dialer.Date{Year: 2026, Month: time.April, Day: 1}
	s := Stand(Goal{Measure: Calls, Period: p, Target: 68400}, plan, bookOf(plan, perHour(40), april, nov(13)))
	if len(s.Curve) != 13 { // twelve months' ends, and today
		t.Errorf("%d points", len(s.Curve))
	}
	if s.State != OnTrack && s.State != AtRisk {
		t.Errorf("%s: %+v", s.State, s.Forecast)
	}
}

// SMS and entries are sums of their own, and a bound above is passed on.
func TestOtherMeasures(t *testing.T) {
	plan := planAt(november(13, 20, 0))
	book := bookOf(plan, perHour(40), nov(1), nov(13))
	for i := range book {
		book[i].SMS, book[i].Numbers = 12, 55
	}
	g := monthGoal(t, 200)
	g.Measure, g.UpTo, g.Most = Messages, 250, 5000
	if s := Stand(g, plan, nil); s.State != NotInUse || s.FailedOn != "" {
		t.Errorf("messages that nobody counts: %+v", s)
	}
	for i := range book {
		book[i].Entered = true
	}
	if s := Stand(g, plan, book); s.Done != 12*len(book) || s.UpTo != 250 || s.Most != 5000 || s.State != OnTrack {
		t.Errorf("%+v", s)
	}
	g.Measure, g.Target = Entries, 1000
	if s := Stand(g, plan, book); s.Done != 55*len(book) || s.State != OnTrack {
		t.Errorf("%+v", s)
	}
}

// facts is a Ledger of attempts alone; it has nothing else to ask for.
type facts struct {
	Ledger
	attempts []Attempt
}

func (f facts) Facts(_ context.Context, from, to time.Time, into Sink) error {
	for _, a := range f.attempts {
		if !a.At.Before(from) && a.At.Before(to) {
			into.Attempt(a)
		}
	}
	return nil
}

func (f facts) FactsAndEarlier(ctx context.Context, from, to time.Time, into HistorySink) error {
	return f.Facts(ctx, from, to, into)
}

// What the days add is what the month's report counts, in each of the four ways.
func TestDaysAddUpToTheMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f facts
		at := november(1, 0, 0).AddDate(0, -1, 0)
		for range rapid.IntRange(0, 80).Draw(t, "attempts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "after")) * time.Minute)
			f.attempts = append(f.attempts, Attempt{
				At: at, Direction: rapid.SampledFrom([]dialer.Direction{dialer.Outbound, dialer.Outbound, dialer.Inbound}).Draw(t, "direction"),
				Origin:  rapid.SampledFrom([]casework.Origin{casework.BySIP, casework.BySIP, casework.ByHand}).Draw(t, "origin"),
				CaseRef: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "person"), Insurance: rapid.SampledFrom([]string{"", "kokuho", "kouki", "both"}).Draw(t, "insurance"),
				Result: rapid.SampledFrom(dialer.Results).Draw(t, "result"), Counted: rapid.Bool().Draw(t, "counted"),
				Party: rapid.SampledFrom(append([]casework.Party{""}, casework.Parties...)).Draw(t, "party"),
			})
		}
		o := Options{Now: at.AddDate(1, 0, 0), MachinesApart: rapid.Bool().Draw(t, "apart")}
		p, err := ParsePeriod(OfMonth, "2026-11", o.Now)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Make(context.Background(), f, o, p)
		if err != nil {
			t.Fatal(err)
		}
		days, err := Days(context.Background(), f, o, BookFrom(p.From), p.To)
		if err != nil {
			t.Fatal(err)
		}
		sum := between(days, p.From, p.To).Counts
		for column, got := range map[string]int{"attempts": sum.Attempts, "persons": sum.Persons, "cases": sum.Cases, "thirds": sum.Thirds} {
			if want := *r.At("counting", "attempts", column).Value; float64(got) != want {
				t.Fatalf("%s: the days add up to %d, the month counts %.0f", column, got, want)
			}
		}
	})
}

// A month that opens with closed days can fail before its first evening: it fails since today.
func TestAMonthThatFailsBeforeItOpens(t *testing.T) {
	plan := planAt(november(1, 12, 0)) // a Sunday
	october := dialer.Date{Year: 2026, Month: time.October, Day: 1}
	s := Stand(monthGoal(t, 132*40), plan, bookOf(plan, perHour(20), october, nov(1)))
	if s.State != FailingNow || s.FailedOn != "2026-11-01" {
		t.Errorf("%s since %q: %+v", s.State, s.FailedOn, s.Forecast)
	}
}

// Messages are foretold from the days on which somebody entered some, and never more than the ceiling goes unmarked.
func TestMessages(t *testing.T) {
	plan := planAt(november(13, 20, 0))
	book := bookOf(plan, perHour(40), dialer.Date{Year: 2026, Month: time.October, Day: 1}, nov(13))
	sent := func(each int) []DayDone {
		for i := range book {
			if !book[i].Date.Before(nov(2)) {
				book[i].SMS, book[i].Entered = each, true
			}
		}
		return book
	}
	g := monthGoal(t, 200)
	g.Measure, g.Most = Messages, 300
	if s := Stand(g, plan, sent(11)); s.State != OnTrack || s.Forecast.Mid < 200 || s.Forecast.Mid > 240 {
		t.Errorf("%s: %+v", s.State, s.Forecast)
	}
	if s := Stand(g, plan, sent(20)); s.State != OverSoon {
		t.Errorf("%s: %+v", s.State, s.Forecast)
	}
	if s := Stand(g, plan, sent(60)); s.State != Over {
		t.Errorf("%s: %d", s.State, s.Done)
	}
}
