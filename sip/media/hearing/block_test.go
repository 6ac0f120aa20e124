package hearing

import (
	"math"
	"math/rand/v2"
	"testing"
)

func blockOf(at func(i int) float64) *[blockSamples]int16 {
	var x [blockSamples]int16
	for i := range x {
		x[i] = int16(math.Round(max(-32768, min(32767, at(i)))))
	}
	return &x
}

func sine(amplitude, hz, phase float64) func(i int) float64 {
	return func(i int) float64 { return amplitude * math.Sin(2*math.Pi*hz*float64(i)/sampleRate+phase) }
}

func TestASineIsMeasured(t *testing.T) {
	for hz := 350.0; hz < 2240; hz += 13 {
		for _, amplitude := range []float64{100, 5800, 32000} {
			for phase := 0.0; phase < 6; phase++ {
				b := measure(blockOf(sine(amplitude, hz, phase)))
				if math.Abs(b.hz-hz) > 2 || math.Abs(b.level/amplitude-1) > 0.04 || b.purity < 0.95 || b.purity > 1 {
					t.Fatalf("%v Hz of %v at %v: %+v", hz, amplitude, phase, b)
				}
			}
		}
	}
}

// Noise 10 dB below a sine, white or brown, leads its frequency astray by less
// than tones may be off.
func TestASineInNoise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, hz := range []float64{400, 600, 1000, 1100, 1500, 2100} {
		for _, colour := range []float64{0, 0.9} {
			missed, far := 0, 0
			for range 200 {
				hiss, signal := 0.0, sine(3000, hz, 6*rnd.Float64())
				for range 50 {
					hiss = colour*hiss + rnd.NormFloat64()
				}
				b := measure(blockOf(func(i int) float64 {
					hiss = colour*hiss + rnd.NormFloat64()
					return signal(i) + 3000/math.Sqrt(20)*math.Sqrt(1-colour*colour)*hiss
				}))
				if b.purity < pure {
					missed++
				} else if !near(b.hz, hz) {
					far++
				}
			}
			if missed > 20 || far > 4 {
				t.Errorf("%v Hz in noise of colour %v: of 200, %d missed, %d beside it", hz, colour, missed, far)
			}
		}
	}
}

func TestWhatIsNoSine(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, at := range map[string]func(i int) float64{
		"nothing":       func(int) float64 { return 0 },
		"faint":         sine(20, 1000, 0),
		"white noise":   func(int) float64 { return 3000 * rnd.NormFloat64() },
		"two keys":      func(i int) float64 { return sine(3000, 770, 0)(i) + sine(3000, 1336, 1)(i) },
		"dial tone, US": func(i int) float64 { return sine(3000, 350, 0)(i) + sine(3000, 440, 1)(i) },
		"hum":           sine(9000, 50, 0),
		"whistle":       sine(9000, 3000, 0),
		"constant":      func(int) float64 { return 9000 },
		"alternating":   func(i int) float64 { return 9000 * float64(1-i%2*2) },
	} {
		for range 50 {
			if b := measure(blockOf(at)); b.purity >= pure || math.IsNaN(b.hz+b.level+b.tilt+b.purity) {
				t.Errorf("%s: %+v", name, b)
				break
			}
		}
	}
}
