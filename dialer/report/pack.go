package report

import (
	"context"
	"slices"
)

// pack is what the monthly meeting is held over (定例報告会資料, §8(4)): the month's report and its analysis, of one reading of the ledger.
type pack struct {
	p        Period
	month    *builder
	analysis *analysis
	asked    maker
}

func newPack(o Options, p Period) *pack {
	month := p
	month.Kind = OfMonth
	return &pack{p: p, month: newBuilder(o, month), analysis: newAnalysis(o, p)}
}

func (k *pack) read(ctx context.Context, l Ledger) error {
	return k.analysis.readInto(ctx, l, Besides{k.analysis, k.month})
}

func (k *pack) want(w Where) bool {
	for _, m := range []maker{k.month, k.analysis} {
		if m.want(w) {
			k.asked = m
			return true
		}
	}
	return false
}

func (k *pack) behind() []Ref { return k.asked.behind() }

func (k *pack) report() Report {
	r := k.month.report()
	r.Kind, r.Title = k.p.Kind, k.p.Title()
	r.Sections = slices.Concat(r.Sections, k.analysis.report().Sections)
	return r
}

// Besides is a sink of history that gives the facts to another too.
type Besides struct {
	HistorySink
	Too Sink
}

// Attempt implements Sink, as the others do.
func (b Besides) Attempt(a Attempt) { b.HistorySink.Attempt(a); b.Too.Attempt(a) }

// Promise implements Sink.
func (b Besides) Promise(p Promise) { b.HistorySink.Promise(p); b.Too.Promise(p) }

// Payment implements Sink.
func (b Besides) Payment(p Payment) { b.HistorySink.Payment(p); b.Too.Payment(p) }

// Handoff implements Sink.
func (b Besides) Handoff(h Handoff) { b.HistorySink.Handoff(h); b.Too.Handoff(h) }

// Number implements Sink.
func (b Besides) Number(n Number) { b.HistorySink.Number(n); b.Too.Number(n) }

// SMS implements Sink.
func (b Besides) SMS(s SMS) { b.HistorySink.SMS(s); b.Too.SMS(s) }
