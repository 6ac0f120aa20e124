package year

import (
	"runtime"
	"slices"
	"sync"

	"kakeru/dialer"
)

// Comparison is what best hour brought in years of several seeds, each lived through without it, with it, and with one who knows
// the truth.
type Comparison struct {
	Off, On, Oracle []Figures // by seed
}

// Compare lives through the years of seeds p.Seed, p.Seed+1, …, as many at a time as there are processors.
func Compare(p Plan, seeds int, kinds ...Advice) Comparison {
	c := Comparison{make([]Figures, seeds), make([]Figures, seeds), make([]Figures, seeds)}
	into := map[Advice][]Figures{Off: c.Off, On: c.On, Oracle: c.Oracle}
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i := range seeds {
		for _, advice := range kinds {
			plan := p
			plan.Seed, plan.Advice = p.Seed+uint64(i), advice //nolint:gosec // an index
			free <- struct{}{}
			all.Go(func() {
				into[advice][i] = Replay(plan)
				<-free
			})
		}
	}
	all.Wait()
	return c
}

// Spread is a figure over several seeds.
type Spread struct{ Low, Median, High float64 }

// Over sums a figure up over the seeds; the median of an even number is the mean of the two in the middle.
func Over(years int, figure func(year int) float64) Spread {
	var all []float64
	for i := range years {
		all = append(all, figure(i))
	}
	slices.Sort(all)
	return Spread{all[0], (all[(years-1)/2] + all[years/2]) / 2, all[years-1]}
}

// Gain is by how much the contact rate of a year was higher with advice than without, in the same seed.
func Gain(off, with Figures) float64 { return with.Rate() - off.Rate() }

// GainSameMix is the gain there would have been with as many attempts at each kind of number as without advice: calling more of
// a kind that answers well is no better hour.
func GainSameMix(off, with Figures) float64 {
	rate := 0.0
	for _, kind := range []dialer.NumberKind{dialer.KindFixed, dialer.KindMobile, dialer.KindIP} {
		rate += with.ByKind[kind].Rate() * float64(off.ByKind[kind].Attempts)
	}
	return rate/float64(max(off.Attempts, 1)) - off.Rate()
}
