package postgres

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Preview returns what Stage found. While a list is worked on by this process, Progress runs.
func (l *Ledger) Preview(ctx context.Context, list string) (p casework.Preview, err error) {
	err = l.query(ctx, "read the list's preview", func(ctx context.Context, q *db.Queries) error {
		row, err := q.ListByID(ctx, list)
		if err != nil {
			return err
		}
		if row.State == "staging" {
			if row, err = l.failedIfLost(ctx, q, row); err != nil {
				return err
			}
		}
		p, err = previewFrom(row)
		return err
	})
	if at, ok := l.progress.Load(list); ok && err == nil {
		p.Progress = int(at.(*atomic.Int64).Load()) //nolint:forcetypeassert // only track stores
		if p.State == "staged" {
			p.State = "applying"
		}
	}
	return p, err
}

func previewFrom(r db.List) (casework.Preview, error) {
	p := casework.Preview{
		List: r.ID, FileName: r.FileName, State: r.State, Rows: int(r.Rows), Cases: int(r.Cases), New: int(r.New),
		Changed: int(r.Changed), Same: int(r.Same), Missing: int(r.Missing), Wrong: int(r.Wrong), Repaired: int(r.Repaired),
		Sample: r.Sample, Source: r.Source, Progress: int(r.Rows), AppliedAt: timeOf(r.AppliedAt),
	}
	if r.State == "applied" {
		p.Progress = p.Cases
	}
	for to, b := range map[any][]byte{&p.Problems: r.Problems, &p.Repairs: r.Repairs, &p.Findings: r.Findings, &p.Kinds: r.Kinds} {
		if err := json.Unmarshal(b, to); err != nil {
			return p, err
		}
	}
	return p, nil
}
