package postgres

import (
	"context"

	"kakeru/dialer/audit"
	"kakeru/dialer/postgres/internal/db"
)

// asMade refuses to go by a record whose tables are not as the migrations made them: who owns them could have a view answer in their place, as it
// likes, and take it away again. *audit.NotAsMade.
func asMade(ctx context.Context, q *db.Queries) error {
	tables, err := q.NotAsMade(ctx)
	if err == nil && len(tables) > 0 {
		return &audit.NotAsMade{Tables: tables}
	}
	return err
}

// NotAsMade looks, at the ledger at url, at what the record rests on, and lists what is not as the migrations made it: tables by name, and operators and
// functions that stand beside them and would answer in place of PostgreSQL's own.
func NotAsMade(ctx context.Context, url string) (what []string, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	what, err = db.New(conn).NotAsMade(ctx)
	return what, classify("look at the record's tables", err)
}

// readRecord reads the record in one transaction, as one of those that read much.
func (l *Ledger) readRecord(ctx context.Context, op string, read func(context.Context, *db.Queries) error) error {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	return l.asReader(ctx, op, func() error {
		return l.inTx(ctx, op, func(ctx context.Context, q *db.Queries) error {
			if err := read(ctx, q); err != nil {
				return err
			}
			return asMade(ctx, q)
		})
	})
}
