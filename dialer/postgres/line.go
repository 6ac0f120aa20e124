package postgres

import (
	"context"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// lineSQL says where cases stand in the line, and in which lane: the one place that knows. The kind is that of the number
// that NextNumber would give. Not through sqlc, which would hold the whole line in memory, and wants the text three times.
// A case that is in nobody's custody is in no line. One that a supervisor pinned stands before all others, in the lane of everybody.
// One that a supervisor put somewhere stands there, until something else is to be done with it.
const lineSQL = `SELECT c.id, c.state, coalesce(c.placed_due, c.due), CASE WHEN c.pinned THEN 0 ELSE coalesce(c.placed_priority, c.priority) END,
  CASE WHEN c.pinned THEN '' ELSE c.language END, CASE WHEN c.pinned THEN '' ELSE c.mine END,
  coalesce((SELECT f.kind FROM phones f WHERE f.case_id = c.id AND f.usable AND f.kind <> 'never'
    AND f.custody IS NOT NULL ORDER BY f.rank, f.number_ref LIMIT 1), '')
FROM cases c `

// standing is a row of lineSQL.
type standing struct {
	dialer.Waiting

	state dialer.CaseState
}

func scanStanding(row pgx.CollectableRow) (s standing, err error) {
	var (
		due      pgtype.Timestamptz // null of a case that does not wait
		language string
		mine     dialer.UserID
		kind     dialer.NumberKind
	)
	err = row.Scan((*string)(&s.Case), (*string)(&s.state), &due, &s.Priority, &language, (*string)(&mine), (*string)(&kind))
	s.Due, s.Lane = due.Time, dialer.LaneOf(mine, language, kind)
	return s, err
}

// Place returns the case's place in the line, nil when it does not wait.
func (l *Ledger) Place(ctx context.Context, id dialer.CaseID) (*dialer.Waiting, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	var w *dialer.Waiting
	err := l.query(ctx, "find a case's place", func(ctx context.Context, _ *db.Queries) error {
		rows, err := l.pool.Query(ctx, lineSQL+"WHERE c.id = $1 AND c.custody IS NOT NULL", string(id))
		if err != nil {
			return err
		}
		s, err := pgx.CollectExactlyOneRow(rows, scanStanding)
		if err == nil && s.state == dialer.CaseWaiting {
			w = &s.Waiting
		}
		return err
	})
	return w, err
}

// waitingOfList are the cases of a list that wait, first due first.
func (l *Ledger) waitingOfList(ctx context.Context, list string) ([]dialer.Waiting, error) {
	return l.places(ctx, "read a list's cases", lineSQL+"WHERE c.list_id = $1 AND c.state = 'waiting' AND c.custody IS NOT NULL ORDER BY c.due, c.id", list)
}

// placesAtOnce is how many places are asked for at once.
const placesAtOnce = 5000

// placesOf are the places of those of some cases that wait.
func (l *Ledger) placesOf(ctx context.Context, ids []string) (all []dialer.Waiting, err error) {
	for some := range slices.Chunk(ids, placesAtOnce) {
		found, err := l.places(ctx, "read places", lineSQL+"WHERE c.id = ANY ($1) AND c.state = 'waiting' AND c.custody IS NOT NULL", some)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (l *Ledger) places(ctx context.Context, op, sql string, of any) (all []dialer.Waiting, err error) {
	err = l.query(ctx, op, func(ctx context.Context, _ *db.Queries) error {
		rows, err := l.pool.Query(ctx, sql, of)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (dialer.Waiting, error) {
			s, err := scanStanding(row)
			return s.Waiting, err
		})
		return err
	})
	return all, err
}

// Waiting yields every case in the line, first due first. It holds a connection while it is read, and yields one error,
// last, when reading fails.
func (l *Ledger) Waiting(ctx context.Context) iter.Seq2[dialer.Waiting, error] {
	return func(yield func(dialer.Waiting, error) bool) {
		ctx, cancel := bounded(ctx, longPatience)
		defer cancel()
		if err := l.settle(ctx); err != nil {
			yield(dialer.Waiting{}, err)
			return
		}
		rows, err := l.pool.Query(ctx, lineSQL+"WHERE c.state = 'waiting' AND c.custody IS NOT NULL ORDER BY c.due, c.id")
		if err != nil {
			yield(dialer.Waiting{}, l.noticed(classify("read the line", err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			s, err := scanStanding(rows)
			if err != nil {
				yield(dialer.Waiting{}, classify("read the line", err))
				return
			}
			if !yield(s.Waiting, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(dialer.Waiting{}, l.noticed(classify("read the line", err)))
		}
	}
}
