package postgres

import (
	"context"
	"encoding/json"
	"time"

	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// interrupted is what is wrong with a list whose staging ended with the process.
var interrupted = casework.Problem{
	Code: "interrupted", Fatal: true,
	JA: "読み込みの途中でシステムが停止しました。もう一度読み込んでください", EN: "the server stopped while it read the list; stage it again",
}

// holdStaging holds a list for as long as it is staged. The lock is a session's: it goes with the process, so that whoever
// sees a list being staged can tell whether somebody does.
func (l *Ledger) holdStaging(ctx context.Context, list string) (release func(), err error) {
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return nil, l.noticed(classify("stage the list", err))
	}
	if err := db.New(conn).HoldStaging(ctx, list); err != nil {
		conn.Release()
		return nil, l.noticed(classify("stage the list", err))
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := db.New(conn).LetGoStaging(ctx, list); err != nil {
			_ = conn.Conn().Close(ctx) // and the lock with it
		}
		conn.Release()
	}, nil
}

// failedIfLost marks a list failed whose staging nobody goes on with.
func (l *Ledger) failedIfLost(ctx context.Context, q *db.Queries, row db.List) (db.List, error) {
	if _, here := l.progress.Load(row.ID); here {
		return row, nil
	}
	problems, err := json.Marshal([]casework.Problem{interrupted})
	if err != nil {
		return row, err
	}
	n, err := q.FailLostStaging(ctx, problems, row.ID)
	if err != nil || n == 0 {
		return row, err
	}
	return q.ListByID(ctx, row.ID)
}
