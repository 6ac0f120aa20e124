package postgres

import (
	"context"

	"kakeru/dialer/postgres/internal/db"
)

// olderAtOnce is how many rows are read at once where not only the newest is looked at.
const olderAtOnce = 500

// versioned are rows that are never changed and of which the newest of each name counts, if it bears our mark: no number of older ones is read then.
type versioned[T any] struct {
	what  string // the kind, in row_marks
	name  func(T) string
	id    func(T) string
	mark  func(T) []byte
	older func(context.Context, T) ([]T, error) // of the same name, the newest first
}

// newest finds of each name the newest that is ours, given the newest of each. One that somebody else has written into the database is passed over, however many
// they are.
func (v versioned[T]) newest(ctx context.Context, q *db.Queries, rows []T) (map[string]T, error) {
	ours := map[string]T{}
	for len(rows) > 0 {
		have, err := marksOfThese(ctx, q, v.what, rowIDs(rows, v.id)) // after the rows, which come with their marks
		if err != nil {
			return nil, err
		}
		last := map[string]T{}
		for _, r := range rows {
			name := v.name(r)
			last[name] = r
			if _, found := ours[name]; !found && have.has(v.id(r), v.mark(r)) {
				ours[name] = r
			}
		}
		rows = nil
		for name, r := range last {
			if _, found := ours[name]; found {
				continue
			}
			older, err := v.older(ctx, r)
			if err != nil {
				return nil, err
			}
			rows = append(rows, older...)
		}
	}
	return ours, nil
}

func rowIDs[T any](rows []T, id func(T) string) []string {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, id(r))
	}
	return ids
}

// eachOf has do see all rows there are, so many at once, from what after gives for the one before them.
func eachOf[T any](after func(before *T) ([]T, error), do func(T)) error {
	var before *T
	for {
		rows, err := after(before)
		for _, r := range rows {
			do(r)
		}
		if err != nil || len(rows) < olderAtOnce {
			return err
		}
		before = &rows[len(rows)-1]
	}
}
