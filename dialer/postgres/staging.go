package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// interrupted is what is wrong with a list whose staging ended with the process.
var interrupted = casework.Problem{
	Code: "interrupted", Fatal: true,
	JA: "読み込みの途中でシステムが停止しました。もう一度読み込んでください", EN: "the server stopped while it read the list; stage it again",
}

// enterToStage lets a transaction open a list that is to be read. While a close is under way none is: what the lists in hand hold goes with it, and would keep
// it waiting.
func (l *Ledger) enterToStage(ctx context.Context, q *db.Queries) error {
	err := l.enterDay(ctx, q)
	if no := (*dialer.Refusal)(nil); errors.As(err, &no) && no.Rule == dialer.DayClosed {
		return casework.ErrStopped
	}
	return err
}

// mostStaged is how many lists of cases, and how many paid lists, may be staged at once. Each holds its rows in the database until it is applied or discarded, one
// of cases until the day is closed; the centre has one a day, and a few when the ward corrects itself.
// Of one person the newest so many stay, with the one that is opened: who reads a list anew has mostly forgotten the one before, and nobody takes all places.
const (
	mostStaged   = 20
	mostStagedOf = 4
)

// These reach a person as they are.
var (
	errManyStaged = &casework.ListError{
		Code: "many_staged",
		JA:   "反映していない名簿が20件あります。読み込み済みの名簿を反映するか取り消してから、もう一度選んでください(本日の締めの後は取り消されています)",
		EN:   "20 lists are staged and not applied; apply or discard one first (the day's close discards them), then choose this one again",
	}
	errManyPaidStaged = &casework.ListError{
		Code: "many_staged", JA: "反映していない消込リストが20件あります。読み込み済みの消込リストを反映するか取り消してから、もう一度選んでください",
		EN: "20 paid lists are staged and not applied; apply or discard one first, then choose this one again",
	}
)

// stagedSort is what lists of one sort are bounded by: those of cases, or paid lists.
type stagedSort struct {
	oldestOf func(ctx context.Context, by string, newest int32) ([]string, error)
	drop     func(ctx context.Context, list string) error
	failLost func(ctx context.Context, problems []byte) error
	count    func(ctx context.Context) (int64, error)
	many     error
}

func (l *Ledger) stagedCases(q *db.Queries) stagedSort {
	drop := func(ctx context.Context, list string) error { return l.dropStaged(ctx, q, list, q.DeleteList) }
	return stagedSort{oldestOf: q.OldestStagedOf, drop: drop, failLost: q.FailLostStagings, count: q.StagedLists, many: errManyStaged}
}

func stagedPaid(q *db.Queries) stagedSort {
	drop := func(ctx context.Context, list string) error { return dropPaid(ctx, q, list) }
	return stagedSort{oldestOf: q.OldestPaidStagedOf, drop: drop, failLost: q.FailLostPaidStagings, count: q.StagedPaidLists, many: errManyPaidStaged}
}

// boundStaged makes room for one list more of a sort, or refuses it. Whoever else opens one waits until the transaction is over.
func boundStaged(ctx context.Context, q *db.Queries, of stagedSort, by dialer.UserID) error {
	if err := q.HoldOpening(ctx); err != nil {
		return err
	}
	forgotten, err := of.oldestOf(ctx, string(by), mostStagedOf-1)
	if err != nil {
		return err
	}
	for _, list := range forgotten {
		if err := of.drop(ctx, list); err != nil {
			return err
		}
	}
	problems, err := json.Marshal([]casework.Problem{interrupted})
	if err != nil {
		return err
	}
	if err := of.failLost(ctx, problems); err != nil { // they hold nothing
		return err
	}
	n, err := of.count(ctx)
	if err == nil && n >= mostStaged {
		return of.many
	}
	return err
}

// stopStaging ends the reading of all lists, on whichever node: the close that begins waits for none of them.
func stopStaging(ctx context.Context, q *db.Queries) error {
	why := casework.ErrStopped
	problems, err := json.Marshal([]casework.Problem{{Code: why.Code, JA: why.JA, EN: why.EN, Fatal: true}})
	if err != nil {
		return err
	}
	_, err = q.StopStaging(ctx, problems)
	return err
}

// finishStaging keeps what a list's reading found, unless a close has ended it meanwhile.
func finishStaging(ctx context.Context, q *db.Queries, p db.FinishStagingParams) error {
	n, err := q.FinishStaging(ctx, p)
	if err == nil && n == 0 {
		return casework.ErrStopped
	}
	return err
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
