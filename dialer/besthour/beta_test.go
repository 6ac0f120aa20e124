package besthour

import (
	"math"
	"testing"
)

// With whole numbers the incomplete beta function is a sum over the binomial distribution (DLMF 8.17.5), added up here the
// plain way.
func TestBetaCDFIsABinomialTail(t *testing.T) {
	for _, c := range []struct {
		k, n int
		p    float64
	}{{1, 1, 0.3}, {1, 10, 0.05}, {3, 10, 0.5}, {10, 10, 0.9}, {40, 200, 0.21}, {120, 400, 0.28}, {700, 900, 0.8}} {
		want := 0.0
		for i := c.k; i <= c.n; i++ {
			logTerm := -math.Log(float64(c.n+1)) - logBeta(float64(i+1), float64(c.n-i+1))
			want += math.Exp(logTerm + float64(i)*math.Log(c.p) + float64(c.n-i)*math.Log1p(-c.p))
		}
		if got := betaCDF(c.p, float64(c.k), float64(c.n-c.k+1)); math.Abs(got-want) > 1e-10 {
			t.Errorf("I_%v(%d, %d) = %.12f, want %.12f", c.p, c.k, c.n-c.k+1, got, want)
		}
	}
}

// Where the function has a closed form.
func TestBetaCDFKnownValues(t *testing.T) {
	for _, c := range []struct{ x, a, b, want float64 }{
		{0, 2, 3, 0}, {1, 2, 3, 1}, {-1, 2, 3, 0}, {2, 2, 3, 1},
		{0.25, 1, 1, 0.25},
		{0.3, 3, 1, 0.027},
		{0.3, 1, 3, 1 - 0.343},
		{0.5, 2, 3, 0.6875},
		{0.5, 7.5, 7.5, 0.5},
		{0.25, 0.5, 0.5, 1.0 / 3}, // the arcsine law: 2/π·asin(√x)
		{0.5, 5000, 5000, 0.5},
	} {
		if got := betaCDF(c.x, c.a, c.b); math.Abs(got-c.want) > 1e-10 {
			t.Errorf("I_%v(%v, %v) = %v, want %v", c.x, c.a, c.b, got, c.want)
		}
	}
}

func TestBetaQuantileIsTheInverse(t *testing.T) {
	for _, c := range [][2]float64{{1, 1}, {0.5, 0.5}, {20, 80}, {3, 500}, {900, 2100}} {
		for _, p := range []float64{0.025, 0.5, 0.975} {
			if x := betaQuantile(p, c[0], c[1]); math.Abs(betaCDF(x, c[0], c[1])-p) > 1e-6 {
				t.Errorf("the %v quantile of Beta(%v, %v): %v", p, c[0], c[1], x)
			}
		}
	}
}

func FuzzBetaCDF(f *testing.F) {
	f.Add(0.3, 2.0, 5.0)
	f.Add(0.999, 0.01, 9000.0)
	f.Fuzz(func(t *testing.T, x, a, b float64) {
		if !(a > 1e-3 && a < 1e6 && b > 1e-3 && b < 1e6 && x >= 0 && x <= 1) {
			t.Skip()
		}
		got, other := betaCDF(x, a, b), betaCDF(1-x, b, a)
		if !(got >= -1e-9 && got <= 1+1e-9) {
			t.Fatalf("I_%v(%v, %v) = %v is no chance", x, a, b, got)
		}
		if 1-x != 1 && x != 1 && math.Abs(got+other-1) > 1e-6 {
			t.Fatalf("I_%v(%v, %v) = %v, and of the other side %v", x, a, b, got, other)
		}
	})
}
