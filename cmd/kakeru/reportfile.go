package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/report"
	"kakeru/dialer/report/render"
)

// Write implements webui.Reports: a report as a file, as it stands now (revision 0) or as it was issued.
func (r reports) Write(ctx context.Context, to io.Writer, p report.Period, revision int, format report.Format) error {
	doc, err := r.document(ctx, p, revision, format == report.XLSX)
	if err != nil {
		return err
	}
	switch format {
	case report.JSON:
		return json.NewEncoder(to).Encode(doc.Report)
	case report.CSV:
		return render.CSV(to, doc)
	case report.XLSX:
		return render.XLSX(to, doc)
	case report.PDF:
		font, err := fontOf(r.head)
		if err != nil {
			return err
		}
		return render.PDF(to, doc, font)
	default:
		return &report.AskError{JA: "形式は csv、xlsx、pdf、json のいずれかです", EN: fmt.Sprintf("unknown format; use one of %v", report.Formats)}
	}
}

// fontOf is the font of the settings, or the system's.
func fontOf(head configs.Report) ([]byte, error) {
	if head.Font != "" {
		return render.FindFont(head.Font)
	}
	return render.FindFont()
}

func headerOf(head configs.Report) render.Header {
	return render.Header{Ward: head.Ward, Contractor: head.Contractor, Boxes: head.Boxes}
}

// document is a report with what stands around it on paper, and with the ledger's rows behind it where they are wanted. One that was
// issued, and that the ledger has moved on from, has none: the rows of today would not add up to its figures.
func (r reports) document(ctx context.Context, p report.Period, revision int, rows bool) (doc render.Document, err error) {
	doc.Header = headerOf(r.head)
	o, err := r.options(ctx)
	if err != nil {
		return doc, err
	}
	if revision > 0 {
		if err := r.asIssued(ctx, p, revision, o, &doc); err != nil || !rows {
			return doc, err
		}
	}
	d := &detailed{named: o.Named, from: p.Start()}
	var ledger report.Ledger = r.Ledger
	if rows {
		ledger = both{r.Ledger, d}
	}
	now, err := report.Make(ctx, ledger, o, p)
	if err != nil {
		return doc, err
	}
	if revision == 0 {
		doc.Report = now
	}
	if rows && (revision == 0 || len(report.Changes(doc.Report, now)) == 0) {
		doc.Details = slices.Concat(d.calls, d.others)
	}
	return doc, nil
}

// asIssued puts a frozen report and its stamp into a document.
func (r reports) asIssued(ctx context.Context, p report.Period, revision int, o report.Options, doc *render.Document) error {
	issued, err := r.IssuedReport(ctx, p.Kind, p.Name, revision)
	if err != nil {
		return err
	}
	doc.Issued = &render.Stamp{Revision: issued.Revision, At: issued.At, SHA256: issued.SHA256, By: "自動"}
	if issued.By != "" {
		doc.Issued.By = o.Named(issued.By)
	}
	doc.Report, err = issued.Report()
	return err
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

// note takes a row down, unless it lies before the report: facts begin with the month.
func (d *detailed) note(to *[]render.Detail, at time.Time, row render.Detail) {
	if !at.Before(d.from) {
		*to = append(*to, row)
	}
}

func onPaper(at time.Time) string { return at.In(dialer.Tokyo).Format("2006-01-02 15:04:05") }
