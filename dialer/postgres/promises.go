package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// promiseMost bounds a list of promises.
const promiseMost = 2000

// span is a month written YYYY-MM: its first instant and that of the next.
func span(month string) (from, to time.Time, err error) {
	t, err := time.ParseInLocation("2006-01", month, dialer.Tokyo)
	return t, t.AddDate(0, 1, 0), err
}

// Promises lists the promises that were made in a month, and those made earlier that are still open.
func (l *Ledger) Promises(ctx context.Context, month string, limit int) (lines []casework.PromiseLine, err error) {
	from, to, err := span(month)
	if err != nil {
		return nil, err
	}
	err = l.read(ctx, "list promises", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.PromisesOfMonth(ctx, db.PromisesOfMonthParams{
			FromAt: from, ToAt: to, Earlier: true, Max: int32(min(max(limit, 0), promiseMost)), //nolint:gosec // bounded here
		})
		for _, r := range rows {
			lines = append(lines, l.promiseLine(r))
		}
		return err
	})
	return lines, err
}

// PromisesOf are the promises of a case that were not replaced, newest first.
func (l *Ledger) PromisesOf(ctx context.Context, id dialer.CaseID) (lines []casework.PromiseLine, err error) {
	err = l.query(ctx, "read a case's promises", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.PromisesOfCase(ctx, string(id))
		for _, r := range rows {
			lines = append(lines, l.promiseLine(db.PromisesOfMonthRow(r)))
		}
		return err
	})
	return lines, err
}

func (l *Ledger) promiseLine(r db.PromisesOfMonthRow) casework.PromiseLine {
	due := dateFrom(r.DueOn)
	return casework.PromiseLine{
		Attempt: dialer.CallID(r.AttemptID), Case: dialer.CaseID(r.CaseID), MadeAt: r.StartedAt, Yen: r.Yen, PaidYen: r.PaidYen,
		DueOn: due, Means: r.Means, KeptOn: isoOf(r.KeptOn), Why: dialer.Reason{JA: r.Why, EN: r.WhyEn}, Stage: l.stageOf(r.State, due),
	}
}

func (l *Ledger) stageOf(state string, due dialer.Date) casework.PromiseStage {
	return casework.Stage(casework.PromiseState(state), due, dialer.DateOf(l.now()), l.rules().Promises.GraceDays)
}

// PromiseFigures sums the promises of a month, and the payments of the month that count for promises.
func (l *Ledger) PromiseFigures(ctx context.Context, month string) (f casework.PromiseFigures, err error) {
	f.Month = month
	from, to, err := span(month)
	if err != nil {
		return f, err
	}
	err = l.read(ctx, "sum the promises", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.PromiseSums(ctx, from, to)
		if err != nil {
			return err
		}
		for _, r := range rows {
			f.Add(l.stageOf(r.State, dateFrom(r.DueOn)), int(r.N), r.Yen, r.Paid)
		}
		kept, err := q.KeptSums(ctx, dateColumn(dialer.DateOf(from)), dateColumn(dialer.DateOf(to.AddDate(0, 0, -1))))
		f.KeptInMonth, f.PaidInMonthYen = casework.Sum{N: int(kept.N), Yen: kept.Yen}, kept.Paid
		return err
	})
	return f, err
}

// PaidTo is what was paid for a case since the ward last said what it owes.
func (l *Ledger) PaidTo(ctx context.Context, id dialer.CaseID) (p casework.PaidToCase, err error) {
	err = l.query(ctx, "read what was paid for a case", func(ctx context.Context, q *db.Queries) error {
		r, err := q.PaidToCase(ctx, string(id))
		if r.Newest.Valid {
			p = casework.PaidToCase{Yen: r.Yen, Newest: isoOf(r.Newest), ReadAt: r.ReadAt}
		}
		return err
	})
	return p, err
}

// ReadTo is the last day that the paid lists reach which were taken in; empty for none.
func (l *Ledger) ReadTo(ctx context.Context) (day string, err error) {
	err = l.query(ctx, "see how far the paid lists reach", func(ctx context.Context, q *db.Queries) error {
		d, err := q.PaidReadTo(ctx)
		day = isoOf(d)
		return err
	})
	return day, err
}
