package report

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

// call is one counted attempt of a made-up ledger.
type call struct {
	at           time.Time
	person, term int
	answered     bool
}

// ledger sums calls as the real one does: over [from, to), days in Tokyo.
type ledger struct {
	calls []call
	err   error
}

func (l ledger) Figures(_ context.Context, from, to time.Time) (Figures, error) {
	f := Figures{ByResult: map[dialer.Result]int{}, DayResults: map[string]map[dialer.Result]int{}}
	persons, cases, days := map[int]bool{}, map[[2]int]bool{}, map[string]*Day{}
	for _, c := range l.calls {
		if c.at.Before(from) || !c.at.Before(to) {
			continue
		}
		date := dialer.DateOf(c.at).String()
		if days[date] == nil {
			days[date], f.DayResults[date] = &Day{Date: date}, map[dialer.Result]int{}
		}
		f.Done.Attempts++
		days[date].Attempts++
		persons[c.person], cases[[2]int{c.person, c.term}] = true, true
		if c.answered {
			days[date].Answered++
			f.ByResult[dialer.Answered]++
			f.DayResults[date][dialer.Answered]++
		} else {
			f.ByResult[dialer.NoAnswer]++
			f.DayResults[date][dialer.NoAnswer]++
		}
	}
	f.Done.Persons, f.Done.Cases = len(persons), len(cases)
	for d := dialer.DateOf(from); d != dialer.DateOf(to); d = d.Next() {
		if day := days[d.String()]; day != nil {
			f.ByDay = append(f.ByDay, *day)
		}
	}
	return f, l.err
}

func november(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, dialer.Tokyo)
}

// plan is the ward's: 5,700 attempts, closed on the holidays of November 2026, open on Sunday the 29th. That makes
// 20 days: 16 of 7 hours, 4 Wednesdays of 5, less two holidays (the 3rd and the 23rd, no Wednesdays): see the test.
func planAt(now time.Time) Plan {
	return Plan{
		Target: 5700, Definition: ByAttempts, Now: now,
		Hours: dialer.Hours{
			Week: dialer.WardHours(), BreakMinutes: 60,
			Closed: func(d dialer.Date) string {
				if d.Month == time.November && (d.Day == 3 || d.Day == 23) {
					return "祝日"
				}
				return ""
			},
			Extra: map[dialer.Date]dialer.Span{{Year: 2026, Month: 11, Day: 29}: {From: 9 * 60, To: 17 * 60}},
		},
	}
}

// daily makes n calls on each of the days, spread from one o'clock on (the centre is open then on every day).
func daily(n int, days ...int) []call {
	var calls []call
	for _, d := range days {
		for i := range n {
			calls = append(calls, call{at: november(d, 13, 0).Add(time.Duration(i) * time.Second), person: d*1000 + i, answered: i%4 == 0})
		}
	}
	return calls
}

func mustCompute(t *testing.T, l ledger, plan Plan, month string) Progress {
	t.Helper()
	p, err := Compute(t.Context(), l, plan, month)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOpenDaysOfNovember(t *testing.T) {
	p := mustCompute(t, ledger{}, planAt(november(24, 8, 0)), "2026-11")
	minutes := map[string]int{}
	total := 0
	for _, d := range p.OpenDays {
		minutes[d.Date] = d.Minutes
		total += d.Minutes
	}
	// Twenty-one weekdays, two of them holidays, and one Sunday; four Wednesdays of five hours.
	if len(p.OpenDays) != 20 || total != 16*420+4*300 {
		t.Errorf("%d days, %d minutes: %v", len(p.OpenDays), total, p.OpenDays)
	}
	for date, want := range map[string]int{"2026-11-23": 0, "2026-11-24": 420, "2026-11-25": 300, "2026-11-28": 0, "2026-11-29": 420} {
		if minutes[date] != want {
			t.Errorf("%s: %d minutes, want %d", date, minutes[date], want)
		}
	}
}

func TestMonthBoundsAreOfTokyo(t *testing.T) {
	l := ledger{calls: []call{
		{at: time.Date(2026, 10, 31, 14, 59, 59, 0, time.UTC)}, // still October in Tokyo
		{at: time.Date(2026, 10, 31, 15, 0, 0, 0, time.UTC)},
		{at: time.Date(2026, 11, 30, 14, 59, 59, 0, time.UTC)},
		{at: time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)}, // December
	}}
	plan := planAt(time.Date(2026, 12, 10, 0, 0, 0, 0, time.UTC))
	if p := mustCompute(t, l, plan, "2026-11"); p.Done.Attempts != 2 || len(p.ByDay) != 2 {
		t.Errorf("got %+v", p)
	}
	// The first of December in Tokyo is still the thirtieth of November in London.
	plan.Now = time.Date(2026, 11, 30, 15, 30, 0, 0, time.UTC)
	if p := mustCompute(t, l, plan, "2026-12"); p.Today.Date != "2026-12-01" || p.Today.Attempts != 1 {
		t.Errorf("got %+v", p.Today)
	}
}

