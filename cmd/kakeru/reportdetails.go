package main

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
	"kakeru/dialer/report/render"
)

// both is a ledger whose facts are taken down besides.
type both struct {
	report.Ledger
	too *detailed
}

func (b both) Facts(ctx context.Context, from, to time.Time, into report.Sink) error {
	return b.Ledger.Facts(ctx, from, to, fork{into, b.too})
}

func (b both) Papers(ctx context.Context, from, to time.Time, into report.PaperSink) error {
	return b.Ledger.Papers(ctx, from, to, forkPapers{fork{into, b.too}, into})
}

func (b both) Custody(ctx context.Context, from, to time.Time) (report.Custody, error) {
	c, err := b.Ledger.Custody(ctx, from, to)
	b.too.custody(&c)
	return c, err
}

// forkPapers gives facts to two, and papers to the one that takes them.
type forkPapers struct {
	fork
	report.PaperSink
}

func (f forkPapers) Attempt(a report.Attempt) { f.fork.Attempt(a) }
func (f forkPapers) Promise(p report.Promise) { f.fork.Promise(p) }
func (f forkPapers) Payment(p report.Payment) { f.fork.Payment(p) }
func (f forkPapers) Handoff(h report.Handoff) { f.fork.Handoff(h) }
func (f forkPapers) Number(n report.Number)   { f.fork.Number(n) }
func (f forkPapers) SMS(s report.SMS)         { f.fork.SMS(s) }

// fork gives each fact to two.
type fork [2]report.Sink

func (f fork) Attempt(a report.Attempt) { f[0].Attempt(a); f[1].Attempt(a) }
func (f fork) Promise(p report.Promise) { f[0].Promise(p); f[1].Promise(p) }
func (f fork) Payment(p report.Payment) { f[0].Payment(p); f[1].Payment(p) }
func (f fork) Handoff(h report.Handoff) { f[0].Handoff(h); f[1].Handoff(h) }
func (f fork) Number(n report.Number)   { f[0].Number(n); f[1].Number(n) }
func (f fork) SMS(s report.SMS)         { f[0].SMS(s); f[1].SMS(s) }

// detailed takes facts down as rows of a sheet: those of the report's own days.
type detailed struct {
	from, until   time.Time
	named         func(dialer.UserID) string
	calls, others []render.Detail
}

func (d *detailed) Attempt(a report.Attempt) {
	counted := a.Counted
	d.note(&d.calls, a.At, render.Detail{
		ID: string(a.ID), Kind: string(report.RefAttempt), At: onPaper(a.At), Direction: string(a.Direction),
		Result: string(a.Result), Party: string(a.Party), Counted: &counted, Desk: string(a.Desk), Operator: d.named(a.Operator), CaseRef: a.CaseRef,
		Insurance: a.Insurance, Language: a.Language, NumberKind: string(a.NumberKind),
	})
}

// Promise takes those too that were made before, and kept now.
func (d *detailed) Promise(p report.Promise) {
	d.others = append(d.others, render.Detail{
		ID: string(p.Attempt), Kind: string(report.RefPromise), At: onPaper(p.At), Result: p.State, Party: string(p.Party),
	})
}

func (d *detailed) Payment(p report.Payment) {
	d.note(&d.others, p.PaidOn.At(0), render.Detail{ID: string(p.Attempt), Kind: string(report.RefPayment), At: p.PaidOn.String()})
}

func (d *detailed) Handoff(h report.Handoff) {
	d.note(&d.others, h.At, render.Detail{ID: h.ID, Kind: string(report.RefHandoff), At: onPaper(h.At), Result: string(h.Kind)})
}

func (d *detailed) Number(n report.Number) {
	d.note(&d.others, n.At, render.Detail{ID: n.ID, Kind: string(report.RefNumber), At: onPaper(n.At)})
}

func (d *detailed) SMS(s report.SMS) {
	d.note(&d.others, s.On.At(0), render.Detail{ID: s.On.String(), Kind: string(report.RefSMS), At: s.On.String()})
}

// custody takes the logs of personal data down: who did what when, and with which call or case.
func (d *detailed) custody(c *report.Custody) {
	log := func(kind report.RefKind, id string, at time.Time, by dialer.UserID, what string) {
		d.others = append(d.others, render.Detail{ID: id, Kind: string(kind), At: onPaper(at), Operator: d.named(by), Result: what})
	}
	for i := range c.Closes {
		of := &c.Closes[i]
		if !of.Day.At(0).Before(d.until) {
			continue // a later one, which says what became of the span's days
		}
		log(report.RefClose, of.ID, of.Moved, of.By, of.Day.String()+" "+of.Step)
	}
	for _, l := range c.Lists {
		kind := report.RefList
		if l.Paid {
			kind = report.RefPaidList
		}
		log(kind, l.ID, l.At, l.By, l.State)
	}
	for _, e := range c.Exports {
		log(report.RefExport, e.ID, e.At, e.By, e.Day.String())
	}
	for i := range c.Disclosures {
		of, what := &c.Disclosures[i], "shown"
		if !of.Shown {
			what = "hidden"
		}
		log(report.RefDisclosure, of.ID, of.At, of.By, what)
		d.others[len(d.others)-1].CaseRef, d.others[len(d.others)-1].Party = of.CaseRef, string(of.Party)
	}
	d.acts(report.RefHistoryCheck, c.Checks)
	d.acts(report.RefHandoffRead, c.Reads)
	d.acts(report.RefListen, c.Listens)
}

func (d *detailed) acts(kind report.RefKind, acts []report.Act) {
	for _, a := range acts {
		row := render.Detail{ID: a.ID, Kind: string(kind), At: onPaper(a.At), Operator: d.named(a.By), CaseRef: a.About}
		if kind == report.RefListen {
			row.CaseRef, row.Result = "", a.About // the call
		}
		d.others = append(d.others, row)
	}
}

// note takes a row down, unless it lies before the report: facts begin with the month.
func (d *detailed) note(to *[]render.Detail, at time.Time, row render.Detail) {
	if !at.Before(d.from) {
		*to = append(*to, row)
	}
}

func onPaper(at time.Time) string { return at.In(dialer.Tokyo).Format("2006-01-02 15:04:05") }
