package postgres

import (
	"context"
	"strconv"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Handoffs lists hand-offs without what is sealed: what waits for the ward first, by the day it is due.
func (l *Ledger) Handoffs(ctx context.Context, f casework.HandoffFilter) (items []casework.Handoff, next string, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = pageDefault
	}
	limit = min(limit, pageMost)
	skip := 0
	if f.Cursor != "" {
		if skip, err = strconv.Atoi(f.Cursor); err != nil || skip < 0 || skip > 1_000_000 {
			return nil, "", &dialer.Refusal{
				Rule: "bad_cursor", JA: "続きの位置の指定が正しくありません。先頭から読み直してください",
				EN: "the cursor was not made by this list; leave it out to begin at the first",
			}
		}
	}
	err = l.read(ctx, "list hand-offs", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.HandoffsAfter(ctx, db.HandoffsAfterParams{
			State: string(f.State), Kind: string(f.Kind), CaseID: string(f.Case), ByUser: string(f.By),
			Skip: int32(skip), Max: int32(limit + 1), //nolint:gosec // both bounded above
		})
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows, next = rows[:limit], strconv.Itoa(skip+limit)
		}
		for _, r := range rows {
			h, err := handoffFrom(r)
			if err != nil {
				return err
			}
			items = append(items, h)
		}
		return nil
	})
	return items, next, err
}

// ForbidNumber puts one of a case's numbers on the do-not-call list or takes it off, and keeps who did it and why.
func (l *Ledger) ForbidNumber(ctx context.Context, of dialer.CaseID, n dialer.Number, f casework.Forbidding) error {
	return l.inTx(ctx, "change the do-not-call list", func(ctx context.Context, q *db.Queries) error {
		ref := l.refs.Number(n)
		has, err := q.HasNumber(ctx, string(of), ref)
		if err != nil {
			return err
		}
		if !has {
			return dialer.ErrNotFound
		}
		return l.forbid(ctx, q, ref, f)
	})
}
