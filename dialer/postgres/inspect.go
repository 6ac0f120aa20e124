package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres/internal/db"
)

// Inspect looks at a database without changing anything: whether it answers, has this program's schema, and, where refs are
// given, was made with their secret. Its error is one line that says what to do.
func Inspect(ctx context.Context, url string, refs *dialer.Refs) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	have, err := schemaVersions(ctx, conn)
	if err != nil {
		return classify("the schema cannot be read", err)
	}
	if err := sameSchema(have); err != nil || refs == nil {
		return err
	}
	var mark string
	err = conn.QueryRow(ctx, "SELECT mark FROM reference_secret").Scan(&mark)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // nobody has opened it yet
		return nil
	case err != nil:
		return classify("the secret's mark cannot be read", err)
	case mark != refs.Case(secretMark):
		return errOtherSecret
	}
	return nil
}

// DataFolder is where the database at url keeps its files; empty where its user may not know.
func DataFolder(ctx context.Context, url string) (folder string, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = conn.QueryRow(ctx, `SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'MEMBER') THEN current_setting('data_directory') ELSE '' END`).Scan(&folder)
	return folder, classify("ask where the database's files are", err)
}

// ClockOffset is the clock of the database at url less this machine's.
func ClockOffset(ctx context.Context, url string) (time.Duration, error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	began := time.Now()
	count := func() time.Duration { return time.Since(began) }
	r, err := dialer.AskTime(ctx, func(ctx context.Context) (at time.Time, err error) {
		err = conn.QueryRow(ctx, tellTime).Scan(&at)
		return at, classify("ask the time", err)
	}, count)
	return r.At.Sub(began.Round(0).Add(r.Count)), err
}

// Standing lists the nodes that the ledger at url knows, and whose its desks are.
func Standing(ctx context.Context, url string) (s fleet.Standing, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return s, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	s, err = whoIsThere(ctx, db.New(conn))
	return s, classify("list the fleet", err)
}

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	cfg, err := poolConfig(url)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return nil, unreachable(cfg.ConnConfig, err)
	}
	return conn, nil
}
