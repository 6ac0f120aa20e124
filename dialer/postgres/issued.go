package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var _ report.Store = (*Ledger)(nil)

// errNoReason: what is given out once more says why.
var errNoReason = errors.New("a further revision of a report has no reason")

// Issue implements report.Store.
func (l *Ledger) Issue(ctx context.Context, i report.Issued) (revision int, err error) {
	sum, err := hex.DecodeString(i.SHA256)
	if err != nil {
		return 0, fmt.Errorf("a report's digest: %w", err)
	}
	row := db.IssuedReportsRow{
		Kind: string(i.Kind), Period: i.Period, Revision: int32(i.Revision), At: i.At, ByUser: string(i.By), Reason: i.Reason, Sha256: sum, Whole: i.Whole,
	}
	err = l.inTx(ctx, "issue a report", func(ctx context.Context, q *db.Queries) error {
		before, err := q.IssuedReports(ctx, row.Kind, row.Period)
		if err != nil {
			return err
		}
		for _, other := range before {
			switch ours := l.issued(other); {
			case ours && other.Revision >= row.Revision:
				return report.ErrIssued
			case ours && row.Reason == "":
				return errNoReason
			case other.Revision == row.Revision:
				row.Revision++ // past one that nobody here has issued
			}
		}
		n, err := q.IssueReport(ctx, db.IssueReportParams{
			Kind: row.Kind, Period: row.Period, Revision: row.Revision, At: row.At, ByUser: row.ByUser, Reason: row.Reason, Content: i.Content, Sha256: row.Sha256,
			Whole: row.Whole,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return report.ErrIssued
		}
		return q.MarkRow(ctx, markedReports, idOfReport(row), l.markOfReport(row))
	})
	return int(row.Revision), err
}

// IssuedOf implements report.Store.
func (l *Ledger) IssuedOf(ctx context.Context, kind report.Kind, period string) (out []report.Issued, err error) {
	err = l.read(ctx, "list issued reports", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.IssuedReports(ctx, string(kind), period)
		for _, r := range rows {
			if l.issued(r) {
				out = append(out, issuedOf(r))
			}
		}
		return err
	})
	return out, err
}

// IssuedSince implements report.Store.
func (l *Ledger) IssuedSince(ctx context.Context, since time.Time) (out []report.Issued, err error) {
	err = l.read(ctx, "find what was issued", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.IssuedSince(ctx, since)
		for _, r := range rows {
			if !l.issued(db.IssuedReportsRow(r)) {
				continue
			}
			if n := len(out); n == 0 || out[n-1].Kind != report.Kind(r.Kind) || out[n-1].Period != r.Period {
				out = append(out, issuedOf(db.IssuedReportsRow(r)))
			}
		}
		return err
	})
	return out, err
}

// IssuedReport implements report.Store.
func (l *Ledger) IssuedReport(ctx context.Context, kind report.Kind, period string, revision int) (out report.Issued, err error) {
	err = l.read(ctx, "read an issued report", func(ctx context.Context, q *db.Queries) error {
		r, err := q.IssuedReport(ctx, string(kind), period, int32(revision))
		row := db.IssuedReportsRow{
			Kind: r.Kind, Period: r.Period, Revision: r.Revision, At: r.At, ByUser: r.ByUser, Reason: r.Reason, Sha256: r.Sha256, Whole: r.Whole, Marks: r.Marks,
		}
		if err == nil && !l.issued(row) {
			return report.ErrNotIssued
		}
		out = issuedOf(row)
		out.Content = r.Content
		return err
	})
	if errors.Is(err, dialer.ErrNotFound) {
		return out, report.ErrNotIssued
	}
	return out, err
}

// issuedOf is a report without its content.
func issuedOf(r db.IssuedReportsRow) report.Issued {
	return report.Issued{
		Kind: report.Kind(r.Kind), Period: r.Period, Revision: int(r.Revision), At: r.At, By: dialer.UserID(r.ByUser), Reason: r.Reason,
		Whole: r.Whole, SHA256: hex.EncodeToString(r.Sha256),
	}
}

func idOfReport(r db.IssuedReportsRow) string {
	return r.Kind + " " + r.Period + " " + strconv.Itoa(int(r.Revision))
}

func (l *Ledger) markOfReport(r db.IssuedReportsRow) []byte {
	return l.markUnder(markedReports, r.Kind, r.Period, r.Revision, r.At.UnixMicro(), r.ByUser, r.Reason, r.Sha256, r.Whole)
}

// issued reports whether a row bears the mark of what was issued here; its content is held to its digest by whoever reads it.
func (l *Ledger) issued(r db.IssuedReportsRow) bool {
	return among(r.Marks, l.markOfReport(r))
}

func (l *Ledger) reportsToMark(ctx context.Context, q *db.Queries) (marks, error) {
	found := marks{}
	rows, err := q.AllIssuedReports(ctx)
	for _, r := range rows {
		row := db.IssuedReportsRow(r)
		found[idOfReport(row)] = [][]byte{l.markOfReport(row)}
	}
	return found, err
}
