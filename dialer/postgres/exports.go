package postgres

import (
	"context"
	"encoding/json"
	"math"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/postgres/internal/db"
)

var _ returns.ExportStore = (*Ledger)(nil)

// Export takes rows, has their file written, and keeps both, in one transaction: a file that was not kept has taken nothing. It is in
// the day, so no close begins meanwhile.
func (l *Ledger) Export(ctx context.Context, e returns.Export, write func([]returns.Row) ([]dayclose.File, error)) (returns.Export, error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	if err := l.settle(ctx); err != nil { // what waits in the spool is of this day
		return e, err
	}
	var unwritten error
	err := l.inTx(ctx, "export records", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		if err := q.HoldExports(ctx); err != nil {
			return err
		}
		if err := q.MayIdle(ctx, "60s"); err != nil {
			return err
		}
		rows, err := l.takeForExport(ctx, q, e)
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch r.Mark {
			case returns.Again:
				e.Repeats++
			case returns.Correction:
				e.Corrections++
			default:
				e.Firsts++
			}
		}
		if e.Files, unwritten = write(rows); unwritten != nil {
			return unwritten
		}
		return insertExport(ctx, q, e)
	})
	if unwritten != nil {
		err = unwritten // a folder's error says more than a ledger's
	}
	return e, err
}

func (l *Ledger) takeForExport(ctx context.Context, q *db.Queries, e returns.Export) ([]returns.Row, error) {
	gone, err := l.goneUpto(ctx, q)
	if err != nil {
		return nil, err
	}
	if e.Day.String() <= gone {
		return nil, returns.ErrGone
	}
	if err := roomForExport(ctx, q, e); err != nil {
		return nil, err
	}
	err = q.TakeForExport(ctx, db.TakeForExportParams{ExportID: e.ID, Again: e.Again, FromAt: e.Day.At(0), ToAt: e.Day.Next().At(0)})
	if err != nil {
		return nil, err
	}
	rows, err := l.rowsOf(ctx, q, db.RowsOfReturnParams{ID: e.ID, AfterID: firstID, Most: math.MaxInt32})
	if err == nil && len(rows) == 0 {
		err = returns.ErrNothing
	}
	return rows, err
}

// roomForExport refuses what was asked for too often. Exports go one at a time, so none comes in between.
func roomForExport(ctx context.Context, q *db.Queries, e returns.Export) error {
	if !e.Again {
		return nil // it takes each record once
	}
	n, err := q.CountAgain(ctx, e.Day.String())
	if err == nil && n >= returns.MostAgain {
		return returns.RefuseExport()
	}
	return err
}

func insertExport(ctx context.Context, q *db.Queries, e returns.Export) error {
	files, err := json.Marshal(orEmptyList(e.Files))
	if err != nil {
		return err
	}
	return q.InsertExport(ctx, db.InsertExportParams{
		ID: e.ID, Day: e.Day.String(), ByUser: string(e.By), At: e.At, Again: e.Again,
		Firsts: int32(e.Firsts), Corrections: int32(e.Corrections), Repeats: int32(e.Repeats), Files: files, //nolint:gosec // rows of a day
	})
}

// ExportByID returns one export.
func (l *Ledger) ExportByID(ctx context.Context, id string) (e returns.Export, err error) {
	err = l.query(ctx, "find an export", func(ctx context.Context, q *db.Queries) error {
		row, err := q.ExportByID(ctx, id)
		if err == nil {
			e, err = exportFrom(row)
		}
		return err
	})
	return e, err
}

// Exports lists exports, newest first.
func (l *Ledger) Exports(ctx context.Context, limit int) (list []returns.Export, err error) {
	err = l.read(ctx, "list exports", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.NewestExports(ctx, int32(min(max(limit, 0), 1000))) //nolint:gosec // bounded here
		for _, r := range rows {
			e, err := exportFrom(db.ExportByIDRow(r))
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return err
	})
	return list, err
}

func exportFrom(r db.ExportByIDRow) (e returns.Export, err error) {
	e = returns.Export{
		ID: r.ID, By: dialer.UserID(r.ByUser), At: r.At, Again: r.Again,
		Firsts: int(r.Firsts), Corrections: int(r.Corrections), Repeats: int(r.Repeats),
	}
	if e.Day, err = dialer.ParseDate(r.Day); err != nil {
		return e, err
	}
	return e, json.Unmarshal(r.Files, &e.Files)
}

// goneUpto is the last day whose personal data went back for good; empty for none.
func (l *Ledger) goneUpto(ctx context.Context, q *db.Queries) (gone string, err error) {
	err = l.eachClose(ctx, q, false, func(c dayclose.Close) {
		if !c.Foreign && c.Upto != nil && (c.Step == dayclose.Destroying || c.Step == dayclose.Closed) {
			gone = max(gone, c.Upto.String())
		}
	})
	return gone, err
}

// CountToExport is how many rows of a day stand in no file yet; none once they can go no more.
func (l *Ledger) CountToExport(ctx context.Context, day dialer.Date) (n int, err error) {
	err = l.read(ctx, "count what was not exported", func(ctx context.Context, q *db.Queries) error {
		gone, err := l.goneUpto(ctx, q)
		if err != nil || day.String() <= gone {
			return err
		}
		waiting, err := q.CountToExport(ctx, day.At(0), day.Next().At(0))
		n = int(waiting)
		return err
	})
	return n, err
}

// RowsOfCase are one case's records of a day.
func (l *Ledger) RowsOfCase(ctx context.Context, id dialer.CaseID, day dialer.Date) (out []returns.Row, err error) {
	err = l.read(ctx, "read a case's records", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.RowsOfCase(ctx, string(id), day.At(0), day.Next().At(0))
		if err != nil {
			return err
		}
		for _, r := range rows {
			row, err := l.returnRow(db.RowsOfReturnRow(r))
			if err != nil {
				return err
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}
