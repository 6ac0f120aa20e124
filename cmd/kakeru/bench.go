//go:build !production

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
)

// benchFlags are the flags of the benchmarks.
type benchFlags struct {
	json, fast                   bool
	calls, desks, cases, workers int
	repeat                       int
	rate, seconds                float64
	rest                         time.Duration
	ledger, profiles             string
}

// ownBenches have flags of their own.
var ownBenches = map[string]func(context.Context, []string, streams) error{
	"besthour": func(_ context.Context, args []string, std streams) error { return benchBestHour(args, std) }, // it measures no machine
	"report":   benchReport,
	"audit":    benchAudit,
}

// runBench runs a benchmark and prints its figures: a table for people, or with --json one flat object.
func runBench(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 {
		return errUsage{"say which"}
	}
	if own, ok := ownBenches[args[0]]; ok {
		return own(ctx, args[1:], std)
	}
	var o benchFlags
	rest, err := flags("bench "+args[0], args[1:], std, func(f *flag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print one object of figures")
		f.BoolVar(&o.fast, "fast", true, "click: the lab's waits are a twentieth; the only pace there is")
		f.IntVar(&o.calls, "calls", 1000, "click, ledger, media: how many `calls`")
		f.IntVar(&o.desks, "desks", 50, "click: at how many `desks`")
		f.IntVar(&o.cases, "cases", 20_000, "queue: how many `cases` wait")
		f.Float64Var(&o.rate, "rate", 100, "calls: how many begin each second")
		f.Float64Var(&o.seconds, "seconds", 10, "calls, media: for how long")
		f.IntVar(&o.repeat, "repeat", 1, "media: how many `times`; the figures are medians")
		f.DurationVar(&o.rest, "rest", 70*time.Second, "calls: how long to `wait` before memory is measured; late answers are looked after for 64 s")
		f.StringVar(&o.ledger, "ledger", "off", "calls: off (SIP and media alone), or on (the whole house)")
		f.StringVar(&o.profiles, "profiles", "", "calls: write what the run spent and what it held to cpu.pprof and heap.pprof in this `folder`")
		f.IntVar(&o.workers, "workers", 50, "queue: how many `workers` claim")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || !o.fast || o.calls < 1 || o.desks < 1 || o.desks > 200 || o.cases < 1 || o.workers < 1 || o.repeat < 1 ||
		o.rate <= 0 || o.rate > 10_000 || o.seconds <= 0 || o.rest < 0 {
		return errUsage{"arguments not understood, or out of range"}
	}
	var figures any
	switch args[0] {
	case "click":
		figures, err = benchClick(ctx, o)
	case "calls":
		figures, err = benchCalls(ctx, o)
	case "operators": // what `calls --ledger=on` starts beside itself
		return benchOperators(ctx, std)
	case "media":
		figures, err = benchMedia(ctx, o)
	case "media-kakeru", "media-kakeru-listening", "media-floor": // what `media` starts beside itself
		return benchMediaRelay(ctx, strings.TrimPrefix(args[0], "media-"), std)
	case "queue":
		figures, err = benchQueue(ctx, o)
	case "ledger":
		figures, err = benchLedger(ctx, o)
	default:
		return errUsage{fmt.Sprintf("there is no benchmark %q", args[0])}
	}
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(std.out).Encode(figures)
	}
	if own, ok := figures.(interface{ print(io.Writer) }); ok {
		own.print(std.out)
		return nil
	}
	printFigures(std.out, figures)
	return nil
}

// printFigures prints a struct of numbers as a table, by the names the JSON has.
func printFigures(w io.Writer, figures any) {
	v := reflect.ValueOf(figures)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("json")
		if v.Field(i).CanFloat() {
			fmt.Fprintf(w, "%-28s %12.2f\n", name, v.Field(i).Float())
			continue
		}
		fmt.Fprintf(w, "%-28s %12d\n", name, v.Field(i).Int())
	}
}

// percentile returns the p-th percentile of durations in milliseconds (nearest rank); 0 of none.
func percentile(of []time.Duration, p int) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	rank := (len(sorted)*p + 99) / 100
	return float64(sorted[max(rank, 1)-1].Microseconds()) / 1000
}
