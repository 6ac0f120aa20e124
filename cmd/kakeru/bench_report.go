//go:build !production

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"kakeru/cmd/stores"
	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
	"kakeru/dialer/report"
	"kakeru/dialer/vault"
)

// reportBench is what the benchmark of the reports is to do.
type reportBench struct {
	months  int // the newest is March 2026
	calls   int // that count, in each month
	centres int
	repeat  int
	json    bool

	profiles string // folder for what asking one's own ledger costs this process
}

// reportFigures are how long what a person waits for takes, and how many rows, of tables and indexes, are read for it.
type reportFigures struct {
	ownFigures
	*sharedFigures // nil for one centre
}

// ownFigures are of a centre that has a ledger of its own.
type ownFigures struct {
	Attempts     int     `json:"attempts"`
	Months       int     `json:"months"`
	FillS        float64 `json:"fill_s"`
	DatabaseMB   int     `json:"database_mb"`
	ProgressP50  float64 `json:"progress_p50_ms"`
	ProgressP99  float64 `json:"progress_p99_ms"`
	ProgressRows int     `json:"progress_rows_read"`
	MonthP50     float64 `json:"month_p50_ms"`
	MonthP99     float64 `json:"month_p99_ms"`
	MonthRows    int     `json:"month_rows_read"`
	YearP50      float64 `json:"year_p50_ms"`
	YearP99      float64 `json:"year_p99_ms"`
	YearRows     int     `json:"year_rows_read"`
}

// sharedFigures are of one centre whose rows are among those of many, in tables that are partitioned by month.
type sharedFigures struct {
	Centres            int     `json:"centres"`
	SharedAttempts     int     `json:"shared_attempts"`
	SharedFillS        float64 `json:"shared_fill_s"`
	SharedDatabaseMB   int     `json:"shared_database_mb"`
	SharedProgressP50  float64 `json:"shared_progress_p50_ms"`
	SharedProgressP99  float64 `json:"shared_progress_p99_ms"`
	SharedProgressRows int     `json:"shared_progress_rows_read"`
	SharedMonthFirst   float64 `json:"shared_month_first_p99_ms"` // asked for the first time, mostly from the disk
	SharedMonthP50     float64 `json:"shared_month_p50_ms"`
	SharedMonthP99     float64 `json:"shared_month_p99_ms"`
	SharedMonthRows    int     `json:"shared_month_rows_read"`
}

func (f reportFigures) print(w io.Writer) {
	printFigures(w, f.ownFigures)
	if f.sharedFigures != nil {
		printFigures(w, *f.sharedFigures)
	}
}

// benchReport fills a private PostgreSQL with made-up months, and measures the reports on it.
func benchReport(ctx context.Context, args []string, std streams) error {
	var years int
	o := reportBench{calls: 5700}
	rest, err := flags("bench report", args, std, func(f *flag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print one object of figures")
		f.IntVar(&years, "years", 10, "how many `years` the ledger has, of 5,700 calls a month")
		f.IntVar(&o.centres, "centres", 1, "how many `centres` besides share tables that are partitioned by month; 100 take half an hour and 40 GB")
		f.StringVar(&o.profiles, "profiles", "", "write what the reports spent and held to cpu.pprof and heap.pprof in this `folder`")
		f.IntVar(&o.repeat, "repeat", 120, "how many `times` each is asked for: months and years in turn")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || years < 1 || years > 20 || o.centres < 1 || o.centres > 100 || o.repeat < 1 || o.repeat > 10_000 {
		return errUsage{"arguments not understood, or out of range"}
	}
	o.months = 12 * years
	figures, err := o.run(ctx, std.err)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(std.out).Encode(figures)
	}
	figures.print(std.out)
	return nil
}

// run fills, measures and throws all away, however it ends.
func (o reportBench) run(ctx context.Context, tell io.Writer) (f reportFigures, err error) {
	dir, err := os.MkdirTemp("", "kakeru-report-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := o.fits(dir); err != nil {
		return f, err
	}
	server, err := stores.StartPostgres(ctx, stores.Options{Dir: dir, Fast: true, Log: logger("error", streams{err: os.Stderr})})
	if err != nil {
		return f, err
	}
	defer server.Stop()
	if err := server.CreateDatabase(ctx, database, ""); err != nil {
		return f, err
	}
	url := server.URL(database)
	if err := postgres.Migrate(ctx, url); err != nil {
		return f, err
	}
	f.Months = o.months
	made := o.madeUp(url, tell)
	began := time.Now()
	if err := made.Make(ctx); err != nil {
		return f, err
	}
	f.FillS = time.Since(began).Seconds()
	if err := o.alone(ctx, url, dir, &f.ownFigures); err != nil || o.centres == 1 {
		return f, err
	}
	printFigures(tell, f.ownFigures) // what follows takes its time
	f.sharedFigures = &sharedFigures{Centres: o.centres}
	began = time.Now()
	if url, err = made.Share(ctx); err != nil {
		return f, err
	}
	f.SharedFillS = time.Since(began).Seconds()
	return f, o.shared(ctx, url, dir, f.sharedFigures)
}

// fits refuses to begin what the disk has no room for.
func (o reportBench) fits(dir string) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return err
	}
	needs := uint64(o.months*o.calls) * 2500
	if o.centres > 1 {
		needs += uint64(o.months*o.calls*o.centres) * 600
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < needs {
		return fmt.Errorf("%s has %d MB free, and %d are needed; set TMPDIR to a folder with more room", os.TempDir(), free>>20, needs>>20)
	}
	return nil
}

