package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Tidy makes the changes of the line that time alone brings (dialer.Upkeep), and returns the places that changed.
func (l *Ledger) Tidy(ctx context.Context, now time.Time) ([]dialer.Waiting, error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	changed, err := l.freeMine(ctx, now)
	if err != nil {
		return nil, err
	}
	awaited, err := l.awaitLanguages(ctx, now)
	if err != nil {
		return nil, err
	}
	changed = append(changed, awaited...)
	today := dialer.DateOf(now).String()
	newDay := l.ranked.Load() == nil || *l.ranked.Load() != today
	var promised casework.Moved
	if newDay || l.unjudged.Load() {
		if promised, err = l.judgeAll(ctx, "", now); err != nil { // the order of cases, and what has moved already, does not wait for it
			l.unjudged.Store(true)
			l.log.Error("the promises could not be settled; it is tried again", "err", err)
		}
	}
	if newDay {
		ranked, err := l.rankAll(ctx, now)
		if err != nil {
			return nil, err
		}
		l.ranked.Store(&today)
		changed = append(changed, ranked...)
	}
	places, err := l.placesOf(ctx, changed)
	return append(promised.Waiting, places...), err
}

// freeMine lets anyone make the calls that were promised in person, once the grace is over.
func (l *Ledger) freeMine(ctx context.Context, now time.Time) (ids []string, err error) {
	err = l.query(ctx, "free the calls that were promised", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.FreeMine(ctx, now)
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		return err
	})
	return ids, err
}

// awaitLanguages moves cases in a language that nobody speaks today to the next day on which somebody does, and those that
// waited for it back when somebody does.
func (l *Ledger) awaitLanguages(ctx context.Context, now time.Time) (ids []string, err error) {
	err = l.query(ctx, "look who speaks which language", func(ctx context.Context, q *db.Queries) error {
		wanted, err := q.WantedLanguages(ctx)
		if err != nil {
			return err
		}
		for _, language := range wanted {
			moved, err := l.awaitLanguage(ctx, q, language, now)
			if err != nil {
				return err
			}
			ids = append(ids, moved...)
		}
		return nil
	})
	return ids, err
}

func (l *Ledger) awaitLanguage(ctx context.Context, q *db.Queries, language string, now time.Time) ([]string, error) {
	seats := l.rules().Seats
	if !seats.Ever(language) || seats.Spoken(language, dialer.DateOf(now)) {
		return q.LanguageIsHere(ctx, now, language)
	}
	due, why := l.rules().AwaitLanguage(language, now, l.hours())
	moved, err := q.AwaitLanguage(ctx, db.AwaitLanguageParams{Due: due, Why: why.JA, WhyEn: why.EN, Now: now, Language: language})
	if err != nil || len(moved) == 0 {
		return moved, err
	}
	return moved, q.KeepLanguageWaits(ctx, monthOf(now), now, moved)
}
