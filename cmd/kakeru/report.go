package main

import (
	"context"
	"flag"
	"io"
	"os"
	"slices"
	"time"

	"kakeru/dialer/postgres"
	"kakeru/dialer/report"
)

// runReport writes a report as the ledger has it now, or as it was issued: the same figures as the panel's, whoever asks.
func runReport(ctx context.Context, args []string, std streams) error {
	periods := map[report.Kind]*string{report.OfDay: new(string), report.OfMonth: new(string), report.OfYear: new(string)}
	var format, out string
	var revision int
	load, rest, err := configured("report", args, std, func(f *flag.FlagSet) {
		f.StringVar(periods[report.OfDay], "day", "", "the `day`, YYYY-MM-DD")
		f.StringVar(periods[report.OfMonth], "month", "", "the `month`, YYYY-MM")
		f.StringVar(periods[report.OfYear], "fiscal-year", "", "the fiscal `year`, by its April: 2026")
		f.StringVar(&format, "format", "csv", "csv, xlsx, pdf or json")
		f.IntVar(&revision, "revision", 0, "as it was issued, `n` being the revision; 0: as it stands now")
		f.StringVar(&out, "out", "", "a `file` to write; one that is there is not overwritten; standard output when left out")
	})
	if err != nil {
		return err
	}
	var kind report.Kind
	asked := 0
	for k, name := range periods {
		if *name != "" {
			kind = k
			asked++
		}
	}
	switch {
	case len(rest) > 0:
		return errUsage{"arguments not understood"}
	case asked != 1:
		return errUsage{"give one of --day, --month and --fiscal-year"}
	case !slices.Contains(report.Formats, report.Format(format)):
		return errUsage{"--format is csv, xlsx, pdf or json"}
	}
	p, err := report.ParsePeriod(kind, *periods[kind], time.Now())
	if err != nil {
		return err
	}
	s, err := load()
	if err != nil {
		return err
	}
	h, err := hours(s.Centre)
	if err != nil {
		return err
	}
	write := func(to io.Writer) error {
		return withLedger(ctx, s, func(l *postgres.Ledger) error {
			return newReports(l, s, h, time.Now).Write(ctx, to, p, revision, report.Format(format))
		})
	}
	if out == "" {
		return write(std.out)
	}
	return writeNew(out, func(file *os.File) error { return write(file) })
}
