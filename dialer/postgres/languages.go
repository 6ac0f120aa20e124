package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

var _ casework.LanguageStore = (*Ledger)(nil)

// WaitingByLanguage counts the cases in the line by their language.
func (l *Ledger) WaitingByLanguage(ctx context.Context, now time.Time) (waiting []casework.LanguageWaiting, err error) {
	err = l.read(ctx, "count the cases by language", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.WaitingByLanguage(ctx, now)
		for _, r := range rows {
			waiting = append(waiting, casework.LanguageWaiting{Language: r.Language, N: int(r.N), Due: int(r.Due), Unspoken: int(r.Unspoken)})
		}
		return err
	})
	return waiting, err
}

// UnmetLanguages counts the demand that was not met.
func (l *Ledger) UnmetLanguages(ctx context.Context, since time.Time) (unmet []casework.UnmetLanguage, err error) {
	err = l.read(ctx, "count what could not be said", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.UnmetLanguages(ctx, since)
		for _, r := range rows {
			unmet = append(unmet, casework.UnmetLanguage{Month: r.Month, Language: r.Language, Talks: int(r.Talks), Cases: int(r.Cases)})
		}
		return err
	})
	return unmet, err
}

// monthOf is the first day of an instant's month in Tokyo.
func monthOf(at time.Time) pgtype.Date {
	d := dialer.DateOf(at)
	d.Day = 1
	return dateColumn(d)
}
