package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// maxAsked is how many calls asked for are listed: more than a centre can make at a time.
const maxAsked = 200

// AskedFor lists the calls that were asked for at a time up to until, the earliest first.
func (l *Ledger) AskedFor(ctx context.Context, until time.Time) (list []casework.AskedFor, err error) {
	err = l.query(ctx, "list the calls asked for", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.AskedFor(ctx, until, maxAsked)
		for _, r := range rows {
			list = append(list, casework.AskedFor{Case: dialer.CaseID(r.ID), At: timeOf(r.Due), Mine: dialer.UserID(r.Mine)})
		}
		return err
	})
	return list, err
}
