package besthour

import (
	"math"
	"math/rand/v2"
	"testing"
)

// drawn are groups whose true rates lie around 0.3 as a Beta of the given strength has it; all are 0.3 when it is none.
func drawn(r *rand.Rand, groups, tries int, strength float64) []group {
	out := make([]group, groups)
	for i := range out {
		rate := 0.3
		if !math.IsInf(strength, 1) {
			rate = betaQuantile(r.Float64(), 0.3*strength, 0.7*strength)
		}
		out[i] = group{tried: float64(tries), expected: 0.3}
		for range tries {
			if r.Float64() < rate {
				out[i].answered++
			}
		}
	}
	return out
}

func TestStrengthOf(t *testing.T) {
	for _, c := range []struct {
		name      string
		truth     float64
		tries     int
		low, high float64
	}{
		{"large differences", 20, 500, 10, 40},
		{"small differences", 160, 2000, 80, 320},
		{"none", none, 500, none, none},
		{"differences too small for so few tries", 640, 40, none, none},
	} {
		r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's dice
		within := 0
		for range 20 {
			if k := strengthOf(drawn(r, 40, c.tries, c.truth)); k >= c.low && k <= c.high {
				within++
			}
		}
		if within < 18 {
			t.Errorf("%s: only %d of 20 between %v and %v", c.name, within, c.low, c.high)
		}
	}
}

// Of histories without an effect few are taken for one: the proof asked for is worth about one in a hundred.
func TestNoiseIsSeldomTakenForAnEffect(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test's dice
	fooled := 0
	for range 500 {
		if !math.IsInf(strengthOf(drawn(r, 20, 300, none)), 1) {
			fooled++
		}
	}
	if fooled > 10 {
		t.Errorf("%d of 500 histories of noise were taken for an effect", fooled)
	}
}

func TestShrunk(t *testing.T) {
	g := group{tried: 100, answered: 50, expected: 0.3}
	if got := g.shrunk(none); got != 0.3 {
		t.Errorf("no effect: %v", got)
	}
	if got := g.shrunk(100); math.Abs(got-0.4) > 1e-12 {
		t.Errorf("as many tries as the expectation is worth: %v, want the middle", got)
	}
}
