package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrate brings the schema of the database at url to this program's version. It may be run again, and by several
// processes at once: one does the work, the others wait for it.
func Migrate(ctx context.Context, url string) error {
	cfg, err := poolConfig(url)
	if err != nil {
		return err
	}
	sqlDB := stdlib.OpenDB(*cfg.ConnConfig)
	defer func() { _ = sqlDB.Close() }()
	p, err := provider(sqlDB)
	if err != nil {
		return err
	}
	if err := sqlDB.PingContext(ctx); err != nil {
		return unreachable(cfg.ConnConfig, err)
	}
	if _, err := p.Up(ctx); err != nil {
		return migrationError(err)
	}
	return nil
}

func provider(sqlDB *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // look every second, for five minutes
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, sqlDB, files, goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
}

// migrationError keeps PostgreSQL's own words: migrations are ours and hold nobody's data.
func migrationError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" { // insufficient_privilege
		return fmt.Errorf("the schema could not be migrated: %s; the role must own it: name its owner in database.migrate_url", pg.Message)
	}
	if errors.As(err, &pg) && !isAway(pg.Code) {
		return fmt.Errorf("the schema could not be migrated: %s (SQLSTATE %s)", pg.Message, pg.Code)
	}
	return classify("migrate the schema", err)
}

// Ready reports whether the database answers and has this program's schema. Its error is one line that names the
// versions and what to do.
func (l *Ledger) Ready(ctx context.Context) error {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	have, err := schemaVersions(ctx, l.pool)
	if err != nil {
		return l.noticed(classify("the ledger is not ready", err))
	}
	return sameSchema(have)
}

// sameSchema compares the migrations a database has with this program's.
func sameSchema(have []int64) error {
	want, err := migrations()
	if err != nil {
		return err
	}
	newest, known := slices.Max(append(have, 0)), slices.Max(want)
	if newest > known {
		return fmt.Errorf("the database's schema is version %d, this program knows only %d: run the newer kakeru", newest, known)
	}
	for _, v := range want {
		switch {
		case slices.Contains(have, v):
		case v > newest:
			return fmt.Errorf("the database's schema is version %d, this program needs %d: run `kakeru migrate`", newest, known)
		default: // two branches of the program met
			return fmt.Errorf("the database's schema is version %d, but lacks version %d: run `kakeru migrate`", newest, v)
		}
	}
	return nil
}

func schemaVersions(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) (versions []int64, err error) {
	err = q.QueryRow(ctx, "SELECT coalesce(array_agg(version_id), '{}') FROM goose_db_version WHERE is_applied").Scan(&versions)
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "42P01" { // undefined_table: never migrated
		return nil, nil
	}
	return versions, err
}

// migrations are the versions that this program brings, in order.
func migrations() (versions []int64, err error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		v, err := goose.NumericComponent(strings.TrimPrefix(name, "migrations/"))
		if err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	return versions, nil
}
