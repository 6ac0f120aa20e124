//go:build !production

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"time"

	"kakeru/configs"
	"kakeru/dialer/besthour"
	"kakeru/dialer/besthour/year"
)

// bestHourFigures are what best hour brought in one world: medians over the seeds, and the least and the most of any.
// Rates are shares of attempts that a person answered; a gain is the difference within one seed.
type bestHourFigures struct {
	Seeds        int     `json:"seeds"`
	Months       int     `json:"months"`
	Cases        int     `json:"cases_a_month"`
	AttemptsOff  float64 `json:"attempts_off"`
	AttemptsOn   float64 `json:"attempts_on"`
	ContactsOff  float64 `json:"contacts_off"`
	ContactsOn   float64 `json:"contacts_on"`
	RateOff      float64 `json:"contact_rate_off"`
	RateOn       float64 `json:"contact_rate_on"`
	RateOracle   float64 `json:"contact_rate_oracle"`
	Gain         float64 `json:"gain"`
	GainLow      float64 `json:"gain_low"`
	GainHigh     float64 `json:"gain_high"`
	GainSameMix  float64 `json:"gain_same_mix"` // with as many attempts at each kind of number as without
	GainOracle   float64 `json:"gain_oracle"`
	ReachedOff   float64 `json:"cases_reached_off"` // share of the cases in which a person answered at all
	ReachedOn    float64 `json:"cases_reached_on"`
	FlatGain     float64 `json:"flat_gain"` // of the same years where the hour has no effect
	FlatGainLow  float64 `json:"flat_gain_low"`
	FlatGainHigh float64 `json:"flat_gain_high"`
	Seconds      float64 `json:"seconds"`
}

// bestHourRun is a run of the benchmark: the figures of each world, the one asked for first, and flat.
type bestHourRun struct {
	worlds  []year.World
	figures []bestHourFigures
}

// benchBestHour lives through made-up years with best hour and without it, and compares.
func benchBestHour(args []string, std streams) error {
	var asJSON bool
	var seed uint64
	var months, cases, seeds int
	var world string
	rest, err := flags("bench besthour", args, std, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print one object of figures")
		f.Uint64Var(&seed, "seed", 1, "the first `seed`")
		f.IntVar(&seeds, "seeds", 5, "how many years, each of a seed of its own")
		f.IntVar(&months, "months", 12, "how many `months` a year has")
		f.IntVar(&cases, "cases", 1000, "how many `cases` come each month")
		f.StringVar(&world, "world", "real", "real, flat, kind, weekday, evening, turned, or all")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || seeds < 1 || seeds > 100 || months < 1 || months > 24 || cases < 1 || cases > 20_000 {
		return errUsage{"arguments not understood, or out of range"}
	}
	worlds, err := bestHourWorlds(world)
	if err != nil {
		return err
	}
	open, err := hours(configs.Default().Centre)
	if err != nil {
		return err
	}
	run := compareBestHour(worlds, year.Plan{Seed: seed, Months: months, Cases: cases, Hours: open, Learn: besthour.Standard()}, seeds)
	if asJSON {
		return json.NewEncoder(std.out).Encode(run.figures[0])
	}
	run.print(std.out)
	return nil
}

// bestHourWorlds are the world asked for, and flat beside it.
func bestHourWorlds(name string) ([]year.World, error) {
	if name == "all" {
		return year.Worlds, nil
	}
	w, err := year.WorldNamed(name)
	if err != nil {
		return nil, errUsage{err.Error()}
	}
	flat, err := year.WorldNamed("flat")
	if err != nil || name == "flat" {
		return []year.World{w}, err
	}
	return []year.World{w, flat}, nil
}

func compareBestHour(worlds []year.World, p year.Plan, seeds int) bestHourRun {
	run := bestHourRun{worlds: worlds}
	began := time.Now()
	for _, w := range worlds {
		p.World = w
		run.figures = append(run.figures, bestHourOf(year.Compare(p, seeds, year.Off, year.On, year.Oracle), p, seeds))
	}
	for i, w := range worlds {
		if w.Name == "flat" {
			f, flat := &run.figures[0], run.figures[i]
			f.FlatGain, f.FlatGainLow, f.FlatGainHigh = flat.Gain, flat.GainLow, flat.GainHigh
		}
	}
	run.figures[0].Seconds = time.Since(began).Seconds()
	return run
}

func bestHourOf(c year.Comparison, p year.Plan, seeds int) bestHourFigures {
	over := func(of []year.Figures, figure func(year.Figures) float64) float64 {
		return year.Over(seeds, func(i int) float64 { return figure(of[i]) }).Median
	}
	attempts := func(f year.Figures) float64 { return float64(f.Attempts) }
	contacts := func(f year.Figures) float64 { return float64(f.Contacts) }
	reached := func(f year.Figures) float64 { return float64(f.Reached) / float64(f.Cases) }
	gain := year.Over(seeds, func(i int) float64 { return year.Gain(c.Off[i], c.On[i]) })
	return bestHourFigures{
		Seeds: seeds, Months: p.Months, Cases: p.Cases,
		AttemptsOff: over(c.Off, attempts), AttemptsOn: over(c.On, attempts), ContactsOff: over(c.Off, contacts), ContactsOn: over(c.On, contacts),
		RateOff: over(c.Off, year.Figures.Rate), RateOn: over(c.On, year.Figures.Rate), RateOracle: over(c.Oracle, year.Figures.Rate),
		Gain: gain.Median, GainLow: gain.Low, GainHigh: gain.High,
		GainSameMix: year.Over(seeds, func(i int) float64 { return year.GainSameMix(c.Off[i], c.On[i]) }).Median,
		GainOracle:  year.Over(seeds, func(i int) float64 { return year.Gain(c.Off[i], c.Oracle[i]) }).Median,
		ReachedOff:  over(c.Off, reached), ReachedOn: over(c.On, reached),
	}
}

// print writes one line a world.
func (r bestHourRun) print(w io.Writer) {
	first := r.figures[0]
	fmt.Fprintf(w, "%d years of %d months, %d new cases a month, 2 seats; medians, in points of 100 attempts\n\n", first.Seeds, first.Months, first.Cases)
	fmt.Fprintf(w, "%-8s %9s %9s %8s %8s %8s  %-22s %9s %9s\n", "world", "attempts", "contacts", "without", "with", "oracle", "gain (least to most)", "same mix", "reached")
	for i, world := range r.worlds {
		f := r.figures[i]
		fmt.Fprintf(w, "%-8s %9.0f %+9.0f %8.2f %8.2f %8.2f  %-22s %+9.2f %+9.2f\n", world.Name, f.AttemptsOn, f.ContactsOn-f.ContactsOff,
			100*f.RateOff, 100*f.RateOn, 100*f.RateOracle,
			fmt.Sprintf("%+.2f (%+.2f to %+.2f)", 100*f.Gain, 100*f.GainLow, 100*f.GainHigh), 100*f.GainSameMix, 100*(f.ReachedOn-f.ReachedOff))
	}
	fmt.Fprintln(w, "\nwithout, with, oracle: contact rate with the rules alone, with best hour, with one who knows the truth.")
	fmt.Fprintln(w, "contacts: how many more answers in the year; same mix: the gain with as many attempts at each kind of number as without;")
	fmt.Fprintln(w, "reached: how many more of 100 cases were reached at all.")
	for _, world := range r.worlds {
		fmt.Fprintf(w, "%s: %s\n", world.Name, world.About)
	}
}