func TestTodaysShare(t *testing.T) {
	for _, c := range []struct {
		name       string
		now        time.Time
		calls      []call
		definition string
		want       int
	}{
		// 7,920 minutes of work in the month.
		{"the first Monday", november(2, 10, 0), nil, ByAttempts, ceil(5700, 420, 7920)},
		{"what is done today does not change it", november(2, 16, 0), daily(200, 2), ByAttempts, ceil(5700, 420, 7920)},
		{"a Wednesday is shorter", november(4, 14, 0), daily(300, 2), ByAttempts, ceil(5400, 300, 7500)},
		{"a holiday", november(3, 10, 0), daily(300, 2), ByAttempts, 0},
		{"the last day", november(30, 9, 0), daily(500, 2, 4, 5), ByAttempts, 4200},
		{"reached", november(30, 9, 0), daily(2000, 2, 4, 5), ByAttempts, 0},
		{"persons called twice are one", november(4, 14, 0), append(daily(100, 2), daily(100, 2)...), ByPersons, ceil(5600, 300, 7500)},
	} {
		plan := planAt(c.now)
		plan.Definition = c.definition
		if got := mustCompute(t, ledger{calls: c.calls}, plan, "2026-11").Today.Target; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// ceil is target × minutes of the day ÷ minutes left, rounded up.
func ceil(target, day, left int) int { return (target*day + left - 1) / left }

func TestTodaysFigures(t *testing.T) {
	p := mustCompute(t, ledger{calls: daily(8, 20, 24)}, planAt(november(24, 18, 0)), "2026-11")
	if d := p.Today; d.Date != "2026-11-24" || d.Attempts != 8 || d.Answered != 2 || d.ByResult[dialer.NoAnswer] != 6 {
		t.Errorf("got %+v", d)
	}
	if p.Done.Attempts != 16 || p.ByResult[dialer.Answered] != 4 || len(p.ByDay) != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestForecast(t *testing.T) {
	steady := daily(100, 2) // 100 in the first 420 minutes of 7,920
	for _, c := range []struct {
		name  string
		now   time.Time
		calls []call
		want  Forecast
	}{
		{"nothing done", november(10, 12, 0), nil, Forecast{}},
		{"before the first opening", november(1, 12, 0), daily(3, 1), Forecast{3, 3, 3}},
		{"one day says little", november(2, 20, 0), steady, Forecast{1164, 1886, 2607}},
		{"half a day", november(2, 13, 0), daily(50, 2), Forecast{872, 1886, 2899}},
		{"a steady pace", november(8, 12, 0), append(daily(84, 2, 5, 6), daily(60, 4)...), Forecast{1484, 1584, 1684}},
		{"the month is over", november(30, 20, 0), steady, Forecast{100, 100, 100}},
	} {
		if got := mustCompute(t, ledger{calls: c.calls}, planAt(c.now), "2026-11").Forecast; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestForecastWidensWithUnevenDays(t *testing.T) {
	now := november(8, 12, 0)
	even := mustCompute(t, ledger{calls: append(daily(70, 2, 5, 6), daily(50, 4)...)}, planAt(now), "2026-11").Forecast
	uneven := mustCompute(t, ledger{calls: append(daily(10, 2, 5), daily(120, 4, 6)...)}, planAt(now), "2026-11").Forecast
	if even.High-even.Low >= uneven.High-uneven.Low || uneven.Low < 260 {
		t.Errorf("even %+v, uneven %+v", even, uneven)
	}
}

func TestPastMonthIsWhatWasDone(t *testing.T) {
	for _, definition := range Definitions {
		plan := planAt(november(24, 10, 0).AddDate(0, 3, 0))
		plan.Definition, plan.Target = definition, 0
		for _, d := range []int{2, 4} {
			plan.Book = append(plan.Book, DayDone{Date: dialer.Date{Year: 2026, Month: 11, Day: d}, Counts: Counts{Attempts: 10, Persons: 10, Cases: 10, Thirds: 10}})
		}
		p := mustCompute(t, ledger{calls: daily(10, 2, 4)}, plan, "2026-11")
		if want := (Forecast{20, 20, 20}); p.Forecast != want || p.Today.Date != "" || p.Today.ByResult == nil {
			t.Errorf("%s: %+v", definition, p)
		}
	}
}

func TestQuestionsWithoutAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		month string
		spoil func(*Plan)
		says  string
	}{
		"future month":       {"2026-12", nil, "2026年11月まで"},
		"no month":           {"2026-13", nil, "2026-11"},
		"empty":              {"", nil, "2026-11"},
		"a day":              {"2026-11-24", nil, "2026-11"},
		"unknown definition": {"2026-11", func(p *Plan) { p.Definition = "calls" }, "attempts"},
		"negative target":    {"2026-11", func(p *Plan) { p.Target = -1 }, "0以上"},
	} {
		plan := planAt(november(24, 10, 0))
		if c.spoil != nil {
			c.spoil(&plan)
		}
		_, err := Compute(t.Context(), ledger{}, plan, c.month)
		var ask *AskError
		if !errors.As(err, &ask) || !strings.Contains(ask.Japanese(), c.says) || ask.Error() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSourcesErrorComesThrough(t *testing.T) {
	_, err := Compute(t.Context(), ledger{err: dialer.ErrLedgerDown}, planAt(november(24, 10, 0)), "2026-11")
	if !errors.Is(err, dialer.ErrLedgerDown) {
		t.Errorf("got %v", err)
	}
}

// Whatever happened, the figures agree with each other.
func TestProgressIsConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := november(1, 0, 0).Add(time.Duration(rapid.IntRange(0, 60*24*60).Draw(t, "now")) * time.Minute)
		var l ledger
		for range rapid.IntRange(0, 60).Draw(t, "calls") {
			at := november(1, 0, 0).Add(time.Duration(rapid.IntRange(0, int(now.Sub(november(1, 0, 0)).Minutes())).Draw(t, "at")) * time.Minute)
			l.calls = append(l.calls, call{at: at, person: rapid.IntRange(0, 20).Draw(t, "person"), term: rapid.IntRange(0, 2).Draw(t, "term")})
		}
		plan := planAt(now)
		plan.Definition = rapid.SampledFrom(Definitions).Draw(t, "definition")
		plan.Target = rapid.IntRange(0, 6000).Draw(t, "target")
		p, err := Compute(context.Background(), l, plan, "2026-11")
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, d := range p.ByDay {
			sum += d.Attempts
		}
		f, done := p.Forecast, p.Done.Of(plan.Definition)
		if f.Low < done || f.Mid < f.Low || f.High < f.Mid || sum != p.Done.Attempts {
			t.Fatalf("done %d of %v, forecast %+v, days sum to %d", done, p.Done, f, sum)
		}
		if p.Today.Target < 0 || p.Today.Target > plan.Target || p.Today.Attempts > p.Done.Attempts {
			t.Fatalf("today %+v of %d", p.Today, plan.Target)
		}
		if over := !now.Before(november(31, 0, 0)); over && (f.Low != done || f.High != done) {
			t.Fatalf("the month is over, yet %+v", f)
		}
	})
}
