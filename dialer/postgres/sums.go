package postgres

import (
	"cmp"
	"context"
	"crypto/hmac"
	"slices"

	"kakeru/dialer/postgres/internal/db"
)

// markedSums names the key of the sums' marks among those that the installation's secret makes.
const markedSums = "sum"

// markOfSums is the mark of all that a case owes, in whichever order.
func (l *Ledger) markOfSums(id string, owed []db.BalancesOfRow) []byte {
	says := []any{id, len(owed)}
	owed = slices.SortedFunc(slices.Values(owed), func(a, b db.BalancesOfRow) int {
		return cmp.Or(cmp.Compare(a.Insurance, b.Insurance), cmp.Compare(a.Term, b.Term), cmp.Compare(a.DueOn, b.DueOn), cmp.Compare(a.Yen, b.Yen))
	})
	for _, b := range owed {
		says = append(says, b.Insurance, b.Term, b.DueOn, b.Yen)
	}
	return l.markUnder(markedSums, says...)
}

// owedBy are the balances of cases, by case.
func owedBy(ctx context.Context, q *db.Queries, ids []string) (map[string][]db.BalancesOfRow, error) {
	rows, err := q.BalancesOf(ctx, ids)
	owed := map[string][]db.BalancesOfRow{}
	for _, r := range rows {
		owed[r.CaseID] = append(owed[r.CaseID], r)
	}
	return owed, err
}

// markSums marks what cases owe, in the transaction that wrote it from the ward's list.
func (l *Ledger) markSums(ctx context.Context, q *db.Queries, ids []string) error {
	owed, err := owedBy(ctx, q, ids)
	if err != nil {
		return err
	}
	marks := make([][]byte, len(ids))
	for i, id := range ids {
		marks[i] = l.markOfSums(id, owed[id])
	}
	return q.PutSums(ctx, ids, marks)
}

// changedSums are those of the cases whose sums are not what the ward's list said: somebody has changed them in the database.
func (l *Ledger) changedSums(ctx context.Context, q *db.Queries, ids []string, owed map[string][]db.BalancesOfRow) (changed []string, err error) {
	rows, err := q.SumsOf(ctx, ids)
	marks := map[string][]byte{}
	for _, r := range rows {
		marks[r.CaseID] = r.Mark
	}
	for id, all := range owed {
		if err == nil && !hmac.Equal(marks[id], l.markOfSums(id, all)) {
			changed = append(changed, id)
		}
	}
	return changed, err
}

// sumsAtOnce is how many cases' sums are looked at together.
const sumsAtOnce = 2000

// eachSums hands on the cases that owe something, some at a time.
func eachSums(ctx context.Context, q *db.Queries, do func(ids []string) error) error {
	for after := noCall; ; {
		ids, err := q.CasesWithSums(ctx, after, sumsAtOnce)
		if err == nil && len(ids) > 0 {
			err = do(ids)
		}
		if err != nil || len(ids) < sumsAtOnce {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// anyChangedSums reports whether there are any.
func (l *Ledger) anyChangedSums(ctx context.Context, q *db.Queries) (found bool, err error) {
	err = eachSums(ctx, q, func(ids []string) error {
		owed, err := owedBy(ctx, q, ids)
		if err != nil {
			return err
		}
		changed, err := l.changedSums(ctx, q, ids, owed)
		found = found || len(changed) > 0
		return err
	})
	return found, err
}
