//go:build !production

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"golang.org/x/term"

	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

// runSample writes a made-up list in the ward's format to standard output.
func runSample(ctx context.Context, args []string, std streams) error {
	var cases int
	var seed int64
	var utf8 bool
	var paid bool
	load, rest, err := configured("sample", args, std, func(f *flag.FlagSet) {
		f.IntVar(&cases, "cases", 6000, "how many `cases`")
		f.Int64Var(&seed, "seed", 7, "the same seed gives the same list")
		f.BoolVar(&paid, "paid", false, "write a paid list (消込リスト) for the promises of the ledger instead")
		f.BoolVar(&utf8, "utf8", false, "write UTF-8 instead of CP932")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{"arguments not understood"}
	}
	if cases < 1 || cases > casework.SampleMost {
		return errUsage{fmt.Sprintf("--cases %d: a list has 1 to %d cases", cases, casework.SampleMost)}
	}
	if f, ok := std.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) { //nolint:gosec // a file descriptor fits
		return errUsage{"the list is written to standard output: send it to a file, kakeru sample … > list.csv"}
	}
	enc := japan.CP932
	if utf8 {
		enc = japan.UTF8
	}
	w := japan.NewWriter(std.out, enc)
	if paid {
		s, err := load()
		if err != nil {
			return err
		}
		return errors.Join(samplePaid(ctx, s, w), w.Close())
	}
	return errors.Join(casework.WriteSample(w, cases, seed), w.Close())
}
