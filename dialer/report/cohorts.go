package report

import (
	"fmt"
	"slices"
	"time"

	"kakeru/dialer"
)

// cohortWeeks is how long the new persons of a month are followed, in weeks from the first attempt at each.
const cohortWeeks = 4

const week = 7 * 24 * time.Hour

// The sections of the cohorts, and their columns: a week's are behind each other.
const (
	cohortSection = "cohorts"
	weeksSection  = "cohort_weeks"

	cohortPersons  = 0
	cohortSince    = 1
	cohortReached  = cohortSince + cohortWeeks
	cohortPromised = cohortReached + cohortWeeks
	cohortPaid     = cohortPromised + 1
)

// newcomer is a person who was attempted for the first time ever, with what came of it.
type newcomer struct {
	first          time.Time
	reached        time.Time // when somebody was spoken to for the first time; zero: not yet
	by, reachedBy  Ref
	promised, paid *Ref // the first of each
}

// cohorts follow the persons who were attempted for the first time in a month, so that months can be compared.
type cohorts struct {
	*rates
	months  []string
	horizon time.Time // until when they were followed: what lies behind it nobody knows yet
	persons map[string]*newcomer
	order   []*newcomer
}

func newCohorts(p Period, horizon time.Time) *cohorts {
	c := &cohorts{horizon: horizon, persons: map[string]*newcomer{}}
	for back := cohortMonths - 1; back >= 0; back-- {
		c.months = append(c.months, monthName(p.Start().AddDate(0, -back, 0)))
	}
	columns := []Column{count("persons", "初めて架電した人", "persons new")}
	for n := 1; n <= cohortWeeks; n++ {
		columns = append(columns, count(fmt.Sprintf("since_%d", n), fmt.Sprintf("%d週を経た人", n), fmt.Sprintf("followed for %s", weeksEN(n))))
	}
	for n := 1; n <= cohortWeeks; n++ {
		columns = append(columns, count(fmt.Sprintf("reached_%d", n), fmt.Sprintf("うち%d週以内に接触", n), fmt.Sprintf("of them reached within %s", weeksEN(n))))
	}
	columns = append(columns, count("promised", "約束した人", "promised"), count("paid", "納付した人", "paid"))
	g := newGrid(cohortSection, "分析 新規の人の追跡", "Analysis: new persons by month", cohortWords, columns...)
	g.keep = c.months
	c.rates = &rates{grid: g, read: c.reading}
	for n := 1; n <= cohortWeeks; n++ {
		c.shares = append(c.shares, share{
			percent(fmt.Sprintf("rate_%d", n), fmt.Sprintf("%d週以内の接触率", n), fmt.Sprintf("reached within %s", weeksEN(n))),
			cohortReached + n - 1, cohortSince + n - 1,
		})
	}
	c.shares = append(c.shares,
		share{percent("promise_rate", "約束した割合", "promised"), cohortPromised, cohortPersons}, share{percent("paid_rate", "納付した割合", "paid"), cohortPaid, cohortPersons})
	return c
}

func weeksEN(n int) string {
	if n == 1 {
		return "1 week"
	}
	return fmt.Sprintf("%d weeks", n)
}

func cohortWords(month string) Words { return words(MonthJA(month)+"に開始", "begun in "+month) }

func (c *cohorts) has(section string) bool {
	return section == cohortSection || section == weeksSection
}

// attempted takes a counted attempt: the how manieth ever at that person it is.
func (c *cohorts) attempted(a *marked, try int) {
	ref := a.ref()
	if try == 1 {
		of := &newcomer{first: a.At, by: ref}
		c.persons[a.CaseRef] = of
		c.order = append(c.order, of)
	}
	if of := c.persons[a.CaseRef]; of != nil && of.reached.IsZero() && a.spoke() {
		of.reached, of.reachedBy = a.At, ref
	}
}

func (c *cohorts) promised(p Promise, ref Ref) {
	if of := c.persons[p.CaseRef]; of != nil && of.promised == nil && !p.At.Before(of.first) {
		of.promised = &ref
	}
}

func (c *cohorts) paid(p Payment) {
	if of := c.persons[p.CaseRef]; of != nil && of.paid == nil && p.PaidOn.String() >= dialer.DateOf(of.first).String() {
		ref := p.ref()
		of.paid = &ref
	}
}

// settle sums what was found of each person.
func (c *cohorts) settle() {
	for _, of := range c.order {
		month := monthName(of.first)
		c.add(month, cohortPersons, 1, of.by)
		for n := range cohortWeeks {
			until := of.first.Add(time.Duration(n+1) * week)
			if until.After(c.horizon) {
				break
			}
			c.add(month, cohortSince+n, 1, of.by)
			if !of.reached.IsZero() && of.reached.Before(until) {
				c.add(month, cohortReached+n, 1, of.reachedBy)
			}
		}
		if of.promised != nil {
			c.add(month, cohortPromised, 1, *of.promised)
		}
		if of.paid != nil {
			c.add(month, cohortPaid, 1, *of.paid)
		}
	}
}

// sections are two, since one would be too wide for a page: the rates, and what those of the weeks are made of.
func (c *cohorts) sections() []Section {
	full := c.full()
	said := c.read(full)
	of := only(full, []string{"persons", "rate_1", "rate_2", "rate_3", "rate_4", "promised", "promise_rate", "paid", "paid_rate"})
	weeks := only(full, []string{"since_1", "reached_1", "since_2", "reached_2", "since_3", "reached_3", "since_4", "reached_4"})
	of.Reading = &said
	of.Notes = []Words{
		words("その月に初めて(それまで一度も架電していない)架電した人です。接触は架電で人につながった最初のとき、率の分母は初回からその週数を経た人です",
			"Persons attempted in that month for the first time ever. "+
				"Reached is the first time an attempt met a person; the rates of weeks are of those that many weeks after their first attempt"),
		words("納付は、納付約束に充てられたものです", "Paid is what counted towards a promise"),
	}
	weeks.Key, weeks.Title = weeksSection, words("分析 新規の人の追跡(人数)", "Analysis: new persons by month, in persons")
	return []Section{of, weeks}
}

// only is a section with those of its columns that are named, in their order.
func only(of Section, names []string) Section {
	out := of
	out.Columns, out.Rows = nil, make([]Row, len(of.Rows))
	for i, r := range of.Rows {
		out.Rows[i] = Row{Key: r.Key, Title: r.Title}
	}
	for _, name := range names {
		at := slices.IndexFunc(of.Columns, func(c Column) bool { return c.Key == name })
		out.Columns = append(out.Columns, of.Columns[at])
		for i := range out.Rows {
			out.Rows[i].Cells = append(out.Rows[i].Cells, of.Rows[i].Cells[at])
		}
	}
	return out
}
