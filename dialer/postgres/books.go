package postgres

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// books are what is read of some cases before they are settled.
type books struct {
	books    casework.Books
	pledges  map[string][]casework.Pledge
	payments map[string][]casework.Payment
	kept     map[pledgeKey]verdict // as the ledger has it
}

// verdict is how a promise stands in the ledger.
type verdict struct {
	state, keptOn, why string
	paid               int64
	counted            []casework.Counted // without their days
}

// pledgeKey tells promises apart.
type pledgeKey struct {
	attempt  dialer.CallID
	revision int
}

func key(attempt dialer.CallID, revision int) pledgeKey { return pledgeKey{attempt, revision} }

func (l *Ledger) booksOf(ctx context.Context, q *db.Queries, refs []string) (b books, err error) {
	b = books{pledges: map[string][]casework.Pledge{}, payments: map[string][]casework.Payment{}, kept: map[pledgeKey]verdict{}}
	read, err := q.PaidReadOf(ctx)
	if err != nil {
		return b, err
	}
	b.books = casework.Books{GraceDays: l.rules().Promises.GraceDays, ReadTo: map[casework.Insurance]dialer.Date{}}
	for _, r := range read {
		b.books.ReadTo[casework.Insurance(r.Insurance)] = dateFrom(r.ToOn)
	}
	owes, err := insurancesOwed(ctx, q, refs)
	if err != nil {
		return b, err
	}
	parts, err := pledgedParts(ctx, q, refs)
	if err != nil {
		return b, err
	}
	pledges, err := q.PledgesOf(ctx, refs)
	if err != nil {
		return b, err
	}
	for _, r := range pledges {
		p := casework.Pledge{
			Promise: casework.Promise{Yen: r.Yen, DueOn: isoOf(r.DueOn)}, Attempt: dialer.CallID(r.AttemptID), Revision: int(r.Revision),
			MadeOn: dateFrom(r.MadeOn), Replaced: r.State == string(casework.PromiseReplaced),
			Owes: owes[r.CaseRef],
		}
		p.Parts = parts[key(p.Attempt, p.Revision)]
		b.pledges[r.CaseRef] = append(b.pledges[r.CaseRef], p)
		b.kept[key(p.Attempt, p.Revision)] = verdict{state: r.State, keptOn: isoOf(r.KeptOn), why: r.Why, paid: r.PaidYen}
	}
	payments, err := q.PaymentsOf(ctx, refs)
	if err != nil {
		return b, err
	}
	for _, r := range payments {
		b.payments[r.CaseRef] = append(b.payments[r.CaseRef], casework.Payment{
			ID: r.ID, Insurance: casework.Insurance(r.Insurance), Term: r.Term, PaidOn: dateFrom(r.PaidOn), Yen: r.Yen,
		})
	}
	return b, b.addCounted(ctx, q, refs)
}

func (b books) addCounted(ctx context.Context, q *db.Queries, refs []string) error {
	rows, err := q.CountedOf(ctx, refs)
	for _, r := range rows {
		k := key(dialer.CallID(r.AttemptID), int(r.Revision))
		v := b.kept[k]
		v.counted = append(v.counted, casework.Counted{Payment: r.PaymentID, Part: int(r.Part), Yen: r.Yen})
		b.kept[k] = v
	}
	return err
}

func pledgedParts(ctx context.Context, q *db.Queries, refs []string) (map[pledgeKey][]casework.PromisePart, error) {
	rows, err := q.PledgedPartsOf(ctx, refs)
	parts := map[pledgeKey][]casework.PromisePart{}
	for _, r := range rows {
		k := key(dialer.CallID(r.AttemptID), int(r.Revision))
		parts[k] = append(parts[k], casework.PromisePart{Insurance: casework.Insurance(r.Insurance), Term: r.Term, Yen: r.Yen})
	}
	return parts, err
}

func insurancesOwed(ctx context.Context, q *db.Queries, refs []string) (map[string][]casework.Insurance, error) {
	rows, err := q.InsurancesOf(ctx, refs)
	owes := map[string][]casework.Insurance{}
	for _, r := range rows {
		for _, insurance := range r.Insurances {
			owes[r.CaseRef] = append(owes[r.CaseRef], casework.Insurance(insurance))
		}
	}
	return owes, err
}
