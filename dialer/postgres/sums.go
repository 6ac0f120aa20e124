package postgres

import (
	"cmp"
	"context"
	"crypto/hmac"
	"maps"
	"slices"

	"kakeru/dialer/postgres/internal/db"
)

// markedSums names the key of the sums' marks among those that the installation's secret makes.
const markedSums = "sum"

// owing is what a case owes, and the mark of all of it.
type owing struct {
	owed   []db.SumsOfRow
	mark   []byte
	marked bool // there is one, right or wrong
}

// markOfSums is the mark of all that a case owes, in whichever order.
func (l *Ledger) markOfSums(id string, owed []db.SumsOfRow) []byte {
	says := []any{id, len(owed)}
	owed = slices.SortedFunc(slices.Values(owed), func(a, b db.SumsOfRow) int {
		return cmp.Or(cmp.Compare(a.Insurance, b.Insurance), cmp.Compare(a.Term, b.Term), cmp.Compare(a.DueOn, b.DueOn), cmp.Compare(a.Yen, b.Yen))
	})
	for _, b := range owed {
		says = append(says, b.Insurance, b.Term, b.DueOn, b.Yen)
	}
	return l.markUnder(markedSums, says...)
}

// sumsOf are what cases owe, by case.
func sumsOf(ctx context.Context, q *db.Queries, ids []string) (map[string]owing, error) {
	rows, err := q.SumsOf(ctx, ids)
	all := map[string]owing{}
	for _, r := range rows {
		of := all[r.CaseID]
		if of.mark, of.marked = r.Mark, r.Marked; r.Owes {
			of.owed = append(of.owed, r)
		}
		all[r.CaseID] = of
	}
	return all, err
}

// markSums marks what some of a list's cases owe. That what stands in the database is what was read was looked at before (sameAsRead), and is held since; or who
// changes it before it is marked would have it marked as the ward's.
func (a *application) markSums(ctx context.Context, after, upto int32) error {
	rows, err := a.q.StagedSums(ctx, a.list.ID, after, upto)
	if err != nil {
		return err
	}
	owed := map[string][]db.SumsOfRow{}
	for _, r := range rows {
		owed[r.CaseID] = append(owed[r.CaseID], db.SumsOfRow{Insurance: r.Insurance, Term: r.Term, DueOn: r.DueOn, Yen: r.Yen})
	}
	ids, all := slices.Sorted(maps.Keys(owed)), make([][]byte, len(owed))
	for i, id := range ids {
		all[i] = a.l.markOfSums(id, owed[id])
	}
	return a.q.PutSums(ctx, ids, all)
}

// markOldSums marks what cases owe that is older than the marks.
func (l *Ledger) markOldSums(ctx context.Context, q *db.Queries, ids []string) error {
	all, err := sumsOf(ctx, q, ids)
	if err != nil {
		return err
	}
	marks := make([][]byte, len(ids))
	for i, id := range ids {
		marks[i] = l.markOfSums(id, all[id].owed)
	}
	return q.PutSums(ctx, ids, marks)
}

// changed reports whether a case's sums are not what the ward's list said: somebody has changed them in the database. A case that no list has named owes
// nothing, and has no mark.
func (l *Ledger) changed(id string, of owing) bool {
	return (len(of.owed) > 0 || of.marked) && !hmac.Equal(of.mark, l.markOfSums(id, of.owed))
}

// sumsAtOnce is how many cases' sums are looked at together.
const sumsAtOnce = 2000

// eachSums hands on the cases that owe something, or once did, some at a time.
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
		all, err := sumsOf(ctx, q, ids)
		for id, of := range all {
			found = found || err == nil && l.changed(id, of)
		}
		return err
	})
	return found, err
}