// madeUp are the months up to March 2026.
func (o reportBench) madeUp(url string, tell io.Writer) postgres.MadeUp {
	m := postgres.MadeUp{URL: url, Calls: o.calls, Centres: o.centres, Tell: func(months int) {
		if months%12 == 0 {
			fmt.Fprintf(tell, "%d of %d months\n", months, o.months)
		}
	}}
	for i := range o.months {
		m.Months = append(m.Months, o.month(i))
	}
	return m
}

// month is the first day of the i-th month.
func (o reportBench) month(i int) dialer.Date {
	return dialer.DateOf(time.Date(2026, time.Month(4-o.months+i), 1, 0, 0, 0, 0, dialer.Tokyo))
}

// reportBencher asks one ledger.
type reportBencher struct {
	reportBench

	ledger   *postgres.Ledger
	settings configs.Settings
	hours    dialer.Calendar
	targets  targets
}

// open has f ask the ledger at an address.
func (o reportBench) open(ctx context.Context, url, dir string, f func(reportBencher) error) error {
	keys, err := vault.Open(filepath.Join(dir, "keys"))
	if err != nil {
		return err
	}
	l, err := postgres.Open(ctx, postgres.Options{URL: url, Refs: dialer.NewRefs([]byte(benchSecret)), Vault: keys})
	if err != nil {
		return err
	}
	defer l.Close()
	b := reportBencher{reportBench: o, ledger: l, settings: configs.Default()}
	open, err := hours(b.settings.Centre)
	if err != nil {
		return err
	}
	b.hours = open.Always
	middle := o.month(o.months-1).At(0).AddDate(0, 0, 14).Add(12 * time.Hour)
	if b.targets, err = newTargets(l, b.settings, b.hours, func() time.Time { return middle }); err != nil {
		return err
	}
	return f(b)
}

// alone measures a ledger of one centre. What is asked for most is asked first, while the newest month is still new.
func (o reportBench) alone(ctx context.Context, url, dir string, f *ownFigures) error {
	return o.open(ctx, url, dir, func(b reportBencher) (err error) {
		var octets int64
		if f.Attempts, octets, err = (&postgres.ReadCounter{Ledger: b.ledger}).Held(ctx); err != nil {
			return err
		}
		f.DatabaseMB = int(octets >> 20)
		newest := b.months - 1
		if f.ProgressRows, err = b.readBy(func(c *postgres.ReadCounter) error { return b.progressFrom(ctx, c) }); err != nil {
			return err
		}
		if f.MonthRows, err = b.readBy(func(c *postgres.ReadCounter) error { return b.monthly(ctx, c, newest) }); err != nil {
			return err
		}
		if f.YearRows, err = b.readBy(func(c *postgres.ReadCounter) error { return b.yearly(ctx, c, newest) }); err != nil {
			return err
		}
		profiled, err := profile(o.profiles)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, profiled()) }()
		if err := b.remember(ctx); err != nil {
			return err
		}
		progress, err := b.times(func(int) error { return b.progress(ctx) })
		if err != nil {
			return err
		}
		f.ProgressP50, f.ProgressP99 = percentile(progress, 50), percentile(progress, 99)
		months, err := b.times(func(i int) error { return b.monthly(ctx, b.ledger, newest-i%b.months) })
		if err != nil {
			return err
		}
		f.MonthP50, f.MonthP99 = percentile(months, 50), percentile(months, 99)
		years, err := b.times(func(i int) error { return b.yearly(ctx, b.ledger, newest-12*i%b.months) })
		f.YearP50, f.YearP99 = percentile(years, 50), percentile(years, 99)
		return err
	})
}

