package report

import (
	"context"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// cohortMonths is how many months' new persons the analysis follows: the month's own, and those of the months before.
const cohortMonths = 3

// measured is a part of the analysis: sections that are made of the same sums.
type measured interface {
	has(section string) bool
	want(w Where) bool
	rows() []Ref // those behind the cell that was asked for
	sections() []Section
}

// analysis sums a month's facts into what the monthly meeting reads (§8(3)④). For its cohorts it reads those of the months before too.
type analysis struct {
	o     Options
	p     Period
	start time.Time // of the month itself

	heat    *heat
	kinds   *rates
	tries   *rates
	keeping *rates
	cohorts *cohorts

	made  map[string]int           // counted attempts at each person so far, ever
	tried map[dialer.CallID]string // of each counted attempt of the month: which try it was
	asked measured
}

func newAnalysis(o Options, p Period) *analysis {
	horizon := p.End()
	if o.Now.Before(horizon) {
		horizon = o.Now
	}
	return &analysis{
		o: o, p: p, start: p.Start(), heat: newHeat(), kinds: newKinds(), tries: newTries(), keeping: newKeeping(), cohorts: newCohorts(p, horizon),
		made: map[string]int{}, tried: map[dialer.CallID]string{},
	}
}

func (a *analysis) parts() []measured {
	return []measured{a.heat, a.kinds, a.tries, a.keeping, a.cohorts}
}

func (a *analysis) read(ctx context.Context, l Ledger) error { return a.readInto(ctx, l, a) }

// readInto reads the facts into a sink that gives them to the analysis.
func (a *analysis) readInto(ctx context.Context, l Ledger, sink HistorySink) error {
	from, to := a.p.facts()
	if err := l.FactsAndEarlier(ctx, from, to, sink); err != nil {
		return err
	}
	a.cohorts.settle()
	return nil
}

func (a *analysis) want(w Where) bool {
	at := slices.IndexFunc(a.parts(), func(m measured) bool { return m.has(w.Section) })
	if at < 0 {
		return false
	}
	a.asked = a.parts()[at]
	return a.asked.want(w)
}

func (a *analysis) behind() []Ref { return a.asked.rows() }

func (a *analysis) report() Report {
	r := a.p.head(a.p.Over(a.o.Now))
	for _, part := range a.parts() {
		r.Sections = append(r.Sections, part.sections()...)
	}
	return r
}

// Earlier implements HistorySink.
func (a *analysis) Earlier(e Earlier) { a.made[e.CaseRef] = e.Attempts }

// Attempt implements Sink.
func (a *analysis) Attempt(of Attempt) {
	if !of.Counted {
		return
	}
	m := &marked{Attempt: of}
	a.made[of.CaseRef]++
	try := a.made[of.CaseRef]
	a.cohorts.attempted(m, try)
	if of.At.Before(a.start) {
		return
	}
	row, ref := tryRow(try), of.ref()
	a.tried[of.ID] = row
	a.heat.add(m, ref)
	for _, of := range []struct {
		table *rates
		row   string
	}{{a.kinds, string(of.NumberKind)}, {a.tries, row}} {
		of.table.add(of.row, rateAttempts, 1, ref)
		if m.spoke() {
			of.table.add(of.row, rateSpoke, 1, ref)
		}
		if m.spoke() && m.Party == casework.Self {
			of.table.add(of.row, rateSelf, 1, ref)
		}
	}
}

// Promise implements Sink.
func (a *analysis) Promise(p Promise) {
	ref := p.ref()
	if !p.At.Before(a.p.End()) {
		return
	}
	a.cohorts.promised(p, ref)
	if p.At.Before(a.start) {
		return
	}
	if row, ok := a.tried[p.Attempt]; ok {
		a.tries.add(row, ratePromises, 1, ref)
	}
	columns := keptColumns(p, dialer.DateOf(a.o.Now))
	for _, row := range []string{total, "channel:" + channelNames[channelOf(p.Inbound, p.Origin)], "party:" + string(p.Party)} {
		a.keeping.add(row, keepYen, p.Yen, ref)
		for _, c := range columns {
			a.keeping.add(row, c, 1, ref)
		}
	}
}

// Payment implements Sink.
func (a *analysis) Payment(p Payment) { a.cohorts.paid(p) }

// Handoff implements Sink: the analysis is of none, and of none of the next two.
func (a *analysis) Handoff(Handoff) {}

// Number implements Sink.
func (a *analysis) Number(Number) {}

// SMS implements Sink.
func (a *analysis) SMS(SMS) {}

// The columns of the tables of attempts, the third of which only the tries have.
const (
	rateAttempts = iota
	rateSpoke
	rateSelf
	ratePromises
)

var attemptCounts = []Column{count("attempts", "架電件数", "attempts"), count("spoke", "人につながった", "reached a person"), count("self", "うち本人", "of them the debtor")}

var (
	contactShare = share{percent("contact_rate", "接触率(人)", "reached a person"), rateSpoke, rateAttempts}
	debtorShare  = share{percent("debtor_rate", "接触率(本人)", "reached the debtor"), rateSelf, rateAttempts}
)

func newKinds() *rates {
	g := newGrid("kinds", "分析 番号種別", "Analysis: kind of number", named(kindWords), slices.Clone(attemptCounts)...)
	return &rates{grid: g, shares: []share{contactShare, debtorShare}, read: readKinds}
}

func newTries() *rates {
	g := newGrid("tries", "分析 架電の回数", "Analysis: which try it was", tryWords, append(slices.Clone(attemptCounts), count("promises", "納付約束", "promises"))...)
	g.keep = []string{"1", "2", "3", "4", "5", lateTries}
	g.note("同じ人(宛名番号)への何回目の架電かです。回数は初めての架電から数え、翌月も続きます",
		"Which attempt it was at that person, counted from the first ever and on over the months")
	return &rates{grid: g, shares: []share{
		contactShare, debtorShare, {percent("promise_rate", "約束率", "promised"), ratePromises, rateAttempts},
	}, read: readTries}
}

// lateTries is the row of all tries behind the fifth.
const lateTries = "6+"

func tryRow(n int) string {
	if n > 5 {
		return lateTries
	}
	return string(rune('0' + n))
}

var tryWords = named(map[string]Words{
	"1": words("1回目", "1st"), "2": words("2回目", "2nd"), "3": words("3回目", "3rd"), "4": words("4回目", "4th"), "5": words("5回目", "5th"),
	lateTries: words("6回目以上", "6th and later"),
})

// The columns of the promises.
const (
	keepMade = iota
	keepYen
	keepDue
	keepKept
	keepPartly
	keepBroken
	keepOpen
	keepEarly
)

var channelNames = [...]string{byCall: "calls", byInbound: "inbound", byHand: "by_hand"}

func newKeeping() *rates {
	g := newGrid("keeping", "分析 約束の履行", "Analysis: promises kept", keepingWords,
		count("made", "約束件数", "promised"), yen("yen", "約束金額", "yen promised"), count("due", "期日経過", "due"), count("kept", "うち履行", "of them kept"),
		count("partly", "うち一部履行", "partly kept"), count("broken", "うち不履行", "broken"), count("open", "うち猶予中", "open"),
		count("early", "期日前の履行", "kept before they were due"))
	g.keep = []string{total}
	g.note("期日経過は、約束の期日が作成日より前のものです。履行率の分母は期日経過です", "Due are those whose day is past; the rate is of them")
	return &rates{grid: g, shares: []share{{percent("kept_rate", "履行率", "kept, of those due"), keepKept, keepDue}}, read: readKeeping}
}

// keptColumns are the columns that a promise counts in, besides its yen.
func keptColumns(p Promise, today dialer.Date) []int {
	out := []int{keepMade}
	if p.DueOn.String() < today.String() {
		out = append(out, keepDue)
		if at := slices.Index([]string{"kept", "partly", "broken", "open"}, p.State); at >= 0 {
			out = append(out, keepKept+at)
		}
	} else if p.State == "kept" {
		out = append(out, keepEarly)
	}
	return out
}

func keepingWords(key string) Words {
	switch {
	case strings.HasPrefix(key, "channel:"):
		return named(channelWords)(afterColon(key))
	case strings.HasPrefix(key, "party:"):
		return promiseRowWords(key)
	default:
		return sameWords(key)
	}
}

var channelWords = map[string]Words{
	"calls": words("架電", "our calls"), "inbound": words("受電", "calls that came in"), "by_hand": words("手動記録", "noted by hand"),
}
