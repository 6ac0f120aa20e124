package report

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kakeru/dialer"
)

// DayDone is what one day added to its month, by each way of counting: a person who was called before in the month adds none.
type DayDone struct {
	Date    dialer.Date
	Counts  Counts
	Numbers int  // entered (§10(6))
	SMS     int  // sent (§10(5)), as somebody entered them
	Entered bool // somebody entered how many messages were sent, be it none
}

// Days returns what each day of [from, to) added, the days on which something happened, in their order. From is the first of a
// month: what a day adds depends on those before it.
func Days(ctx context.Context, l Ledger, o Options, from, to dialer.Date) ([]DayDone, error) {
	b := &dayBook{o: o, from: from, days: map[string]*DayDone{}}
	if err := l.Facts(ctx, from.At(0), to.At(0), b); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	out := make([]DayDone, 0, len(b.days))
	for _, day := range slices.Sorted(maps.Keys(b.days)) {
		out = append(out, *b.days[day])
	}
	return out, nil
}

// dayBook is the Sink behind Days.
type dayBook struct {
	o        Options
	from     dialer.Date
	days     map[string]*DayDone
	month    string
	seen     people
	absences absences
}

func (b *dayBook) on(d dialer.Date) *DayDone {
	day := b.days[d.String()]
	if day == nil {
		day = &DayDone{Date: d}
		b.days[d.String()] = day
	}
	return day
}

// Attempt implements Sink.
func (b *dayBook) Attempt(a Attempt) {
	m := marked{Attempt: a}
	if !m.isOurs() || !a.Counted {
		return
	}
	if month := monthName(a.At); month != b.month {
		b.month, b.seen, b.absences = month, newPeople(), absences{}
	}
	b.absences.mark(&m, b.o)
	d := b.on(dialer.DateOf(a.At))
	d.Counts = d.Counts.plus(b.seen.count(&m, b.o))
}

// Promise implements Sink.
func (b *dayBook) Promise(Promise) {}

// Payment implements Sink.
func (b *dayBook) Payment(Payment) {}

// Handoff implements Sink.
func (b *dayBook) Handoff(Handoff) {}

// Number implements Sink.
func (b *dayBook) Number(n Number) { b.on(dialer.DateOf(n.At)).Numbers++ }

// SMS implements Sink.
func (b *dayBook) SMS(s SMS) {
	d := b.on(s.On)
	d.SMS, d.Entered = d.SMS+s.Sent, true
}

// people are those that attempts were made to, in some span.
type people struct {
	persons map[string]bool
	cases   map[[2]string]bool
}

func newPeople() people { return people{map[string]bool{}, map[[2]string]bool{}} }

// count is what a counted attempt adds by each way of counting.
func (p people) count(m *marked, o Options) Counts {
	c := Counts{Attempts: 1}
	if !p.persons[m.CaseRef] {
		p.persons[m.CaseRef] = true
		c.Persons++
	}
	for _, insurance := range insurances(m.Insurance) {
		if key := [2]string{m.CaseRef, insurance}; !p.cases[key] {
			p.cases[key] = true
			c.Cases++
		}
	}
	if !m.absent(o) || m.third {
		c.Thirds++
	}
	return c
}

// between adds up the days of [from, to).
func between(days []DayDone, from, to dialer.Date) (sum DayDone) {
	for _, d := range days {
		if !d.Date.Before(from) && d.Date.Before(to) {
			sum.Counts = sum.Counts.plus(d.Counts)
			sum.Numbers += d.Numbers
			sum.SMS += d.SMS
		}
	}
	return sum
}

// dayOr is a day's entry, or an empty one.
func dayOr(days []DayDone, d dialer.Date) DayDone {
	at, found := slices.BinarySearchFunc(days, d, func(e DayDone, d dialer.Date) int { return e.Date.Compare(d) })
	if !found {
		return DayDone{Date: d}
	}
	return days[at]
}

// weeksBack is how far back a forecast looks: what lies before says little of what is to come.
const weeksBack = 13

// BookFrom is the first of the month from which on days must be known to say where a period stands that begins with from.
func BookFrom(from dialer.Date) dialer.Date {
	back := dialer.DateOf(from.At(0).AddDate(0, 0, -7*weeksBack))
	back.Day = 1
	return back
}

var _ Sink = (*dayBook)(nil)

// day is the length of one.
const day = 24 * time.Hour
