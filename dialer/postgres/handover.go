package postgres

import (
	"context"
	"time"

	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/postgres/internal/db"
)

var _ returns.HandoverStore = (*Ledger)(nil)

// Handover reads what the next contractor is told. The close holds the day, so that read again it is the same.
func (l *Ledger) Handover(ctx context.Context, _ dayclose.Close, yearBegan time.Time) (h returns.Handover, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	pages, err := l.Scripts(ctx)
	if err != nil {
		return h, err
	}
	for _, p := range pages {
		if p.State == casework.Approved {
			h.Pages = append(h.Pages, p)
		}
	}
	err = l.query(ctx, "read what is handed over", func(ctx context.Context, q *db.Queries) error {
		h.Cases, h.Months, h.Languages = nil, nil, nil
		forbidden, err := l.allForbidden(ctx, q)
		if err != nil {
			return err
		}
		open, err := q.HandoverOpen(ctx)
		if err != nil {
			return err
		}
		h.Open = returns.HandoverOpen{
			Handoffs: int(open.Handoffs), Promises: int(open.Promises), PromisedYen: open.PromisedYen, NumbersForbidden: len(forbidden),
		}
		months, err := q.HandoverMonths(ctx)
		if err != nil {
			return err
		}
		for _, m := range months {
			h.Months = append(h.Months, returns.HandoverMonth{
				Month: m.Month, Attempts: int(m.Attempts), Talks: int(m.Talks), Promises: int(m.Promises), Kept: int(m.Kept),
				PromisedYen: m.PromisedYen, KeptYen: m.KeptYen,
			})
		}
		languages, err := q.HandoverLanguages(ctx)
		if err != nil {
			return err
		}
		for _, r := range languages {
			h.Languages = append(h.Languages, returns.LanguageCount{Language: r.Language, N: int(r.N)})
		}
		cases, err := q.HandoverCases(ctx, yearBegan, forbidden)
		if err != nil {
			return err
		}
		for _, r := range cases {
			c, err := l.handoverCase(r)
			if err != nil {
				return err
			}
			h.Cases = append(h.Cases, c)
		}
		return nil
	})
	return h, err
}

// handoverCase names a case that is in custody; of another only its reference is known.
func (l *Ledger) handoverCase(r db.HandoverCasesRow) (returns.HandoverCase, error) {
	who, err := l.openPerson(r.Custody, r.CaseRef, r.Sealed)
	c := returns.HandoverCase{
		CaseRef: r.CaseRef, WardNumber: who.WardNumber, DoNotCall: r.DoNotCall, Language: r.Language,
		Attempts: int(r.Attempts), ThisYear: int(r.AttemptsYear), TalkedAt: r.TalkedAt, Party: casework.Party(r.Party),
	}
	if r.Asked {
		c.CallAt = r.Due
	}
	for i, yen := range r.Yens {
		c.Promises = append(c.Promises, casework.Promise{Yen: yen, DueOn: r.Dues[i], Means: r.Means[i]})
	}
	for _, b := range r.Business {
		c.Business = append(c.Business, casework.Business(b))
	}
	return c, err
}
