package report

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"kakeru/dialer"
)

// The definitions of what is held against the target.
const (
	ByAttempts = "attempts"
	ByPersons  = "persons"
	ByCases    = "cases"
	ByThirds   = "thirds" // three absences of a person in a month are one
)

// Definitions lists the definitions.
var Definitions = []string{ByAttempts, ByPersons, ByCases, ByThirds}

// Plan is what a month is measured by.
type Plan struct {
	Target     int         // 件 in the month; 0 when there is none
	Ward       *TargetWord // who set it; nil: the contract
	Within     Period      // the part of the month in which the contract runs; zero: all of it
	Definition string      // one of Definitions
	Hours      dialer.Hours
	Desks      int // how many are worked on a usual day; zero is taken for one
	Now        time.Time
	// Book has what the days from BookFrom of the month on added, those before today: what a forecast goes by. Where Definition is
	// ByThirds it has today too.
	Book []DayDone
}

// seatMinutes are the minutes of work of all seats on a day, and those of them that have passed at an instant.
func (plan Plan) seatMinutes(d dialer.Date, now time.Time) (whole, passed float64) {
	if _, _, ok := plan.Hours.On(d); !ok {
		return 0, 0
	}
	seats := float64(plan.Hours.SeatsOn(d, max(1, plan.Desks)))
	o := OpenDay{Date: d.String(), Minutes: plan.Hours.WorkedMinutes(d)}
	return seats * float64(o.Minutes), seats * worked(plan.Hours, o, now)
}

// AskError is a question that has no answer: what is wrong with it, and what to ask instead.
type AskError struct{ JA, EN string }

func (e *AskError) Error() string { return e.EN }

// Japanese is the sentence for the screen.
func (e *AskError) Japanese() string { return e.JA }

// Compute returns where a month (YYYY-MM, days of Asia/Tokyo) stands. A month that has not begun, or an impossible plan,
// is an *AskError; any other error is the source's.
func Compute(ctx context.Context, src Source, plan Plan, month string) (Progress, error) {
	from, to, err := plan.bounds(month)
	if err != nil {
		return Progress{}, err
	}
	figures, err := src.Figures(ctx, from.At(0), to.At(0))
	if err != nil {
		return Progress{}, fmt.Errorf("sum the month: %w", err)
	}
	p := Progress{
		Month: month, Target: plan.Target, Definition: plan.Definition,
		Done: figures.Done, ByResult: resultsOf(figures), ByDay: daysOf(figures), Inbound: figures.Inbound, ByHand: figures.ByHand,
		OpenDays: openDays(plan.Hours, from, to, plan.Desks),
		Today:    Today{ByResult: map[dialer.Result]int{}},
	}
	if to.At(0).After(plan.Now) {
		if p.Today, err = plan.today(ctx, src, p, figures); err != nil {
			return Progress{}, err
		}
	}
	if plan.Definition == ByThirds {
		p.Done.Thirds = between(plan.Book, from, to).Counts.Thirds
	}
	plan.stand(&p, from, to)
	return p, nil
}

// stand adds how the month stands against its target.
func (plan Plan) stand(p *Progress, from, to dialer.Date) {
	period := Period{Kind: OfMonth, Name: p.Month, From: from, To: to}
	if plan.Within != (Period{}) {
		period = plan.Within
	}
	c := course{Goal: Goal{Measure: Calls, Period: period, Target: plan.Target, Ward: plan.Ward}, plan: plan}
	c.book = plan.bookWith(p, from, to)
	s := c.at(plan.Now)
	p.Forecast, p.Chance, p.State, p.Pace, p.Needed, p.Ward = s.Forecast, s.Chance, s.State, s.Pace, s.Needed, s.Ward
}

// bookWith is the book with the month as the ledger has it this moment. What a day adds to the attempts the ledger's sums say; what it
// adds by another definition the book says, and what the sum of the month has more is today's.
func (plan Plan) bookWith(p *Progress, from, to dialer.Date) (book []DayDone) {
	for _, d := range plan.Book {
		if d.Date.Before(from) {
			book = append(book, d)
		}
	}
	if plan.Definition == ByAttempts {
		for _, d := range p.ByDay {
			if date, err := dialer.ParseDate(d.Date); err == nil {
				book = append(book, DayDone{Date: date, Counts: Counts{Attempts: d.Attempts}})
			}
		}
		return book
	}
	last := dialer.DateOf(to.At(-1))
	if today := dialer.DateOf(plan.Now); today.Before(last) {
		last = today
	}
	rest := p.Done
	for _, d := range plan.Book {
		if !d.Date.Before(from) && d.Date.Before(last) {
			book = append(book, d)
			rest.Persons, rest.Cases, rest.Thirds = rest.Persons-d.Counts.Persons, rest.Cases-d.Counts.Cases, rest.Thirds-d.Counts.Thirds
		}
	}
	return append(book, DayDone{Date: last, Counts: rest})
}

