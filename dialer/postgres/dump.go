package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
)

// Snapshot is what a database was like at one instant.
type Snapshot struct {
	At     time.Time
	Schema []int64          // its migrations
	Rows   map[string]int64 // of each table that a dump has
	Days   []DayKept
}

// DayKept is a day of custody that a dump knows of.
type DayKept struct {
	Day    dialer.Date
	Closed bool
}

// notDumped are the tables whose rows a dump leaves out: nobody is signed in after a restore.
var notDumped = []string{"sessions"}

// Dump writes the database at url to w, as pg_dump writes it for pg_restore, and says what is in it: both are of one snapshot, whoever works
// meanwhile. Rows that are only on their way (a list being staged) and sessions are left out. Nothing in it can be read that is under
// the vault's keys, which are not in it. It needs PostgreSQL's own pg_dump on this machine, of the server's major version or a later one.
func Dump(ctx context.Context, url string, w io.Writer) (Snapshot, error) {
	program, err := tool("pg_dump")
	if err != nil {
		return Snapshot{}, err
	}
	conn, err := connect(ctx, url)
	if err != nil {
		return Snapshot{}, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "SET idle_in_transaction_session_timeout = 0"); err != nil {
		return Snapshot{}, classify("begin a snapshot", err)
	}
	var s Snapshot
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var name string
		if err := tx.QueryRow(ctx, "SELECT pg_export_snapshot(), now()").Scan(&name, &s.At); err != nil {
			return classify("take a snapshot", err)
		}
		if s.Schema, err = schemaVersions(ctx, tx); err != nil {
			return classify("read the schema", err)
		}
		if err := sameSchema(s.Schema); err != nil {
			return err
		}
		args := []string{
			"--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-unlogged-table-data", "--no-password",
			"--lock-wait-timeout=30000", "--snapshot=" + name,
			"--no-blobs", // Kakeru has none: whoever makes one that nobody may read would keep every backup from being made
		}
		for _, table := range notDumped {
			args = append(args, "--exclude-table-data="+table)
		}
		if err := runTool(ctx, url, osexec.CommandContext(ctx, program, args...), nil, w); err != nil { //nolint:gosec // PostgreSQL's own
			return err
		}
		if s.Rows, err = countRows(ctx, tx); err != nil {
			return classify("count the rows", err)
		}
		s.Days, err = daysKept(ctx, tx)
		return classify("read the days of custody", err)
	})
	return s, err
}

// ErrNotEmpty is told of a database that something stands in.
var ErrNotEmpty = errors.New("the database is not empty; a backup is restored into a new one only: make it with createdb, and name it in database.url")

// Empty reports, as an error, whether something stands in the database at url.
func Empty(ctx context.Context, url string) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var things int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`).Scan(&things); err != nil {
		return classify("look whether the database is empty", err)
	}
	if things > 0 {
		return ErrNotEmpty
	}
	return nil
}

// Restore puts a dump into the empty database at url, all of it or nothing, and counts: the rows must be want's. What reads an error
// from dump leaves the database empty.
func Restore(ctx context.Context, url string, dump io.Reader, want map[string]int64) error {
	program, err := tool("pg_restore")
	if err != nil {
		return err
	}
	if err := Empty(ctx, url); err != nil {
		return err
	}
	cfg, err := poolConfig(url)
	if err != nil {
		return err
	}
	name := "dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(cfg.ConnConfig.Database) + "'"
	cmd := osexec.CommandContext(ctx, program, "--format=custom", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", //nolint:gosec // PostgreSQL's own
		"--no-password", "--dbname="+name)
	if err := runTool(ctx, url, cmd, dump, io.Discard); err != nil {
		return err
	}
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	have, err := countRows(ctx, conn)
	if err != nil {
		return classify("count the rows", err)
	}
	if !maps.Equal(have, want) {
		return errors.New("the restored database does not have the rows of the backup; drop it, and try another backup")
	}
	return giveUpRestored(ctx, conn)
}

// giveUpRestored gives up a close that was under way when the backup was made, and had destroyed nothing: whoever restores has not asked for it, and it may have
// been given up since, or carried to its end.
func giveUpRestored(ctx context.Context, conn *pgx.Conn) error {
	var has bool
	err := conn.QueryRow(ctx, "SELECT to_regclass('public.day_closes') IS NOT NULL").Scan(&has)
	if err == nil && has {
		_, err = conn.Exec(ctx, "UPDATE public.day_closes SET step = 'given_up' WHERE step IN ('begun', 'written', 'signed')")
	}
	return classify("give up a close that was under way", err)
}

// asker is a connection or a transaction.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// countRows counts the rows of every table that a dump has.
func countRows(ctx context.Context, q asker) (map[string]int64, error) {
	rows, err := q.Query(ctx, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relpersistence = 'p' ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for _, table := range tables {
		if slices.Contains(notDumped, table) {
			continue
		}
		var n int64
		if err := q.QueryRow(ctx, "SELECT count(*) FROM public."+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil {
			return nil, err
		}
		all[table] = n
	}
	return all, nil
}

func daysKept(ctx context.Context, q asker) ([]DayKept, error) {
	rows, err := q.Query(ctx, `SELECT d.day, EXISTS (SELECT FROM day_closes c WHERE c.step = 'closed' AND c.day >= d.day) FROM custody_days d ORDER BY d.day`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (d DayKept, err error) {
		var day time.Time
		err = r.Scan(&day, &d.Closed)
		d.Day = dialer.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
		return d, err
	})
}

// tool finds one of PostgreSQL's own programs: of the newest version that Debian has put beside the others, else on the PATH.
func tool(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.SortFunc(found, func(a, b string) int { return majorOf(b) - majorOf(a) })
	if len(found) > 0 {
		return found[0], nil
	}
	path, err := osexec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed; run: apt-get install postgresql-client", name)
	}
	return path, nil
}

// majorOf is 15 for /usr/lib/postgresql/15/bin/pg_dump.
func majorOf(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// runTool runs one of PostgreSQL's programs. It is told where the database is by its environment, and nothing else of ours.
func runTool(ctx context.Context, url string, cmd *osexec.Cmd, in io.Reader, out io.Writer) error {
	env, err := libpqEnv(url)
	if err != nil {
		return err
	}
	var said strings.Builder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LC_ALL=C.UTF-8"}, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, &said
	cmd.WaitDelay = patience
	err = cmd.Run()
	var exit *osexec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit):
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return fmt.Errorf("%s failed: %s", filepath.Base(cmd.Path), withoutDetail(first))
	default:
		return err
	}
}

// withoutDetail cuts a server's message off before the values that it may quote.
func withoutDetail(line string) string {
	if i := strings.IndexAny(line, "\"(="); i > 0 && strings.Contains(line, "duplicate key") {
		return line[:i]
	}
	return line
}
