package besthour

import "math"

// betaCDF is the chance that a Beta(a, b) variable is at most x: the regularised incomplete beta function, by its
// continued fraction (DLMF 8.17.22), evaluated by the modified Lentz method.
func betaCDF(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // the fraction converges fast below this point; above it by symmetry (DLMF 8.17.4)
		return 1 - betaCDF(1-x, b, a)
	}
	front := math.Exp(a*math.Log(x) + b*math.Log1p(-x) - logBeta(a, b))
	return front * lentz(x, a, b) / a
}

// lentz sums the continued fraction.
func lentz(x, a, b float64) float64 {
	const tiny, near, most = 1e-300, 1e-14, 1000
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1), tiny)
	f := d
	for m := 1.0; m <= most; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		last := f
		for _, term := range [2]float64{even, odd} {
			d = 1 / away(1+term*d, tiny)
			c = away(1+term/c, tiny)
			f *= c * d
		}
		if math.Abs(f-last) <= near*math.Abs(f) {
			break
		}
	}
	return f
}

// away keeps a denominator from zero.
func away(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}

// logBeta is the logarithm of the beta function.
func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}

// betaQuantile is the x below which a Beta(a, b) variable lies with chance p, by bisection: thirty halvings are exact to
// more digits than any rate has.
func betaQuantile(p, a, b float64) float64 {
	low, high := 0.0, 1.0
	for range 30 {
		mid := (low + high) / 2
		if betaCDF(mid, a, b) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}
