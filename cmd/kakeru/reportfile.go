package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"kakeru/configs"
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
	d := &detailed{named: o.Named, from: p.Start(), until: p.End()}
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
