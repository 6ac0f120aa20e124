package media

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s: %.3f, want %.3f within %.3f", what, got, want, within)
	}
}

// TestNothingWrongIs93: G.107 §7.7 and annex B.
func TestNothingWrongIs93(t *testing.T) {
	r := RFactor(PCMU, 0, 0)
	near(t, "R", r, 93.2, 0.05)
	near(t, "MOS", MOS(r), 4.41, 0.005)
	if RFactor(PCMA, 0, 0) != r || RFactor(G722, 0, 0) != r {
		t.Error("a codec costs something without loss")
	}
}

// TestMOSOfR: G.107 annex B, table B.1, and the ends of the scale.
func TestMOSOfR(t *testing.T) {
	for _, c := range []struct{ r, mos float64 }{
		{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}, {0, 1}, {-20, 1}, {100, 4.5}, {130, 4.5}, {math.NaN(), 1},
	} {
		near(t, "MOS", MOS(c.r), c.mos, 0.01)
	}
}

// TestLossOfG711: with concealment, the equipment impairment stands beside the values that G.113 gave for G.711 by percent of
// packets lost before it had Bpl; without it, which is how G.722 is taken, worked out by hand.
func TestLossOfG711(t *testing.T) {
	whole := RFactor(PCMU, 0, 0)
	for _, c := range []struct{ percent, ie float64 }{{1, 5}, {2, 7}, {3, 10}, {5, 15}, {7, 20}, {10, 25}, {15, 35}, {20, 45}} {
		near(t, "Ie,eff of G.711", whole-RFactor(PCMA, c.percent/100, 0), c.ie, 3)
	}
	for _, c := range []struct{ percent, ie float64 }{{1, 95 * 1 / 5.3}, {5, 95 * 5 / 9.3}, {20, 95 * 20 / 24.3}} {
		near(t, "Ie,eff of G.722", whole-RFactor(G722, c.percent/100, 0), c.ie, 1e-9)
	}
}

// TestDelayCostsWhatOthersFound: the echo and delay terms stand beside the line that R. G. Cole and J. H. Rosenbluth drew
// through them (Voice over IP performance monitoring, 2001): 0.024·d + 0.11·(d - 177.3) from there on.
func TestDelayCostsWhatOthersFound(t *testing.T) {
	for _, ms := range []float64{25, 50, 100, 150, 200, 250, 300} {
		drawn := 0.024 * ms
		if ms > 177.3 {
			drawn += 0.11 * (ms - 177.3)
		}
		near(t, "Id", RFactor(PCMU, 0, 0)-RFactor(PCMU, 0, time.Duration(ms)*time.Millisecond), drawn, 0.3)
	}
}

// TestNothingMakesItBetter: more loss or more delay is never judged better, whatever stands in the reports, and the opinion
// stays on its scale.
func TestNothingMakesItBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := Codec(rapid.IntRange(0, int(codecs)-1).Draw(t, "codec"))
		loss := rapid.Float64Range(-1, 2).Draw(t, "loss")
		delay := time.Duration(rapid.Int64Range(-1e9, 1e12).Draw(t, "delay"))
		before := MOS(RFactor(codec, loss, delay))
		worse := loss + rapid.Float64Range(0, 1).Draw(t, "more loss")
		later := delay + time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "more delay"))
		const rounding = 1e-9
		if after := MOS(RFactor(codec, worse, delay)); after > before+rounding {
			t.Fatalf("loss %g rather than %g: %g rather than %g", worse, loss, after, before)
		}
		if after := MOS(RFactor(codec, loss, later)); after > before+rounding {
			t.Fatalf("delay %v rather than %v: %g rather than %g", later, delay, after, before)
		}
		if !(before >= 1 && before <= 4.5) {
			t.Fatalf("an opinion of %g", before)
		}
		if MOS(RFactor(G722, loss, delay)) > MOS(RFactor(PCMU, loss, delay))+rounding {
			t.Fatal("G.722 is shown better than it is known to be")
		}
	})
}
