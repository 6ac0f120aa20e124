package postgres

import (
	"context"
	"encoding/json"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

var _ casework.SourceStore = (*Ledger)(nil)

// SaveListSource keeps a source as the next version of its name.
func (l *Ledger) SaveListSource(ctx context.Context, s casework.ListSource) (casework.ListSource, error) {
	columns, err := json.Marshal(s.Columns)
	if err != nil {
		return casework.ListSource{}, err
	}
	err = l.inTx(ctx, "save a list's source", func(ctx context.Context, q *db.Queries) error {
		if err := q.HoldListSource(ctx, s.Name); err != nil {
			return err
		}
		row, err := q.InsertListSource(ctx, db.InsertListSourceParams{Name: s.Name, Columns: columns, ByUser: string(s.By), At: s.At})
		if err != nil {
			return err
		}
		s.Version = int(row.Version)
		return q.MarkRow(ctx, markedSources, idOfSource(row), l.markOfSource(row))
	})
	if err != nil {
		return casework.ListSource{}, err
	}
	l.log.Info("a list's source was saved", "source", s.Name, "version", s.Version, "columns", len(s.Columns), "by", s.By)
	return s, nil
}

// ListSources returns the newest version of every source, by name.
func (l *Ledger) ListSources(ctx context.Context) (sources []casework.ListSource, err error) {
	err = l.query(ctx, "read the lists' sources", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.ListSources(ctx)
		if err != nil {
			return err
		}
		have, err := marksOf(ctx, q, markedSources) // after the rows, which come with their marks
		for _, r := range rows {                    // of each name the newest first
			if n := len(sources); n > 0 && sources[n-1].Name == r.Name || !have.has(idOfSource(r), l.markOfSource(r)) {
				continue // an older one, or one that nobody here has saved
			}
			s := casework.ListSource{Name: r.Name, Version: int(r.Version), By: dialer.UserID(r.ByUser), At: r.At}
			if err := json.Unmarshal(r.Columns, &s.Columns); err != nil {
				return err
			}
			sources = append(sources, s)
		}
		return err
	})
	return sources, err
}
