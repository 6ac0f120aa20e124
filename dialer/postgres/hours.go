package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/postgres/internal/db"
)

// Hours counts the tries of real numbers, or of samples alone, for best hour.
func (l *Ledger) Hours(samples bool) besthour.Source { return hours{l, samples} }

type hours struct {
	l       *Ledger
	samples bool
}

// HourCounts implements besthour.Source. It reads a year of attempts and takes seconds where there are a million, so it is for
// whoever keeps what it says, and not for a call.
func (h hours) HourCounts(ctx context.Context, since, now time.Time) (counts []besthour.Count, err error) {
	err = h.l.query(ctx, "count the hours", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.HourCounts(ctx, db.HourCountsParams{Since: since, Until: now, Sample: h.samples, EarlierMost: besthour.EarlierMost})
		for _, r := range rows {
			counts = append(counts, besthour.Count{
				Kind: dialer.NumberKind(r.NumberKind), Weekday: time.Weekday(r.Weekday), Hour: int(r.Hour), Earlier: int(r.Earlier),
				WeeksAgo: int(r.WeeksAgo), Tried: int(r.Tried), Answered: int(r.Answered),
			})
		}
		return err
	})
	return counts, err
}
