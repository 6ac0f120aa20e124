package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/dialer/report"
)

// reportFlags are how the command line asks for a report of each kind.
var reportFlags = []struct {
	kind       report.Kind
	name, says string
}{
	{report.OfDay, "day", "the `day`, YYYY-MM-DD"},
	{report.OfMonth, "month", "the `month`, YYYY-MM"},
	{report.OfYear, "fiscal-year", "the fiscal `year`, by its April: 2026"},
	{report.OfAnalysis, "analysis", "the `month` that is analysed, YYYY-MM"},
	{report.OfPack, "pack", "the `month` whose report and analysis are in one paper, YYYY-MM"},
	{report.Inspection, "inspection", "the `month` of 検査・請求資料, YYYY-MM"},
	{report.Privacy, "privacy", "the `month` of 個人情報管理状況報告, YYYY-MM"},
}

// runReport writes a report as the ledger has it now, or as it was issued: the same figures as the panel's, whoever asks.
func runReport(ctx context.Context, args []string, std streams) error {
	periods := make([]string, len(reportFlags))
	var format, out string
	var revision int
	load, rest, err := configured("report", args, std, func(f *flag.FlagSet) {
		for i, r := range reportFlags {
			f.StringVar(&periods[i], r.name, "", r.says)
		}
		f.StringVar(&format, "format", "csv", "csv, xlsx, pdf or json")
		f.IntVar(&revision, "revision", 0, "as it was issued, `n` being the revision; 0: as it stands now")
		f.StringVar(&out, "out", "", "a `file` to write; one that is there is not overwritten; standard output when left out")
	})
	if err != nil {
		return err
	}
	if revision < 0 {
		return errUsage{"--revision counts from 1; 0 is as it stands now"}
	}
	which, asked := 0, 0
	for i, name := range periods {
		if name != "" {
			which = i
			asked++
		}
	}
	switch {
	case len(rest) > 0:
		return errUsage{"arguments not understood"}
	case asked != 1:
		return errUsage{"give one of --day, --month, --fiscal-year, --analysis, --pack, --inspection and --privacy"}
	case !slices.Contains(report.Formats, report.Format(format)):
		return errUsage{"--format is csv, xlsx, pdf or json"}
	}
	p, err := report.ParsePeriod(reportFlags[which].kind, periods[which], time.Now())
	if err != nil {
		return err
	}
	s, err := load()
	if err != nil {
		return err
	}
	write := func(to io.Writer) error {
		return withRightClock(ctx, s, func(l *postgres.Ledger, holds *live) error {
			if err := noteCommand(ctx, l, "report", audit.Event{Action: audit.Exported, Object: fmt.Sprintf("%s %s", p.Kind, p)}); err != nil {
				return err
			}
			return newReports(l, s, holds.hours, time.Now).Write(ctx, to, p, revision, report.Format(format))
		})
	}
	if out == "" {
		return write(std.out)
	}
	return writeNew("--out", out, func(file *os.File) error { return write(file) })
}
