package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// ranksAtOnce is how many cases are ranked between two commits.
const ranksAtOnce = 5000

// rank ranks some cases anew, after something happened to them. It is made of what stands in the ledger, so nothing is lost
// where it could not be done: the next day's ranking of all makes it good.
func (l *Ledger) rank(ctx context.Context, ids ...dialer.CaseID) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	err := l.query(ctx, "rank a case", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.FactsOf(ctx, texts)
		if err != nil {
			return err
		}
		_, err = setRanks(ctx, q, l.rules(), rows, l.now())
		return err
	})
	if err != nil {
		l.log.Warn("a case could not be ranked; the next day's ranking makes it good", "cases", ids, "err", err)
	}
}

// rankEnded ranks the cases of ended attempts that wait again.
func (l *Ledger) rankEnded(ctx context.Context, ended ...record) {
	var ids []dialer.CaseID
	for _, r := range ended {
		if r.End.Next.State == dialer.CaseWaiting {
			ids = append(ids, r.End.CaseID)
		}
	}
	if len(ids) > 0 {
		l.rank(ctx, ids...)
	}
}

// rankAll ranks every waiting case for the day of now, and returns those whose rank is another than before.
func (l *Ledger) rankAll(ctx context.Context, now time.Time) (changed []string, err error) {
	after := "00000000-0000-0000-0000-000000000000"
	for {
		var n int
		err := l.query(ctx, "rank the cases", func(ctx context.Context, q *db.Queries) error {
			rows, err := q.FactsAfter(ctx, after, ranksAtOnce)
			if err != nil || len(rows) == 0 {
				return err
			}
			n, after = len(rows), rows[len(rows)-1].ID
			facts := make([]db.FactsOfRow, n)
			for i, r := range rows {
				facts[i] = db.FactsOfRow(r)
			}
			ids, err := setRanks(ctx, q, l.rules(), facts, now)
			changed = append(changed, ids...)
			return err
		})
		if err != nil || n < ranksAtOnce {
			return changed, err
		}
	}
}

// Rerank has all cases ranked anew by the next Tidy: the rules are others than before.
func (l *Ledger) Rerank() { l.ranked.Store(nil) }

// WouldMove counts the waiting cases, and those whose place in the line other rules would make another. It changes nothing.
func (l *Ledger) WouldMove(ctx context.Context, rules casework.Rules, now time.Time) (waiting, moved int, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	after := "00000000-0000-0000-0000-000000000000"
	for {
		var rows []db.FactsAfterRow
		err := l.query(ctx, "look how the cases would be ranked", func(ctx context.Context, q *db.Queries) error {
			rows, err = q.FactsAfter(ctx, after, ranksAtOnce)
			return err
		})
		if err != nil {
			return 0, 0, err
		}
		for _, r := range rows {
			waiting, after = waiting+1, r.ID
			if rules.Rank(factsFrom(db.FactsOfRow(r)), now).Priority != int(r.Priority) {
				moved++
			}
		}
		if len(rows) < ranksAtOnce {
			return waiting, moved, nil
		}
	}
}

// setRanks writes the ranks that are other than before.
func setRanks(ctx context.Context, q *db.Queries, rules casework.Rules, rows []db.FactsOfRow, now time.Time) (changed []string, err error) {
	var p db.SetRanksParams
	for _, r := range rows {
		k := rules.Rank(factsFrom(r), now)
		if k.Priority == int(r.Priority) && k.Why.JA == r.RankWhy {
			continue
		}
		p.Ids, p.Priorities = append(p.Ids, r.ID), append(p.Priorities, int32(k.Priority)) //nolint:gosec // 1 to 99
		p.Whys, p.WhysEn = append(p.Whys, k.Why.JA), append(p.WhysEn, k.Why.EN)
	}
	if len(p.Ids) == 0 {
		return nil, nil
	}
	return p.Ids, q.SetRanks(ctx, p)
}

func factsFrom(r db.FactsOfRow) casework.Facts {
	return casework.Facts{
		Cause: dialer.Cause(r.Cause), Yen: r.Yen, OldestDue: dayFrom(r.OldestDue), Tries: int(r.Tries),
		Promise: casework.PromiseState(r.Promise), PromiseOn: dayFrom(r.PromiseOn),
	}
}

// dayFrom is the midnight in Tokyo with which a date begins; zero for none.
func dayFrom(d pgtype.Date) time.Time {
	if !d.Valid {
		return time.Time{}
	}
	y, m, day := d.Time.Date()
	return dialer.Date{Year: y, Month: m, Day: day}.At(0)
}

// rankList ranks the cases of a list that wait, and returns their places.
func (l *Ledger) rankList(ctx context.Context, list string) ([]dialer.Waiting, error) {
	waiting, err := l.waitingOfList(ctx, list)
	if err != nil {
		return nil, err
	}
	changed := false
	for some := range slices.Chunk(waiting, ranksAtOnce) {
		ids := make([]string, len(some))
		for i, w := range some {
			ids[i] = string(w.Case)
		}
		err := l.query(ctx, "rank the list", func(ctx context.Context, q *db.Queries) error {
			rows, err := q.FactsOf(ctx, ids)
			if err != nil {
				return err
			}
			moved, err := setRanks(ctx, q, l.rules(), rows, l.now())
			changed = changed || len(moved) > 0
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if !changed {
		return waiting, nil
	}
	return l.waitingOfList(ctx, list)
}
