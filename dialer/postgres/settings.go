package postgres

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/settings"
)

var _ settings.Store = (*Ledger)(nil)

// AppendSettings implements settings.Store.
func (l *Ledger) AppendSettings(ctx context.Context, changes []settings.Change, seen int64) (ids []int64, err error) {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.HoldSettings(ctx); err != nil {
			return err
		}
		if marked, err := q.RowsAreMarked(ctx, markedSettings); err != nil || !marked {
			return orElse(err, errNotMarkedYet)
		}
		held, err := l.held(ctx, q)
		if err != nil {
			return err
		}
		for _, h := range held { // those that are ours: what somebody has written into the database keeps nobody from a change
			if h.ID > seen {
				return settings.ErrStale
			}
		}
		for _, c := range changes {
			if held[c.Key].ID != c.Follows {
				return settings.ErrStale
			}
			if held[c.Key], err = l.appendSetting(ctx, q, c); err != nil {
				return err
			}
			ids = append(ids, held[c.Key].ID)
		}
		return nil
	})
	if errors.Is(err, settings.ErrStale) {
		return nil, settings.ErrStale
	}
	return ids, l.noticed(classify("change a setting", err))
}

// appendSetting writes one with its mark.
func (l *Ledger) appendSetting(ctx context.Context, q *db.Queries, c settings.Change) (row db.SettingChange, err error) {
	id, err := q.AppendSetting(ctx, db.AppendSettingParams{
		At: c.At, ByUser: string(c.By), Key: c.Key, Before: c.Before, BeforeFile: c.BeforeFile, After: c.After, AfterFile: c.AfterFile,
		Reason: c.Reason, Follows: c.Follows, Reverts: c.Reverts,
	})
	if err != nil {
		return row, err
	}
	if row, err = q.SettingChange(ctx, id); err != nil {
		return row, err
	}
	return row, q.MarkRow(ctx, markedSettings, idOfSetting(row), l.markOfSetting(row))
}

// errNotMarkedYet: what was set before the marks does not hold yet, so nothing can follow it.
var errNotMarkedYet = errors.New("the server of this version has not been started yet; start it once, and change settings then")

// HeldSettings implements settings.Store.
func (l *Ledger) HeldSettings(ctx context.Context) (out []settings.Change, err error) {
	err = l.query(ctx, "read the settings", func(ctx context.Context, q *db.Queries) error {
		held, err := l.held(ctx, q)
		for _, key := range slices.Sorted(maps.Keys(held)) {
			out = append(out, changeFrom(held[key]))
		}
		return err
	})
	return out, err
}

// held is the change that holds, by key: the newest that bears our mark. It was written after a look, under HoldSettings, at what it follows.
func (l *Ledger) held(ctx context.Context, q *db.Queries) (map[string]db.SettingChange, error) {
	rows, err := q.NewestSettings(ctx)
	if err != nil {
		return nil, err
	}
	return versioned[db.SettingChange]{
		what: markedSettings, name: func(r db.SettingChange) string { return r.Key }, id: idOfSetting, mark: l.markOfSetting,
		older: func(ctx context.Context, r db.SettingChange) ([]db.SettingChange, error) {
			return q.SettingsOfKey(ctx, r.Key, r.ID, olderAtOnce)
		},
	}.newest(ctx, q, rows)
}

// LastSetting implements settings.Store.
func (l *Ledger) LastSetting(ctx context.Context) (id int64, err error) {
	err = l.query(ctx, "look at the settings", func(ctx context.Context, q *db.Queries) error {
		id, err = q.LastSetting(ctx)
		return err
	})
	return id, err
}

// SettingChanges implements settings.Store.
func (l *Ledger) SettingChanges(ctx context.Context, a settings.Query) (out []settings.Change, err error) {
	err = l.query(ctx, "list the changes of settings", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.SettingChanges(ctx, a.Below, a.Key, int32(a.Most)) //nolint:gosec // a page
		if err != nil {
			return err
		}
		have, err := marksOfThese(ctx, q, markedSettings, rowIDs(rows, idOfSetting)) // after the rows, which come with their marks
		for _, r := range rows {
			if have.has(idOfSetting(r), l.markOfSetting(r)) {
				out = append(out, changeFrom(r))
			}
		}
		return err
	})
	return out, err
}

// SettingChange implements settings.Store.
func (l *Ledger) SettingChange(ctx context.Context, id int64) (out settings.Change, err error) {
	err = l.query(ctx, "read a change of a setting", func(ctx context.Context, q *db.Queries) error {
		row, err := q.SettingChange(ctx, id)
		out = changeFrom(row)
		return err
	})
	return out, err
}

func changeFrom(r db.SettingChange) settings.Change {
	c := settings.Change{
		ID: r.ID, At: r.At, By: dialer.UserID(r.ByUser), Key: r.Key, Before: r.Before, BeforeFile: r.BeforeFile,
		After: r.After, AfterFile: r.AfterFile, Reason: r.Reason, Follows: r.Follows,
	}
	if r.Reverts != nil {
		c.Reverts = *r.Reverts
	}
	return c
}
