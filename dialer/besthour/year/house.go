package year

import (
	"time"

	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/casework"
)

// Plan is a year to be replayed.
type Plan struct {
	World  World
	Seed   uint64
	Months int
	Cases  int // that come with each month's list
	Hours  dialer.Hours
	Advice Advice
	Learn  besthour.Options
}

// Advice says who orders the calls.
type Advice string

// The kinds of advice.
const (
	Off    Advice = "off"    // nobody: the rules alone
	On     Advice = "on"     // what the calls of the year itself have taught
	Oracle Advice = "oracle" // one who knows the truth
)

// Figures are what came of a year.
type Figures struct {
	Tally
	Cases   int
	Reached int // cases in which a person answered at least once
	ByKind  map[dialer.NumberKind]Tally
	// Counts is the year as the ledger would count it, weeks ago from its end.
	Counts []besthour.Count
}

// Tally is how many attempts there were, and how many a person answered.
type Tally struct{ Attempts, Contacts int }

// Rate is the share of attempts that a person answered.
func (t Tally) Rate() float64 { return float64(t.Contacts) / float64(max(t.Attempts, 1)) }

// The centre: two seats; what a call takes with all that belongs to it.
const (
	seats     = 2
	inVain    = 150 * time.Second
	talk      = 300 * time.Second
	inVainMax = 10 // tries in vain in a row, after which the case is left to a supervisor
)

// start is where every year begins: with the fiscal year.
var start = dialer.Date{Year: 2026, Month: time.April, Day: 1}

// house is the centre in its year.
type house struct {
	Plan
	line   *line
	people []*person
	rules  casework.Rules
	table  dialer.ResultTable
	counts map[besthour.Count]*[2]int // by all but the age, which is the week; tried and answered
	f      Figures
}

// Replay lives through a year.
func Replay(p Plan) Figures {
	h := newHouse(p)
	h.live()
	return h.f
}

func newHouse(p Plan) *house {
	h := &house{
		Plan: p, line: newLine(), rules: casework.DefaultRules(), table: dialer.DefaultResults(),
		counts: map[besthour.Count]*[2]int{}, f: Figures{ByKind: map[dialer.NumberKind]Tally{}},
	}
	if p.Advice == Oracle {
		h.rules.Advice = oracle(p)
	}
	return h
}

func (h *house) live() {
	end := time.Date(start.Year, start.Month+time.Month(h.Months), 1, 0, 0, 0, 0, dialer.Tokyo)
	learnt := 0
	for d := start; d.At(0).Before(end); d = d.Next() {
		if d.Day == 1 {
			h.arrive(d)
		}
		if w := weekOf(d.At(0)); w != learnt && h.Advice == On {
			learnt = w
			h.rules.Advice = besthour.Learn(h.history(w), h.Learn)
		}
		h.day(d)
	}
	h.f.Counts = h.history(weekOf(end))
	for _, q := range h.people {
		if q.reached {
			h.f.Reached++
		}
	}
	h.f.Cases = len(h.people)
}

const week = 7 * 24 * time.Hour

// weekOf counts the weeks of the year.
func weekOf(t time.Time) int { return int(t.Sub(start.At(0)) / week) }

// history is what the ledger would count, as seen in a week.
func (h *house) history(now int) []besthour.Count {
	out := make([]besthour.Count, 0, len(h.counts))
	for c, n := range h.counts {
		c.WeeksAgo = now - c.WeeksAgo
		c.Tried, c.Answered = n[0], n[1]
		out = append(out, c)
	}
	return out
}

// arrive takes a month's list in.
func (h *house) arrive(d dialer.Date) {
	for range h.Cases {
		id := len(h.people)
		p := &person{id: id, priority: 50, due: h.Hours.NextOpen(d.At(0)), number: &number{}}
		p.kind = dialer.KindMobile
		switch u := luck(h.Seed, id, 0, 1); {
		case u < 0.36:
			p.kind = dialer.KindFixed
		case u < 0.40:
			p.kind = dialer.KindIP
		}
		p.reach = [...]float64{0.3, 0.7, 1, 1.3, 1.7}[int(5*luck(h.Seed, id, 0, 2))]
		p.dead = luck(h.Seed, id, 0, 3) < 0.03
		if id > 0 && luck(h.Seed, id, 0, 4) < 0.06 { // a household
			p.number, p.kind = h.people[id-1].number, h.people[id-1].kind
		}
		if luck(h.Seed, id, 0, 5) < 0.1 {
			p.priority = 40
		}
		h.people = append(h.people, p)
		h.line.put(p)
	}
}

// day is one day at both seats.
func (h *house) day(d dialer.Date) {
	span, _, open := h.Hours.On(d)
	if !open {
		return
	}
	middle := d.At((span.From + span.To) / 2)
	pause := time.Duration(h.Hours.BreakMinutes) * time.Minute
	free := [seats]time.Time{d.At(span.From), d.At(span.From)}
	paused := [seats]bool{}
	for {
		seat := 0
		if free[1].Before(free[0]) {
			seat = 1
		}
		now := free[seat]
		if !now.Before(d.At(span.To)) {
			return
		}
		if from := middle.Add(time.Duration(seat-1) * pause); !paused[seat] && !now.Before(from) {
			paused[seat], free[seat] = true, now.Add(pause)
			continue
		}
		free[seat] = now.Add(h.call(now))
	}
}