// shared measures one centre of many.
func (o reportBench) shared(ctx context.Context, url, dir string, f *sharedFigures) error {
	return o.open(ctx, url, dir, func(b reportBencher) (err error) {
		var octets int64
		if _, octets, err = (&postgres.ReadCounter{Ledger: b.ledger}).Held(ctx); err != nil {
			return err
		}
		f.SharedAttempts, f.SharedDatabaseMB = o.months*o.calls*o.centres, int(octets>>20)
		newest := b.months - 1
		first := make([]time.Duration, b.months)
		for i := range first {
			began := time.Now()
			if err := b.monthly(ctx, b.ledger, i); err != nil {
				return err
			}
			first[i] = time.Since(began)
		}
		f.SharedMonthFirst = percentile(first, 99)
		if f.SharedProgressRows, err = b.readBy(func(c *postgres.ReadCounter) error { return b.progressFrom(ctx, c) }); err != nil {
			return err
		}
		if f.SharedMonthRows, err = b.readBy(func(c *postgres.ReadCounter) error { return b.monthly(ctx, c, newest) }); err != nil {
			return err
		}
		if err := b.remember(ctx); err != nil {
			return err
		}
		progress, err := b.times(func(int) error { return b.progress(ctx) })
		if err != nil {
			return err
		}
		f.SharedProgressP50, f.SharedProgressP99 = percentile(progress, 50), percentile(progress, 99)
		months, err := b.times(func(i int) error { return b.monthly(ctx, b.ledger, newest-i%b.months) })
		f.SharedMonthP50, f.SharedMonthP99 = percentile(months, 50), percentile(months, 99)
		return err
	})
}

// readBy is how many rows are read by what asks a counter.
func (b reportBencher) readBy(ask func(*postgres.ReadCounter) error) (int, error) {
	c := &postgres.ReadCounter{Ledger: b.ledger}
	err := ask(c)
	return int(c.Rows), err
}

// remember has the days before the month read, as they are once an hour.
func (b reportBencher) remember(ctx context.Context) error {
	_, err := b.targets.books.read(ctx, b.targets.now())
	return err
}

// warm is how often each thing is asked for before it is measured.
const warm = 10

// times is how long each asking takes.
func (b reportBencher) times(ask func(i int) error) (took []time.Duration, err error) {
	for i := range warm + b.repeat {
		began := time.Now()
		if err := ask(i); err != nil {
			return nil, err
		}
		if i >= warm {
			took = append(took, time.Since(began))
		}
	}
	return took, nil
}

// progress asks where the newest month stands, as a panel does, in the middle of it.
func (b reportBencher) progress(ctx context.Context) error {
	p, err := b.targets.Progress(ctx, b.monthName(b.months-1))
	return b.isWhole(p, err)
}

// progressFrom asks the same of what counts the rows.
func (b reportBencher) progressFrom(ctx context.Context, source report.Source) error {
	plan := b.targets.plan()
	plan.Target = b.settings.Centre.Target
	p, err := report.Compute(ctx, source, plan, b.monthName(b.months-1))
	return b.isWhole(p, err)
}

func (b reportBencher) isWhole(p report.Progress, err error) error {
	if err == nil && p.Done.Attempts != b.calls {
		err = fmt.Errorf("%s has %d attempts, and its progress says %d", p.Month, b.calls, p.Done.Attempts)
	}
	return err
}

func (b reportBencher) monthName(i int) string { return b.month(i).String()[:len("2026-03")] }

func (b reportBencher) monthly(ctx context.Context, l report.Ledger, month int) error {
	return b.make(ctx, l, report.OfMonth, b.monthName(month), b.calls)
}

// yearly asks for the fiscal year that a month lies in.
func (b reportBencher) yearly(ctx context.Context, l report.Ledger, month int) error {
	year := report.Current(report.OfYear, b.month(month).At(0))
	return b.make(ctx, l, report.OfYear, year, min(12, b.months)*b.calls)
}

// make makes a report as the server does, and has a look at it.
func (b reportBencher) make(ctx context.Context, l report.Ledger, kind report.Kind, name string, calls int) error {
	after := b.month(b.months).At(0)
	o, err := newReports(b.ledger, b.settings, b.hours, func() time.Time { return after }).options(ctx)
	if err != nil {
		return err
	}
	p, err := report.ParsePeriod(kind, name, after)
	if err != nil {
		return err
	}
	got, err := report.Make(ctx, l, o, p)
	if err != nil {
		return err
	}
	if at := got.At("attempts", "total", "attempts"); at == nil || at.Value == nil || *at.Value != float64(calls) {
		return errors.New("the report of " + name + " does not have " + strconv.Itoa(calls) + " attempts")
	}
	return nil
}
