package postgres

import (
	"context"
	_ "embed" // the SQL of made-up months
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var (
	//go:embed bench_report.sql
	madeUpSQL string
	//go:embed bench_centres.sql
	centresSQL string
)

// MadeUp says which months are made up, and where: in a migrated database that is thrown away.
type MadeUp struct {
	URL    string
	Months []dialer.Date // the first of each, in the order of time
	Calls  int           // that count, in each month
	// Centres share tables with the one that is made up; one or none of them makes no such tables.
	Centres int
	// Tell is told after each month how many of them are there.
	Tell func(months int)
}

// looked is how much of the newest month the server has looked after (autovacuum), as in a ledger that is at work: the last 1,000 calls
// and some it has not.
const looked = 0.8

// Make fills the database.
func (m MadeUp) Make(ctx context.Context) error {
	return m.with(ctx, func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, madeUpSQL); err != nil {
			return err
		}
		for i, month := range m.Months {
			if err := m.makeMonth(ctx, c, month, i == len(m.Months)-1); err != nil {
				return err
			}
			m.Tell(i + 1)
		}
		return nil
	})
}

func (m MadeUp) makeMonth(ctx context.Context, c *pgx.Conn, month dialer.Date, newest bool) error {
	const calls = "SELECT bench.calls($1::text::date, $2, $3, $4)"
	if _, err := c.Exec(ctx, calls, month.String(), m.Calls, 0, looked); err != nil {
		return err
	}
	if newest {
		if _, err := c.Exec(ctx, "VACUUM (ANALYZE)"); err != nil {
			return err
		}
	}
	if _, err := c.Exec(ctx, calls, month.String(), m.Calls, looked, 1); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "SELECT bench.outcomes($1::text::date, $2)", month.String(), m.Calls)
	return err
}

// centreWorkers copy months side by side.
const centreWorkers = 2

// Share copies the months for all centres into tables that are partitioned by month, and returns the address at which the first centre's
// rows have the names that the product's queries use.
func (m MadeUp) Share(ctx context.Context) (url string, err error) {
	err = m.with(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, centresSQL)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := m.shareMonths(ctx); err != nil {
		return "", err
	}
	err = m.with(ctx, func(c *pgx.Conn) error {
		for _, sql := range []string{"SET maintenance_work_mem = '512MB'", "SELECT bench.open_centre()", "VACUUM (ANALYZE)"} {
			if _, err := c.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	return m.URL + "&search_path=centre,public", err
}

// shareMonths copies the months, some side by side, in any order.
func (m MadeUp) shareMonths(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		copied int
		places = make(chan struct{}, centreWorkers)
	)
	for _, month := range m.Months {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			err := m.with(ctx, func(c *pgx.Conn) error {
				_, err := c.Exec(ctx, "SELECT bench.share($1::text::date, $2)", month.String(), m.Centres)
				return err
			})
			if err != nil {
				cancel(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			copied++
			m.Tell(copied)
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func (m MadeUp) with(ctx context.Context, f func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, m.URL)
	if err != nil {
		return err
	}
	err = f(c)
	if closed := c.Close(context.WithoutCancel(ctx)); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("make months up: %w", err)
	}
	return nil
}

// ReadCounter is a ledger that counts the rows, in tables and indexes, which are read for a report or a sum.
type ReadCounter struct {
	*Ledger

	Rows int64
}

// Facts implements report.Ledger.
func (c *ReadCounter) Facts(ctx context.Context, from, to time.Time, into report.Sink) error {
	return c.count(ctx, func(q *db.Queries) error { return facts(ctx, q, from, to, into) })
}

// Figures implements report.Source.
func (c *ReadCounter) Figures(ctx context.Context, from, to time.Time) (f report.Figures, err error) {
	err = c.count(ctx, func(q *db.Queries) error {
		f, err = figures(ctx, q, from, to)
		return err
	})
	return f, err
}

// count adds what one session reads within a transaction. An index that is read counts by its entries, whether or not each leads to a row.
func (c *ReadCounter) count(ctx context.Context, read func(*db.Queries) error) error {
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		before, err := rowsRead(ctx, tx)
		if err != nil {
			return err
		}
		if err := read(db.New(tx)); err != nil {
			return err
		}
		after, err := rowsRead(ctx, tx)
		c.Rows += after - before
		return err
	})
}

func rowsRead(ctx context.Context, tx pgx.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)), 0)::bigint
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'i') AND n.nspname IN ('public', 'shared')`).Scan(&n)
	return n, err
}

// Held returns how many attempts that count the ledger has, and how many bytes the database is.
func (c *ReadCounter) Held(ctx context.Context) (counted int, octets int64, err error) {
	err = c.pool.QueryRow(ctx, "SELECT (SELECT count(*) FROM attempts WHERE counted), pg_database_size(current_database())").Scan(&counted, &octets)
	return counted, octets, err
}
