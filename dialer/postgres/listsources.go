package postgres

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

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
		rows, err := q.NewestListSources(ctx)
		if err != nil {
			return err
		}
		ours, err := versioned[db.ListSource]{
			what: markedSources, name: func(r db.ListSource) string { return r.Name }, id: idOfSource, mark: l.markOfSource,
			older: func(ctx context.Context, r db.ListSource) ([]db.ListSource, error) {
				return q.ListSourceBelow(ctx, r.Name, r.Version, olderAtOnce)
			},
		}.newest(ctx, q, rows)
		for _, name := range slices.Sorted(maps.Keys(ours)) {
			r := ours[name]
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
