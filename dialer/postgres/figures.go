package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

// Figures sums the ended attempts that were dialled in [from, to). A Day's Attempts are those that count; its Answered
// are those among them whose connection result is answered, whoever was there: parties are another axis.
func (l *Ledger) Figures(ctx context.Context, from, to time.Time) (f report.Figures, err error) {
	f.ByResult = map[dialer.Result]int{}
	err = l.query(ctx, "sum the figures", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Figures(ctx, from, to)
		for _, r := range rows {
			addFigures(&f, r)
		}
		return err
	})
	return f, err
}

// addFigures adds the sums of one day and result; rows come by day.
func addFigures(f *report.Figures, r db.FiguresRow) {
	if n := len(f.ByDay); n == 0 || f.ByDay[n-1].Date != r.Day {
		f.ByDay = append(f.ByDay, report.Day{Date: r.Day})
	}
	day := &f.ByDay[len(f.ByDay)-1]
	day.Attempts += int(r.Counted)
	if r.Result == string(dialer.Answered) {
		day.Answered += int(r.Counted)
	}
	f.ByResult[dialer.Result(r.Result)] += int(r.Dialled)
	f.Done.Attempts += int(r.Counted)
	f.Done.Persons, f.Done.Cases = int(r.Persons), int(r.Cases)
}
