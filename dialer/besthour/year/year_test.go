package year

import (
	"os"
	"reflect"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/japan"
)

func plan(t *testing.T, world string) Plan {
	t.Helper()
	w, err := WorldNamed(world)
	if err != nil {
		t.Fatal(err)
	}
	hours := dialer.Hours{
		Week: dialer.WardHours(), BreakMinutes: 60,
		Closed: func(d dialer.Date) string { return japan.Closed(d.Year, d.Month, d.Day) },
	}
	return Plan{World: w, Seed: 1, Months: 12, Cases: 1000, Hours: hours, Learn: besthour.Standard()}
}

// seeds is in how many towns of a sort a year is lived through: in one every day, in more where there is time.
func seeds() int {
	if os.Getenv("KAKERU_LONG") != "" {
		return 8
	}
	return 1
}

// Where the hour has no effect, nothing is gained, and nothing lost.
func TestAFlatWorldShowsNoGain(t *testing.T) {
	full.Only(t)
	for _, world := range []string{"flat", "kind"} {
		c := Compare(plan(t, world), seeds(), Off, On)
		for _, s := range []Spread{
			Over(seeds(), func(i int) float64 { return Gain(c.Off[i], c.On[i]) }),
			Over(seeds(), func(i int) float64 { return GainSameMix(c.Off[i], c.On[i]) }),
		} {
			if s.Low > 0 || s.High < 0 || s.High-s.Low > 0.005 {
				t.Errorf("%s: a gain of %+v, want none", world, s)
			}
		}
	}
}

// Where the hour has an effect, most of what can be gained is, in every seed, and not by calling those who answer anyhow.
func TestARealWorldShowsAGain(t *testing.T) {
	full.Only(t)
	worlds := []string{"real"}
	if seeds() > 1 {
		worlds = append(worlds, "weekday", "turned")
	}
	for _, world := range worlds {
		p := plan(t, world)
		c := Compare(p, seeds(), Off, On, Oracle)
		for i := range seeds() {
			most, gain, same := Gain(c.Off[i], c.Oracle[i]), Gain(c.Off[i], c.On[i]), GainSameMix(c.Off[i], c.On[i])
			if gain < 0.4*most || gain > 1.1*most || same < 0.005 || c.On[i].Reached < c.Off[i].Reached {
				t.Errorf("%s, seed %d: gained %.4f (same mix %.4f) of %.4f; reached %d, without %d",
					world, i+1, gain, same, most, c.On[i].Reached, c.Off[i].Reached)
			}
			starved(t, c.On[i])
		}
	}
}

// starved complains when a kind of number was not called any more in an hour of the last quarter.
func starved(t *testing.T, f Figures) {
	t.Helper()
	type cell struct {
		kind dialer.NumberKind
		hour int
	}
	lately := map[cell]int{}
	for _, c := range f.Counts {
		if c.WeeksAgo <= 13 {
			lately[cell{c.Kind, c.Hour}] += c.Tried
		}
	}
	for _, kind := range []dialer.NumberKind{dialer.KindFixed, dialer.KindMobile} {
		for hour := 9; hour < 19; hour++ {
			if n := lately[cell{kind, hour}]; n < 5 {
				t.Errorf("%s at %d o'clock: tried %d times in the last quarter", kind, hour, n)
			}
		}
	}
}

// What is good for everybody is good for nobody: the seats are manned by the day, so nothing can be gained, nor lost.
func TestEverybodysGoodHourIsNobodys(t *testing.T) {
	p := plan(t, "evening")
	p.Months = 6
	c := Compare(p, seeds(), Off, On)
	if g := Over(seeds(), func(i int) float64 { return Gain(c.Off[i], c.On[i]) }); g.Median < -0.003 || g.Median > 0.01 {
		t.Errorf("a gain of %+v", g)
	}
}

func TestTheSamePlanIsTheSameYear(t *testing.T) {
	p := plan(t, "real")
	p.Months, p.Advice = 2, On
	a, b := Replay(p), Replay(p)
	a.Counts, b.Counts = nil, nil // their order is a map's
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v, and then %+v", a, b)
	}
}

// A year keeps the rules, whoever advises: no number is rung more often in a day than they allow.
func TestAYearKeepsTheRules(t *testing.T) {
	for _, advice := range []Advice{Off, On, Oracle} {
		p := plan(t, "real")
		p.Months, p.Advice = 2, advice
		h := newHouse(p)
		h.live()
		for _, q := range h.people {
			rings := map[dialer.Date]int{}
			for _, try := range q.number.tries {
				if !p.Hours.Open(try.At) {
					t.Fatalf("%s: rung at %v", advice, try.At)
				}
				if try.Result == dialer.NoAnswer {
					rings[dialer.DateOf(try.At)]++
				}
			}
			for d, n := range rings {
				if n > h.rules.Number.RingsPerDay {
					t.Fatalf("%s: a number rang in vain %d times on %v", advice, n, d)
				}
			}
		}
	}
}

func TestOver(t *testing.T) {
	figures := []float64{3, 1, 2, 10}
	if got := Over(4, func(i int) float64 { return figures[i] }); got != (Spread{1, 2.5, 10}) {
		t.Errorf("%+v", got)
	}
	if got := Over(3, func(i int) float64 { return figures[i] }); got != (Spread{1, 2, 3}) {
		t.Errorf("%+v", got)
	}
}

// The same share of a bad kind is compared, however many more of a good kind were called.
func TestGainSameMix(t *testing.T) {
	off := Figures{Tally: Tally{100, 30}, ByKind: map[dialer.NumberKind]Tally{dialer.KindFixed: {50, 25}, dialer.KindMobile: {50, 5}}}
	on := Figures{Tally: Tally{100, 42}, ByKind: map[dialer.NumberKind]Tally{dialer.KindFixed: {80, 40}, dialer.KindMobile: {20, 2}}}
	if g := Gain(off, on); g < 0.119 || g > 0.121 {
		t.Errorf("gain %v", g)
	}
	if g := GainSameMix(off, on); g < -1e-12 || g > 1e-12 {
		t.Errorf("at the same mix %v, want none", g)
	}
}

func TestAnUnknownWorld(t *testing.T) {
	if _, err := WorldNamed("mars"); err == nil {
		t.Error("no error")
	}
}
