package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/postgres"
)

// newExporter wires what writes negotiation records before the day's close.
func newExporter(l *postgres.Ledger, s configs.Settings, now dialer.Clock) (*returns.Exporter, error) {
	folder, layout, err := wardsFolder(s)
	if err != nil {
		return nil, err
	}
	return &returns.Exporter{Store: l, Folder: folder, Layout: layout, Alphabet: alphabetOf(layout), Name: namesOf(l), Now: now}, nil
}

// runExport writes a day's negotiation records so far, as the panel's button does, and leaves a copy where it is told; or checks
// what went back.
func runExport(ctx context.Context, args []string, std streams) error {
	if len(args) > 0 && args[0] == "verify" {
		return runVerify(args[1:], std)
	}
	var date, out string
	var again bool
	load, rest, err := configured("export", args, std, func(f *flag.FlagSet) {
		f.StringVar(&date, "day", "", "the `day` whose records are written, YYYY-MM-DD")
		f.StringVar(&out, "out", "", "a `file` to write; one that is there is not overwritten")
		f.BoolVar(&again, "again", false, "also what went before, marked")
	})
	if err != nil {
		return err
	}
	day, err := dialer.ParseDate(date)
	switch {
	case len(rest) > 0:
		return errUsage{"arguments not understood"}
	case err != nil:
		return errUsage{"give --day as YYYY-MM-DD"}
	case out == "":
		return errUsage{"give --out"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	// Taken before the rows are: a row that goes once must not go where nothing can be written.
	return writeNew("--out", out, func(file *os.File) error {
		return withRightClock(ctx, s, func(l *postgres.Ledger, _ *live) error {
			if err := noteCommand(ctx, l, "export", audit.Event{Action: audit.Exported, Object: day.String()}); err != nil {
				return err
			}
			return exportTo(ctx, l, s, export{day, again, file}, std)
		})
	})
}

// writeNew has a file written that is not there yet. What could not be written whole is taken away again.
func writeNew(flag, name string, write func(*os.File) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own file
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	if err = errors.Join(write(file), file.Close()); err != nil {
		_ = os.Remove(name) // it is ours, and half of it would be taken for the whole
	}
	return err
}

// export is what the command was asked for.
type export struct {
	day   dialer.Date
	again bool
	to    *os.File
}

func exportTo(ctx context.Context, l *postgres.Ledger, s configs.Settings, o export, std streams) error {
	x, err := newExporter(l, s, time.Now)
	if err != nil {
		return err
	}
	e, replaced, err := x.Export(ctx, o.day, "", o.again)
	if err != nil {
		return err
	}
	kept := e.Files[0]
	r, err := x.Folder.Open(kept)
	if err == nil {
		_, err = io.Copy(o.to, r)
		err = errors.Join(err, r.Close(), o.to.Sync())
	}
	if err != nil {
		return fmt.Errorf("the records went into %s of the ward's folder and count as exported, but were not copied: %w", kept.Name, err)
	}
	fmt.Fprintf(std.out, "exported: %d for the first time, %d corrections, %d again; %s, SHA-256 %s\n", e.Firsts, e.Corrections, e.Repeats, kept.Name, kept.SHA256)
	for _, cell := range replaced {
		fmt.Fprintf(std.out, "  cannot be written in the ward's code: %s\n", cell)
	}
	return nil
}
