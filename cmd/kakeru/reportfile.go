package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
	"kakeru/dialer/report/render"
)

// Write implements webui.Reports: a report as a file, as it stands now (revision 0) or as it was issued.
func (r reports) Write(ctx context.Context, to io.Writer, p report.Period, revision int, format report.Format) error {
	doc, err := r.document(ctx, p, revision)
	if err != nil {
		return err
	}
	switch format {
	case report.JSON:
		return json.NewEncoder(to).Encode(doc.Report)
	case report.CSV:
		return render.CSV(to, doc)
	case report.XLSX:
		if err := r.details(ctx, p, &doc); err != nil {
			return err
		}
		return render.XLSX(to, doc)
	case report.PDF:
		var places []string
		if r.head.Font != "" {
			places = []string{r.head.Font}
		}
		font, err := render.FindFont(places...)
		if err != nil {
			return err
		}
		return render.PDF(to, doc, font)
	default:
		return &report.AskError{JA: "形式は csv、xlsx、pdf、json のいずれかです", EN: fmt.Sprintf("unknown format; use one of %v", report.Formats)}
	}
}

// document is a report with what stands around it on paper.
func (r reports) document(ctx context.Context, p report.Period, revision int) (render.Document, error) {
	doc := render.Document{Header: render.Header{Ward: r.head.Ward, Contractor: r.head.Contractor, Boxes: r.head.Boxes}}
	if revision == 0 {
		made, err := r.Make(ctx, p)
		doc.Report = made
		return doc, err
	}
	issued, err := r.IssuedReport(ctx, p.Kind, p.Name, revision)
	if err != nil {
		return doc, err
	}
	if doc.Report, err = issued.Report(); err != nil {
		return doc, err
	}
	o, err := r.options(ctx)
	if err != nil {
		return doc, err
	}
	doc.Issued = &render.Stamp{Revision: issued.Revision, At: issued.At, SHA256: issued.SHA256, By: "自動"}
	if issued.By != "" {
		doc.Issued.By = o.Named(issued.By)
	}
	return doc, nil
}

// details are the ledger's rows behind a report, and the report as it stands by those very rows. One that was issued, and that the
// ledger has moved on from, has none: the rows of today would not add up to its figures.
func (r reports) details(ctx context.Context, p report.Period, doc *render.Document) error {
	o, err := r.options(ctx)
	if err != nil {
		return err
	}
	d := &detailed{named: o.Named, from: p.Start()}
	now, err := report.Make(ctx, both{r.Ledger, d}, o, p)
	if err != nil {
		return err
	}
	if doc.Issued == nil {
		doc.Report = now
	} else if len(report.Changes(doc.Report, now)) > 0 {
		return nil
	}
	doc.Details = slices.Concat(d.calls, d.others)
	return nil
}

// both is a ledger whose facts are taken down besides.
type both struct {
	report.Ledger
	too report.Sink
}

func (b both) Facts(ctx context.Context, from, to time.Time, into report.Sink) error {
	return b.Ledger.Facts(ctx, from, to, fork{into, b.too})
}

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
	from          time.Time
	named         func(dialer.UserID) string
	calls, others []render.Detail
}

const atOnPaper = "2006-01-02 15:04:05"

func (d *detailed) Attempt(a report.Attempt) {
	if a.At.Before(d.from) {
		return
	}
	counted := a.Counted
	d.calls = append(d.calls, render.Detail{
		ID: string(a.ID), Kind: string(report.RefAttempt), At: a.At.In(dialer.Tokyo).Format(atOnPaper), Direction: string(a.Direction),
		Result: string(a.Result), Party: string(a.Party), Counted: &counted, Desk: string(a.Desk), Operator: d.named(a.Operator), CaseRef: a.CaseRef,
		Insurance: a.Insurance, Language: a.Language, NumberKind: string(a.NumberKind),
	})
}

func (d *detailed) Promise(p report.Promise) {
	d.others = append(d.others, render.Detail{
		ID: string(p.Attempt), Kind: string(report.RefPromise), At: p.At.In(dialer.Tokyo).Format(atOnPaper), Result: p.State, Party: string(p.Party),
	})
}

func (d *detailed) Payment(p report.Payment) {
	if p.PaidOn.At(0).Before(d.from) {
		return
	}
	d.others = append(d.others, render.Detail{ID: string(p.Attempt), Kind: string(report.RefPayment), At: p.PaidOn.String()})
}

func (d *detailed) Handoff(h report.Handoff) {
	if h.At.Before(d.from) {
		return
	}
	d.others = append(d.others, render.Detail{
		ID: h.ID, Kind: string(report.RefHandoff), At: h.At.In(dialer.Tokyo).Format(atOnPaper), Result: string(h.Kind),
	})
}

func (d *detailed) Number(n report.Number) {
	if n.At.Before(d.from) {
		return
	}
	d.others = append(d.others, render.Detail{ID: n.ID, Kind: string(report.RefNumber), At: n.At.In(dialer.Tokyo).Format(atOnPaper)})
}

func (d *detailed) SMS(s report.SMS) {
	if s.On.At(0).Before(d.from) {
		return
	}
	d.others = append(d.others, render.Detail{ID: s.On.String(), Kind: string(report.RefSMS), At: s.On.String()})
}
