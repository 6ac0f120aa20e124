package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
	"kakeru/dialer/report"
	"kakeru/dialer/report/render"
)

// targetsEvery is how often it is looked whether a target fails.
const targetsEvery = 10 * time.Minute

// targets says how the ward's targets stand.
type targets struct {
	*postgres.Ledger
	contract   report.Contract
	definition string
	hours      dialer.Calendar
	desks      int
	now        dialer.Clock
	head       configs.Report
	books      *books
}

func newTargets(l *postgres.Ledger, s configs.Settings, hours dialer.Calendar, now dialer.Clock) (targets, error) {
	contract, err := contractOf(s.Centre)
	if err != nil {
		return targets{}, err
	}
	return targets{
		Ledger: l, contract: contract, definition: s.Centre.Definition, hours: hours, desks: len(desksOf(s.SIP)), now: now, head: s.Report,
		books: &books{ledger: l, options: report.Options{MachinesApart: s.Report.MachinesApart}},
	}, nil
}

func contractOf(c configs.Centre) (report.Contract, error) {
	out := report.Contract{Calls: c.Target, SMS: report.Bounds(c.SMS), Number: report.Bounds(c.Numbers)}
	for _, d := range []struct {
		day string
		to  *dialer.Date
	}{{c.From, &out.From}, {c.Until, &out.Until}} {
		if d.day == "" {
			continue
		}
		var err error
		if *d.to, err = dialer.ParseDate(d.day); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (t targets) plan() report.Plan {
	return report.Plan{Definition: t.definition, Hours: t.hours(), Desks: t.desks, Now: t.now()}
}

// Progress implements webui.Figures: the figures of a month written YYYY-MM.
func (t targets) Progress(ctx context.Context, month string) (report.Progress, error) {
	plan := t.plan()
	p, err := report.ParsePeriod(report.OfMonth, month, plan.Now)
	if err != nil {
		return report.Progress{}, err
	}
	words, err := t.TargetWords(ctx)
	if err != nil {
		return report.Progress{}, err
	}
	goal := t.contract.Goal(report.Calls, p, words)
	plan.Target, plan.Ward, plan.Within = goal.Target, goal.Ward, goal.Period
	switch {
	case t.definition == report.ByAttempts:
		plan.Book = t.books.known(p.From) // a forecast goes by fewer days until the book is read
	case t.definition == report.ByThirds || p.Over(plan.Now):
		plan.Book, err = t.books.fresh(ctx, p, plan.Now)
	default:
		if plan.Book = t.books.known(p.To); plan.Book == nil {
			plan.Book, err = t.books.read(ctx, plan.Now)
		}
	}
	if err != nil {
		return report.Progress{}, err
	}
	return report.Compute(ctx, t.Ledger, plan, month)
}

// Standings implements webui.Targets.
func (t targets) Standings(ctx context.Context, month string) (out []report.Standing, err error) {
	now := t.now()
	p, err := report.ParsePeriod(report.OfMonth, month, now)
	if err != nil {
		return nil, err
	}
	year, err := report.ParsePeriod(report.OfYear, report.Current(report.OfYear, p.Start()), now)
	if err != nil {
		return nil, err
	}
	for _, of := range []report.Period{p, year} {
		standing, err := t.stand(ctx, of, now, report.Measures...)
		if err != nil {
			return nil, err
		}
		out = append(out, standing...)
	}
	return out, nil
}

// stand says how the measures of a period stand at an instant.
func (t targets) stand(ctx context.Context, p report.Period, now time.Time, measures ...report.Measure) (out []report.Standing, err error) {
	words, err := t.TargetWords(ctx)
	if err != nil {
		return nil, err
	}
	book, err := t.books.fresh(ctx, p, now)
	if err != nil {
		return nil, err
	}
	plan := t.plan()
	plan.Now = now
	for _, m := range measures {
		out = append(out, report.Stand(t.contract.Goal(m, p, words), plan, book))
	}
	return out, nil
}

// Draft implements webui.Targets.
func (t targets) Draft(ctx context.Context, m report.Measure, kind report.Kind, period string) (report.Notice, error) {
	now := t.now()
	p, err := report.ParsePeriod(kind, period, now)
	if err != nil {
		return report.Notice{}, err
	}
	s, err := t.stand(ctx, p, now, m)
	if err != nil {
		return report.Notice{}, err
	}
	s[0].Curve = []report.Point{}
	return report.Notice{Standing: s[0], Definition: t.definition}, nil
}

// WriteNotice implements webui.Targets.
func (t targets) WriteNotice(to io.Writer, k report.KeptNotice) error {
	font, err := fontOf(t.head)
	if err != nil {
		return err
	}
	return render.Notice(to, k, headerOf(t.head), font)
}

// WriteDraft implements webui.Targets.
func (t targets) WriteDraft(to io.Writer, n report.Notice) error {
	font, err := fontOf(t.head)
	if err != nil {
		return err
	}
	return render.NoticeDraft(to, n, dialer.DateOf(t.now()), headerOf(t.head), font)
}

// watch tells the supervisor, once, since when a target fails, and keeps the book of days.
func (t targets) watch(ctx context.Context, every time.Duration, tell func(dialer.Alert), log *slog.Logger) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := t.look(ctx, tell); err != nil && ctx.Err() == nil {
			log.Warn("how the targets stand could not be seen; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (t targets) look(ctx context.Context, tell func(dialer.Alert)) error {
	now := t.now()
	var failed []error // what fails of one keeps none of the others back
	for _, kind := range []report.Kind{report.OfMonth, report.OfYear} {
		p, err := report.ParsePeriod(kind, report.Current(kind, now), now)
		if err != nil {
			return err
		}
		standings, err := t.stand(ctx, p, now, report.Measures...)
		failed = append(failed, err)
		for _, s := range standings {
			if s.State != report.FailingNow {
				continue
			}
			first, err := t.TellTarget(ctx, s, now)
			failed = append(failed, err)
			if first {
				tell(failing(s, p))
			}
		}
	}
	return errors.Join(failed...)
}

func failing(s report.Standing, p report.Period) dialer.Alert {
	name, of := fmt.Sprintf("%d月", int(p.From.Month)), map[report.Measure]report.Words{
		report.Calls: {JA: "電話催告", EN: "calls"}, report.Messages: {JA: "SMS催告", EN: "messages"}, report.Entries: {JA: "電話番号入力", EN: "numbers entered"},
	}[s.Measure]
	if p.Kind == report.OfYear {
		name = p.Name + "年度"
	}
	f := s.Forecast
	return dialer.Alert{
		Kind: report.TargetFailing, Subject: p.Name + " " + string(s.Measure),
		Text: fmt.Sprintf("%sの%sは目標%d件に届かない見込みです(予測%d〜%d件)。「目標」から区へ報告してください", name, of.JA, s.Target, f.Low, f.High),
		TextEN: fmt.Sprintf("the %s of %s will not reach their target of %d (forecast %d to %d); tell the ward, under Targets",
			of.EN, p.Name, s.Target, f.Low, f.High),
	}
}

// books remember what the days before today added, so that a forecast need not read months of calls each time. They are read anew
// every so often: what was recorded late, or corrected, changes them.
type books struct {
	ledger  report.Ledger
	options report.Options

	reading sync.Mutex // one reads, the others wait
	mu      sync.Mutex
	days    []report.DayDone // from the start of the fiscal year's book on
	from    dialer.Date
	day     dialer.Date // on which they were read
	at      time.Time
}

// bookKept is how long the days before this month are believed.
const bookKept = time.Hour

// known are the days that are known already, before one.
func (b *books) known(before dialer.Date) []report.DayDone {
	b.mu.Lock()
	defer b.mu.Unlock()
	return daysWithin(b.days, report.BookFrom(before), before)
}

// daysWithin are the days of [from, to).
func daysWithin(days []report.DayDone, from, to dialer.Date) (out []report.DayDone) {
	for _, d := range days {
		if !d.Date.Before(from) && d.Date.Before(to) {
			out = append(out, d)
		}
	}
	return out
}

// read returns the days up to today from the fiscal year's book, reading what is old.
func (b *books) read(ctx context.Context, now time.Time) ([]report.DayDone, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	today := dialer.DateOf(now)
	year, err := report.ParsePeriod(report.OfYear, report.Current(report.OfYear, now), now)
	if err != nil {
		return nil, err
	}
	from := report.BookFrom(year.From)
	b.mu.Lock()
	days, good := b.days, b.day == today && b.from == from && now.Sub(b.at).Abs() < bookKept
	b.mu.Unlock()
	if good {
		return days, nil
	}
	days, err = report.Days(ctx, b.ledger, b.options, from, today.Next())
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.days, b.from, b.day, b.at = days, from, today, now
	b.mu.Unlock()
	return days, nil
}

// fresh is the book of a period with its newest month, up to today, as the ledger has it now.
func (b *books) fresh(ctx context.Context, p report.Period, now time.Time) ([]report.DayDone, error) {
	from, until := report.BookFrom(p.From), p.To
	if today := dialer.DateOf(now); today.Before(until) {
		until = today.Next()
	}
	all, err := b.read(ctx, now)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	known := b.from
	b.mu.Unlock()
	if from.Before(known) { // an earlier year
		return report.Days(ctx, b.ledger, b.options, from, until)
	}
	newest := dialer.DateOf(until.At(-1))
	newest.Day = 1
	days, err := report.Days(ctx, b.ledger, b.options, newest, until)
	if err != nil {
		return nil, err
	}
	return append(daysWithin(all, from, newest), days...), nil
}