// bounds checks the plan and the month, and returns the month's first day and the next month's.
func (plan Plan) bounds(month string) (from, to dialer.Date, err error) {
	if !slices.Contains(Definitions, plan.Definition) {
		return from, to, &AskError{
			JA: "件数の数え方の設定が正しくありません。attempts、persons、cases、thirds のいずれかにしてください",
			EN: fmt.Sprintf("unknown definition of what counts; use one of %v", Definitions),
		}
	}
	if plan.Target < 0 {
		return from, to, &AskError{JA: "目標件数は0以上にしてください", EN: "a target is zero or more"}
	}
	first, err := firstOf(month)
	if err != nil {
		return from, to, err
	}
	if first.After(plan.Now) {
		last := plan.Now.In(dialer.Tokyo)
		return from, to, &AskError{
			JA: fmt.Sprintf("その月はまだ始まっていません。%d年%d月までを指定してください", last.Year(), int(last.Month())),
			EN: "that month has not begun; ask for " + last.Format("2006-01") + " or an earlier one",
		}
	}
	return dialer.DateOf(first), dialer.DateOf(first.AddDate(0, 1, 0)), nil
}

// today returns the current day's figures, which are among its month's, and its share of the target: what is still to be done when the
// day begins, spread over the minutes of work that are left from its opening on.
func (plan Plan) today(ctx context.Context, src Source, p Progress, of Figures) (Today, error) {
	day := dialer.DateOf(plan.Now)
	t := Today{Date: day.String(), ByResult: resultsOf(Figures{ByResult: of.DayResults[day.String()]})}
	for _, d := range of.ByDay {
		if d.Date == t.Date {
			t.Attempts, t.Answered, t.Inbound, t.ByHand = d.Attempts, d.Answered, d.Inbound, d.ByHand
		}
	}
	before := p.Done.Attempts - t.Attempts
	if plan.Definition == ByPersons || plan.Definition == ByCases {
		// A person called yesterday and today is one person: the days' figures do not add up to the month's.
		month, _ := time.ParseInLocation("2006-01", p.Month, dialer.Tokyo)
		earlier, err := src.Figures(ctx, month, day.At(0))
		if err != nil {
			return Today{}, fmt.Errorf("sum the days before: %w", err)
		}
		before = earlier.Done.Of(plan.Definition)
	}
	if plan.Definition == ByThirds {
		before = between(plan.Book, dialer.Date{Year: day.Year, Month: day.Month, Day: 1}, day).Counts.Thirds
	}
	mine, left := 0, 0
	for _, d := range p.OpenDays {
		if d.Date == t.Date {
			mine = d.Minutes * d.Seats
		}
		if d.Date >= t.Date {
			left += d.Minutes * d.Seats
		}
	}
	if mine > 0 && p.Target > before {
		t.Target = int(math.Ceil(float64(p.Target-before) * float64(mine) / float64(left)))
	}
	return t, nil
}

// Of returns the count that a definition means.
func (c Counts) Of(definition string) int {
	switch definition {
	case ByPersons:
		return c.Persons
	case ByCases:
		return c.Cases
	case ByThirds:
		return c.Thirds
	default:
		return c.Attempts
	}
}

// openDays lists the days of [from, to) on which the centre opens, without its breaks.
func openDays(hours dialer.Hours, from, to dialer.Date, desks int) []OpenDay {
	days := []OpenDay{}
	for d := from; d != to; d = d.Next() {
		if _, _, ok := hours.On(d); ok {
			days = append(days, OpenDay{Date: d.String(), Minutes: hours.WorkedMinutes(d), Seats: hours.SeatsOn(d, max(1, desks))})
		}
	}
	return days
}

// worked returns how many of a day's minutes of work have passed at an instant; the break is taken to lie evenly.
func worked(hours dialer.Hours, day OpenDay, now time.Time) float64 {
	d, err := dialer.ParseDate(day.Date)
	if err != nil {
		return 0
	}
	span, _, _ := hours.On(d)
	if span.Minutes() == 0 {
		return 0
	}
	passed := now.Sub(d.At(span.From)).Minutes() / float64(span.Minutes())
	return float64(day.Minutes) * min(1, max(0, passed))
}

func resultsOf(f Figures) map[dialer.Result]int {
	if f.ByResult == nil {
		return map[dialer.Result]int{}
	}
	return f.ByResult
}

func daysOf(f Figures) []Day {
	if f.ByDay == nil {
		return []Day{}
	}
	return f.ByDay
}
