package postgres

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// A call that a stop cut off is ended and counted by what stands in the database, and whoever may write there could put one that was never made. So each
// call bears a mark from when it is reserved or comes in, of what the process that begins it knows; one without is ended as nobody's.

// markedAttempts names the key of the calls' marks among those that the installation's secret makes.
const markedAttempts = "attempt"

// foreignWhy is why a call ended that nobody here has begun. The rule that it bears is in EndForeign.
const foreignWhy = "この記録はデータベースに直接書き込まれたもので、通話はありませんでした"

// markOfAttempt is the mark of a call that begins. Whose one is that came in, and who takes it, is found out later.
func (l *Ledger) markOfAttempt(a db.Attempt) []byte {
	says := []any{a.ID, a.Direction, a.NumberRef, a.Sample, a.StartedAt.UnixMicro(), a.Node, a.NodeEpoch}
	if a.Direction == string(dialer.Outbound) {
		says = append(says, a.CaseRef, a.Desk, a.Operator)
	}
	return l.markUnder(markedAttempts, says...)
}

// begunHere reports whether a call bears the mark of one that a server of this installation has begun.
func (l *Ledger) begunHere(a db.Attempt) bool { return hmac.Equal(a.Mark, l.markOfAttempt(a)) }

// endForeign ends, in the transaction of q, a call that was put into the database: it is not counted, moves no case, bears no seal, and locks nothing any more.
func (l *Ledger) endForeign(ctx context.Context, q *db.Queries, id string, at time.Time) error {
	if err := q.EndForeign(ctx, at, foreignWhy, id); err != nil {
		return err
	}
	if err := q.DeleteLegs(ctx, id); err != nil {
		return err
	}
	l.log.Error("a call that is open was written into the database, and begun by nobody; it is ended, and not counted", "call", id)
	return nil
}

// endIfForeign is endForeign of a call as it stands by now.
func (l *Ledger) endIfForeign(ctx context.Context, id string) error {
	return l.inTx(ctx, "end a call that was put there", func(ctx context.Context, q *db.Queries) error {
		if err := q.HoldAttempt(ctx, id); err != nil {
			return err
		}
		a, err := q.LockOpenAttempt(ctx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil || l.begunHere(a):
			return err
		}
		return l.endForeign(ctx, q, id, l.now())
	})
}

// anyForeignAttempt reports whether there is a call that was put there, and ends those that are open: they would keep their case and number from being called.
func (l *Ledger) anyForeignAttempt(ctx context.Context, q *db.Queries) (bool, error) {
	open, err := q.OpenAttempts(ctx, "", 0, true)
	for _, r := range open {
		if err == nil && !l.begunHere(r.Attempt) {
			err = l.endIfForeign(ctx, r.Attempt.ID)
		}
	}
	if err != nil {
		return false, err
	}
	return q.AnyEndedForeign(ctx)
}

// markOpenAttempts marks the calls that were open when this version came.
func (l *Ledger) markOpenAttempts(ctx context.Context, q *db.Queries) (n int, err error) {
	open, err := q.OpenUnmarked(ctx)
	for _, a := range open {
		if err == nil {
			err = q.MarkAttempt(ctx, l.markOfAttempt(a), a.ID)
		}
	}
	return len(open), err
}
